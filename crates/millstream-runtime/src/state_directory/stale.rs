//! Directories of tasks that have gone elsewhere, and when they go too.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_types::{MonotonicTime, TaskId};

use super::task::TaskDirectory;
use super::{StateDirectory, StateDirectoryError};

/// Deletes the directories of tasks that nobody has had open for a while.
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
    /// Since when a directory was always found free.
    free_since: BTreeMap<TaskId, MonotonicTime>,
}

impl StaleTasks {
    /// The delay unless another is wanted: ten minutes, as in Kafka Streams.
    pub const DELAY: Duration = Duration::from_secs(600);

    /// Deletes what is left for `delay`.
    #[must_use]
    pub fn new(delay: Duration) -> Self {
        Self { delay, free_since: BTreeMap::new() }
    }

    /// Looks which tasks are open, and deletes the directories of those that were not at any look for the delay; their
    /// tasks. To be called now and then, say each minute.
    ///
    /// # Errors
    /// When the file system fails. The others are tried all the same, and it is tried again at the next call.
    pub fn clean(&mut self, state: &StateDirectory, now: MonotonicTime) -> Result<Vec<TaskId>, StateDirectoryError> {
        let tasks = state.tasks()?;
        self.free_since.retain(|task, _| tasks.contains(task));
        let (mut deleted, mut first_error) = (Vec::new(), Ok(()));
        for task in tasks {
            match self.look_at(state, task, now) {
                Ok(true) => deleted.push(task),
                Ok(false) => {}
                Err(error) => first_error = first_error.and(Err(error)),
            }
        }
        first_error.map(|()| deleted)
    }

    /// Deletes a task's directory if its time has come; it is locked meanwhile.
    fn look_at(
        &mut self,
        state: &StateDirectory,
        task: TaskId,
        now: MonotonicTime,
    ) -> Result<bool, StateDirectoryError> {
        let Some(lock) = state.try_lock(task)? else {
            self.free_since.remove(&task);
            return Ok(false);
        };
        let since = *self.free_since.entry(task).or_insert(now);
        if now - since < self.delay {
            return Ok(false);
        }
        TaskDirectory::new(state.path_of(task), lock).delete()?;
        self.free_since.remove(&task);
        Ok(true)
    }
}
