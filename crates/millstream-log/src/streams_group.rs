//! Groups in which the broker assigns tasks (KIP-1071): what a member tells it, and what it is told.

use std::collections::{BTreeMap, BTreeSet};

use millstream_types::{TaskId, Topic, TopicPartition};

/// What the members of a streams group (KIP-1071) tell the broker, which assigns the tasks.
///
/// The broker keeps the topology of the first member that joins, and refuses members with another one, also once the group is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamsGroup {
    /// The random id of the process, the same for all its members. Two tasks with the same state are not given to one process.
    pub process_id: String,
    /// Where the process responds to queries: host and port.
    pub endpoint: Option<(String, u16)>,
    /// Tags of the process, such as its zone.
    pub client_tags: BTreeMap<String, String>,
    /// The sub-topologies that have tasks, in the order of their numbers.
    pub subtopologies: Vec<StreamsSubtopology>,
    /// What the settings of the group have to be at the brokers: the member does not join if they are others.
    pub settings: Vec<StreamsGroupSetting>,
}

impl StreamsGroup {
    /// The partition that stands for a task in [`LogEvent::Assigned`](crate::LogEvent::Assigned); `None` if it is not of this topology.
    ///
    /// # Examples
    /// ```
    /// use millstream_log::{StreamsGroup, StreamsSubtopology};
    /// use millstream_types::{TaskId, TopicPartition};
    ///
    /// let words = StreamsSubtopology::new(1, "words".into());
    /// let group = StreamsGroup { subtopologies: vec![words], ..StreamsGroup::default() };
    /// assert_eq!(group.partition_of(TaskId::new(1, 3)), Some(TopicPartition::new("words", 3)));
    /// assert_eq!(group.partition_of(TaskId::new(0, 3)), None);
    /// ```
    #[must_use]
    pub fn partition_of(&self, task: TaskId) -> Option<TopicPartition> {
        let found = self.subtopologies.iter().find(|subtopology| subtopology.number == task.subtopology)?;
        Some(TopicPartition { topic: found.lead.clone(), partition: task.partition })
    }

    /// The task for which a partition stands; `None` if its topic leads no sub-topology.
    #[must_use]
    pub fn task_of(&self, partition: &TopicPartition) -> Option<TaskId> {
        let found = self.subtopologies.iter().find(|subtopology| subtopology.lead == partition.topic)?;
        Some(TaskId { subtopology: found.number, partition: partition.partition })
    }
}

/// A sub-topology, as the broker has to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamsSubtopology {
    /// Its number, the first part of its tasks' ids.
    pub number: u32,
    /// The source topic whose partitions stand for its tasks.
    pub lead: Topic,
    /// The topics of the user that it reads.
    pub source_topics: BTreeSet<Topic>,
    /// The repartition topics that it reads.
    pub repartition_sources: Vec<StreamsTopic>,
    /// The repartition topics that it writes.
    pub repartition_sinks: BTreeSet<Topic>,
    /// The changelogs of its stores.
    pub changelogs: Vec<StreamsTopic>,
    /// Groups of topics that it reads and that need equally many partitions.
    pub copartitioned: Vec<BTreeSet<Topic>>,
}

impl StreamsSubtopology {
    /// A sub-topology with this number, whose tasks the partitions of a topic stand for, and that reads and writes nothing yet.
    #[must_use]
    pub const fn new(number: u32, lead: Topic) -> Self {
        Self {
            number,
            lead,
            source_topics: BTreeSet::new(),
            repartition_sources: Vec::new(),
            repartition_sinks: BTreeSet::new(),
            changelogs: Vec::new(),
            copartitioned: Vec::new(),
        }
    }
}

/// An internal topic, which the broker creates if it does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamsTopic {
    /// Its full name.
    pub name: Topic,
    /// How many partitions it has.
    pub partitions: u32,
    /// Its settings by Kafka's names.
    pub config: BTreeMap<String, String>,
}

/// A setting of the group that the brokers keep, and what it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamsGroupSetting {
    /// Kafka's name of it, as `streams.num.standby.replicas`.
    pub name: &'static str,
    /// The name of the application's setting that it has to agree with.
    pub set_by: &'static str,
    /// Its value.
    pub value: String,
    /// Whether the application leaves it at its default. Then brokers will do that do not know it.
    pub is_default: bool,
}

/// What the broker tells a member of a streams group, besides its active tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamsTasks {
    /// All active tasks of the member, with those that are about to be given to it.
    pub active: BTreeSet<TaskId>,
    /// The tasks of which it keeps a copy of the state.
    pub standby: BTreeSet<TaskId>,
    /// The tasks whose state it restores, to run them later.
    pub warm_up: BTreeSet<TaskId>,
    /// Where the other tasks are; `None` if that has not changed.
    pub endpoints: Option<Vec<StreamsEndpoint>>,
}

/// A process that responds to queries, and what it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamsEndpoint {
    /// Its host and port, as `host:port`.
    pub server: String,
    /// The partitions of the source topics of its active tasks.
    pub active: BTreeSet<TopicPartition>,
    /// The partitions of the source topics of its standbys.
    pub standby: BTreeSet<TopicPartition>,
}

/// How far a copy of a task's state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamsTaskOffset {
    /// The task.
    pub task: TaskId,
    /// The sum of the positions of its changelogs.
    pub offset_sum: u64,
    /// The sum of their end offsets, if they are known.
    pub end_offset_sum: Option<u64>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::{GroupConfig, InProcessLog, Log, Signal};

    #[test]
    fn partitions_of_lead_topics_stand_for_tasks_and_others_for_none() {
        let subtopologies = vec![StreamsSubtopology::new(0, "a".into()), StreamsSubtopology::new(2, "b".into())];
        let group = StreamsGroup { subtopologies, ..StreamsGroup::default() };
        let (task, partition) = (TaskId::new(2, 7), TopicPartition::new("b", 7));
        assert_eq!((group.partition_of(task), group.task_of(&partition)), (Some(partition), Some(task)));
        assert_eq!((group.partition_of(TaskId::new(1, 0)), group.task_of(&TopicPartition::new("c", 0))), (None, None));
    }

    #[test]
    fn a_log_without_brokers_refuses_a_streams_group() {
        let config = GroupConfig {
            streams: Some(Arc::new(StreamsGroup::default())),
            ..GroupConfig::new("g", "c", Duration::from_secs(45))
        };
        let error = InProcessLog::default().consumer(&config, &Signal::new()).err().unwrap().to_string();
        assert!(error.contains("`InProcessLog`") && error.contains("use `KafkaLog`"), "{error}");
    }
}
