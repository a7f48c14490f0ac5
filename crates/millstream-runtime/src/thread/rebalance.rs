//! Rebalances that wait to be answered, and what is to be done before.

use std::collections::VecDeque;

use millstream_task::{CommitOutcome, Task, Tasks};
use millstream_types::{MonotonicTime, TaskId};

use super::commit::Commits;

/// The rebalances of a thread that are not answered yet, the oldest first.
#[derive(Default)]
pub(super) struct Rebalances {
    waiting: VecDeque<Rebalance>,
}

/// Tasks on their way out, and how far that is.
struct Rebalance {
    tasks: Vec<TaskId>,
    /// Until when to try to commit them; the group waits for the answer.
    deadline: MonotonicTime,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Their commit has not begun.
    ToCommit,
    /// Their commit is under way.
    Committing,
    /// Nothing more to do than to answer.
    Ready,
}

/// What the oldest rebalance needs next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RebalanceStep {
    /// There is none.
    Nothing,
    /// It waits for a commit.
    Wait,
    /// These tasks are to be committed.
    Commit(Vec<TaskId>),
    /// These tasks are to be closed, and then the group is to be answered.
    Finish(Vec<TaskId>),
}

impl Rebalances {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// One for which nothing is left to do. It is answered after the earlier ones.
    pub(super) fn add_ready(&mut self) {
        let (tasks, deadline) = (Vec::new(), MonotonicTime::START);
        self.waiting.push_back(Rebalance { tasks, deadline, stage: Stage::Ready });
    }

    /// One that takes these tasks away, once they are committed or the deadline is over.
    pub(super) fn add_revoked(&mut self, tasks: Vec<TaskId>, deadline: MonotonicTime) {
        self.waiting.push_back(Rebalance { tasks, deadline, stage: Stage::ToCommit });
    }

    /// Takes note of how a commit has ended: one that the group refuses is not tried again.
    pub(super) fn commit_ended(&mut self, outcome: &CommitOutcome) {
        if let Some(rebalance) = self.waiting.front_mut().filter(|rebalance| rebalance.stage == Stage::Committing)
            && outcome.is_refused()
        {
            rebalance.stage = Stage::Ready;
        }
    }

    /// What to do next. After [`RebalanceStep::Finish`] the rebalance is over.
    pub(super) fn next(&mut self, tasks: &Tasks, commits: &Commits, now: MonotonicTime) -> RebalanceStep {
        let Some(rebalance) = self.waiting.front_mut() else { return RebalanceStep::Nothing };
        let needs_commit = |id: &TaskId| tasks.get(*id).is_some_and(Task::needs_commit);
        let uncommitted: Vec<TaskId> = rebalance.tasks.iter().copied().filter(needs_commit).collect();
        let is_over = rebalance.stage == Stage::Ready || now >= rebalance.deadline;
        if is_over || uncommitted.is_empty() && commits.is_idle() {
            let tasks = self.waiting.pop_front().map(|rebalance| rebalance.tasks);
            RebalanceStep::Finish(tasks.unwrap_or_default())
        } else if commits.may_begin(now) {
            rebalance.stage = Stage::Committing;
            RebalanceStep::Commit(uncommitted)
        } else {
            RebalanceStep::Wait
        }
    }
}
