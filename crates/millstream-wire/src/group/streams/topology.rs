//! The topology of an application, as the heartbeat with which a member joins has it.

use std::collections::BTreeSet;

use millstream_log::{StreamsGroup, StreamsSubtopology, StreamsTopic};
use millstream_protocol::messages::streams_group_heartbeat::{
    StreamsGroupHeartbeatRequestCopartitionGroup as CopartitionGroup, StreamsGroupHeartbeatRequestKeyValue as KeyValue,
    StreamsGroupHeartbeatRequestSubtopology as Subtopology, StreamsGroupHeartbeatRequestTopicInfo as TopicInfo,
    StreamsGroupHeartbeatRequestTopology as Topology,
};
use millstream_types::Topic;

/// The number of the topology. Brokers take no other while the group keeps a topology.
const EPOCH: i32 = 0;

/// How many partitions a changelog has: the broker knows, and refuses any other number.
const AS_TASKS: i32 = 0;

/// The topology. All lists are in order: the broker compares them with those of the member that joined first.
pub(super) fn topology(group: &StreamsGroup) -> Topology {
    let mut subtopologies: Vec<Subtopology> = group.subtopologies.iter().map(subtopology).collect();
    subtopologies.sort_by(|one, other| one.subtopology_id.cmp(&other.subtopology_id));
    Topology { epoch: EPOCH, subtopologies }
}

fn subtopology(subtopology: &StreamsSubtopology) -> Subtopology {
    let source_topics = names(&subtopology.source_topics);
    let repartition_source_topics = topics(&subtopology.repartition_sources, |topic| number(topic.partitions));
    let sources: Vec<&str> = source_topics.iter().map(String::as_str).collect();
    let repartitions: Vec<&str> = repartition_source_topics.iter().map(|topic| topic.name.as_str()).collect();
    let group = |topics: &BTreeSet<Topic>| CopartitionGroup {
        source_topics: indexes(&sources, topics),
        repartition_source_topics: indexes(&repartitions, topics),
        ..CopartitionGroup::default()
    };
    let mut copartition_groups: Vec<CopartitionGroup> = subtopology.copartitioned.iter().map(group).collect();
    copartition_groups.sort_by_key(|group| (group.source_topics.clone(), group.repartition_source_topics.clone()));
    Subtopology {
        subtopology_id: subtopology.number.to_string(),
        state_changelog_topics: topics(&subtopology.changelogs, |_| AS_TASKS),
        repartition_sink_topics: names(&subtopology.repartition_sinks),
        copartition_groups,
        source_topics,
        repartition_source_topics,
        ..Subtopology::default()
    }
}

fn names(topics: &BTreeSet<Topic>) -> Vec<String> {
    topics.iter().map(|topic| topic.as_str().to_owned()).collect()
}

/// Where these topics are in a list.
fn indexes(list: &[&str], topics: &BTreeSet<Topic>) -> Vec<i16> {
    let found = list.iter().zip(0_i16..).filter(|(name, _)| topics.iter().any(|topic| topic.as_str() == **name));
    found.map(|(_, index)| index).collect()
}

fn topics(topics: &[StreamsTopic], partitions: impl Fn(&StreamsTopic) -> i32) -> Vec<TopicInfo> {
    let info = |topic: &StreamsTopic| TopicInfo {
        name: topic.name.as_str().to_owned(),
        partitions: partitions(topic),
        // The broker's default.
        replication_factor: 0,
        topic_configs: topic.config.iter().map(|(key, value)| key_value(key, value)).collect(),
    };
    let mut topics: Vec<TopicInfo> = topics.iter().map(info).collect();
    topics.sort_by(|one, other| one.name.cmp(&other.name));
    topics
}

pub(super) fn key_value(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: value.to_owned() }
}

pub(super) fn number(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
