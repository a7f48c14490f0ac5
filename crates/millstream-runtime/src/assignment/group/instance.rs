//! What the threads of a process have in common in their group.

use millstream_assign::{CopyState, Digest, ProcessId, ProcessReport, Settings, Storage, Subtopology};
use millstream_core::{SubTopology, Topology};
use millstream_types::{TaskId, Topic, TopicPartition};

use crate::StreamsConfig;
use crate::assignment::Assignment;
use crate::state_directory::OffsetNote;

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
    /// The stores with changelogs.
    stores: Vec<String>,
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
            stores: logged_stores(subtopology),
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

    /// What one of the threads tells of the process for all of them: where it is, and what is on disk. The directory may have tasks of an earlier topology, in which other
    /// sub-topologies had these numbers: then the stores are others.
    pub(super) fn report(&self, on_disk: Vec<OffsetNote>) -> ProcessReport {
        let is_ours = |note: &OffsetNote| {
            let led = self.subtopologies.get(note.task.subtopology as usize);
            led.is_some_and(|led| !led.stores.is_empty() && led.stores == note.stores)
        };
        let copy = |note: OffsetNote| (note.task, CopyState::At { offset_sum: note.sum.max(0).unsigned_abs() });
        ProcessReport { on_disk: on_disk.into_iter().filter(is_ours).map(copy).collect(), ..self.about.clone() }
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
            storage: if led.stores.is_empty() {
                Storage::Stateless
            } else {
                Storage::Stateful { end_offset_sums: Vec::new() }
            },
        };
        self.subtopologies.iter().map(subtopology).collect()
    }

    pub(super) fn digest_of(&self, task: TaskId) -> Option<Digest> {
        self.subtopologies.get(task.subtopology as usize).map(|led| led.digest)
    }

    /// The sub-topologies that none of these topics lead.
    pub(super) fn unsubscribed(&self, topics: &[Topic]) -> impl Iterator<Item = Digest> {
        let is_not_in = |led: &&Led| led.lead.as_ref().is_some_and(|lead| !topics.contains(lead));
        self.subtopologies.iter().filter(is_not_in).map(|led| led.digest)
    }

    /// The topics that lead sub-topologies which another topology, of these digests, does not have.
    pub(super) fn leads_missing_in(&self, digests: &[Digest]) -> Vec<&Topic> {
        let missing = self.subtopologies.iter().filter(|led| !digests.contains(&led.digest));
        missing.filter_map(|led| led.lead.as_ref()).collect()
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

/// The names of the stores of a sub-topology that have changelogs, in their order. They tell whose state a directory has.
pub(crate) fn logged_stores(subtopology: &SubTopology) -> Vec<String> {
    let logged = subtopology.stores.iter().filter(|store| store.changelog.is_some());
    let mut names: Vec<String> = logged.map(|store| store.name.to_string()).collect();
    names.sort_unstable();
    names
}
