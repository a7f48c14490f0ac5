//! Events of restoring.

use std::sync::Arc;
use std::time::Duration;

use millstream_types::{Offset, TaskId, TopicPartition};

use crate::{Goal, RestoreError};

/// A store that is being restored, or is a standby.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoringStore {
    /// The task of the store.
    pub task: TaskId,
    /// Whether it is restored to run, or is a standby.
    pub goal: Goal,
    /// Its name.
    pub store: Arc<str>,
    /// The changelog it is restored from.
    pub changelog: TopicPartition,
    /// The next offset to read.
    pub position: Offset,
    /// The offset at which it ends: the end of the changelog when restoring began; for a standby the last known end, or the
    /// committed offset if the changelog is the topic of its table.
    pub end: Offset,
    /// Records restored so far.
    pub records: u64,
}

impl RestoringStore {
    /// The number of offsets between the position and the end.
    ///
    /// # Examples
    /// ```
    /// use millstream_changelog::{Goal, RestoringStore};
    /// use millstream_types::{Offset, TaskId, TopicPartition};
    ///
    /// let changelog = TopicPartition::new("app-counts-changelog", 0);
    /// let (position, end) = (Offset::new(40), Offset::new(100));
    /// let (task, goal, store) = (TaskId::new(0, 0), Goal::StandBy, "counts".into());
    /// let store = RestoringStore { task, goal, store, changelog, position, end, records: 40 };
    /// assert_eq!(store.lag(), 60);
    /// ```
    #[must_use]
    pub fn lag(&self) -> u64 {
        u64::try_from(self.end.number().saturating_sub(self.position.number())).unwrap_or(0)
    }
}

/// An event of restoring.
#[derive(Debug)]
pub enum RestoreEvent {
    /// The store was emptied, because its offset is not within its changelog. It is restored from the beginning of the
    /// changelog.
    Emptied {
        /// The store, at the beginning of the changelog.
        store: RestoringStore,
        /// The offset that the store had.
        stood_at: Offset,
        /// The first and the end offset of the changelog.
        range: (Offset, Offset),
    },
    /// Restoring begins at the position of the store.
    Started(RestoringStore),
    /// Records were applied.
    Progressed(RestoringStore),
    /// A standby has reached the end that its changelog had at the beginning, and continues.
    CaughtUp(RestoringStore),
    /// The store is restored.
    Restored {
        /// The store, at its end.
        store: RestoringStore,
        /// How long it took.
        took: Duration,
    },
    /// A store cannot be restored. All restores of its task were removed; close the task.
    Failed(RestoreError),
    /// The log cannot be reached, for this reason. Restoring continues by itself when it can.
    LogUnavailable(String),
}

impl RestoreEvent {
    /// The store of the event; `None` for a failure, whose error names task and store, and for an outage.
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
