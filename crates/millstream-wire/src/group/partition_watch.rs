//! Looks whether the topics of a group have other numbers of partitions, as its leader.

use std::collections::BTreeSet;
use std::time::Duration;

use millstream_types::{MonotonicTime, Topic};

use super::coordinator::Coordinator;
use super::join::{Counts, NotJoined, count};
use crate::client::{Task, poll_slot};

/// What the leader has assigned, and when it looks next.
pub(super) struct PartitionWatch {
    counts: Counts,
    every: Duration,
    due: MonotonicTime,
    look: Option<Task<Result<Counts, NotJoined>>>,
}

impl PartitionWatch {
    pub(super) fn new(counts: Counts, every: Duration, now: MonotonicTime) -> Self {
        Self { counts, every, due: now + every, look: None }
    }

    /// Looks if it is due. Returns whether the topics of the group, or these, have other numbers of partitions.
    pub(super) fn poll(&mut self, coordinator: &Coordinator, topics: &[Topic], now: MonotonicTime) -> bool {
        if self.look.is_none() && now >= self.due {
            self.due = now + self.every;
            let topics: BTreeSet<Topic> = self.counts.keys().chain(topics).cloned().collect();
            let coordinator = coordinator.clone();
            self.look = Some(Task::new(async move { count(&coordinator, topics).await }));
        }
        match poll_slot(&mut self.look) {
            Some(Ok(counts)) if counts != self.counts => {
                self.counts = counts;
                true
            }
            _ => false,
        }
    }
}
