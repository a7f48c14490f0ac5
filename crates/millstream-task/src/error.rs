//! Errors of tasks.

use std::fmt;

use millstream_state::StoreError;
use millstream_types::{Failure, FailureKind, TaskId};

/// A task failed. It must be closed without a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskError {
    /// The task.
    pub task: TaskId,
    /// The failure.
    pub failure: Failure,
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}: {}", self.task, self.failure)
    }
}

impl std::error::Error for TaskError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.failure)
    }
}

pub(super) fn failure_of_store(error: StoreError) -> Failure {
    Failure::from_error(FailureKind::Store, error)
}
