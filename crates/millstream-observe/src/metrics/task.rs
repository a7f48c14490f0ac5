//! The metrics of one task.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use millstream_types::{MonotonicTime, Offset, TaskId, TopicPartition};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::events::SkipReason;

/// The parts of a task. The positions in these lists are the indices of the metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskPlan {
    /// The names of its nodes.
    pub nodes: Vec<Arc<str>>,
    /// The partitions it reads.
    pub partitions: Vec<TopicPartition>,
    /// The names of its stores.
    pub stores: Vec<Arc<str>>,
}

/// The metrics of one task. Counts start with the application in this process, and continue when a task has moved away and
/// returns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskMetrics {
    /// The task.
    #[serde(serialize_with = "crate::events::text")]
    pub task: TaskId,
    /// Whether the task is active in this process. A standby is not.
    pub open: bool,
    /// Whether this process has a standby of the task, or a warm-up.
    pub standby: bool,
    /// The stream thread that has it, or had it last; `None` without threads, as in tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<Arc<str>>,
    /// Since when it has no record that it can process now; `None` while it has one. Left out when it is serialised, since it is
    /// a time of this process.
    #[serde(skip)]
    pub idling_since: Option<MonotonicTime>,
    /// Its nodes, in the order of the plan.
    pub nodes: Vec<NodeMetrics>,
    /// Its source partitions, in the order of the plan.
    pub partitions: Vec<PartitionMetrics>,
    /// Its stores, in the order of the plan.
    pub stores: Vec<StoreMetrics>,
    /// Its commits.
    pub commits: CommitMetrics,
}

/// The metrics that were published last, shared by a recorder and the registry.
pub(super) type Published = Arc<Mutex<TaskMetrics>>;

/// The metrics of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NodeMetrics {
    /// Its name.
    pub node: Arc<str>,
    /// Records that it received.
    pub records_in: u64,
    /// Their bytes: key, value and headers. Only sources count them.
    pub bytes_in: u64,
    /// Records that it forwarded.
    pub records_out: u64,
    /// Their bytes. Only sinks count them.
    pub bytes_out: u64,
    /// Records that it skipped.
    pub dropped: DroppedRecords,
}

/// The number of skipped records by reason. It serialises as a map with the reasons that occurred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DroppedRecords([u64; SkipReason::ALL.len()]);

/// The metrics of a source partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartitionMetrics {
    /// The partition.
    #[serde(serialize_with = "crate::events::text")]
    pub partition: TopicPartition,
    /// Whether the topic has this partition: topics of one task may have different partition counts, or be gone.
    pub exists: bool,
    /// The next offset to process.
    #[serde(serialize_with = "crate::events::offset")]
    pub position: Offset,
    /// The committed offset; `None` if there is none, or it is not known yet.
    #[serde(serialize_with = "crate::events::known_offset")]
    pub committed_offset: Option<Offset>,
    /// The last known end of the partition.
    #[serde(serialize_with = "crate::events::offset")]
    pub end_offset: Offset,
    /// The difference of the two, including gaps in the offsets.
    pub lag: u64,
    /// Whether nothing could be fetched for some seconds, so that the actual lag may be larger.
    pub stalled: bool,
}

/// The metrics of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StoreMetrics {
    /// Its name.
    pub store: Arc<str>,
    /// The number of its entries.
    pub entries: u64,
    /// Records restored from its changelog.
    pub restored: u64,
    /// Records of its changelog still to be restored.
    pub restore_remaining: u64,
    /// Records of its changelog that a standby has not applied.
    pub standby_lag: u64,
    /// Where it is in its changelog; `None` without one, and as long as its end is not known.
    pub changelog: Option<ChangelogMetrics>,
}

/// How far a store is behind its changelog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ChangelogMetrics {
    /// The offset up to which the store has the records.
    #[serde(serialize_with = "crate::events::offset")]
    pub position: Offset,
    /// The last known end of the changelog. That of a running task moves with its commits: it is the only writer.
    #[serde(serialize_with = "crate::events::offset")]
    pub end_offset: Offset,
}

