//! The rows that changed since the last commit, as the commit left them.

use std::collections::BTreeMap;
use std::mem;

use crate::ValueAndTimestamp;
use crate::expiry::ExpiryState;
use crate::table::Entry;

/// What the rows changed since the last commit were then.
pub(super) struct UndoLog<K, V> {
    pub(super) bytes_max: usize,
    /// Changed entries, each once.
    pub(super) rows: Vec<UndoRow<V>>,
    /// How many of `rows` hold a value.
    pub(super) values: usize,
    /// Rows that expired, and are no longer in the table.
    pub(super) expired: Vec<(K, Option<ValueAndTimestamp<V>>)>,
    /// How rows expired as of the commit.
    pub(super) expiry: Option<ExpiryState>,
    /// Below which key the engine's rows were expired, as of the commit.
    pub(super) dropped_below: Option<Vec<u8>>,
}

/// The rows of entries that leave the table, by entry.
pub(super) type Dropped<V> = BTreeMap<u32, AtCommit<V>>;

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
    /// As in the engine.
    InEngine,
    /// Not there.
    Absent,
    /// There, and not in the engine.
    Present(ValueAndTimestamp<V>),
}

impl<V> AtCommit<V> {
    pub(super) fn new(value: Option<ValueAndTimestamp<V>>) -> Self {
        value.map_or(Self::Absent, Self::Present)
    }
}

impl<K, V> UndoLog<K, V> {
    pub(super) fn push(&mut self, entry: u32, at_commit: AtCommit<V>) {
        self.values += usize::from(matches!(at_commit, AtCommit::Present(_)));
        self.rows.push(UndoRow { entry, at_commit });
    }

    /// Takes out the rows of entries that `keep` refuses: they are about to leave the table.
    pub(super) fn take_dropped(&mut self, keep: impl Fn(u32) -> bool) -> Dropped<V> {
        let (kept, dropped): (Vec<_>, Vec<_>) = mem::take(&mut self.rows).into_iter().partition(|row| keep(row.entry));
        self.rows = kept;
        self.values = self.rows.iter().filter(|row| matches!(row.at_commit, AtCommit::Present(_))).count();
        dropped.into_iter().map(|row| (row.entry, row.at_commit)).collect()
    }

    /// Keeps an entry that has left the table because it expired.
    pub(super) fn keep_dropped(&mut self, index: u32, entry: Entry<K, V>, backing: Behind, dropped: &mut Dropped<V>) {
        let at_commit = match dropped.remove(&index) {
            Some(at_commit) => at_commit,
            None if backing == Behind::Engine && !entry.unwritten => AtCommit::InEngine,
            None => AtCommit::new(entry.value),
        };
        match at_commit {
            AtCommit::Present(value) => self.expired.push((entry.key, Some(value))),
            // An unwritten delete hides a row of the engine.
            AtCommit::Absent if backing == Behind::Engine => self.expired.push((entry.key, None)),
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
