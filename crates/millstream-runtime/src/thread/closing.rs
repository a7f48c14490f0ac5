//! The end of a thread: it takes no further record, commits what it has processed, and ends by a deadline.

use millstream_task::Tasks;
use millstream_types::{MonotonicTime, TaskId};

use super::commit::Commits;

/// How a thread ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Everything that was processed is committed.
    Clean,
    /// Some of what was processed is not committed, and will be processed again.
    Unclean,
}

/// Whether a thread is closing, and its deadline.
#[derive(Debug, Default)]
pub(super) struct Closing {
    deadline: Option<MonotonicTime>,
}

/// The next step of a closing thread.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ClosingStep {
    /// Nothing: it is not closing, or waits for its commit.
    Wait,
    /// Commit these tasks.
    Commit(Vec<TaskId>),
    /// End.
    End(Ending),
}

impl Closing {
    pub(super) fn is_closing(&self) -> bool {
        self.deadline.is_some()
    }

    /// Begins to close. The earliest of several deadlines counts.
    pub(super) fn begin(&mut self, deadline: MonotonicTime) {
        self.deadline = Some(self.deadline.map_or(deadline, |earlier| earlier.min(deadline)));
    }

    /// The next step: commits until nothing is left to commit, or the deadline has passed.
    pub(super) fn next(&self, tasks: &Tasks, commits: &Commits, now: MonotonicTime) -> ClosingStep {
        let Some(deadline) = self.deadline else { return ClosingStep::Wait };
        let uncommitted = tasks.uncommitted();
        if uncommitted.is_empty() && commits.is_idle() {
            ClosingStep::End(Ending::Clean)
        } else if now >= deadline {
            ClosingStep::End(Ending::Unclean)
        } else if uncommitted.is_empty() || !commits.may_begin(now) {
            ClosingStep::Wait
        } else {
            ClosingStep::Commit(uncommitted)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_earliest_deadline_counts() {
        let at = |seconds| MonotonicTime::START + Duration::from_secs(seconds);
        let mut closing = Closing::default();
        assert!(!closing.is_closing());
        closing.begin(at(5));
        closing.begin(at(3));
        closing.begin(MonotonicTime::MAX);
        assert_eq!((closing.is_closing(), closing.deadline), (true, Some(at(3))));
    }
}
