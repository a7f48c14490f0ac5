//! Participants of a commit beside the tasks.

use millstream_types::TaskId;

/// A destination of tasks that participates in their commits: the [`Outbox`](crate::Outbox), later also sinks that bypass the
/// log.
///
/// Offsets are committed only when all records that the tasks have written to participants are durable.
///
/// # Examples
/// ```
/// use millstream_task::Participant;
/// use millstream_types::TaskId;
///
/// /// Appends lines to a file that is synchronised with every commit.
/// #[derive(Default)]
/// struct Lines {
///     unsaved: Vec<(TaskId, String)>,
///     saved: Vec<String>,
/// }
///
/// impl Participant for Lines {
///     fn begin_flush(&mut self) {
///         self.saved.extend(self.unsaved.drain(..).map(|(_, line)| line));
///     }
///
///     fn is_flushed(&self) -> bool {
///         self.unsaved.is_empty()
///     }
///
///     fn abort(&mut self, task: TaskId) {
///         self.unsaved.retain(|(writer, _)| *writer != task);
///     }
/// }
///
/// let mut lines = Lines::default();
/// lines.unsaved = vec![(TaskId::new(0, 0), "kept".into()), (TaskId::new(0, 1), "of a task that is lost".into())];
/// lines.abort(TaskId::new(0, 1));
/// lines.begin_flush();
/// assert!(lines.is_flushed());
/// assert_eq!(lines.saved, ["kept"]);
/// ```
pub trait Participant: Send {
    /// Starts to make all written records durable. Must not block.
    fn begin_flush(&mut self);

    /// Whether all records written before the last [`begin_flush`](Self::begin_flush) are durable.
    fn is_flushed(&self) -> bool;

    /// Discards the records of this task that no reader can see yet. The task is closed without a commit, and its next owner
    /// writes them again.
    fn abort(&mut self, task: TaskId);
}
