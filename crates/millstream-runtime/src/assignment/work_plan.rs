//! How the work is divided, as start-up has determined.

use std::sync::Arc;

use millstream_assign::ProcessId;
use millstream_core::{PartitionCounts, SourceTopic, Topology};
use millstream_observe::events::{Failure, FailureKind};
use millstream_task::Retentions;
use millstream_types::{TaskId, Topic};

use super::group::Instance;
use super::{Assignment, LeadTopics};
use crate::StreamsConfig;

/// How the work is divided, as start-up has determined.
pub(crate) struct WorkPlan {
    /// The topology, with the topics that match its patterns.
    pub(crate) topology: Topology,
    pub(crate) assignment: Arc<dyn Assignment>,
    pub(crate) counts: PartitionCounts,
    pub(crate) retentions: Arc<Retentions>,
    /// What the threads have in common in their group.
    pub(crate) instance: Arc<Instance>,
}

impl WorkPlan {
    /// The plan of a topology whose topics have these partitions.
    pub(crate) fn new(
        process: ProcessId,
        config: &StreamsConfig,
        topology: Topology,
        counts: PartitionCounts,
        retentions: Retentions,
    ) -> Self {
        let assignment = LeadTopics::new(&topology, &config.application_id, &counts);
        let instance = Instance::new(process, config, &topology, &assignment);
        let (assignment, retentions, instance) = (Arc::new(assignment), Arc::new(retentions), Arc::new(instance));
        Self { topology, assignment, counts, retentions, instance }
    }

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
