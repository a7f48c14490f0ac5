//! Who takes part in a commit beside the tasks.

use millstream_types::TaskId;

/// Something that tasks write to and that takes part in their commits: the [`Outbox`](crate::Outbox), later sinks that
/// bypass the log.
///
/// Offsets are committed only when every participant has made durable what the tasks have written to it.
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
    /// Starts to make durable everything that was written so far. Does not block.
    fn begin_flush(&mut self);

    /// Whether everything written before the last [`begin_flush`](Self::begin_flush) is durable.
    fn is_flushed(&self) -> bool;

    /// Discards what this task has written and no reader can see yet. The task is closed without a commit, and
    /// its next owner writes all of it again.
    fn abort(&mut self, task: TaskId);
}
