//! What the threads of this instance have: their clients, their tasks, and how far the stores are behind their changelogs.

use std::collections::BTreeMap;
use std::sync::Arc;

use millstream_observe::events::State;
use millstream_observe::metrics::{PartitionMetrics, TaskMetrics};
use millstream_types::{Now, Offset, Partition, TaskId, Timestamp, TopicPartition};

use super::handle::StreamsHandle;
use crate::messages::ClientIds;

/// A stream thread of this instance (Kafka Streams: `ThreadMetadata`).
///
/// [`StreamsHandle::threads`] returns one for each thread.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadMetadata {
    /// The name of the thread.
    pub thread_name: Arc<str>,
    /// Its state.
    pub thread_state: State,
    /// The client id of its consumer.
    pub consumer_client_id: String,
    /// The client id of the consumer that restores stores.
    pub restore_consumer_client_id: String,
    /// The client id of its producer.
    pub producer_client_id: String,
    /// The tasks that it has, in the order of their ids.
    pub active_tasks: Vec<TaskMetadata>,
    /// The tasks whose stores it keeps as standbys or warm-ups, in the order of their ids. Their partitions are those
    /// that the active task reads.
    pub standby_tasks: Vec<TaskMetadata>,
}

/// A task of a stream thread (Kafka Streams: `TaskMetadata`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskMetadata {
    /// Its id.
    pub task_id: TaskId,
    /// The partitions that it reads.
    pub topic_partitions: Vec<TopicPartition>,
    /// The committed offsets of these partitions. One without a committed offset is left out.
    pub committed_offsets: BTreeMap<TopicPartition, Offset>,
    /// The last known ends of these partitions. One of which nothing was read yet is left out, as is one that never had a record.
    pub end_offsets: BTreeMap<TopicPartition, Offset>,
    /// Since when it has had no record to process: it has none, or waits for those of another partition. `None` while it has one.
    pub time_current_idling_started: Option<Timestamp>,
}

/// How far a partition of a store is behind its changelog (Kafka Streams: `LagInfo`, KIP-535).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LagInfo {
    /// The offset of the changelog up to which the store has its records.
    pub current_offset_position: Offset,
    /// The last known end of the changelog.
    pub end_offset_position: Offset,
    /// The difference of the two: 0 for a task that runs.
    pub offset_lag: u64,
}

impl StreamsHandle {
    /// The stream threads of this instance that have not ended, by name, with their tasks. As Kafka Streams'
    /// `metadataForLocalThreads` (KIP-744).
    ///
    /// It is read from the [health](Self::health) and the [metrics](Self::metrics) of the application, so the states are the present
    /// ones and the offsets at most a second old. It asks neither the threads nor the log, and may be called at any time.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// for thread in streams.threads() {
    ///     println!("{} is {}", thread.thread_name, thread.thread_state);
    ///     for task in thread.active_tasks {
    ///         println!("  task {} reads {:?}", task.task_id, task.topic_partitions);
    ///     }
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn threads(&self) -> Vec<ThreadMetadata> {
        let metrics = self.metrics();
        let now = self.control.shared.clock.both();
        let threads = metrics.health.map(|health| health.threads).unwrap_or_default();
        let metadata = |(thread, state): (Arc<str>, State)| {
            let tasks = metrics.tasks.iter().filter(|task| task.thread.as_ref() == Some(&thread));
            let all_that = |is: fn(&TaskMetrics) -> bool| {
                tasks.clone().filter(|task| is(task)).map(|task| TaskMetadata::new(task, now)).collect()
            };
            ThreadMetadata::new(&thread, state, all_that(|task| task.open), all_that(|task| task.standby))
        };
        threads.into_iter().map(metadata).collect()
    }

    /// For each store with a changelog, by name, the partitions that this instance has, standbys too, and how far they are behind the
    /// changelog: how much is to be restored before they can be queried, or is missing in a
    /// [stale](super::QueryScope::allow_stale) answer. As Kafka Streams' `allLocalStorePartitionLags` (KIP-535).
    ///
    /// It is read from the [metrics](Self::metrics), at most a second old, and asks the log for nothing. A partition is left out as long
    /// as the end of its changelog is not known. Global stores are not divided, and are left out.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// for (store, partitions) in streams.all_local_store_partition_lags() {
    ///     let behind: u64 = partitions.values().map(|lag| lag.offset_lag).sum();
    ///     println!("{store}: {} partitions, {behind} records to be restored", partitions.len());
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn all_local_store_partition_lags(&self) -> BTreeMap<Arc<str>, BTreeMap<Partition, LagInfo>> {
        let mut lags: BTreeMap<Arc<str>, BTreeMap<Partition, LagInfo>> = BTreeMap::new();
        for task in self.metrics().tasks.iter().filter(|task| task.open || task.standby) {
            for store in &task.stores {
                let Some(changelog) = store.changelog else { continue };
                let lag = LagInfo {
                    current_offset_position: changelog.position,
                    end_offset_position: changelog.end_offset,
                    offset_lag: changelog.lag(),
                };
                lags.entry(Arc::clone(&store.store)).or_default().insert(task.task.partition, lag);
            }
        }
        lags
    }
}

impl ThreadMetadata {
    fn new(
        thread: &Arc<str>,
        thread_state: State,
        active_tasks: Vec<TaskMetadata>,
        standby_tasks: Vec<TaskMetadata>,
    ) -> Self {
        let ClientIds { consumer, producer, restore } = ClientIds::of(thread);
        Self {
            thread_name: Arc::clone(thread),
            thread_state,
            consumer_client_id: consumer,
            restore_consumer_client_id: restore,
            producer_client_id: producer,
            active_tasks,
            standby_tasks,
        }
    }
}

impl TaskMetadata {
    fn new(task: &TaskMetrics, now: Now) -> Self {
        let partitions = || task.partitions.iter().filter(|partition| partition.exists);
        let committed = |metrics: &PartitionMetrics| Some((metrics.partition.clone(), metrics.committed_offset?));
        let end = |metrics: &PartitionMetrics| (metrics.partition.clone(), metrics.end_offset);
        Self {
            task_id: task.task,
            topic_partitions: partitions().map(|metrics| metrics.partition.clone()).collect(),
            committed_offsets: partitions().filter_map(committed).collect(),
            end_offsets: partitions().map(end).filter(|(_, end)| *end > Offset::ZERO).collect(),
            time_current_idling_started: task.idling_since.map(|since| now.wall - (now.monotonic - since)),
        }
    }
}
