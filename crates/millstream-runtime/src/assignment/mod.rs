//! How partitions become tasks: the topics that the group divides, and the task that belongs to an assigned partition.

mod lead_topics;
mod progress;

pub use lead_topics::LeadTopics;
pub(crate) use progress::TaskProgress;

use std::sync::Arc;

use millstream_core::{PartitionCounts, SourceTopic, Topology};
use millstream_observe::events::{Failure, FailureKind};
use millstream_types::{TaskId, Topic, TopicPartition};

use millstream_task::Retentions;

/// The rule by which the partitions of a consumer group become tasks, the same for all threads of an application.
///
/// It is a trait so that other ways of sharing work (a custom assignor, groups whose broker assigns tasks) can be added
/// without changes to the threads.
pub trait Assignment: Send + Sync {
    /// The topics to subscribe to: the group divides their partitions.
    fn subscription(&self) -> &[Topic];

    /// The task that is assigned and revoked with this partition; `None` if the partition is not a lead topic's.
    fn task_of(&self, partition: &TopicPartition) -> Option<TaskId>;
}

/// How the work is divided, as start-up has determined.
pub(crate) struct WorkPlan {
    /// The topology, with the topics that match its patterns.
    pub(crate) topology: Topology,
    pub(crate) assignment: Arc<dyn Assignment>,
    pub(crate) counts: PartitionCounts,
    pub(crate) retentions: Arc<Retentions>,
}

impl WorkPlan {
    /// Checks that a task was planned at start-up. A topic that has grown since leads to tasks that were not: the internal
    /// topics have no partitions for them, so the application has to start again.
    ///
    /// Where topics are read by a pattern, another member may have seen a topic with more partitions and added tasks for it: then this
    /// task is [planned](Self::is_planned) once this member has seen the topic too.
    pub(crate) fn check_is_planned(&self, id: TaskId, application_id: &str) -> Result<(), Failure> {
        let subtopology = &self.topology.subtopologies()[id.subtopology as usize];
        if !subtopology.patterns.is_empty() {
            return Ok(());
        }
        let sources = &subtopology.sources;
        let known = sources.iter().filter_map(|source| self.counts.partitions(&source.topic)).max().unwrap_or(0);
        if id.partition.number() < known {
            return Ok(());
        }
        let topics: Vec<String> =
            sources.iter().map(|source| format!("`{}`", source.topic.resolve(application_id))).collect();
        let grown = format!(
            "the group gives partition {} of {}, which had {known} partitions when the application started: the topic has \
             grown; restart the application",
            id.partition,
            topics.join(", ")
        );
        Err(Failure::new(FailureKind::Topology, grown))
    }

    /// Whether the internal topics have partitions for a task.
    pub(crate) fn is_planned(&self, id: TaskId) -> bool {
        id.partition.number() < self.counts.tasks(id.subtopology)
    }

    /// Whether a topic is read because it matches a pattern, so that it may be gone.
    pub(crate) fn reads_by_pattern(&self, topic: &Topic) -> bool {
        self.matched().any(|source| *source.topic.name == *topic.as_str())
    }

    /// The topics that are read because they match a pattern.
    pub(crate) fn matched(&self) -> impl Iterator<Item = &SourceTopic> {
        let sources = self.topology.subtopologies().iter().flat_map(|part| &part.sources);
        sources.filter(|source| source.by_pattern)
    }
}
