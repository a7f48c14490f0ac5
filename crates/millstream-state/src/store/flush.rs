//! Flushes: dirty rows are logged and returned.

use std::borrow::Cow;
use std::mem;

use millstream_types::{Data, Headers, Timestamp};

use super::{Buffers, Store};
use crate::layout::Layout;
use crate::table::dirty::{Before, CLEAN, DirtyRow};
use crate::{Changelog, Flushed, RecordContext, StoreError};

/// Which dirty rows a flush logs, as in Kafka Streams.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Logged {
    /// All, for a store whose changes are not forwarded.
    All,
    /// Those that change what was forwarded before: not keys that were created and deleted since the last flush, and not
    /// deletes of missing keys.
    Changes,
}

impl<L: Layout, V: Data> Store<L, V> {
    /// Flushes, and returns the changes to forward.
    pub(crate) fn take_dirty(
        &mut self,
        log: &mut dyn Changelog,
        limit: usize,
    ) -> Result<Vec<Flushed<L::Key, V>>, StoreError> {
        let mut flushed = Vec::with_capacity(self.dirty.len().min(limit));
        self.flush(log, limit, Logged::Changes, |key, old, new, timestamp, context| {
            flushed.push(Flushed { key: key.clone(), old, new: new.cloned(), timestamp, context });
        })?;
        Ok(flushed)
    }

    /// Flushes a store whose changes are not forwarded.
    pub(crate) fn log_dirty(&mut self, log: &mut dyn Changelog, limit: usize) -> Result<(), StoreError> {
        self.flush(log, limit, Logged::All, |_, _, _, _, _| {})
    }

    /// Logs up to `limit` dirty keys, in the order of the last update, and passes each to `emit`. Those that it leaves out count,
    /// too: the engine may have been read for them.
    fn flush(
        &mut self,
        log: &mut dyn Changelog,
        limit: usize,
        logged: Logged,
        mut emit: impl FnMut(&L::Key, Option<V>, Option<&V>, Timestamp, RecordContext),
    ) -> Result<(), StoreError> {
        self.sort_dirty();
        let mut left = limit;
        while left > 0
            && let Some(mut row) = self.dirty.pop()
        {
            let number = self.table.entry(row.entry).dirty;
            match self.flush_row(&mut row, logged, log, &mut emit) {
                Ok(()) => left -= 1,
                Err(error) => {
                    self.table.entry_mut(row.entry).dirty = number;
                    self.dirty.put_back(row, number);
                    return Err(error);
                }
            }
        }
        self.drop_flushed_closed();
        self.remove_never_stored()
    }

    /// Sorts the dirty rows by their last update.
    fn sort_dirty(&mut self) {
        self.dirty.sort(|entry, number| self.table.entry_mut(entry).dirty = number);
    }

    /// Flushes one row: logs and passes it to `emit`, unless nothing has changed.
    fn flush_row(
        &mut self,
        row: &mut DirtyRow<V>,
        logged: Logged,
        log: &mut dyn Changelog,
        emit: &mut impl FnMut(&L::Key, Option<V>, Option<&V>, Timestamp, RecordContext),
    ) -> Result<(), StoreError> {
        if logged == Logged::All || self.is_change(row)? {
            let timestamp = self.log_entry(row.entry, &row.context, log)?;
            let entry = self.table.entry(row.entry);
            let old = match &mut row.before {
                Before::Present(old) => old.take(),
                Before::Absent | Before::InEngine => None,
            };
            let context = mem::take(&mut row.context);
            emit(&entry.key, old, entry.value.as_ref().map(|held| &held.value), timestamp, context);
        }
        self.table.entry_mut(row.entry).dirty = CLEAN;
        self.remove_if_gone(row.entry)
    }

    /// Whether the row has changed since the last flush.
    fn is_change(&mut self, row: &DirtyRow<V>) -> Result<bool, StoreError> {
        let entry = self.table.entry(row.entry);
        if entry.value.is_some() {
            return Ok(true);
        }
        match row.before {
            Before::Absent => Ok(false),
            Before::Present(_) => Ok(true),
            Before::InEngine => {
                let key = entry.key.clone();
                Ok(self.stored_bytes(L::lookup(&key))?.is_some())
            }
        }
    }

    /// Appends an entry to the changelog, if there is one. Returns the time of the record.
    pub(super) fn log_entry(
        &mut self,
        index: u32,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<Timestamp, StoreError> {
        let entry = self.table.entry(index);
        let timestamp = match &entry.value {
            Some(held) if self.options.timestamped => held.timestamp,
            _ => context.timestamp,
        };
        if !self.options.logging {
            return Ok(timestamp);
        }
        let mut buffers = mem::take(&mut self.buffers);
        let encoded = self.encode_entry(index, &mut buffers);
        let logged = encoded.map(|()| {
            let key = &buffers.key[L::PREFIX_BYTES..];
            let value = self.table.entry(index).value.as_ref().map(|_| buffers.value.as_slice());
            if self.values.logs_headers() {
                let headers = self.logged_headers(index, context);
                log.append_with_headers(self.options.index, key, value, timestamp, &headers);
            } else if self.options.logs_headers {
                log.append_with_headers(self.options.index, key, value, timestamp, &context.headers);
            } else {
                log.append(self.options.index, key, value, timestamp);
            }
            let value_bytes = value.map_or(0, |value| value.len() + self.values.time_bytes());
            self.sizes.learn(buffers.key.len() + value_bytes);
            timestamp
        });
        self.buffers = buffers;
        logged
    }

    /// The headers of a changelog record: those of the value, for a delete those of the record that deletes.
    #[cold]
    fn logged_headers<'a>(&'a self, index: u32, context: &'a RecordContext) -> Cow<'a, Headers> {
        match &self.table.entry(index).value {
            Some(held) => self.values.headers_of(&held.value),
            None => Cow::Borrowed(&context.headers),
        }
    }

    /// Encodes the engine key of an entry and, if it has one, its value into the buffers.
    fn encode_entry(&self, index: u32, buffers: &mut Buffers) -> Result<(), StoreError> {
        let entry = self.table.entry(index);
        buffers.key.clear();
        buffers.value.clear();
        let encoded = self.layout.encode(L::lookup(&entry.key), &mut buffers.key);
        let encoded = encoded.and_then(|()| match &entry.value {
            Some(held) => self.values.encode_bare(&held.value, &mut buffers.value),
            None => Ok(()),
        });
        encoded.map_err(|source| self.serde_error(source))
    }
}
