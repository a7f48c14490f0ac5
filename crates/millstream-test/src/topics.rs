//! Creates the topics of a topology in the log of the driver.

use std::collections::BTreeMap;

use millstream_core::{PartitionCounts, Topology};
use millstream_log::NewTopic;
use millstream_log::in_process::{InProcessLog, Settings};
use millstream_types::Topic;

use crate::{TestConfig, TestError};

/// The number of partitions of a topic that a test reads or writes.
pub(crate) fn count_of(config: &TestConfig, topic: &str) -> u32 {
    config.partitions.get(topic).copied().unwrap_or(1)
}

/// Creates a log with all topics of `topology`, and returns their partition counts. Topics that a sink computes are created
/// when they are first written.
pub(crate) fn create(topology: &Topology, config: &TestConfig) -> Result<(InProcessLog, PartitionCounts), TestError> {
    let log = InProcessLog::with_settings(Settings { auto_create_partitions: Some(1), ..Settings::default() });
    let count_of = |topic: &str| count_of(config, topic);
    let counts = PartitionCounts::resolve(topology.subtopologies(), |topic| Some(count_of(topic)))?;
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
