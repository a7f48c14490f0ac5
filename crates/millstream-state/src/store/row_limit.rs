//! Stores with a maximum number of rows, which keep those that were used last.

use millstream_types::Data;

use super::Store;
use crate::layout::Layout;
use crate::table::dirty::{Before, CLEAN};
use crate::{Changelog, RecordContext, StoreError};

impl<L: Layout, V: Data> Store<L, V> {
    /// Records that a row was read or written.
    #[inline]
    pub(super) fn used(&mut self, index: u32) {
        if self.recency.is_some() {
            self.use_row(index);
        }
    }

    #[cold]
    fn use_row(&mut self, index: u32) {
        let Some(recency) = &mut self.recency else { return };
        if self.table.entry(index).value.is_some() {
            recency.touch(index);
        } else {
            recency.forget(index);
        }
    }

    /// Records that an entry was removed from the table.
    #[inline]
    pub(super) fn forget_use(&mut self, index: u32) {
        if let Some(recency) = &mut self.recency {
            recency.forget(index);
        }
    }

    /// Records that all entries were removed from the table.
    pub(super) fn forget_uses(&mut self) {
        if let Some(recency) = &mut self.recency {
            recency.clear();
        }
    }

    /// Adds the rows that a rollback has brought back, as the most recently used ones.
    pub(super) fn use_unknown_rows(&mut self) {
        let Some(recency) = &self.recency else { return };
        let unknown = self.table.iter().filter(|(index, _)| !recency.contains(*index));
        let unknown: Vec<u32> = unknown.map(|(index, _)| index).collect();
        unknown.into_iter().for_each(|index| self.used(index));
    }

    /// Deletes the least recently used rows if there are too many. Their deletes are logged, so that a restored store does not
    /// have them.
    #[inline]
    pub(super) fn evict_rows(&mut self, context: &RecordContext, log: &mut dyn Changelog) -> Result<(), StoreError> {
        if self.recency.is_some() { self.evict_excess(context, log) } else { Ok(()) }
    }

    #[cold]
    fn evict_excess(&mut self, context: &RecordContext, log: &mut dyn Changelog) -> Result<(), StoreError> {
        while let Some(index) = self.recency.as_ref().and_then(|recency| recency.excess()) {
            self.remember(index);
            let entry = self.table.entry_mut(index);
            let (old, is_clean) = (entry.value.take(), entry.dirty == CLEAN);
            let before = Before::Present(old.filter(|_| self.options.keep_old).map(|old| old.value));
            self.finish(index, true, is_clean.then_some(before), None, context, log)?;
        }
        Ok(())
    }
}
