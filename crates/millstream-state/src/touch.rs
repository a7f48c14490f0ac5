//! Rows brought near the processor before they are needed.
//!
//! A table of a hundred thousand rows is larger than the processor's caches: a look-up waits for memory about three times,
//! for the index, for the entry, and for what its key points to. Whoever knows some keys that come soon reads the rows of
//! all of them at once, so that these waits overlap. A third of a keyed count's time went into waiting without it.

use std::hint::black_box;

use millstream_types::Data;

use crate::layout::Layout;
use crate::store::Store;

/// How many rows are worth touching at once: about as many as a processor can wait for at a time.
pub const ROWS_AHEAD: usize = 16;

/// A table of fewer entries stays in the processor's caches anyway.
const ENTRIES_MIN: usize = 8_192;

impl<L: Layout, V: Data> Store<L, V> {
    /// Whether touching its rows is worth the time.
    pub(crate) fn is_touchable(&self) -> bool {
        self.table.len() >= ENTRIES_MIN
    }

    /// Touches the rows of these keys, as far as they are in the table.
    pub(crate) fn touch<'a>(&mut self, lookups: impl Iterator<Item = L::Lookup<'a>> + Clone) {
        if !self.is_touchable() {
            return;
        }
        let mut hashes = std::mem::take(&mut self.buffers.hashes);
        hashes.clear();
        hashes.extend(lookups.clone().map(|lookup| self.hash(lookup)));
        self.table.touch(&hashes);
        for (lookup, &hash) in lookups.zip(&hashes) {
            let found = self.find(hash, lookup);
            black_box(found.map(|index| self.dirty.touch(self.table.entry(index).dirty)));
        }
        self.buffers.hashes = hashes;
    }
}
