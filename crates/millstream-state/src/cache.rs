//! What a store over an engine adds to its table: which entries to write back, and which clean ones to let go.

use std::collections::VecDeque;
use std::mem;
use std::ops::Range;

use millstream_types::{Data, Offset, Timestamp};

use crate::dirty::CLEAN;
use crate::layout::Layout;
use crate::size::MeanSize;
use crate::store::Store;
use crate::table::Entry;
use crate::{Backing, Batch, Engine, EngineError, StoreError};

/// Encoded rows that one batch should hold at most: the engine gets it whole, while its task waits.
const BATCH_BYTES_MAX: usize = 16 << 20;

/// The engine, and the table's entries as seen from it.
pub(crate) struct Cache {
    pub(crate) engine: Box<dyn Engine>,
    bytes_max: usize,
    /// Whether rows had to go, or should have, since the last write.
    is_short_of_room: bool,
    /// Clean entries, in the order in which they are tried for eviction (second chance).
    queue: VecDeque<u32>,
    /// Entries the engine does not have, in the order of their first change.
    unwritten: Vec<u32>,
    /// All keys below this one are to be removed with the next write.
    dropped_below: Option<Vec<u8>>,
    /// Reused by every write; while restoring it collects the records of a batch.
    pub(crate) batch: Batch,
    /// Whether a record of the batch that is being restored was found to be of the store's types.
    is_sampled: bool,
}

impl Cache {
    /// The cache for a backing; `None` for a resident store.
    pub(crate) fn new(backing: Backing) -> Option<Self> {
        match backing {
            Backing::Resident => None,
            Backing::Engine { engine, cache_bytes_max } => Some(Self {
                engine,
                bytes_max: cache_bytes_max,
                is_short_of_room: false,
                queue: VecDeque::new(),
                unwritten: Vec::new(),
                dropped_below: None,
                batch: Batch::new(),
                is_sampled: false,
            }),
        }
    }

    pub(crate) fn unwritten_len(&self) -> usize {
        self.unwritten.len()
    }

    /// All unwritten entries, each once.
    pub(crate) fn unwritten(&self) -> &[u32] {
        &self.unwritten
    }

    /// Forgets the entries that `keep` refuses, before they leave the table.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(u32) -> bool) {
        self.queue.retain(|&index| keep(index));
        self.unwritten.retain(|&index| keep(index));
    }

    /// Writes the batch, and empties it.
    fn write(&mut self) -> Result<(), EngineError> {
        let written = if self.batch.is_empty() { Ok(()) } else { self.engine.write(&self.batch) };
        self.batch.clear();
        self.is_sampled = false;
        if written.is_ok() {
            self.dropped_below = None;
            self.is_short_of_room = false;
        }
        written
    }

    /// Adds the removal of dropped keys to the batch.
    fn fill_dropped(&mut self) {
        if let Some(below) = &self.dropped_below {
            self.batch.delete_range(&[], below);
        }
    }

    /// Forgets all entries and what was to be written.
    pub(crate) fn forget(&mut self) {
        self.dropped_below = None;
        self.is_short_of_room = false;
        self.queue.clear();
        self.unwritten.clear();
        self.batch.clear();
        self.is_sampled = false;
    }
}

/// About what so many rows of a table take: the entries themselves, and for what they point to their encoded size.
fn row_bytes<L: Layout, V: Data>(sizes: &MeanSize, rows: usize) -> usize {
    sizes.of(rows) + rows * size_of::<Entry<L::Key, V>>()
}

impl<L: Layout, V: Data> Store<L, V> {
    /// Notes that the engine does not have this entry's value.
    pub(crate) fn mark_unwritten(&mut self, index: u32) -> Result<(), StoreError> {
        let Some(cache) = &mut self.cache else {
            return Ok(());
        };
        let entry = self.table.entry_mut(index);
        if mem::replace(&mut entry.unwritten, true) {
            return Ok(());
        }
        cache.unwritten.push(index);
        self.index_by_bytes(index)?;
        self.evict(Some(index));
        Ok(())
    }

