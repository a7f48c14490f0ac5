//! Errors of the state directory.

use std::io;
use std::path::{Path, PathBuf};

use millstream_types::TaskId;

/// The state directory, or a task's part of it, cannot be used.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum StateDirectoryError {
    /// The application id is not a valid directory name.
    #[error("the application id `{application_id}` cannot name a directory; use letters, digits, `.`, `_` and `-`")]
    ApplicationId {
        /// The id.
        application_id: String,
    },
    /// The task is still open, in this process or in another one. Try again later.
    #[error(
        "task {task} is still open in {holder}, which uses `{directory}`; it is opened here as soon as it is closed there"
    )]
    TaskLocked {
        /// The task.
        task: TaskId,
        /// Its directory.
        directory: PathBuf,
        /// The process and thread that have it open, if known.
        holder: String,
    },
    /// The file system failed.
    #[error(
        "could not {action} `{path}`: {source}; the state directory must be on a local disk, owned by this user and writable"
    )]
    Io {
        /// The operation that failed.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

millstream_types::debug_as_sentence!(StateDirectoryError);

pub(super) fn failed(action: &'static str, path: &Path, source: io::Error) -> StateDirectoryError {
    StateDirectoryError::Io { action, path: path.to_path_buf(), source }
}
