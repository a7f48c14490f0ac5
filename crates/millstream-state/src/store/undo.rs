//! The undo log, which rolls a store back to its last commit.
//!
//! When a row changes for the first time after a commit, the log keeps its committed value. A row that only the table has is
//! cloned. A row that the engine has too (it is clean, was evicted, or was never read) needs no copy, since an engine has only
//! committed rows. Windows that expire meanwhile are moved into the log, and are removed from the engine only after the next
//! commit.

use std::mem;

use millstream_types::Data;

use super::Store;
use super::index::Indexes;
use super::undo_log::{AtCommit, UndoLog, UndoRow};
use crate::layout::Layout;
use crate::table::dirty::CLEAN;
use crate::table::{Entry, Stored};
use crate::{StoreError, ValueAndTimestamp};

impl<L: Layout, V: Data> Store<L, V> {
    /// Begins to keep an undo log. The present contents count as committed.
    pub(super) fn keep_undo_log(&mut self, bytes_max: usize) -> Result<(), StoreError> {
        self.refuse_dirty()?;
        self.load_time()?;
        let (rows, values, expired) = (Vec::new(), 0, Vec::new());
        self.undo = Some(Box::new(UndoLog { bytes_max, rows, values, expired, expiry: None, dropped_below: None }));
        self.remember_expiry();
        Ok(())
    }

    /// The estimated size of the log in bytes.
    pub(super) fn undo_bytes(&self) -> usize {
        self.undo.as_ref().map_or(0, |undo| {
            let held = self.sizes.of(undo.values + undo.expired.len());
            held + undo.rows.len() * size_of::<UndoRow<V>>() + undo.expired.len() * size_of::<Entry<L::Key, V>>()
        })
    }

    /// Whether the log has reached its limit.
    pub(super) fn is_commit_due(&self) -> bool {
        self.undo.as_ref().is_some_and(|undo| self.undo_bytes() >= undo.bytes_max)
    }

    /// Returns an error if there are uncommitted updates, which must not be written to the engine.
    pub(crate) fn refuse_uncommitted(&self) -> Result<(), StoreError> {
        let Some(undo) = &self.undo else { return Ok(()) };
        let has_expired = undo.expiry != self.expiry.map(|expiry| expiry.state);
        if undo.len() == 0 && !has_expired {
            return Ok(());
        }
        Err(self.unfinished(undo.len(), "not committed", "call `committed` after the commit, or `roll_back`"))
    }

    /// Clears the log, because the updates are committed.
    pub(crate) fn committed(&mut self) -> Result<(), StoreError> {
        let Some(mut undo) = self.undo.take() else { return Ok(()) };
        let removed = self.refuse_dirty().and_then(|()| {
            undo.rows.iter().try_for_each(|row| {
                self.table.entry_mut(row.entry).undoable = false;
                self.remove_if_gone(row.entry)
            })
        });
        if removed.is_ok() {
            undo.clear();
        }
        self.undo = Some(undo);
        self.remember_expiry();
        removed
    }

    /// Rolls the store back to the last commit. Returns how many rows changed.
    pub(super) fn roll_back(&mut self) -> usize {
        let Some(mut undo) = self.undo.take() else { return 0 };
        let rolled_back = undo.len();
        for entry in self.dirty.entries() {
            self.table.entry_mut(entry).dirty = CLEAN;
        }
        self.dirty.clear();
        self.restored.clear();
        self.indexes = Indexes::default();
        self.forget_places();
        if let (Some(expiry), Some(state)) = (&mut self.expiry, undo.expiry) {
            expiry.state = state;
        }
        let gone = self.put_rows_back(mem::take(&mut undo.rows));
        if let Some(cache) = &mut self.cache {
            cache.set_dropped_below(undo.dropped_below.clone());
            cache.retain(&|index| !self.table.entry(index).undoable);
        }
        for index in gone {
            let entry = self.table.remove(index);
            self.live -= usize::from(entry.value.is_some());
            self.forget_use(index);
        }
        mem::take(&mut undo.expired).into_iter().for_each(|(key, value)| self.put_expired_back(key, value));
        undo.clear();
        self.undo = Some(undo);
        self.use_unknown_rows();
        rolled_back
    }

    /// Restores the committed values of changed entries. Returns the entries to remove from the table, which are still marked.
    fn put_rows_back(&mut self, rows: Vec<UndoRow<V>>) -> Vec<u32> {
        let is_in_memory = self.cache.is_none();
        let mut gone = Vec::new();
        for UndoRow { entry: index, at_commit } in rows {
            let entry = self.table.entry_mut(index);
            let was_live = entry.value.is_some();
            match at_commit {
                AtCommit::Absent if !is_in_memory => entry.value = None,
                AtCommit::InEngine | AtCommit::Absent => {
                    gone.push(index);
                    continue;
                }
                AtCommit::Present(value) => entry.value = Some(value),
            }
            entry.undoable = false;
            self.live = self.live + usize::from(entry.value.is_some()) - usize::from(was_live);
        }
        gone
    }

    /// Restores a row that has expired since the commit and that the engine does not have.
    fn put_expired_back(&mut self, key: L::Key, value: Option<ValueAndTimestamp<V>>) {
        let hash = self.hash(L::lookup(&key));
        self.live += usize::from(value.is_some());
        let index = self.table.insert(hash, key, value);
        if let Some(cache) = &mut self.cache {
            self.table.entry_mut(index).stored = Stored::Outdated;
            cache.unwritten.push(index);
        }
    }

    /// Keeps the committed value of an entry before its first change.
    #[inline]
    pub(super) fn remember(&mut self, index: u32) {
        if self.undo.is_some() {
            self.remember_entry(index);
        }
    }

    #[cold]
    fn remember_entry(&mut self, index: u32) {
        let Some(undo) = &mut self.undo else { return };
        let entry = self.table.entry_mut(index);
        if mem::replace(&mut entry.undoable, true) {
            return;
        }
        let is_in_engine = self.cache.is_some() && !entry.is_unwritten();
        undo.push(index, if is_in_engine { AtCommit::InEngine } else { AtCommit::new(entry.value.clone()) });
    }

    /// Records that an entry was not in the table before.
    #[inline]
    pub(super) fn remember_created(&mut self, index: u32) {
        let Some(undo) = &mut self.undo else { return };
        self.table.entry_mut(index).undoable = true;
        undo.push(index, if self.cache.is_some() { AtCommit::InEngine } else { AtCommit::Absent });
    }

    /// Keeps the present state of the expiry as committed.
    fn remember_expiry(&mut self) {
        if let Some(undo) = &mut self.undo {
            undo.expiry = self.expiry.map(|expiry| expiry.state);
            undo.dropped_below = self.cache.as_ref().and_then(|cache| cache.dropped_below().cloned());
        }
    }

    /// Clears the log, because the store was emptied.
    pub(super) fn forget_undo(&mut self) {
        if let Some(undo) = &mut self.undo {
            undo.clear();
        }
        self.remember_expiry();
    }
}
