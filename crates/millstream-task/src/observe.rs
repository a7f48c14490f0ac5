//! The metrics of a task, its stores, and the settings that can change while it runs.

use std::time::Duration;

use millstream_state::{AnyStore, StoreIndex};
use millstream_types::{MonotonicTime, Offset, Timestamp, TopicPartition};

use crate::Task;
use millstream_observe::metrics::TaskMetrics;

impl Task {
    /// Its metrics as they are now.
    #[must_use]
    pub fn metrics(&self) -> &TaskMetrics {
        self.resources.recorder.current()
    }

    /// Publishes its metrics if a second has passed since the last time. Cheap otherwise.
    pub fn publish_metrics(&mut self, now: MonotonicTime) {
        if self.resources.recorder.publish_if_due(now) {
            self.update_gauges();
        }
    }

    /// Publishes its metrics at once.
    pub fn publish_metrics_now(&mut self) {
        self.update_gauges();
        self.resources.recorder.publish();
    }

    /// Updates the metrics that are not counters: positions and sizes.
    fn update_gauges(&mut self) {
        let recorder = &mut self.resources.recorder;
        for (input, queue) in self.inputs.iter().enumerate() {
            recorder.partition(input).stalled = queue.is_stalled();
            if let (Some(position), Some(end)) = (queue.committable(), queue.end()) {
                recorder.partition(input).at(position, end);
            }
        }
        for (index, store) in self.stores.iter_mut().enumerate() {
            recorder.store(index).entries = store.len() as u64;
        }
    }

    /// Counts records that were restored into one of its stores. `remaining` are not restored yet.
    pub fn count_restored(&mut self, store: &str, records: u64, remaining: u64) {
        let recorder = &mut self.resources.recorder;
        if let Some(index) = recorder.current().stores.iter().position(|known| &*known.store == store) {
            let metrics = recorder.store(index);
            metrics.restored += records;
            metrics.restore_remaining = remaining;
        }
    }

    /// Counts a commit, and the time from its first phase to its last.
    pub fn count_commit(&mut self, took: Duration) {
        self.resources.recorder.count_commit(took);
    }

    /// The store with this index.
    pub fn store_mut(&mut self, index: StoreIndex) -> Option<&mut dyn AnyStore> {
        self.stores.get_mut(index)
    }

    /// Its stores, in the order in which they were added to the topology.
    pub fn stores_mut(&mut self) -> impl Iterator<Item = &mut dyn AnyStore> {
        self.stores.iter_mut()
    }

    /// Changes the bytes that its caches may use: for updates that wait for the commit, and for cached rows of stores over
    /// engines.
    pub fn set_cache_bytes_max(&mut self, bytes: usize) {
        self.chain.set_cache_bytes_max(bytes);
        self.stores.set_cache_bytes_max(bytes);
    }

    /// Its partitions of which records were processed, or committed before, each with the offset of the last one. If the log has
    /// other entries than records, it may be that of such an entry.
    pub fn processed(&self) -> impl Iterator<Item = (TopicPartition, Offset)> {
        self.inputs.iter().filter_map(|queue| {
            let last = queue.next()?.number().checked_sub(1)?;
            (last >= 0).then(|| (queue.partition().clone(), Offset::new(last)))
        })
    }

    /// The highest timestamp of `partition` that it has processed; unknown before the first record, and for partitions of other
    /// tasks.
    #[must_use]
    pub fn partition_time(&self, partition: &TopicPartition) -> Timestamp {
        self.inputs.index_of(partition).map_or(Timestamp::UNKNOWN, |input| self.chain.partition_time(input))
    }
}
