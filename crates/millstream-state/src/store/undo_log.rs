//! The contents of the undo log.

use std::mem;

use crate::ValueAndTimestamp;
use crate::expiry::ExpiryState;
use crate::table::Entry;

/// The committed values of the rows that have changed since the last commit.
pub(super) struct UndoLog<K, V> {
    pub(super) bytes_max: usize,
    /// Changed entries, each once.
    pub(super) rows: Vec<UndoRow<V>>,
    /// The number of `rows` with a value.
    pub(super) values: usize,
    /// Rows that have expired and are no longer in the table.
    pub(super) expired: Vec<(K, Option<ValueAndTimestamp<V>>)>,
    /// The committed state of the expiry.
    pub(super) expiry: Option<ExpiryState>,
    /// The committed key below which the rows of the engine have expired.
    pub(super) dropped_below: Option<Vec<u8>>,
}

/// What is behind the table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    Nothing,
    Engine,
}

/// A changed entry of the table.
pub(super) struct UndoRow<V> {
    pub(super) entry: u32,
    pub(super) at_commit: AtCommit<V>,
}

/// A row as of the last commit.
pub(super) enum AtCommit<V> {
    /// The engine has the value.
    InEngine,
    /// The key had no value.
    Absent,
    /// The key had this value, which the engine does not have.
    Present(ValueAndTimestamp<V>),
}

impl<V> AtCommit<V> {
    pub(super) fn new(value: Option<ValueAndTimestamp<V>>) -> Self {
        match value {
            Some(value) => Self::Present(value),
            None => Self::Absent,
        }
    }

    fn holds_value(&self) -> bool {
        matches!(self, Self::Present(_))
    }
}

impl<K, V> UndoLog<K, V> {
    pub(super) fn push(&mut self, entry: u32, at_commit: AtCommit<V>) {
        self.values += usize::from(at_commit.holds_value());
        self.rows.push(UndoRow { entry, at_commit });
    }

    /// Takes out the rows of entries that `keep` refuses: they are about to leave the table.
    pub(super) fn take_dropped(&mut self, keep: impl Fn(u32) -> bool) -> Vec<UndoRow<V>> {
        let mut dropped = Vec::new();
        for row in mem::take(&mut self.rows) {
            if keep(row.entry) {
                self.rows.push(row);
            } else {
                self.values -= usize::from(row.at_commit.holds_value());
                dropped.push(row);
            }
        }
        dropped
    }

    /// Keeps an entry that has left the table because it expired, and that had not changed since the commit.
    pub(super) fn keep_unchanged(&mut self, entry: Entry<K, V>, backing: Behind) {
        let is_in_engine = backing == Behind::Engine && !entry.is_unwritten();
        let at_commit = if is_in_engine { AtCommit::InEngine } else { AtCommit::new(entry.value) };
        self.keep_dropped(entry.key, at_commit, backing);
    }

    /// Keeps a row as of the commit, whose entry has left the table because it expired.
    pub(super) fn keep_dropped(&mut self, key: K, at_commit: AtCommit<V>, backing: Behind) {
        match at_commit {
            AtCommit::Present(value) => self.expired.push((key, Some(value))),
            // An unwritten delete hides a row of the engine.
            AtCommit::Absent if backing == Behind::Engine => self.expired.push((key, None)),
            AtCommit::InEngine | AtCommit::Absent => {}
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len() + self.expired.len()
    }

    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.expired.clear();
        self.values = 0;
    }
}
