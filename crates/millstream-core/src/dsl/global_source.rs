//! The nodes of a global table or store: a source, and a node that writes to the store.

use millstream_state::StoreIndex;
use millstream_types::Nullable;

use super::stream::source_factory;
use crate::graph::{GraphNode, GraphRef, KeyEffect, Kind};
use crate::options::Consumed;
use crate::topology::{BuildNode, RecordTypes, TopicName, TopologyError};

/// The nodes of a global store that are not added yet.
pub(super) struct GlobalSourcePlan<K, V> {
    pub(super) consumed: Consumed<K, V>,
    pub(super) processor_name: Option<String>,
    pub(super) store: StoreIndex,
    pub(super) build: BuildNode,
}

impl<K: Nullable, V: Nullable> GlobalSourcePlan<K, V> {
    /// Adds the two nodes, with the names of Kafka Streams.
    pub(super) fn add(self, graph: &GraphRef) {
        let Self { consumed: Consumed { name, topics, serdes, .. }, processor_name, store, build } = self;
        let source_name = graph.name_or_generate(name, "KSTREAM-SOURCE-");
        let processor_name = graph.name_or_generate(processor_name, "KTABLE-SOURCE-");
        let names = serdes.names();
        let topics: Vec<TopicName> = topics.iter().map(|topic| TopicName::external(topic.as_str())).collect();
        // As in Kafka Streams, the time of a record is that of the log.
        let consumed = Consumed { serdes, ..Consumed::topics(topics.iter().map(|topic| topic.name.to_string())) };
        let source = graph.add(GraphNode {
            name: source_name,
            parents: Vec::new(),
            kind: Kind::GlobalSource { serdes: names, build: source_factory(topics.clone(), consumed), topics },
            key: KeyEffect::Keeps,
            forwards: Some(RecordTypes::of::<K, V>()),
            stores: Vec::new(),
        });
        graph.add(GraphNode {
            name: processor_name,
            parents: vec![source],
            kind: Kind::Processor { build },
            key: KeyEffect::Keeps,
            forwards: None,
            stores: vec![store],
        });
    }
}

/// Records an error unless there is one topic.
pub(super) fn single_topic(graph: &GraphRef, what: &str, topics: &[String]) {
    if topics.len() != 1 {
        let reason = format!("it reads one topic, but {} were given; merge them into one topic first", topics.len());
        graph.fail(TopologyError::Invalid { what: what.to_owned(), reason });
    }
}
