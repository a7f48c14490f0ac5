//! What a task remembers of its commits, and its share of one.

use millstream_types::{Offset, TaskId, Timestamp};

/// What a commit under way means to its task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Hold {
    /// None is under way.
    #[default]
    None,
    /// One is under way, and the task goes on processing.
    Processing,
    /// One is under way, and the task processes nothing until it has ended.
    Still,
}

/// What a task remembers of its commits. The commit under way itself is a value outside: its share of this task is a
/// [`TaskCommit`].
#[derive(Debug, Default)]
pub(super) struct CommitState {
    /// Whether one is due although no offset has moved: a schedule ran and may have written, or the last one failed.
    pub(super) is_due: bool,
    pub(super) hold: Hold,
    /// The bytes that were committed and are unwritten all the same, since writing them was not due.
    pub(super) kept_bytes: usize,
}

impl CommitState {
    /// Whether records have to wait for the commit under way.
    pub(super) fn blocks_processing(&self) -> bool {
        self.hold == Hold::Still
    }
}

/// What the first phase of a commit has come to.
#[derive(Clone, Debug)]
pub enum Prepared {
    /// The task has not run, and has nothing to commit.
    NotRunning,
    /// The turn is over; its caches still hold something back.
    InPart,
    /// Everything is logged and forwarded; the commit covers this.
    Ready(TaskCommit),
}

/// What a commit covers of one task.
#[derive(Clone, Debug)]
pub struct TaskCommit {
    pub(super) task: TaskId,
    /// Per input the offset being committed and the time it stands for, where it has moved.
    pub(super) offsets: Vec<Option<(Offset, Timestamp)>>,
}

impl TaskCommit {
    /// Which task.
    #[must_use]
    pub fn task(&self) -> TaskId {
        self.task
    }
}
