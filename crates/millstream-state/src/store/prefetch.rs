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

    /// Reads rows that the table does not have from the engine, all at once. Keys without a row are noted in it, too, so that they are not read again.
    fn load_missing<'a>(&mut self, lookups: impl Iterator<Item = L::Lookup<'a>>) -> Result<(), StoreError> {
        let (mut missing, mut keys) = (Vec::new(), mem::take(&mut self.buffers.key));
        keys.clear();
        for lookup in lookups {
            let hash = self.hash(lookup);
            if self.find(hash, lookup).is_none() && !self.has_nowhere(lookup)? {
                let start = keys.len();
                self.layout.encode(lookup, &mut keys).map_err(|source| self.serde_error(source))?;
                missing.push((hash, lookup, start..keys.len()));
            }
        }
        if let Some(cache) = &self.cache
            && missing.len() > 1
        {
            let spans: Vec<&[u8]> = missing.iter().map(|(.., span)| &keys[span.clone()]).collect();
            let found = cache.engine.get_many(&spans).map_err(|source| self.engine_error(source))?;
            for ((hash, lookup, span), bytes) in missing.into_iter().zip(found) {
                self.add_loaded(hash, lookup, span.len(), bytes.as_deref())?;
            }
        }
        self.buffers.key = keys;
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
        self.add_clean(hash, lookup, value);
        Ok(())
    }
}
