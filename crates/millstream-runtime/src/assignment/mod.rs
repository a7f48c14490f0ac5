//! Who works on what: the topics a thread's group divides, and the tasks that follow from what it is given.

mod lead_topics;

pub use lead_topics::LeadTopics;

use std::sync::Arc;

use millstream_core::PartitionCounts;
use millstream_types::{TaskId, Topic, TopicPartition};

use millstream_task::Retentions;

/// The rule by which the partitions of a consumer group become tasks, the same for all threads of an application.
///
/// It stands apart so that other ways of sharing work (an assignor of our own, groups whose broker assigns tasks) come
/// in without touching the threads.
pub trait Assignment: Send + Sync {
    /// The topics to subscribe to: the group divides their partitions.
    fn subscription(&self) -> &[Topic];

    /// The task that comes and goes with this partition; `None` if the partition means nothing to the topology.
    fn task_of(&self, partition: &TopicPartition) -> Option<TaskId>;
}

/// What start-up has found out: how the work divides.
pub(crate) struct WorkPlan {
    pub(crate) assignment: Box<dyn Assignment>,
    pub(crate) counts: PartitionCounts,
    pub(crate) retentions: Arc<Retentions>,
}
