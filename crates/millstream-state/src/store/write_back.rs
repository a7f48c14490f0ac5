//! Writes entries back to the engine, and evicts clean ones.

use std::mem;
use std::ops::Range;

use millstream_types::{Data, Offset};

use super::Store;
use super::cache::Cache;
use super::index::Indexes;
use super::size::MeanSize;
use crate::StoreError;
use crate::layout::Layout;
use crate::table::dirty::CLEAN;
use crate::table::{Entry, Stored};

/// The size of a batch in bytes at which a write-back is due, since the task waits while the engine writes it.
const BATCH_BYTES_MAX: usize = 16 << 20;

/// So many deleted rows that the engine never had may stay until the next write.
const NEVER_STORED_MIN: usize = 1_024;

/// The estimated memory of rows in a table: their entries, and the encoded size for their heap memory.
fn row_bytes<L: Layout, V: Data>(sizes: &MeanSize, rows: usize) -> usize {
    sizes.of(rows) + rows * size_of::<Entry<L::Key, V>>()
}

/// Sorts rows by the keys that lie at their places in `keys`.
fn sort_by_key_bytes(keys: &[u8], rows: &mut [(Range<usize>, u32)]) {
    rows.sort_unstable_by(|(a, _), (b, _)| keys[a.clone()].cmp(&keys[b.clone()]));
}

impl<L: Layout, V: Data> Store<L, V> {
    /// Marks an entry as unwritten.
    pub(super) fn mark_unwritten(&mut self, index: u32, stored: Stored) -> Result<(), StoreError> {
        let Some(cache) = &mut self.cache else {
            return Ok(());
        };
        let entry = self.table.entry_mut(index);
        if entry.is_unwritten() {
            return Ok(());
        }
        entry.stored = stored;
        cache.unwritten.push(index);
        self.add_to_indexes(index)?;
        self.evict(Some(index));
        Ok(())
    }

    /// Adds a clean entry to the queue, and evicts others if there are too many.
    pub(super) fn keep_clean(&mut self, index: u32) {
        self.queue(index);
        self.evict(Some(index));
    }

    fn queue(&mut self, index: u32) {
        let entry = self.table.entry_mut(index);
        if let Some(cache) = &mut self.cache
            && !mem::replace(&mut entry.queued, true)
        {
            cache.queue.push_back(index);
        }
    }

    /// Evicts clean entries, except `except`, until the rest fits or only changed ones are left.
    fn evict(&mut self, except: Option<u32>) {
        let mut tries = self.cache.as_ref().map_or(0, |cache| 2 * cache.queue.len());
        while let Some(index) = self.next_to_evict(except, &mut tries) {
            if self.table.entry(index).value.is_some() {
                self.leave_place(index);
            }
            let entry = self.table.remove(index);
            self.live -= usize::from(entry.value.is_some());
        }
    }

    /// The clean entry that was not used for longest, if the cache is too full.
    fn next_to_evict(&mut self, except: Option<u32>, tries: &mut usize) -> Option<u32> {
        let cache = self.cache.as_mut()?;
        let places_bytes = self.by_key.as_ref().map_or(0, |by_key| by_key.evicted_bytes());
        while row_bytes::<L, V>(&self.sizes, self.table.len()) + places_bytes > cache.bytes_max {
            cache.is_short_of_room = true;
            if *tries == 0 {
                return None;
            }
            let index = cache.queue.pop_front()?;
            *tries -= 1;
            let entry = self.table.entry_mut(index);
            if entry.is_unwritten() {
                entry.queued = false;
            } else if except == Some(index) || mem::take(&mut entry.recent) {
                cache.queue.push_back(index);
            } else {
                return Some(index);
            }
        }
        None
    }

    /// How many more rows fit into the cache beside those that cannot be evicted, if all others are.
    pub(super) fn rows_that_fit(&self) -> usize {
        let Some(cache) = &self.cache else { return 0 };
        let places_bytes = self.by_key.as_ref().map_or(0, |by_key| by_key.evicted_bytes());
        let rows = cache.bytes_max.saturating_sub(places_bytes) / row_bytes::<L, V>(&self.sizes, 1).max(1);
        rows.saturating_sub(cache.unwritten.len())
    }

    /// Sets the size of the cache. Excess rows are evicted when the next row is added.
    pub(super) fn set_cache_bytes_max(&mut self, bytes: usize) {
        if let Some(cache) = &mut self.cache {
            cache.bytes_max = bytes;
            cache.is_short_of_room |= row_bytes::<L, V>(&self.sizes, self.table.len()) > bytes;
        }
    }

