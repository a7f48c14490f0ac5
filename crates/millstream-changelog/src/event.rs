//! What happens while stores are restored.

use std::sync::Arc;
use std::time::Duration;

use millstream_types::{Offset, TaskId, TopicPartition};

use crate::RestoreError;

/// A store that is being restored, or kept up to date.
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
    /// The offset it ends at: the changelog's end when restoring began; of a standby the end as known last.
    pub end: Offset,
    /// Records restored so far.
    pub records: u64,
}

impl RestoringStore {
    /// How many offsets it is behind the end.
    ///
    /// # Examples
    /// ```
    /// use millstream_changelog::RestoringStore;
    /// use millstream_types::{Offset, TaskId, TopicPartition};
    ///
    /// let changelog = TopicPartition::new("app-counts-changelog", 0);
    /// let (position, end) = (Offset::new(40), Offset::new(100));
    /// let store =
    ///     RestoringStore { task: TaskId::new(0, 0), store: "counts".into(), changelog, position, end, records: 40 };
    /// assert_eq!(store.lag(), 60);
    /// ```
    #[must_use]
    pub fn lag(&self) -> u64 {
        u64::try_from(self.end.number().saturating_sub(self.position.number())).unwrap_or(0)
    }
}

/// One step of restoring.
#[derive(Debug)]
pub enum RestoreEvent {
    /// What the store held could not be used, and was removed: its offset is not within its changelog. It is restored
    /// from the changelog's beginning.
    Emptied {
        /// The store, at the changelog's beginning.
        store: RestoringStore,
        /// The offset that it had.
        stood_at: Offset,
        /// The first offset of the changelog, and the one behind its last.
        range: (Offset, Offset),
    },
    /// Restoring begins, at the store's position.
    Started(RestoringStore),
    /// Records were applied.
    Progressed(RestoringStore),
    /// A standby has reached the end that its changelog had at the beginning. It goes on.
    CaughtUp(RestoringStore),
    /// The store is restored.
    Restored {
        /// The store, at its end.
        store: RestoringStore,
        /// How long it took.
        took: Duration,
    },
    /// A store cannot be restored. All restores of its task were given up; close the task.
    Failed(RestoreError),
    /// The log cannot be reached for now, for this reason. Restoring continues by itself when it can.
    LogUnavailable(String),
}

impl RestoreEvent {
    /// The store it is about; `None` for a failure, which names task and store itself, and for an outage, which concerns all stores.
    #[must_use]
    pub fn store(&self) -> Option<&RestoringStore> {
        match self {
            Self::Emptied { store, .. }
            | Self::Started(store)
            | Self::Progressed(store)
            | Self::CaughtUp(store)
            | Self::Restored { store, .. } => Some(store),
            Self::Failed(_) | Self::LogUnavailable(_) => None,
        }
    }
}
