//! A commit as a value: tasks, offsets and outcome.

use std::ops::Range;
use std::time::Duration;

use millstream_log::{CommittedOffset, LogError};
use millstream_types::{MonotonicTime, TaskId, TopicPartition};

use crate::{CoveredInput, Tasks};

/// A commit of some or all tasks of a thread.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    pub(super) began: MonotonicTime,
    pub(super) tasks: Vec<CoveredTask>,
    /// The inputs of all its tasks.
    pub(super) inputs: Vec<CoveredInput>,
    pub(super) offsets: Vec<(TopicPartition, CommittedOffset)>,
    pub(super) outcome: CommitOutcome,
    pub(super) took: Duration,
}

/// A task that a commit covers, and which of the inputs are its own.
#[derive(Clone, Debug)]
pub(super) struct CoveredTask {
    pub(super) id: TaskId,
    pub(super) inputs: Range<usize>,
}

/// How a commit ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommitOutcome {
    /// It has not ended.
    #[default]
    Pending,
    /// All offsets are committed.
    Committed,
    /// Nothing is committed. The error tells whether a later attempt may succeed.
    Failed(LogError),
}

impl CommitOutcome {
    /// Whether the group has refused it, because a rebalance is in progress or this is not a member any more. It will not
    /// succeed for partitions that others own.
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

impl CommitOutcome {
    /// Whether it has failed without a decision of the group, which could not be reached. A later attempt may succeed.
    ///
    /// # Examples
    /// ```
    /// use millstream_log::LogError;
    /// use millstream_task::CommitOutcome;
    ///
    /// assert!(CommitOutcome::Failed(LogError::Unavailable { reason: "no broker".to_owned() }).is_unreachable());
    /// assert!(!CommitOutcome::Failed(LogError::NotAMember).is_unreachable());
    /// ```
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Failed(error) if error.is_retriable()) && !self.is_refused()
    }
}

impl Commit {
    /// Begins the next commit in the memory of this one.
    pub(super) fn begin(&mut self, now: MonotonicTime) {
        self.began = now;
        self.tasks.clear();
        self.inputs.clear();
        self.offsets.clear();
        self.outcome = CommitOutcome::Pending;
        self.took = Duration::ZERO;
    }

    /// Names the offsets of the tasks that are still there.
    pub(super) fn name_offsets(&mut self, tasks: &Tasks) {
        for covered in &self.tasks {
            if let Some(task) = tasks.get(covered.id) {
                self.offsets.extend(task.offsets_to_commit(&self.inputs[covered.inputs.clone()]));
            }
        }
    }

    /// The tasks that it covers.
    pub fn tasks(&self) -> impl Iterator<Item = TaskId> {
        self.tasks.iter().map(|covered| covered.id)
    }

    /// The offsets that it commits.
    #[must_use]
    pub fn offsets(&self) -> &[(TopicPartition, CommittedOffset)] {
        &self.offsets
    }

    /// The outcome.
    #[must_use]
    pub fn outcome(&self) -> &CommitOutcome {
        &self.outcome
    }

    /// The duration from the first phase to the last.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }
}
