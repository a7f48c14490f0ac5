//! The metrics of a task, its stores, and the settings that can change while it runs.

use std::time::Duration;

use millstream_changelog::RestoringStore;
use millstream_state::{AnyStore, StoreIndex};
use millstream_types::{MonotonicTime, Offset, Timestamp, TopicPartition};

use crate::commit::Reached;
use crate::{Outbox, Task, TaskState};
use millstream_observe::metrics::{ChangelogMetrics, TaskMetrics};

impl Task {
    /// Its metrics as they are now.
    #[must_use]
    pub fn metrics(&self) -> &TaskMetrics {
        self.resources.recorder.current()
    }

    /// Publishes its metrics if a second has passed since the last time. Cheap otherwise.
    pub fn publish_metrics(&mut self, now: MonotonicTime, outbox: &Outbox) {
        if self.resources.recorder.is_publication_due(now) {
            self.publish_metrics_now(outbox);
        }
    }

    /// Publishes its metrics at once.
    pub fn publish_metrics_now(&mut self, outbox: &Outbox) {
        self.update_gauges(outbox);
        self.resources.recorder.publish();
    }

    /// Updates the metrics that are not counters: positions and sizes.
    fn update_gauges(&mut self, outbox: &Outbox) {
        let resources = &mut self.resources;
        let recorder = &mut resources.recorder;
        recorder.set_idling_since(self.idling_since);
        for (input, queue) in self.inputs.iter().enumerate() {
            let metrics = recorder.partition(input);
            metrics.exists = queue.exists();
            metrics.stalled = queue.is_stalled();
            metrics.committed_offset = queue.committed();
            if let (Some(position), Some(end)) = (queue.committable(), queue.end()) {
                metrics.at(position, end);
            }
        }
        let has_run = matches!(self.state, TaskState::Running | TaskState::Suspended);
        let changelogs = &resources.changelogs;
        let reached = Reached { changelogs, sources: &self.sources, inputs: &self.inputs, outbox };
        for (index, store) in self.stores.iter_mut().enumerate() {
            let metrics = recorder.store(index);
            metrics.entries = store.len() as u64;
            // Before the first acknowledgement it is where restoring has ended.
            if let Some(end_offset) = reached.offset(store).filter(|_| has_run) {
                metrics.changelog = Some(ChangelogMetrics { position: end_offset, end_offset });
            }
        }
    }

    /// Counts records that were restored into one of its stores, which has come so far.
    pub fn count_restored(&mut self, store: &RestoringStore, records: u64) {
        let recorder = &mut self.resources.recorder;
        if let Some(index) = recorder.current().stores.iter().position(|known| known.store == store.store) {
            let metrics = recorder.store(index);
            metrics.restored += records;
            metrics.restore_remaining = store.lag();
            metrics.changelog = Some(ChangelogMetrics { position: store.position, end_offset: store.end });
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