    /// Takes a clean entry into the queue, and lets others go if they are too many.
    pub(crate) fn keep_clean(&mut self, index: u32) {
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

    /// Evicts clean entries until the bound holds or only changed ones are left; never `except`, which is in use.
    fn evict(&mut self, except: Option<u32>) {
        let Some(cache) = &mut self.cache else {
            return;
        };
        let mut tries = 2 * cache.queue.len();
        while row_bytes::<L, V>(&self.sizes, self.table.len()) > cache.bytes_max {
            cache.is_short_of_room = true;
            if tries == 0 {
                return;
            }
            let Some(index) = cache.queue.pop_front() else {
                return;
            };
            tries -= 1;
            let entry = self.table.entry_mut(index);
            if entry.unwritten {
                entry.queued = false;
            } else if except == Some(index) || mem::take(&mut entry.recent) {
                cache.queue.push_back(index);
            } else {
                let entry = self.table.remove(index);
                self.live -= usize::from(entry.value.is_some());
            }
        }
    }

    /// Bounds the rows kept before the engine; the next row that comes in lets the superfluous ones go.
    pub(crate) fn set_cache_bytes_max(&mut self, bytes: usize) {
        if let Some(cache) = &mut self.cache {
            cache.bytes_max = bytes;
            cache.is_short_of_room |= row_bytes::<L, V>(&self.sizes, self.table.len()) > bytes;
        }
    }

    /// Whether the engine should get what is unwritten, `records_ahead` being what the changelog has and the engine has not.
    ///
    /// A cache that has room for all rows keeps them unwritten until a crash would cost too much. One that has not keeps
    /// half of its room for what was read, and writes many rows at a time, which takes the engine less than a few.
    pub(crate) fn is_write_back_due(&self, records_ahead: u64) -> bool {
        let Some(cache) = &self.cache else {
            return false;
        };
        let unwritten = cache.unwritten_len();
        let crowds = cache.is_short_of_room && row_bytes::<L, V>(&self.sizes, unwritten) > cache.bytes_max / 2;
        let fills_batch = self.sizes.of(unwritten) >= BATCH_BYTES_MAX;
        unwritten > 0 && (crowds || fills_batch || records_ahead >= cache.engine.unwritten_records_max())
    }

    /// Writes everything unwritten into the engine, as one batch sorted by key bytes, with the offset.
    pub(crate) fn write_back(&mut self, changelog_offset: Option<Offset>) -> Result<(), StoreError> {
        self.refuse_dirty()?;
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

    /// Puts all unwritten entries into the batch.
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
                None => cache.batch.delete(key),
            }
        }
        self.buffers.value = value;
        if let Some(next) = changelog_offset {
            cache.batch.set_changelog_offset(next);
        }
        Ok(())
    }

    /// The engine keys of these entries, in one buffer; and each entry with the place of its key there, in the order of
    /// the keys.
    fn sorted_keys(&self, entries: &[u32]) -> Result<(Vec<u8>, Vec<(Range<usize>, u32)>), StoreError> {
        let (mut keys, mut rows) = (Vec::new(), Vec::with_capacity(entries.len()));
        for &index in entries {
            let start = keys.len();
            let encoded = self.layout.encode(L::lookup(&self.table.entry(index).key), &mut keys);
            encoded.map_err(|source| self.serde_error(source))?;
            rows.push((start..keys.len(), index));
        }
        rows.sort_unstable_by(|(a, _), (b, _)| keys[a.clone()].cmp(&keys[b.clone()]));
        Ok((keys, rows))
    }

    /// The engine has these entries now.
    fn become_clean(&mut self, entries: Vec<u32>) {
        if let Some(ordered) = &mut self.ordered
            && !entries.is_empty()
        {
            ordered.clear();
        }
        for index in entries {
            self.table.entry_mut(index).unwritten = false;
            self.queue(index);
        }
        // Only now: an eviction may take any of them.
        self.evict(None);
    }

    /// Removes all clean and unwritten entries whose key `is_dropped`, without writing them; returns how many dirty ones
    /// stay until they are flushed.
    pub(crate) fn drop_entries(&mut self, is_dropped: impl Fn(&L::Key) -> bool) -> usize {
        self.restored.retain(|row| !is_dropped(&row.key));
        let keep = |entry: &Entry<L::Key, V>| entry.dirty != CLEAN || !is_dropped(&entry.key);
        if let Some(cache) = &mut self.cache {
            cache.retain(|index| keep(self.table.entry(index)));
        }
        if let Some(ordered) = &mut self.ordered {
            ordered.retain(|_, index| keep(self.table.entry(*index)));
        }
        self.table.retain(keep, |entry| self.live -= usize::from(entry.value.is_some()));
        self.dirty.entries().filter(|&index| is_dropped(&self.table.entry(index).key)).count()
    }

    /// Removes all keys below `engine_key` from the engine, with the next write.
    pub(crate) fn drop_stored_below(&mut self, engine_key: &[u8]) {
        if let Some(cache) = &mut self.cache {
            cache.dropped_below = Some(engine_key.to_vec());
        }
    }

    /// An error if there are updates that no flush has logged: neither may the engine get ahead of the changelog, nor a
    /// restored record take a dirty entry away.
    fn refuse_dirty(&self) -> Result<(), StoreError> {
        if self.dirty.len() == 0 {
            return Ok(());
        }
        Err(StoreError::Unfinished {
            store: self.options.name.clone(),
            updates: self.dirty.len(),
            state: "not logged",
            remedy: "flush with `take_dirty` or `log_dirty` first",
        })
    }

    /// About how many bytes wait for [`write_back`](Self::write_back).
    pub(crate) fn unwritten_bytes(&self) -> usize {
        self.cache.as_ref().map_or(0, |cache| self.sizes.of(cache.unwritten_len()) + cache.batch.bytes())
    }

    /// About how many rows the store has; exact if it is resident, or if its table has all of them.
    pub(crate) fn len(&self) -> usize {
        match &self.cache {
            None => self.live,
            // A row that both have counts once; what only one of them has may be missing.
            Some(cache) => cache.engine.approximate_len().max(self.live),
        }
    }

    /// Applies one changelog record.
    pub(crate) fn restore(&mut self, key: &[u8], value: Option<&[u8]>, timestamp: Timestamp) -> Result<(), StoreError> {
        self.refuse_dirty()?;
        if self.cache.is_some() {
            return self.restore_bytes(key, value, timestamp);
        }
        self.restore_row(key, value, timestamp)
    }

    /// Takes a changelog record into the batch for the engine, as bytes.
    fn restore_bytes(&mut self, key: &[u8], value: Option<&[u8]>, timestamp: Timestamp) -> Result<(), StoreError> {
        self.forget_clean()?;
        self.sample(key, value, timestamp)?;
        self.buffers.key.clear();
        self.buffers.value.clear();
        self.layout.encode_logged(key, &mut self.buffers.key).map_err(|source| self.serde_error(source))?;
        let Some(cache) = &mut self.cache else {
            return Ok(());
        };
        match value {
            Some(value) => {
                self.values.encode_logged(value, timestamp, &mut self.buffers.value);
                cache.batch.put(&self.buffers.key, &self.buffers.value);
            }
            None => cache.batch.delete(&self.buffers.key),
        }
        Ok(())
    }

    /// Looks into a record that would pass as bytes, until one with a value was read: a changelog written with another
    /// serde must not get into the engine.
    fn sample(&mut self, key: &[u8], value: Option<&[u8]>, timestamp: Timestamp) -> Result<(), StoreError> {
        if self.cache.as_ref().is_none_or(|cache| cache.is_sampled) {
            return Ok(());
        }
        self.layout.decode(key).map_err(|source| self.serde_error(source))?;
        if let Some(value) = value {
            self.values.decode_logged(value, timestamp).map_err(|source| self.serde_error(source))?;
            if let Some(cache) = &mut self.cache {
                cache.is_sampled = true;
            }
        }
        Ok(())
    }

    /// Puts what was restored into the table, or writes it to the engine with the offset after it.
    pub(crate) fn restored_to(&mut self, next: Offset) -> Result<(), StoreError> {
        let Some(cache) = &mut self.cache else {
            return self.settle_restored();
        };
        cache.fill_dropped();
        cache.batch.set_changelog_offset(next);
        let written = cache.write();
        written.map_err(|source| self.engine_error(source))
    }

    /// Empties the table before restored rows pass it by; an error if it has updates of its own.
    fn forget_clean(&mut self) -> Result<(), StoreError> {
        let updates = self.cache.as_ref().map_or(0, Cache::unwritten_len);
        if updates > 0 {
            return Err(StoreError::Unfinished {
                store: self.options.name.clone(),
                updates,
                state: "not written to its engine",
                remedy: "restore before the first update, or call `write_back` first",
            });
        }
        if self.table.len() > 0 {
            self.table.clear();
            self.live = 0;
            if let Some(cache) = &mut self.cache {
                cache.queue.clear();
            }
        }
        Ok(())
    }
}