/// The metrics of commits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CommitMetrics {
    /// The number of commits.
    pub count: u64,
    /// Their total duration.
    #[serde(rename = "total_ms", serialize_with = "crate::events::millis")]
    pub total: Duration,
    /// The duration of the longest.
    #[serde(rename = "max_ms", serialize_with = "crate::events::millis")]
    pub max: Duration,
}

impl TaskMetrics {
    pub(super) fn new(task: TaskId, plan: &TaskPlan) -> Self {
        let node = |name: &Arc<str>| NodeMetrics { node: name.clone(), ..NodeMetrics::default() };
        let store = |name: &Arc<str>| StoreMetrics { store: name.clone(), ..StoreMetrics::default() };
        Self {
            task,
            open: true,
            standby: false,
            thread: None,
            idling_since: None,
            nodes: plan.nodes.iter().map(node).collect(),
            partitions: plan.partitions.iter().map(PartitionMetrics::new).collect(),
            stores: plan.stores.iter().map(store).collect(),
            commits: CommitMetrics::default(),
        }
    }

    /// Whether these metrics are for a task of this plan.
    pub(super) fn fits(&self, plan: &TaskPlan) -> bool {
        self.nodes.iter().map(|node| &node.node).eq(&plan.nodes)
            && self.partitions.iter().map(|partition| &partition.partition).eq(&plan.partitions)
            && self.stores.iter().map(|store| &store.store).eq(&plan.stores)
    }

    /// Sets lag and sizes to zero, because the task is closed.
    pub(super) fn close(&mut self) {
        (self.open, self.standby) = (false, false);
        self.idling_since = None;
        for partition in &mut self.partitions {
            partition.at(partition.position, partition.position);
            partition.stalled = false;
        }
        for store in &mut self.stores {
            (store.entries, store.restore_remaining, store.standby_lag, store.changelog) = (0, 0, 0, None);
        }
    }
}

impl NodeMetrics {
    /// Counts received records and their bytes.
    pub const fn count_in(&mut self, records: u64, bytes: u64) {
        self.records_in += records;
        self.bytes_in += bytes;
    }

    /// Counts forwarded records and their bytes.
    pub const fn count_out(&mut self, records: u64, bytes: u64) {
        self.records_out += records;
        self.bytes_out += bytes;
    }

    /// Counts a skipped record.
    pub const fn count_dropped(&mut self, reason: SkipReason) {
        self.dropped.0[reason as usize] += 1;
    }
}

impl DroppedRecords {
    /// The number of records skipped for this reason.
    #[must_use]
    pub const fn of(&self, reason: SkipReason) -> u64 {
        self.0[reason as usize]
    }

    /// The number of records skipped for any reason.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl Serialize for DroppedRecords {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for reason in SkipReason::ALL {
            if self.of(reason) > 0 {
                map.serialize_entry(reason.label(), &self.of(reason))?;
            }
        }
        map.end()
    }
}

impl PartitionMetrics {
    pub(super) fn new(partition: &TopicPartition) -> Self {
        Self {
            partition: partition.clone(),
            exists: true,
            position: Offset::ZERO,
            committed_offset: None,
            end_offset: Offset::ZERO,
            lag: 0,
            stalled: false,
        }
    }

    /// Sets the next offset to process and the partition's end.
    pub fn at(&mut self, position: Offset, end_offset: Offset) {
        self.position = position;
        self.end_offset = end_offset;
        self.lag = u64::try_from(end_offset.number() - position.number()).unwrap_or(0);
    }
}

impl ChangelogMetrics {
    /// The number of offsets between the position and the end.
    ///
    /// # Examples
    /// ```
    /// use millstream_observe::metrics::ChangelogMetrics;
    /// use millstream_types::Offset;
    ///
    /// let changelog = ChangelogMetrics { position: Offset::new(40), end_offset: Offset::new(100) };
    /// assert_eq!(changelog.lag(), 60);
    /// ```
    #[must_use]
    pub fn lag(&self) -> u64 {
        u64::try_from(self.end_offset.number().saturating_sub(self.position.number())).unwrap_or(0)
    }
}

impl CommitMetrics {
    /// Counts a commit.
    pub fn count(&mut self, took: Duration) {
        self.count += 1;
        self.total += took;
        self.max = self.max.max(took);
    }
}
