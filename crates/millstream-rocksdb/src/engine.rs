//! One store's column family, as an engine.

use std::cell::RefCell;
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use millstream_state::{Batch, Direction, Engine, EngineError, EngineRow, Operation};
use millstream_types::Offset;
use rocksdb::{ColumnFamily, DBPinnableSlice, ReadOptions, WriteBatch, WriteOptions};

use crate::database::{Database, Wait, without_wal};
use crate::keys;
use crate::memory::SharedDatabase;
use crate::order::sorted;

/// The approximate size of a batch's entry without its key and value.
const ENTRY_BYTES: usize = 12;

/// A store's column family. The last engine of a task to be dropped closes the task's database.
pub(crate) struct RocksDbEngine {
    database: SharedDatabase,
    store: Arc<str>,
    write_options: WriteOptions,
    /// Reused for keys.
    key: RefCell<Vec<u8>>,
    /// The changelog offset up to which rows are in files, as far as this engine has requested it.
    flushed: Option<Offset>,
    unflushed_records_max: u64,
}

impl RocksDbEngine {
    /// Opens the column family of `store` in `database`.
    pub(crate) fn open(
        database: SharedDatabase,
        store: Arc<str>,
        unflushed_records_max: u64,
    ) -> Result<Self, EngineError> {
        let (write_options, key) = (without_wal(), RefCell::default());
        let mut engine = Self { database, store, write_options, key, flushed: None, unflushed_records_max };
        engine.flushed = engine.changelog_offset()?;
        Ok(engine)
    }

    fn database(&self) -> &Database {
        self.database.get()
    }

    fn family(&self) -> &ColumnFamily {
        self.database().family(&self.store)
    }

    fn failure(&self, doing: &str, error: &rocksdb::Error) -> EngineError {
        self.database().failure(doing, error)
    }

    fn converted(&self, batch: &Batch) -> WriteBatch {
        let operations = sorted(batch);
        let mut out = WriteBatch::with_capacity_bytes(batch.bytes() + (operations.len() + 1) * ENTRY_BYTES);
        let family = self.family();
        let mut first = self.key.borrow_mut();
        for operation in operations {
            match operation {
                Operation::Put(key, value) => {
                    keys::encode(key, &mut first);
                    out.put_cf(family, &*first, value);
                }
                Operation::Delete(key) => {
                    keys::encode(key, &mut first);
                    out.delete_cf(family, &*first);
                }
                // RocksDB refuses a range that ends before it begins.
                Operation::DeleteRange(from, to) if from < to => {
                    let (from, to) = keys::range(Bound::Included(from), Bound::Excluded(to));
                    out.delete_range_cf(family, from, to);
                }
                Operation::DeleteRange(..) => {}
            }
        }
        if let Some(next) = batch.changelog_offset() {
            out.put_cf(family, keys::CHANGELOG_OFFSET, next.number().to_be_bytes());
        }
        out
    }

    fn apply(&self, batch: WriteBatch) -> Result<(), EngineError> {
        let written = self.database().db().write_opt(batch, &self.write_options);
        written.map_err(|error| self.failure("writing", &error))
    }

    /// Begins to flush the store if too many records would have to be restored after a crash.
    fn flush_if_due(&mut self, next: Offset) -> Result<(), EngineError> {
        let flushed = *self.flushed.get_or_insert(next);
        if next.number().saturating_sub(flushed.number()).unsigned_abs() < self.unflushed_records_max {
            return Ok(());
        }
        self.database().flush(&self.store, Wait::No)?;
        self.flushed = Some(next);
        Ok(())
    }

    /// Whether there is neither a row nor an offset.
    fn is_empty(&self) -> Result<bool, EngineError> {
        let rows = self.page(Bound::Unbounded, Bound::Unbounded, Direction::Forward, 1)?;
        Ok(rows.is_empty() && self.changelog_offset()?.is_none())
    }
}

impl Engine for RocksDbEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        let mut bytes = self.key.borrow_mut();
        keys::encode(key, &mut bytes);
        let found = self.database().db().get_pinned_cf(self.family(), &*bytes);
        let found = found.map_err(|error| self.failure("reading", &error))?;
        Ok(found.map(|value| value.to_vec()))
    }

    /// Reads all keys with one call, in which RocksDB lets the processor's cache misses of several keys overlap.
    fn get_many(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, EngineError> {
        if let [key] = keys {
            return Ok(vec![self.get(key)?]);
        }
        let keys: Vec<Vec<u8>> = keys.iter().map(|key| keys::encoded(key)).collect();
        let found = self.database().db().batched_multi_get_cf(self.family(), &keys, false);
        let value = |found: Result<Option<DBPinnableSlice<'_>>, rocksdb::Error>| {
            let found = found.map_err(|error| self.failure("reading", &error))?;
            Ok(found.map(|value| value.to_vec()))
        };
        found.into_iter().map(value).collect()
    }

    fn page(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<EngineRow>, EngineError> {
        let (from, to) = keys::range(from, to);
        if from >= to || limit == 0 {
            return Ok(Vec::new());
        }
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(from);
        options.set_iterate_upper_bound(to);
        let mut rows = self.database().db().raw_iterator_cf_opt(self.family(), options);
        match direction {
            Direction::Forward => rows.seek_to_first(),
            Direction::Backward => rows.seek_to_last(),
        }
        let mut page = Vec::new();
        while let Some((key, value)) = rows.item() {
            page.push((keys::decode(key).to_vec(), value.to_vec()));
            if page.len() == limit {
                return Ok(page);
            }
            match direction {
                Direction::Forward => rows.next(),
                Direction::Backward => rows.prev(),
            }
        }
        // An iterator ends at an error as it does after the last row.
        rows.status().map_err(|error| self.failure("reading a range", &error))?;
        Ok(page)
    }

    fn write(&mut self, batch: &Batch) -> Result<(), EngineError> {
        self.apply(self.converted(batch))?;
        self.database.memory().relieve();
        batch.changelog_offset().map_or(Ok(()), |next| self.flush_if_due(next))
    }

    fn changelog_offset(&self) -> Result<Option<Offset>, EngineError> {
        let stored = self.database().db().get_pinned_cf(self.family(), keys::CHANGELOG_OFFSET);
        let stored = stored.map_err(|error| self.failure("reading a changelog offset", &error))?;
        let Some(bytes) = stored else {
            return Ok(None);
        };
        let number = <[u8; 8]>::try_from(&*bytes);
        let number = number.map_err(|_| self.database().damaged("a changelog offset has not eight bytes"))?;
        Ok(Some(Offset::new(i64::from_be_bytes(number))))
    }

    fn approximate_len(&self) -> usize {
        usize::try_from(self.database().approximate_rows(&self.store)).unwrap_or(usize::MAX)
    }

    /// The limit for flushes: a store that is written this rarely is flushed each time.
    fn unwritten_records_max(&self) -> u64 {
        self.unflushed_records_max
    }

    fn clear(&mut self) -> Result<(), EngineError> {
        self.flushed = None;
        if self.is_empty()? {
            return Ok(());
        }
        let mut batch = WriteBatch::default();
        batch.delete_range_cf(self.family(), keys::ROWS_FROM, keys::ROWS_TO);
        batch.delete_cf(self.family(), keys::CHANGELOG_OFFSET);
        self.apply(batch)
    }
}

impl fmt::Debug for RocksDbEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RocksDbEngine").field("store", &self.store).finish_non_exhaustive()
    }
}
