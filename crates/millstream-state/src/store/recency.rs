//! The order in which rows were last used, for stores with a maximum number of rows.

use std::collections::{BTreeMap, HashMap};

/// The entries with a value, by their last use.
#[derive(Default)]
pub(super) struct Recency {
    rows_max: usize,
    last_use: u64,
    by_use: BTreeMap<u64, u32>,
    uses: HashMap<u32, u64>,
}

impl Recency {
    pub(super) fn new(rows_max: usize) -> Self {
        Self { rows_max: rows_max.max(1), ..Self::default() }
    }

    /// Makes an entry the most recently used one.
    pub(super) fn touch(&mut self, index: u32) {
        self.last_use += 1;
        if let Some(before) = self.uses.insert(index, self.last_use) {
            self.by_use.remove(&before);
        }
        self.by_use.insert(self.last_use, index);
    }

    pub(super) fn forget(&mut self, index: u32) {
        if let Some(before) = self.uses.remove(&index) {
            self.by_use.remove(&before);
        }
    }

    /// Whether the use of an entry is known.
    pub(super) fn contains(&self, index: u32) -> bool {
        self.uses.contains_key(&index)
    }

    /// The least recently used entry, if there are too many.
    pub(super) fn excess(&self) -> Option<u32> {
        let eldest = self.by_use.first_key_value().map(|(_, index)| *index);
        eldest.filter(|_| self.uses.len() > self.rows_max)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new(self.rows_max);
    }
}
