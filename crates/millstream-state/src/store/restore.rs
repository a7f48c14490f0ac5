//! Restoring: changelog records are written to the table in memory, or as bytes to the engine.

use std::mem;

use millstream_types::{Data, Headers, Offset, Timestamp};

use super::Store;
use super::restored::Restored;
use crate::StoreError;
use crate::layout::Layout;
use crate::table::PREFETCH_ROWS;

impl<L: Layout, V: Data> Store<L, V> {
    /// Applies one changelog record, unless its row has expired.
    pub(crate) fn restore(&mut self, key: &[u8], value: Option<&[u8]>, timestamp: Timestamp) -> Result<(), StoreError> {
        self.restore_with_headers(key, value, timestamp, &Headers::new())
    }

    /// Applies one changelog record with headers, unless its row has expired.
    pub(crate) fn restore_with_headers(
        &mut self,
        key: &[u8],
        value: Option<&[u8]>,
        timestamp: Timestamp,
        headers: &Headers,
    ) -> Result<(), StoreError> {
        self.refuse_dirty()?;
        self.refuse_uncommitted()?;
        if (!L::DELETES && value.is_none()) || (L::EXPIRES && self.has_expired(key)?) {
            return Ok(());
        }
        if self.cache.is_some() {
            return self.restore_bytes(key, value, timestamp, headers);
        }
        self.restore_row(key, value, timestamp, headers)
    }

    /// Whether the row of a changelog key has expired, once stream time has advanced to it.
    fn has_expired(&mut self, logged: &[u8]) -> Result<bool, StoreError> {
        self.load_time()?;
        let time = L::logged_time(logged).map_err(|source| self.serde_error(source))?;
        self.advance_time(time);
        // Restored records are committed.
        self.forget_undo();
        Ok(self.expiry.is_some_and(|expiry| expiry.is_closed(time)))
    }

    /// Adds a changelog record to the batch for the engine, as bytes.
    fn restore_bytes(
        &mut self,
        key: &[u8],
        value: Option<&[u8]>,
        timestamp: Timestamp,
        headers: &Headers,
    ) -> Result<(), StoreError> {
        self.forget_clean()?;
        self.forget_places();
        self.sample(key, value, timestamp)?;
        self.buffers.key.clear();
        self.buffers.value.clear();
        self.layout.encode_logged(key, &mut self.buffers.key).map_err(|source| self.serde_error(source))?;
        let Some(cache) = &mut self.cache else {
            return Ok(());
        };
        match value {
            Some(value) => {
                let encoded = self.values.encode_logged(value, timestamp, headers, &mut self.buffers.value);
                encoded.map_err(|source| StoreError::Serde { store: self.options.name.clone(), source })?;
                cache.batch.put(&self.buffers.key, &self.buffers.value);
            }
            None => cache.batch.delete(&self.buffers.key),
        }
        Ok(())
    }

    /// Decodes records until one with a value was read, so that a changelog of another serde is not written to the engine.
    fn sample(&mut self, key: &[u8], value: Option<&[u8]>, timestamp: Timestamp) -> Result<(), StoreError> {
        if self.cache.as_ref().is_none_or(|cache| cache.is_sampled) {
            return Ok(());
        }
        self.layout.decode(key).map_err(|source| self.serde_error(source))?;
        if let Some(value) = value {
            self.values.decode_logged(value, timestamp, &Headers::new()).map_err(|source| self.serde_error(source))?;
            if let Some(cache) = &mut self.cache {
                cache.is_sampled = true;
            }
        }
        Ok(())
    }

    /// Moves the restored records into the table, or writes them to the engine with the offset after them.
    pub(crate) fn restored_to(&mut self, next: Offset) -> Result<(), StoreError> {
        self.restored_to = self.restored_to.max(next);
        if self.cache.as_ref().is_some_and(|cache| !cache.batch.is_empty()) {
            // Rows that were read while records waited are older than these.
            self.forget_clean()?;
            self.forget_places();
        }
        let Some(cache) = &mut self.cache else {
            return self.settle_restored();
        };
        let written = cache.write_restored(next);
        cache.unplaced_until = None;
        written.map_err(|source| self.engine_error(source))
    }

    /// Empties the table before rows are restored to the engine. Returns an error if the table has updates.
    fn forget_clean(&mut self) -> Result<(), StoreError> {
        let updates = self.cache.as_ref().map_or(0, |cache| cache.unwritten.len());
        if updates > 0 {
            let remedy = "restore before the first update, or call `write_back` first";
            return Err(self.unfinished(updates, "not written to its engine", remedy));
        }
        if self.table.len() > 0 {
            self.table.clear();
            self.live = 0;
            if let Some(cache) = &mut self.cache {
                cache.forget_clean();
            }
        }
        Ok(())
    }

    /// Decodes a changelog record. Several records are put into the table together, after their rows are prefetched.
    fn restore_row(
        &mut self,
        key: &[u8],
        value: Option<&[u8]>,
        timestamp: Timestamp,
        headers: &Headers,
    ) -> Result<(), StoreError> {
        let key = self.layout.decode(key).map_err(|source| self.serde_error(source))?;
        let value = match value {
            Some(value) => {
                self.values.decode_logged(value, timestamp, headers).map_err(|source| self.serde_error(source))?
            }
            None => None,
        };
        let hash = self.hash(L::lookup(&key));
        self.restored.push(Restored { hash, key, value });
        if self.restored.len() < PREFETCH_ROWS { Ok(()) } else { self.settle_restored() }
    }

    /// Puts the decoded records into the table.
    pub(crate) fn settle_restored(&mut self) -> Result<(), StoreError> {
        let mut restored = mem::take(&mut self.restored);
        if self.is_prefetch_useful() {
            self.buffers.hashes.clear();
            self.buffers.hashes.extend(restored.iter().map(|row| row.hash));
            self.table.prefetch(&self.buffers.hashes);
        }
        let settled = restored.drain(..).try_for_each(|row| self.settle(row));
        self.restored = restored;
        settled
    }

    fn settle(&mut self, Restored { hash, key, value }: Restored<L::Key, V>) -> Result<(), StoreError> {
        match (self.find(hash, L::lookup(&key)), value) {
            (Some(index), Some(value)) => {
                self.table.entry_mut(index).value = Some(value);
                self.link(index);
                self.used(index);
            }
            (Some(index), None) => self.remove(index)?,
            (None, Some(value)) => {
                let index = self.table.insert(hash, key, Some(value));
                self.live += 1;
                self.link(index);
                self.add_to_indexes(index)?;
                self.used(index);
            }
            (None, None) => {}
        }
        Ok(())
    }
}
