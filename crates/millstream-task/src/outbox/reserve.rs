//! Records that could not be sent at once, in order.

use std::collections::VecDeque;

use millstream_core::chain::Route;
use millstream_types::{Headers, TaskId, Timestamp};

/// A record with its own copy of its bytes.
#[derive(Debug)]
pub(super) struct Parked {
    /// Who wrote it.
    pub(super) task: TaskId,
    /// The topic's number in the outbox's table.
    pub(super) topic: usize,
    pub(super) route: Route,
    pub(super) timestamp: Timestamp,
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: Option<Vec<u8>>,
    pub(super) headers: Headers,
}

/// First in, first out: order within a partition follows from order in all.
#[derive(Debug, Default)]
pub(super) struct Reserve(VecDeque<Parked>);

impl Reserve {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn push(&mut self, record: Parked) {
        self.0.push_back(record);
    }

    pub(super) fn pop(&mut self) -> Option<Parked> {
        self.0.pop_front()
    }

    /// Returns a record that could not be sent after all to its place.
    pub(super) fn put_back(&mut self, record: Parked) {
        self.0.push_front(record);
    }

    /// Drops what this task has written.
    pub(super) fn drop_task(&mut self, task: TaskId) {
        self.0.retain(|record| record.task != task);
    }
}
