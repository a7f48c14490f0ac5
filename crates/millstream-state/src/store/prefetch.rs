//! Loads rows into the processor's cache before they are needed.
//!
//! A table of a hundred thousand rows is larger than the processor's caches: a look-up has about three cache misses, for the
//! index, the entry, and the key's heap memory. A caller with several keys prefetches all their rows at once, so that the
//! misses overlap. Without it, a third of the time of a keyed count was spent on cache misses.

use std::hint::black_box;

use millstream_types::Data;

use super::Store;
use crate::layout::Layout;

/// A table with fewer entries fits into the processor's caches.
const ENTRIES_MIN: usize = 8_192;

impl<L: Layout, V: Data> Store<L, V> {
    /// Whether the table is large enough for prefetching to be useful.
    pub(super) fn is_prefetch_useful(&self) -> bool {
        self.table.len() >= ENTRIES_MIN
    }

    /// Prefetches the rows of these keys that are in the table.
    pub(crate) fn prefetch<'a>(&mut self, lookups: impl Iterator<Item = L::Lookup<'a>> + Clone) {
        if !self.is_prefetch_useful() {
            return;
        }
        let mut hashes = std::mem::take(&mut self.buffers.hashes);
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
}
