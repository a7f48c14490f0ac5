//! What a task remembers of its commits, and what one covers of it.

use millstream_types::{Offset, Timestamp};

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

/// What a task remembers of its commits. The commit under way itself is a value outside; it lists the [`CoveredInput`]s.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// The task has not run, and has nothing to commit.
    NotRunning,
    /// The turn is over; its caches still hold something back.
    InPart,
    /// Everything is logged and forwarded, and the inputs that the commit covers are known.
    Ready,
}

/// What a commit covers of one input of a task: the offset being committed, and the time it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoveredInput {
    pub(super) input: usize,
    pub(super) offset: Offset,
    pub(super) time: Timestamp,
}
