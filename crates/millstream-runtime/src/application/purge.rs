//! Deletes the consumed records of repartition topics at an interval.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_log::{AdminRequest, Administration};
use millstream_types::{MonotonicTime, Offset, TopicPartition};

/// Committed offsets of repartition topics, gathered until the next purge.
///
/// A purge that fails has no effect: the next one deletes up to a later offset.
pub(super) struct Purge {
    interval: Duration,
    last: Option<MonotonicTime>,
    consumed: BTreeMap<TopicPartition, Offset>,
}

impl Purge {
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, last: None, consumed: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, offsets: Vec<(TopicPartition, Offset)>) {
        for (partition, offset) in offsets {
            let consumed = self.consumed.entry(partition).or_insert(offset);
            *consumed = (*consumed).max(offset);
        }
    }

    /// Requests a deletion if one is due; the response is not needed.
    pub(super) fn step(&mut self, admin: &mut dyn Administration, now: MonotonicTime) {
        admin.poll(now, &mut Vec::new());
        let last = *self.last.get_or_insert(now);
        if self.consumed.is_empty() || now - last < self.interval {
            return;
        }
        self.last = Some(now);
        let cuts = std::mem::take(&mut self.consumed).into_iter().collect();
        admin.request(AdminRequest::DeleteRecords(cuts));
    }
}
