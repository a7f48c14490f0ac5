//! Creates the topics of a topology in the log of the driver.

use std::collections::BTreeMap;

use millstream_core::{PartitionCounts, TopicName, Topology};
use millstream_log::NewTopic;
use millstream_log::in_process::{InProcessLog, Settings};
use millstream_types::Topic;

use crate::{TestConfig, TestError};

/// The number of partitions of a topic that a test reads or writes.
pub(crate) fn count_of(config: &TestConfig, topic: &str) -> u32 {
    config.partitions.get(topic).copied().unwrap_or(1)
}

/// The topology with the topics that the test knows of and that match its patterns: those whose partitions it has set, and those that
/// the topology writes.
pub(crate) fn match_known(topology: &Topology, config: &TestConfig) -> Result<Topology, TestError> {
    let sinks = topology.subtopologies().iter().flat_map(|subtopology| &subtopology.sinks);
    let written = sinks.filter(|sink| !sink.internal).map(|sink| sink.resolve(&config.application_id));
    let known: Vec<Topic> = config.partitions.keys().map(|topic| Topic::from(topic.as_str())).chain(written).collect();
    Ok(topology.with_topics(&config.application_id, &known)?)
}

/// Determines the partition counts of all topics.
pub(crate) fn counts(topology: &Topology, config: &TestConfig) -> Result<PartitionCounts, TestError> {
    let existing = |topic: &TopicName| Some(if topic.internal { 1 } else { count_of(config, &topic.name) });
    Ok(PartitionCounts::resolve(topology.subtopologies(), existing)?)
}

/// Creates a log with all topics of `topology`, and returns their partition counts. Topics that a sink computes are created
/// when they are first written.
pub(crate) fn create(topology: &Topology, config: &TestConfig) -> Result<(InProcessLog, PartitionCounts), TestError> {
    let log = InProcessLog::with_settings(Settings { auto_create_partitions: Some(1), ..Settings::default() });
    let count_of = |topic: &str| count_of(config, topic);
    let counts = counts(topology, config)?;
    let mut topics: BTreeMap<Topic, NewTopic> = BTreeMap::new();
    for (name, partitions, internal) in counts.internal_topics(topology.subtopologies(), &config.application_id) {
        topics.insert(name.clone(), NewTopic { name, partitions, config: internal.config.clone() });
    }
    for subtopology in topology.subtopologies().iter().chain(topology.globals()) {
        let sources = subtopology.sources.iter().map(|source| &source.topic);
        for topic in sources.chain(&subtopology.sinks).filter(|topic| !topic.internal) {
            let name = topic.resolve(&config.application_id);
            let partitions = count_of(name.as_str());
            topics.entry(name.clone()).or_insert(NewTopic { name, partitions, config: BTreeMap::new() });
        }
    }
    for topic in topics.into_values() {
        log.create_topic_with(topic)?;
    }
    Ok((log, counts))
}
