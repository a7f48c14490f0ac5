//! The directory for state that survives a restart, shared by all processes of an application on a host.
//!
//! ```text
//! <root>/<application id>/
//!     processes/<n>       the identity of the n-th process on this host, locked while the process lives
//!     locks/<task>        locked while a process has the task open; it names that process
//!     offsets/<task>      the sum of the changelog offsets of the task's state and its stores, for the assignment of tasks
//!     <task>/             the task's state: the files of its engines
//! ```
//! A task is named `<subtopology>_<partition>`, as in Kafka Streams, whose layout is similar. Two things differ:
//! * Processes on one host may share a root: a task that moves between them finds its state there. Each task has a lock
//!   outside its directory, so that deleting the directory does not delete the lock.
//! * The time for which a directory has been unused counts from when this process first saw it unused, not from file times:
//!   a restart after a week deletes nothing.
//!
//! The directory of an application and everything in it is readable by its owner only: directories have the mode 0700,
//! files 0600. Locks are the operating system's, so a killed process holds none. Time is passed in.

mod error;
mod offset_sums;
mod private;
mod process;
mod stale;
mod task;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};

use millstream_types::TaskId;

pub use error::StateDirectoryError;
pub use millstream_assign::ProcessId;
pub use offset_sums::OffsetNote;
pub use stale::StaleTasks;
pub use task::TaskDirectory;

use self::error::failed;

const LOCKS: &str = "locks";

/// An application's directory, opened by one process. Its methods may be called from all threads.
///
/// # Examples
/// ```
/// use millstream_runtime::state_directory::{ProcessId, StateDirectory, StateDirectoryError};
/// use millstream_types::TaskId;
///
/// # let root = std::env::temp_dir().join(format!("millstream-doc-{}", std::process::id()));
/// let state = StateDirectory::open(&root, "word-count", ProcessId::new(0x1234))?;
/// let task = state.lock_task(TaskId::new(0, 3))?;
/// assert!(task.path().ends_with("word-count/0_3"));
/// assert!(matches!(state.lock_task(TaskId::new(0, 3)), Err(StateDirectoryError::TaskLocked { .. })));
/// drop(task);
/// assert_eq!(state.tasks()?, [TaskId::new(0, 3)]);
/// # std::fs::remove_dir_all(&root).ok();
/// # Ok::<(), StateDirectoryError>(())
/// ```
#[derive(Debug)]
pub struct StateDirectory {
    path: PathBuf,
    process_id: ProcessId,
    /// The mode it had before it was restricted to its owner.
    mode_before: Option<u32>,
    /// Locked until this is dropped.
    _process_file: File,
}

impl StateDirectory {
    /// Opens the directory of an application below `root`, and creates it if it does not exist. The process gets the identity
    /// of an earlier process that has ended, or `fresh` if there is none.
    ///
    /// The directory and those in it are restricted to their owner. An existing `root` is not, since other programs may use it.
    ///
    /// # Errors
    /// When the application id is not a valid directory name, or on an I/O error.
    pub fn open(root: &Path, application_id: &str, fresh: ProcessId) -> Result<Self, StateDirectoryError> {
        if !is_single_component(application_id) {
            return Err(StateDirectoryError::ApplicationId { application_id: application_id.to_owned() });
        }
        let path = root.join(application_id);
        let is_new = !path.exists();
        let mode_before = private::directory(&path)?.filter(|_| !is_new);
        private::directory(&path.join(LOCKS))?;
        let (process_id, process_file) = process::claim(&path, fresh)?;
        let state = Self { path, process_id, mode_before, _process_file: process_file };
        state.restrict_tasks()?;
        Ok(state)
    }

    /// The path of the directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The mode that the directory had before it was restricted to its owner; `None` if others had no access.
    #[must_use]
    pub fn mode_before(&self) -> Option<u32> {
        self.mode_before
    }

    /// The identity of this process, which stays the same after a restart.
    #[must_use]
    pub fn process_id(&self) -> ProcessId {
        self.process_id
    }

    /// Locks the directory of a task for this process, and creates it if it does not exist.
    ///
    /// # Errors
    /// [`TaskLocked`](StateDirectoryError::TaskLocked) if the task is still open, in this process or another: try again
    /// later. Otherwise on an I/O error.
    pub fn lock_task(&self, task: TaskId) -> Result<TaskDirectory, StateDirectoryError> {
        let path = self.path_of(task);
        let Some(mut lock) = self.try_lock(task)? else {
            let holder = task::read_holder(&self.lock_path(task));
            return Err(StateDirectoryError::TaskLocked { task, directory: path, holder });
        };
        task::write_holder(&mut lock);
        private::directory(&path)?;
        Ok(TaskDirectory::new(path, self.offsets_path(task), lock))
    }

    /// The tasks that have a directory, open or not.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn tasks(&self) -> Result<Vec<TaskId>, StateDirectoryError> {
        let mut tasks = Vec::new();
        let entries = fs::read_dir(&self.path).map_err(|error| failed("read", &self.path, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| failed("read", &self.path, error))?;
            tasks.extend(entry.file_name().to_str().and_then(task::parse));
        }
        tasks.sort_unstable();
        Ok(tasks)
    }

    /// Restricts directories that an earlier version created with a wider mode.
    fn restrict_tasks(&self) -> Result<(), StateDirectoryError> {
        for task in self.tasks()? {
            // A directory that is open elsewhere was restricted when it was opened.
            if let Some(_lock) = self.try_lock(task)?.filter(|_| self.path_of(task).exists()) {
                private::directory(&self.path_of(task))?;
            }
        }
        Ok(())
    }

    fn path_of(&self, task: TaskId) -> PathBuf {
        self.path.join(task.to_string())
    }

    /// The lock of a task, if it is free.
    fn try_lock(&self, task: TaskId) -> Result<Option<File>, StateDirectoryError> {
        task::try_lock(&self.lock_path(task))
    }

    fn lock_path(&self, task: TaskId) -> PathBuf {
        self.path.join(LOCKS).join(task.to_string())
    }
}

/// Whether a name is a single path component on every system.
fn is_single_component(name: &str) -> bool {
    let mut components = Path::new(name).components();
    matches!(components.next(), Some(Component::Normal(_)))
        && components.next().is_none()
        && !name.contains(['/', '\\'])
}
