//! Who hears how restoring goes.

use std::sync::Arc;
use std::time::Duration;

use millstream_types::{Offset, TaskId, TopicPartition};

/// A store that is being restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoringStore {
    /// The task it belongs to.
    pub task: TaskId,
    /// Its name.
    pub store: Arc<str>,
    /// The changelog it is restored from.
    pub changelog: TopicPartition,
    /// The next offset to read.
    pub position: Offset,
    /// The offset it ends at: the changelog's end when restoring began.
    pub end: Offset,
    /// Records restored so far.
    pub records: u64,
}

/// Hears how restoring goes. Called between steps, on the thread that restores: it should be quick.
pub trait RestoreListener {
    /// Restoring of a store begins.
    fn started(&mut self, _store: &RestoringStore) {}

    /// What the store held is of no use, and was removed: it carried an `offset` that its changelog, which has the records
    /// of `range`, has no more or not yet. It is restored from the changelog's beginning.
    fn removed(&mut self, _store: &RestoringStore, _offset: Offset, _range: (Offset, Offset)) {}

    /// A batch was restored.
    fn progressed(&mut self, _store: &RestoringStore) {}

    /// The store is restored; it took this long.
    fn ended(&mut self, _store: &RestoringStore, _took: Duration) {}
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoListener;

impl RestoreListener for NoListener {}
