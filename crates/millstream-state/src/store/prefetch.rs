//! Rows loaded into the processor's cache before they are needed.
//!
//! A table of a hundred thousand rows is larger than the processor's caches: a look-up waits for memory about three times,
//! for the index, for the entry, and for what its key points to. A caller that has some keys in advance prefetches the
//! rows of all of them at once, so that these waits overlap. A third of a keyed count's time went into waiting without it.

use std::hint::black_box;

use millstream_types::Data;

use super::Store;
use crate::layout::Layout;

/// A table of fewer entries stays in the processor's caches anyway.
const ENTRIES_MIN: usize = 8_192;

impl<L: Layout, V: Data> Store<L, V> {
    /// Whether the table is so large that prefetching is worth its time.
    pub(super) fn is_prefetch_useful(&self) -> bool {
        self.table.len() >= ENTRIES_MIN
    }

    /// Prefetches the rows of these keys, as far as they are in the table.
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
