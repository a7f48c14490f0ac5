//! Who works on what: the topics a thread's group divides, and the tasks that follow from what it is given.

mod lead_topics;

pub use lead_topics::LeadTopics;

use std::sync::Arc;

use millstream_core::{PartitionCounts, Topology};
use millstream_observe::events::{Failure, FailureKind};
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

impl WorkPlan {
    /// Checks that a task was planned. A topic that has grown since start-up brings tasks that were not: their internal
    /// topics have no partitions for them, so start-up must look again, or say that the topology no longer fits.
    pub(crate) fn check_is_planned(
        &self,
        id: TaskId,
        topology: &Topology,
        application_id: &str,
    ) -> Result<(), Failure> {
        let sources = &topology.subtopologies()[id.subtopology as usize].sources;
        let known = sources.iter().filter_map(|source| self.counts.partitions(&source.topic)).max().unwrap_or(0);
        if id.partition.number() < known {
            return Ok(());
        }
        let topics: Vec<String> =
            sources.iter().map(|source| format!("`{}`", source.topic.resolve(application_id))).collect();
        let grown = format!(
            "the group gives partition {} of {}, which had {known} partitions when the application started: the topic has \
             grown; start the application anew",
            id.partition,
            topics.join(", ")
        );
        Err(Failure::new(FailureKind::Topology, grown))
    }
}
