//! All participants in the commits of a thread, as one.

use millstream_types::TaskId;

use crate::{Outbox, Participant};

/// What the tasks of a thread write to: the log, and whatever else takes part in their commits.
///
/// It is a [`Participant`] made of others, so that a commit waits for all of them, and none keeps what a lost task has
/// written.
pub struct Participants {
    /// The way to the log.
    pub outbox: Outbox,
    /// The participants beside the log.
    pub others: Vec<Box<dyn Participant>>,
}

impl Participants {
    /// The log alone.
    #[must_use]
    pub fn new(outbox: Outbox) -> Self {
        Self { outbox, others: Vec::new() }
    }
}

impl Participant for Participants {
    fn begin_flush(&mut self) {
        self.outbox.begin_flush();
        self.others.iter_mut().for_each(|participant| participant.begin_flush());
    }

    fn is_flushed(&self) -> bool {
        self.outbox.is_flushed() && self.others.iter().all(|participant| participant.is_flushed())
    }

    fn abort(&mut self, task: TaskId) {
        self.outbox.abort(task);
        self.others.iter_mut().for_each(|participant| participant.abort(task));
    }
}