    /// Whether a write-back is due. `records_ahead` is the number of changelog records that the engine does not have.
    ///
    /// A cache that has room for all rows keeps them unwritten until restoring after a crash would take too long. Otherwise half
    /// of the cache is for rows that were read, and many rows are written at once, which is more efficient for the engine.
    pub(super) fn is_write_back_due(&self, records_ahead: u64) -> bool {
        let Some(cache) = &self.cache else {
            return false;
        };
        let unwritten = cache.unwritten.len();
        let crowds = cache.is_short_of_room && row_bytes::<L, V>(&self.sizes, unwritten) > cache.bytes_max / 2;
        let fills_batch = self.sizes.of(unwritten) >= BATCH_BYTES_MAX;
        unwritten > 0 && (crowds || fills_batch || records_ahead >= cache.engine.unwritten_records_max())
    }

    /// Writes all unwritten entries to the engine, as one batch sorted by key bytes, with the offset.
    pub(crate) fn write_back(&mut self, changelog_offset: Option<Offset>) -> Result<(), StoreError> {
        self.refuse_dirty()?;
        self.refuse_uncommitted()?;
        let Some(mut cache) = self.cache.take() else {
            return Ok(());
        };
        let written = self.fill(&mut cache, changelog_offset).and_then(|()| {
            let write = cache.write();
            write.map_err(|source| self.engine_error(source))
        });
        let unwritten = if written.is_ok() { mem::take(&mut cache.unwritten) } else { Vec::new() };
        self.cache = Some(cache);
        self.become_clean(unwritten);
        written
    }

    /// Adds all unwritten entries to the batch.
    fn fill(&mut self, cache: &mut Cache, changelog_offset: Option<Offset>) -> Result<(), StoreError> {
        cache.fill_dropped();
        let mut value = mem::take(&mut self.buffers.value);
        let (keys, rows) = self.sorted_keys(&cache.unwritten)?;
        for (span, index) in rows {
            let key = &keys[span];
            match &self.table.entry(index).value {
                Some(held) => {
                    value.clear();
                    self.values.encode_stored(held, &mut value).map_err(|source| self.serde_error(source))?;
                    cache.batch.put(key, &value);
                }
                None if self.table.entry(index).stored == Stored::Nothing => {}
                None => cache.batch.delete(key),
            }
        }
        self.buffers.value = value;
        if let Some(next) = changelog_offset {
            cache.batch.set_changelog_offset(next);
        }
        Ok(())
    }

    /// The engine keys of these entries in one buffer, and each entry with the range of its key in it, in the order of the
    /// keys.
    fn sorted_keys(&self, entries: &[u32]) -> Result<(Vec<u8>, Vec<(Range<usize>, u32)>), StoreError> {
        let (mut keys, mut rows) = (Vec::new(), Vec::with_capacity(entries.len()));
        for &index in entries {
            let start = keys.len();
            let encoded = self.layout.encode(L::lookup(&self.table.entry(index).key), &mut keys);
            encoded.map_err(|source| self.serde_error(source))?;
            rows.push((start..keys.len(), index));
        }
        sort_by_key_bytes(&keys, &mut rows);
        Ok((keys, rows))
    }

    /// Marks entries as written.
    fn become_clean(&mut self, entries: Vec<u32>) {
        if !entries.is_empty() {
            // They have none of the entries any more. The next ordered read builds them again, if there is one.
            self.indexes = Indexes::default();
        }
        for index in entries {
            let entry = self.table.entry_mut(index);
            entry.stored = Stored::Current;
            // Deleted rows of such a key are not looked up again; of others they save a read of the engine.
            if L::BY_KEY && entry.value.is_none() && !entry.queued {
                self.table.remove(index);
            } else {
                self.queue(index);
            }
        }
        // After the loop, since an eviction may remove any of them.
        self.evict(None);
    }

    /// Removes the entries that were deleted before the engine had them, when they are many of the unwritten ones.
    pub(super) fn remove_never_stored(&mut self) -> Result<(), StoreError> {
        let Some(cache) = &mut self.cache else { return Ok(()) };
        if cache.never_stored < NEVER_STORED_MIN.max(cache.unwritten.len() / 4) {
            return Ok(());
        }
        cache.never_stored = 0;
        let unwritten = mem::take(&mut cache.unwritten);
        let is_gone = |entry: &Entry<L::Key, V>| {
            entry.value.is_none()
                && entry.stored == Stored::Nothing
                && entry.dirty == CLEAN
                && !entry.undoable
                && !entry.queued
        };
        let (gone, kept) = unwritten.into_iter().partition(|&index| is_gone(self.table.entry(index)));
        cache.unwritten = kept;
        let gone: Vec<u32> = gone;
        gone.into_iter().try_for_each(|index| self.remove(index))
    }

    /// The estimated size of the unwritten entries in bytes.
    pub(super) fn unwritten_bytes(&self) -> usize {
        self.cache.as_ref().map_or(0, |cache| self.sizes.of(cache.unwritten.len()) + cache.batch.bytes())
    }

    /// The number of rows: exact in memory, or if the table has all of them; otherwise an estimate.
    pub(crate) fn len(&self) -> usize {
        match &self.cache {
            None => self.live,
            // A row that both have is counted once; rows that only one of them has may be missed.
            Some(cache) => cache.engine.approximate_len().max(self.live),
        }
    }
}
