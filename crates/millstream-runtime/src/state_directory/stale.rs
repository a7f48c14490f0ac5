//! Deletes the directories of tasks that now run elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_types::{MonotonicTime, TaskId};

use super::task::TaskDirectory;
use super::{StateDirectory, StateDirectoryError};

/// Deletes the directories of tasks that no process has had open for a while.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_runtime::state_directory::{ProcessId, StaleTasks, StateDirectory};
/// use millstream_types::{MonotonicTime, TaskId};
///
/// # let root = std::env::temp_dir().join(format!("millstream-doc-stale-{}", std::process::id()));
/// let state = StateDirectory::open(&root, "word-count", ProcessId::new(1))?;
/// drop(state.lock_task(TaskId::new(0, 3))?);
/// let mut stale = StaleTasks::new(StaleTasks::DELAY);
/// assert_eq!(stale.clean(&state, MonotonicTime::START)?, []);
/// assert_eq!(stale.clean(&state, MonotonicTime::START + Duration::from_secs(600))?, [TaskId::new(0, 3)]);
/// # std::fs::remove_dir_all(&root).ok();
/// # Ok::<(), millstream_runtime::state_directory::StateDirectoryError>(())
/// ```
#[derive(Debug)]
pub struct StaleTasks {
    delay: Duration,
    /// When each directory was first seen free, if it has been free at every check since.
    free_since: BTreeMap<TaskId, MonotonicTime>,
}

impl StaleTasks {
    /// The default delay: ten minutes, as in Kafka Streams.
    pub const DELAY: Duration = Duration::from_secs(600);

    /// Deletes directories that have been free for `delay`.
    #[must_use]
    pub fn new(delay: Duration) -> Self {
        Self { delay, free_since: BTreeMap::new() }
    }

    /// Checks which tasks are open, and deletes the directories of those that were free at every check during the delay.
    /// Returns their tasks. Call it regularly, say each minute.
    ///
    /// # Errors
    /// On an I/O error. The other directories are checked all the same; the next call tries again.
    pub fn clean(&mut self, state: &StateDirectory, now: MonotonicTime) -> Result<Vec<TaskId>, StateDirectoryError> {
        let tasks = state.tasks()?;
        self.free_since.retain(|task, _| tasks.contains(task));
        let (mut deleted, mut first_error) = (Vec::new(), Ok(()));
        for task in tasks {
            match self.check(state, task, now) {
                Ok(true) => deleted.push(task),
                Ok(false) => {}
                Err(error) => first_error = first_error.and(Err(error)),
            }
        }
        first_error.map(|()| deleted)
    }

    /// Deletes the directory of a task if the delay has passed, and locks it meanwhile. Returns whether it was deleted.
    fn check(&mut self, state: &StateDirectory, task: TaskId, now: MonotonicTime) -> Result<bool, StateDirectoryError> {
        let Some(lock) = state.try_lock(task)? else {
            self.free_since.remove(&task);
            return Ok(false);
        };
        let since = *self.free_since.entry(task).or_insert(now);
        if now - since < self.delay {
            return Ok(false);
        }
        TaskDirectory::new(state.path_of(task), state.offsets_path(task), lock).delete()?;
        self.free_since.remove(&task);
        Ok(true)
    }
}
