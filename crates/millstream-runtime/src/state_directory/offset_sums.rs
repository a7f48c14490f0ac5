//! How far the state of each task on disk has come, for the assignment of tasks.

use std::fs;
use std::path::PathBuf;

use millstream_types::TaskId;

use super::error::failed;
use super::private;
use super::{StateDirectory, StateDirectoryError};

/// The directory of the files that this module writes.
pub(super) const OFFSETS: &str = "offsets";

impl StateDirectory {
    /// Notes the sum of the changelog offsets that the engines of a task have, so that it is known while nobody has them open.
    ///
    /// It only tells who should get the task (KIP-441); what is restored goes by the offsets in the engines. So nothing is lost with the
    /// file, and it is not synced.
    ///
    /// # Errors
    /// On an I/O error. An earlier note stays then.
    pub fn note_offset_sum(&self, task: TaskId, sum: i64) -> Result<(), StateDirectoryError> {
        private::directory(&self.path.join(OFFSETS))?;
        let path = self.offsets_path(task);
        // Renamed, so that no half of a number is ever read.
        let unfinished = path.with_extension("new");
        private::file(&unfinished)?;
        fs::write(&unfinished, sum.to_string()).map_err(|error| failed("write", &unfinished, error))?;
        fs::rename(&unfinished, &path).map_err(|error| failed("rename", &unfinished, error))
    }

    /// The noted sums of the tasks that have a directory, open or not. A note that cannot be read is left out.
    ///
    /// # Errors
    /// When the directory cannot be read.
    ///
    /// # Examples
    /// ```
    /// use millstream_runtime::state_directory::{ProcessId, StateDirectory};
    /// use millstream_types::TaskId;
    ///
    /// # let root = std::env::temp_dir().join(format!("millstream-doc-sums-{}", std::process::id()));
    /// let state = StateDirectory::open(&root, "word-count", ProcessId::new(1))?;
    /// let (open, gone) = (TaskId::new(0, 3), TaskId::new(0, 4));
    /// let _locked = state.lock_task(open)?;
    /// state.note_offset_sum(open, 170)?;
    /// state.note_offset_sum(gone, 90)?;
    /// assert_eq!(state.offset_sums()?, [(open, 170)]);
    /// # std::fs::remove_dir_all(&root).ok();
    /// # Ok::<(), millstream_runtime::state_directory::StateDirectoryError>(())
    /// ```
    pub fn offset_sums(&self) -> Result<Vec<(TaskId, i64)>, StateDirectoryError> {
        let noted = |task: TaskId| Some((task, fs::read_to_string(self.offsets_path(task)).ok()?.parse().ok()?));
        Ok(self.tasks()?.into_iter().filter_map(noted).collect())
    }

    pub(super) fn offsets_path(&self, task: TaskId) -> PathBuf {
        self.path.join(OFFSETS).join(task.to_string())
    }
}
