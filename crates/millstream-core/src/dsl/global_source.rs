//! The nodes of a global table or store: a source, and a node that writes to the store.

use millstream_state::StoreIndex;
use millstream_types::Nullable;

use super::stream::source_factory;
use crate::graph::{GraphNode, GraphRef, KeyEffect, Kind};
use crate::options::{Consumed, Topics};
use crate::topology::{BuildNode, BuildSource, RecordTypes, TopicName, TopologyError};

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
        let Self { mut consumed, processor_name, store, build } = self;
        let source_name = graph.name_or_generate(consumed.name.take(), "KSTREAM-SOURCE-");
        let processor_name = graph.name_or_generate(processor_name, "KTABLE-SOURCE-");
        let serdes = consumed.serdes.names();
        let (topics, build_source) = global_source(consumed);
        let source = graph.add(GraphNode {
            name: source_name,
            parents: Vec::new(),
            kind: Kind::GlobalSource { serdes, build: build_source, topics },
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
pub(super) fn single_topic(graph: &GraphRef, what: &str, topics: &Topics) {
    if topics.names().len() != 1 {
        graph.fail(not_single(what, topics));
    }
}

/// The error of reading these topics, which are not one.
pub(super) fn not_single(what: &str, topics: &Topics) -> TopologyError {
    let reason = match topics {
        Topics::Named(names) => {
            format!("it reads one topic, but {} were given; merge them into one topic first", names.len())
        }
        Topics::Matching(pattern) => {
            format!("it reads one topic, but the pattern `{pattern}` was given; name the topic")
        }
    };
    TopologyError::Invalid { what: what.to_owned(), reason }
}

/// What a source of the topics of a global table or store is made of.
pub(super) fn global_source<K: Nullable, V: Nullable>(consumed: Consumed<K, V>) -> (Vec<TopicName>, BuildSource) {
    let Consumed { topics, serdes, .. } = consumed;
    let names: Vec<TopicName> = topics.names().iter().map(|topic| TopicName::external(topic.as_str())).collect();
    // As in Kafka Streams, the time of a record is that of the log.
    let build = source_factory(Consumed { serdes, ..Consumed::topics(topics.names().iter().cloned()) });
    (names, build)
}
