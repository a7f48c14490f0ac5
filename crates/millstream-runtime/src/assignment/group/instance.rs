//! What the threads of a process have in common in their group.

use millstream_assign::{CopyState, Digest, ProcessId, ProcessReport, Settings, Storage, Subtopology};
use millstream_core::{SubTopology, Topology};
use millstream_types::{TaskId, Topic, TopicPartition};

use crate::StreamsConfig;
use crate::assignment::Assignment;

/// What the threads of a process have in common in their group.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(super) process: ProcessId,
    pub(super) settings: Settings,
    about: ProcessReport,
    subtopologies: Vec<Led>,
}

/// A sub-topology whose tasks the group divides by the partitions of a topic.
#[derive(Debug)]
struct Led {
    number: u32,
    digest: Digest,
    is_stateful: bool,
    /// `None` for a sub-topology without tasks.
    lead: Option<Topic>,
}

impl Instance {
    pub(crate) fn new(
        process: ProcessId,
        config: &StreamsConfig,
        topology: &Topology,
        assignment: &dyn Assignment,
    ) -> Self {
        let led = |subtopology: &SubTopology| Led {
            number: subtopology.id,
            digest: Digest::new(subtopology.digest),
            is_stateful: subtopology.stores.iter().any(|store| store.changelog.is_some()),
            lead: assignment.partition_of(TaskId::new(subtopology.id, 0)).map(|lead| lead.topic),
        };
        Self {
            process,
            settings: Settings {
                standby_replicas: config.standby_replicas,
                max_warmup_replicas: config.max_warmup_replicas,
                acceptable_recovery_lag: config.acceptable_recovery_lag,
                rack_aware_assignment_tags: config.rack_aware_assignment_tags.clone(),
                probing_rebalance_interval: config.probing_rebalance_interval,
            },
            about: ProcessReport {
                application_server: config.application_server.clone(),
                rack: config.rack.clone(),
                tags: config.client_tags.clone(),
                ..ProcessReport::default()
            },
            subtopologies: topology.subtopologies().iter().map(led).collect(),
        }
    }

    /// What one of the threads tells of the process for all of them: where it is, and what is on disk, of each task the sum of its
    /// changelog offsets.
    pub(super) fn report(&self, on_disk: Vec<(TaskId, i64)>) -> ProcessReport {
        // The directory may have tasks of an earlier topology.
        let noted = on_disk.into_iter().filter(|(task, _)| self.partition_of(*task).is_some());
        let copy = |(task, sum): (TaskId, i64)| (task, CopyState::At { offset_sum: sum.max(0).unsigned_abs() });
        ProcessReport { on_disk: noted.map(copy).collect(), ..self.about.clone() }
    }

    /// The digests of the sub-topologies, in the order of their numbers.
    pub(super) fn digests(&self) -> Vec<Digest> {
        self.subtopologies.iter().map(|led| led.digest).collect()
    }

    /// The sub-topologies with their tasks; `partitions_of` has the number of partitions of a topic that exists.
    pub(super) fn subtopologies(&self, partitions_of: impl Fn(&Topic) -> Option<u32>) -> Vec<Subtopology> {
        let subtopology = |led: &Led| Subtopology {
            number: led.number,
            digest: led.digest,
            partitions: led.lead.as_ref().and_then(&partitions_of).unwrap_or(0),
            storage: if led.is_stateful {
                Storage::Stateful { end_offset_sums: Vec::new() }
            } else {
                Storage::Stateless
            },
        };
        self.subtopologies.iter().map(subtopology).collect()
    }

    /// The task that the group assigns by this partition.
    pub(super) fn task_of(&self, partition: &TopicPartition) -> Option<TaskId> {
        let led = self.subtopologies.iter().find(|led| led.lead.as_ref() == Some(&partition.topic))?;
        Some(TaskId { subtopology: led.number, partition: partition.partition })
    }

    /// The partition by which the group assigns this task.
    pub(super) fn partition_of(&self, task: TaskId) -> Option<TopicPartition> {
        let lead = self.subtopologies.get(task.subtopology as usize)?.lead.clone()?;
        Some(TopicPartition { topic: lead, partition: task.partition })
    }
}
