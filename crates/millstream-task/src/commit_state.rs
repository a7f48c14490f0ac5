//! What a task remembers of its commits, and what one covers of it.

use millstream_types::{Offset, Timestamp};

/// The effect of a commit in progress on its task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Hold {
    /// No commit is in progress.
    #[default]
    None,
    /// A commit is in progress, and the task continues to process.
    Processing,
    /// A commit is in progress, and the task processes nothing until it has ended.
    Still,
}

/// What a task remembers of its commits. The commit under way itself is a value outside; it lists the [`CoveredInput`]s.
#[derive(Debug, Default)]
pub(super) struct CommitState {
    /// Whether a commit is due although no offset has advanced: a schedule ran and may have written, or the last commit failed.
    pub(super) is_due: bool,
    pub(super) hold: Hold,
    /// The number of bytes that are committed and unwritten, because a write-back was not due.
    pub(super) kept_bytes: usize,
    /// What the commit in progress covers of the windows that are emitted when they close: for each store the time by which the
    /// emitted ones had ended. It is of the same moment as the offsets.
    pub(super) emitted: Vec<(String, Timestamp)>,
}

impl CommitState {
    /// Whether records have to wait for the commit in progress.
    pub(super) fn blocks_processing(&self) -> bool {
        self.hold == Hold::Still
    }
}

/// What the first phase of a commit has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// The task has not run, and has nothing to commit.
    NotRunning,
    /// The turn is over, and its caches still have dirty rows.
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
