//! One commit as a value: which tasks, which offsets, how it ended.

use std::time::Duration;

use millstream_log::{CommittedOffset, LogError};
use millstream_types::{MonotonicTime, TaskId, TopicPartition};

use crate::{TaskCommit, Tasks};

/// A commit of some or all tasks of a thread.
#[derive(Clone, Debug)]
pub struct Commit {
    pub(super) began: MonotonicTime,
    pub(super) tasks: Vec<TaskCommit>,
    pub(super) offsets: Vec<(TopicPartition, CommittedOffset)>,
    pub(super) outcome: CommitOutcome,
    pub(super) took: Duration,
}

/// How a commit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommitOutcome {
    /// It has not ended.
    Pending,
    /// All of it is committed.
    Committed,
    /// Nothing is committed. Whether a later attempt may succeed is for the error to say.
    Failed(LogError),
}

impl CommitOutcome {
    /// Whether the group has refused it, because a rebalance is in progress or this one is no member. It
    /// will not succeed for partitions that others own.
    ///
    /// # Examples
    /// ```
    /// use millstream_log::LogError;
    /// use millstream_task::CommitOutcome;
    ///
    /// assert!(CommitOutcome::Failed(LogError::NotAMember).is_refused());
    /// assert!(!CommitOutcome::Committed.is_refused());
    /// ```
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        matches!(self, Self::Failed(LogError::RebalanceInProgress | LogError::NotAMember))
    }
}

impl Commit {
    pub(super) fn new(began: MonotonicTime) -> Self {
        let (tasks, offsets, outcome) = (Vec::new(), Vec::new(), CommitOutcome::Pending);
        Self { began, tasks, offsets, outcome, took: Duration::ZERO }
    }

    /// Names the offsets of the tasks that are still there.
    pub(super) fn name_offsets(&mut self, tasks: &Tasks) {
        for of_task in &self.tasks {
            if let Some(task) = tasks.get(of_task.task()) {
                task.offsets_to_commit(of_task, &mut self.offsets);
            }
        }
    }

    /// The tasks it covers.
    pub fn tasks(&self) -> impl Iterator<Item = TaskId> {
        self.tasks.iter().map(TaskCommit::task)
    }

    /// The offsets it commits.
    #[must_use]
    pub fn offsets(&self) -> &[(TopicPartition, CommittedOffset)] {
        &self.offsets
    }

    /// How it ended.
    #[must_use]
    pub fn outcome(&self) -> &CommitOutcome {
        &self.outcome
    }

    /// How long it took from its first phase to its last.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }
}
