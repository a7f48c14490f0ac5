//! Rebalances in progress, and what has to be done before the group can complete them.

use std::collections::VecDeque;

use millstream_task::{CommitOutcome, Task, Tasks};
use millstream_types::{MonotonicTime, TaskId};

use super::commit::Commits;

/// The rebalances of a thread that are in progress, the oldest first.
#[derive(Default)]
pub(super) struct Rebalances {
    pending: VecDeque<Rebalance>,
}

/// The tasks that a rebalance revokes, and its stage.
struct Rebalance {
    tasks: Vec<TaskId>,
    /// Until when to try to commit them; the group waits meanwhile.
    deadline: MonotonicTime,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Their commit has not begun.
    ToCommit,
    /// Their commit is under way.
    Committing,
    /// Only the response to the group is left to send.
    Ready,
}

/// The next step of the oldest rebalance.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RebalanceStep {
    /// There is no rebalance.
    Nothing,
    /// Wait for a commit.
    Wait,
    /// Commit these tasks.
    Commit(Vec<TaskId>),
    /// Close these tasks, then respond to the group.
    Finish(Vec<TaskId>),
}

impl Rebalances {
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Adds a rebalance that revokes no task. It completes after the earlier ones.
    pub(super) fn add_ready(&mut self) {
        let (tasks, deadline) = (Vec::new(), MonotonicTime::START);
        self.pending.push_back(Rebalance { tasks, deadline, stage: Stage::Ready });
    }

    /// Adds a rebalance that revokes these tasks, once they are committed or the deadline has passed.
    pub(super) fn add_revoked(&mut self, tasks: Vec<TaskId>, deadline: MonotonicTime) {
        self.pending.push_back(Rebalance { tasks, deadline, stage: Stage::ToCommit });
    }

    /// Records the outcome of a commit: one that the group refused is not retried.
    pub(super) fn commit_ended(&mut self, outcome: &CommitOutcome) {
        if let Some(rebalance) = self.pending.front_mut().filter(|rebalance| rebalance.stage == Stage::Committing)
            && outcome.is_refused()
        {
            rebalance.stage = Stage::Ready;
        }
    }

    /// The next step. With [`RebalanceStep::Finish`] the rebalance is removed.
    pub(super) fn next(&mut self, tasks: &Tasks, commits: &Commits, now: MonotonicTime) -> RebalanceStep {
        let Some(rebalance) = self.pending.front_mut() else { return RebalanceStep::Nothing };
        let needs_commit = |id: &TaskId| tasks.get(*id).is_some_and(Task::needs_commit);
        let uncommitted: Vec<TaskId> = rebalance.tasks.iter().copied().filter(needs_commit).collect();
        let is_over = rebalance.stage == Stage::Ready || now >= rebalance.deadline;
        if is_over || uncommitted.is_empty() && commits.is_idle() {
            let tasks = self.pending.pop_front().map(|rebalance| rebalance.tasks);
            RebalanceStep::Finish(tasks.unwrap_or_default())
        } else if commits.may_begin(now) {
            rebalance.stage = Stage::Committing;
            RebalanceStep::Commit(uncommitted)
        } else {
            RebalanceStep::Wait
        }
    }
}
