//! Records that could not be sent at once, in their order.

use std::collections::VecDeque;

use millstream_core::chain::Route;
use millstream_types::{Headers, TaskId, Timestamp};

/// A record with its own copy of its bytes.
#[derive(Debug)]
pub(super) struct PendingRecord {
    /// The task that wrote it.
    pub(super) task: TaskId,
    /// The index of the topic in the outbox's [`Topics`](super::topics::Topics).
    pub(super) topic: usize,
    pub(super) route: Route,
    pub(super) timestamp: Timestamp,
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: Option<Vec<u8>>,
    pub(super) headers: Headers,
}

/// A queue of all topics and tasks. So the records of each partition keep their order.
#[derive(Debug, Default)]
pub(super) struct PendingRecords(VecDeque<PendingRecord>);

impl PendingRecords {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn push(&mut self, record: PendingRecord) {
        self.0.push_back(record);
    }

    pub(super) fn pop(&mut self) -> Option<PendingRecord> {
        self.0.pop_front()
    }

    /// Puts a record that still cannot be sent back to the front.
    pub(super) fn push_front(&mut self, record: PendingRecord) {
        self.0.push_front(record);
    }

    /// Drops the records of this task.
    pub(super) fn drop_task(&mut self, task: TaskId) {
        self.0.retain(|record| record.task != task);
    }
}
