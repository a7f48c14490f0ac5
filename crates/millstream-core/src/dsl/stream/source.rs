//! Reading topics.

use millstream_types::Nullable;

use super::KStream;
use crate::chain::{PrefetchedKeys, Source, SourceNode};
use crate::graph::{GraphId, GraphNode, GraphRef, KeyEffect, Kind};
use crate::options::Consumed;
use crate::topology::{Blueprint, BuildSource, RecordTypes, TopicName};

/// The stream of what `consumed` names.
pub(in crate::dsl) fn read<K: Nullable, V: Nullable>(graph: &GraphRef, consumed: Consumed<K, V>) -> KStream<K, V> {
    let name = graph.name_or_generate(consumed.name.clone(), "KSTREAM-SOURCE-");
    let serdes = consumed.serdes.clone();
    KStream::new(graph, add_source(graph, name, consumed), serdes)
}

fn add_source<K: Nullable, V: Nullable>(graph: &GraphRef, name: String, consumed: Consumed<K, V>) -> GraphId {
    let topics: Vec<TopicName> = consumed.topics.iter().map(|topic| TopicName::external(topic.as_str())).collect();
    let reset = consumed.reset;
    graph.add(GraphNode {
        name,
        parents: Vec::new(),
        kind: Kind::Source { topics: topics.clone(), reset, build: source_factory(topics, consumed) },
        key: KeyEffect::Keeps,
        forwards: Some(RecordTypes::of::<K, V>()),
        stores: Vec::new(),
    })
}

/// Builds the source of `topics`, read as `consumed` says.
pub(crate) fn source_factory<K: Nullable, V: Nullable>(
    topics: Vec<TopicName>,
    consumed: Consumed<K, V>,
) -> BuildSource {
    Box::new(move |blueprint: Blueprint<'_>| {
        let source: Box<dyn SourceNode> = Box::new(Source {
            name: blueprint.name(),
            topics: topics.iter().map(|topic| blueprint.topic(topic).as_str().into()).collect(),
            key_serde: consumed.serdes.key.get(),
            value_serde: consumed.serdes.value.get(),
            extractor: consumed.extractor.clone(),
            heads: topics.iter().map(|_| None).collect(),
            prefetched: topics.iter().map(|_| PrefetchedKeys::default()).collect(),
            children: blueprint.downstream()?,
        });
        Ok(source)
    })
}
