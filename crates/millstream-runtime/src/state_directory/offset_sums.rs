//! How far the state of each task on disk has come, for the assignment of tasks.

use std::fs;
use std::iter;
use std::path::PathBuf;

use millstream_types::TaskId;

use super::error::failed;
use super::private;
use super::{StateDirectory, StateDirectoryError};

/// The directory of the files that this module writes.
pub(super) const OFFSETS: &str = "offsets";

/// How far the state of a task on disk has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetNote {
    /// The task. In another topology its number may be another sub-topology's.
    pub task: TaskId,
    /// The sum of the changelog offsets that its engines have.
    pub sum: i64,
    /// The names of its stores that have changelogs, in order: they tell whose state it is.
    pub stores: Vec<String>,
}

impl StateDirectory {
    /// Notes the sum of the changelog offsets that the engines of a task have, so that it is known while nobody has them open.
    ///
    /// It only tells who should get the task (KIP-441); what is restored goes by the offsets in the engines. So nothing is lost with the
    /// file, and it is not synced.
    ///
    /// # Errors
    /// On an I/O error. An earlier note stays then.
    pub fn note_offset_sum(&self, note: &OffsetNote) -> Result<(), StateDirectoryError> {
        private::directory(&self.path.join(OFFSETS))?;
        let path = self.offsets_path(note.task);
        let lines: Vec<String> = iter::once(note.sum.to_string()).chain(note.stores.iter().cloned()).collect();
        // Renamed, so that no half of a number is ever read.
        let unfinished = path.with_extension("new");
        private::file(&unfinished)?;
        fs::write(&unfinished, lines.join("\n")).map_err(|error| failed("write", &unfinished, error))?;
        fs::rename(&unfinished, &path).map_err(|error| failed("rename", &unfinished, error))
    }

    /// The noted sums of the tasks that have a directory, open or not. A note that cannot be read is left out.
    ///
    /// # Errors
    /// When the directory cannot be read.
    ///
    /// # Examples
    /// ```
    /// use millstream_runtime::state_directory::{OffsetNote, ProcessId, StateDirectory};
    /// use millstream_types::TaskId;
    ///
    /// # let root = std::env::temp_dir().join(format!("millstream-doc-sums-{}", std::process::id()));
    /// let state = StateDirectory::open(&root, "word-count", ProcessId::new(1))?;
    /// let note = |task, sum| OffsetNote { task, sum, stores: vec!["counts".into()] };
    /// let (open, gone) = (note(TaskId::new(0, 3), 170), note(TaskId::new(0, 4), 90));
    /// let _locked = state.lock_task(open.task)?;
    /// state.note_offset_sum(&open)?;
    /// state.note_offset_sum(&gone)?;
    /// assert_eq!(state.offset_sums()?, [open]);
    /// # std::fs::remove_dir_all(&root).ok();
    /// # Ok::<(), millstream_runtime::state_directory::StateDirectoryError>(())
    /// ```
    pub fn offset_sums(&self) -> Result<Vec<OffsetNote>, StateDirectoryError> {
        let noted = |task: TaskId| {
            let text = fs::read_to_string(self.offsets_path(task)).ok()?;
            let mut lines = text.lines();
            let sum = lines.next()?.parse().ok()?;
            Some(OffsetNote { task, sum, stores: lines.map(str::to_owned).collect() })
        };
        Ok(self.tasks()?.into_iter().filter_map(noted).collect())
    }

    pub(super) fn offsets_path(&self, task: TaskId) -> PathBuf {
        self.path.join(OFFSETS).join(task.to_string())
    }
}
