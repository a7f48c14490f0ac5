//! Loads rows before they are needed: from the engine into the table, and from the table into the processor's cache.
//!
//! An engine finds several rows together in less time than one after the other, since what each of them has to wait for,
//! memory or files, overlaps.
//!
//! A table of a hundred thousand rows is larger than the processor's caches: a look-up has about three cache misses, for the
//! index, the entry, and the key's heap memory. A caller with several keys prefetches all their rows at once, so that the
//! misses overlap. Without it, a third of the time of a keyed count was spent on cache misses.

use std::hint::black_box;
use std::mem;
use std::ops::Range;

use millstream_types::Data;

use super::Store;
use crate::StoreError;
use crate::layout::Layout;

/// A table with fewer entries fits into the processor's caches.
const ENTRIES_MIN: usize = 8_192;

/// From where rows are prefetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrefetchFrom {
    /// From memory only, because perhaps they will not be read.
    Memory,
    /// Those that are not in memory from the engine, because they will be read.
    Engine,
}

/// The rows of a prefetch that the table does not have.
struct Missing<K> {
    rows: Vec<MissingRow<K>>,
    /// How many of the others are in the cache as they are in the engine, so that they may leave it.
    evictable: usize,
}

struct MissingRow<K> {
    hash: u64,
    lookup: K,
    /// The place of its encoded key.
    key: Range<usize>,
}

impl<L: Layout, V: Data> Store<L, V> {
    /// Whether the table is large enough for prefetching to be useful.
    pub(super) fn is_prefetch_useful(&self) -> bool {
        self.table.len() >= ENTRIES_MIN
    }

    /// Loads the rows of these keys. A failure is left to the read that needs the row.
    pub(crate) fn prefetch<'a>(&mut self, lookups: impl Iterator<Item = L::Lookup<'a>> + Clone, from: PrefetchFrom) {
        if from == PrefetchFrom::Engine && self.cache.is_some() {
            _ = self.load_missing(lookups.clone());
        }
        self.touch(lookups);
    }

    /// Loads rows of the table into the processor's cache.
    fn touch<'a>(&mut self, lookups: impl Iterator<Item = L::Lookup<'a>> + Clone) {
        if !self.is_prefetch_useful() {
            return;
        }
        let mut hashes = mem::take(&mut self.buffers.hashes);
        hashes.clear();
        for lookup in lookups.clone() {
            hashes.push(self.hash(lookup));
        }
        self.table.prefetch(&hashes);
        let mut hashed = hashes.iter();
        for lookup in lookups {
            let Some(&hash) = hashed.next() else { break };
            if let Some(index) = self.find(hash, lookup) {
                black_box(self.dirty.prefetch(self.table.entry(index).dirty));
            }
        }
        self.buffers.hashes = hashes;
    }

    /// Reads rows that the table does not have from the engine, together. Keys without a row are noted in it, too, so that they are not
    /// read again. Rows for which the cache has no room would leave it before they are used, and be read twice.
    fn load_missing<'a>(&mut self, lookups: impl Iterator<Item = L::Lookup<'a>>) -> Result<(), StoreError> {
        if self.rows_that_fit() == 0 {
            return Ok(());
        }
        let mut keys = mem::take(&mut self.buffers.key);
        keys.clear();
        let missing = self.missing(lookups, &mut keys);
        let loaded = missing.and_then(|missing| self.load_fitting(&missing, &keys));
        self.buffers.key = keys;
        loaded
    }

    /// Finds the rows that the table does not have, and encodes their keys into `keys`. The others are to stay in the cache.
    fn missing<'a>(
        &mut self,
        lookups: impl Iterator<Item = L::Lookup<'a>>,
        keys: &mut Vec<u8>,
    ) -> Result<Missing<L::Lookup<'a>>, StoreError> {
        let mut missing = Missing { rows: Vec::new(), evictable: 0 };
        for lookup in lookups {
            let hash = self.hash(lookup);
            if let Some(index) = self.find(hash, lookup) {
                let entry = self.table.entry_mut(index);
                missing.evictable += usize::from(!entry.is_unwritten());
                entry.recent = true;
            } else if !self.has_nowhere(lookup)? {
                let start = keys.len();
                self.layout.encode(lookup, keys).map_err(|source| self.serde_error(source))?;
                missing.rows.push(MissingRow { hash, lookup, key: start..keys.len() });
            }
        }
        Ok(missing)
    }

    /// Reads as many of the missing rows as fit into the cache, by the mean size of rows. Until one is known, they are read by few.
    fn load_fitting(&mut self, missing: &Missing<L::Lookup<'_>>, keys: &[u8]) -> Result<(), StoreError> {
        let (mut rest, mut kept, mut at_once) = (&missing.rows[..], missing.evictable, 1);
        while missing.rows.len() > 1 && !rest.is_empty() {
            let room = self.rows_that_fit().saturating_sub(kept);
            let rows_max = if self.sizes.is_guess() { room.min(at_once) } else { room };
            let (some, others) = rest.split_at(rows_max.min(rest.len()));
            if some.is_empty() {
                break;
            }
            self.load_together(some, keys)?;
            (rest, kept, at_once) = (others, kept + some.len(), 2 * at_once);
        }
        Ok(())
    }

    /// Reads these rows from the engine with one call.
    fn load_together(&mut self, rows: &[MissingRow<L::Lookup<'_>>], keys: &[u8]) -> Result<(), StoreError> {
        let Some(cache) = &self.cache else { return Ok(()) };
        let spans: Vec<&[u8]> = rows.iter().map(|row| &keys[row.key.clone()]).collect();
        let found = cache.engine.get_many(&spans).map_err(|source| self.engine_error(source))?;
        for (row, bytes) in rows.iter().zip(found) {
            self.add_loaded(row.hash, row.lookup, row.key.len(), bytes.as_deref())?;
        }
        Ok(())
    }

    /// Adds a row that was read ahead, unless it was twice among the keys.
    fn add_loaded(
        &mut self,
        hash: u64,
        lookup: L::Lookup<'_>,
        key_bytes: usize,
        stored: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        if self.find(hash, lookup).is_some() {
            return Ok(());
        }
        if let Some(stored) = stored {
            self.sizes.learn(key_bytes + stored.len());
        }
        let value = stored.map(|stored| self.values.decode_stored(stored)).transpose();
        let value = value.map_err(|source| self.serde_error(source))?;
        let index = self.add_clean(hash, lookup, value);
        // It will be used, so others leave the cache first.
        self.table.entry_mut(index).recent = true;
        Ok(())
    }
}
