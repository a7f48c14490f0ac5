//! How partitions become tasks: the topics that the group divides, and the task that belongs to an assigned partition.

pub(crate) mod group;
mod lead_topics;
mod work_plan;

pub use lead_topics::LeadTopics;
pub(crate) use work_plan::WorkPlan;

use millstream_types::{TaskId, Topic, TopicPartition};

/// The rule by which the partitions of a consumer group become tasks, the same for all threads of an application.
///
/// It is a trait so that other ways of sharing work (a custom assignor, groups whose broker assigns tasks) can be added
/// without changes to the threads.
pub trait Assignment: Send + Sync {
    /// The topics to subscribe to: the group divides their partitions.
    fn subscription(&self) -> &[Topic];

    /// The task that is assigned and revoked with this partition; `None` if the partition is not a lead topic's.
    fn task_of(&self, partition: &TopicPartition) -> Option<TaskId>;

    /// The partition with which this task is assigned and revoked; `None` if its sub-topology has no tasks.
    fn partition_of(&self, task: TaskId) -> Option<TopicPartition>;
}
