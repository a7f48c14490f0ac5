//! Looking at a task: its numbers, its stores, its operators.

use std::time::Duration;

use millstream_state::{AnyStore, StoreIndex};
use millstream_types::{MonotonicTime, Timestamp, TopicPartition};

use crate::Task;
use millstream_observe::metrics::TaskMetrics;

impl Task {
    /// Its numbers as they are now.
    #[must_use]
    pub fn metrics(&self) -> &TaskMetrics {
        self.resources.recorder.current()
    }

    /// Publishes its numbers if a second has passed since the last time. Cheap otherwise.
    pub fn publish_metrics(&mut self, now: MonotonicTime) {
        if self.resources.recorder.publish_if_due(now) {
            self.gauge();
        }
    }

    /// Publishes its numbers, as they are this moment.
    pub fn publish_metrics_now(&mut self) {
        self.gauge();
        self.resources.recorder.publish();
    }

    /// Brings up to date what is measured and not counted: positions, sizes.
    fn gauge(&mut self) {
        let recorder = &mut self.resources.recorder;
        for (input, queue) in self.inputs.iter().enumerate() {
            recorder.partition(input).stalled = queue.is_stalled();
            if let (Some(position), Some(end)) = (queue.committable(), queue.end()) {
                recorder.partition(input).at(position, end);
            }
        }
        for (place, store) in self.stores.iter_mut().enumerate() {
            recorder.store(place).entries = store.len() as u64;
        }
    }

    /// Counts records restored into one of its stores, of which `remaining` are still to come.
    pub fn count_restored(&mut self, store: &str, records: u64, remaining: u64) {
        let recorder = &mut self.resources.recorder;
        if let Some(place) = recorder.current().stores.iter().position(|known| &*known.store == store) {
            let numbers = recorder.store(place);
            numbers.restored += records;
            numbers.restore_remaining = remaining;
        }
    }

    /// Counts a commit that took this long from its first phase to its last.
    pub fn count_commit(&mut self, took: Duration) {
        self.resources.recorder.count_commit(took);
    }

    /// One of its stores.
    pub fn store_mut(&mut self, index: StoreIndex) -> Option<&mut dyn AnyStore> {
        self.stores.get_mut(index)
    }

    /// Its stores, in the order they were added to the topology.
    pub fn stores_mut(&mut self) -> impl Iterator<Item = &mut dyn AnyStore> {
        self.stores.iter_mut()
    }

    /// Changes how many bytes its caches may hold: what they hold back for the commit, and the rows that stores keep
    /// before their engines.
    pub fn set_cache_bytes_max(&mut self, bytes: usize) {
        self.chain.set_cache_bytes_max(bytes);
        self.stores.set_cache_bytes_max(bytes);
    }

    /// The highest timestamp it has processed of `partition`, one of its own; unknown before the first.
    #[must_use]
    pub fn partition_time(&self, partition: &TopicPartition) -> Timestamp {
        self.inputs.index_of(partition).map_or(Timestamp::UNKNOWN, |input| self.chain.partition_time(input))
    }
}
