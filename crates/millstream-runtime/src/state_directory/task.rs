//! The directory of a task, and its lock.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use millstream_types::TaskId;

use super::StateDirectoryError;
use super::error::failed;
use super::private;

/// The directory of a task, locked until this is dropped.
///
/// Drop it after everything that has open files in the directory.
#[derive(Debug)]
pub struct TaskDirectory {
    path: PathBuf,
    /// The note of how far the state has come, which is deleted with it.
    offsets: PathBuf,
    _lock: File,
}

impl TaskDirectory {
    pub(super) fn new(path: PathBuf, offsets: PathBuf, lock: File) -> Self {
        Self { path, offsets, _lock: lock }
    }

    /// The path of the directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Deletes the state of the task, so that it starts empty or is restored. The directory stays, and stays locked.
    ///
    /// # Errors
    /// On an I/O error; a part of the state may be deleted then.
    pub fn wipe(&self) -> Result<(), StateDirectoryError> {
        self.delete()?;
        private::directory(&self.path).map(drop)
    }

    pub(super) fn delete(&self) -> Result<(), StateDirectoryError> {
        match fs::remove_file(&self.offsets) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed("delete", &self.offsets, error)),
            Ok(()) | Err(_) => {}
        }
        fs::remove_dir_all(&self.path).map_err(|error| failed("delete", &self.path, error))
    }
}

/// The lock file at `path`, locked; `None` if another process or thread has it.
pub(super) fn try_lock(path: &Path) -> Result<Option<File>, StateDirectoryError> {
    let file = private::file(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed("lock", path, error)),
    }
}

/// Writes the process and thread that hold a lock into its file. Only people read it, so an error is ignored.
pub(super) fn write_holder(lock: &mut File) {
    let (process, thread) = (std::process::id(), std::thread::current());
    let thread = thread.name().map_or(String::new(), |name| format!(", thread {name}"));
    _ = lock.set_len(0).and_then(|()| write!(lock, "process {process}{thread}"));
}

/// The holder of a lock, as its file names it.
pub(super) fn read_holder(path: &Path) -> String {
    let holder = fs::read_to_string(path).ok().filter(|holder| !holder.is_empty());
    holder.unwrap_or_else(|| "another thread or process".to_owned())
}

/// The task that a directory is named after.
pub(super) fn parse(name: &str) -> Option<TaskId> {
    let (subtopology, partition) = name.split_once('_')?;
    let task = TaskId::new(subtopology.parse().ok()?, partition.parse().ok()?);
    // Each task has one spelling: no signs, no leading zeros.
    (task.to_string() == name).then_some(task)
}
