//! Reading topics.

use std::collections::BTreeSet;
use std::sync::Arc;

use millstream_types::Nullable;

use super::{GraphRef, KStream};
use crate::chain::{Ahead, Source};
use crate::options::{Consumed, ResetPolicy};
use crate::topology::{Assembly, NodeId, NodeKind, Spec, TopicName, TopologyError};

/// The stream of what `consumed` names.
pub(in crate::dsl) fn read<K: Nullable, V: Nullable>(graph: &GraphRef, consumed: Consumed<K, V>) -> KStream<K, V> {
    let name = graph.name_or_generate(consumed.name.clone(), "KSTREAM-SOURCE-");
    let serdes = consumed.serdes.clone();
    let node = graph.add(name, &[], Box::new(move |spec, name, _| add_source(spec, name, consumed)));
    KStream::new(graph, node, BTreeSet::from([node]), serdes, false)
}

/// Adds the source node of `consumed` to `spec`.
pub(crate) fn add_source<K: Nullable, V: Nullable>(
    spec: &mut Spec,
    name: Arc<str>,
    consumed: Consumed<K, V>,
) -> Result<NodeId, TopologyError> {
    let topics = consumed.topics.iter().map(|topic| TopicName::external(topic.as_str())).collect();
    add_source_of(spec, name, topics, consumed.reset, consumed)
}

/// [`add_source`] for topics that may be internal.
pub(in crate::dsl) fn add_source_of<K: Nullable, V: Nullable>(
    spec: &mut Spec,
    name: Arc<str>,
    topics: Vec<TopicName>,
    reset: Option<ResetPolicy>,
    consumed: Consumed<K, V>,
) -> Result<NodeId, TopologyError> {
    let names = topics.clone();
    let build = Box::new(move |assembly: &mut Assembly<'_>, node| {
        let source: Box<dyn crate::chain::SourceNode> = Box::new(Source {
            name: assembly.name(node),
            topics: names.iter().map(|topic| assembly.topic(topic).as_str().into()).collect(),
            key_serde: consumed.serdes.key.get(),
            value_serde: consumed.serdes.value.get(),
            extractor: consumed.extractor.clone(),
            heads: names.iter().map(|_| None).collect(),
            ahead: names.iter().map(|_| Ahead::default()).collect(),
            children: assembly.downstream(node)?,
        });
        Ok(source)
    });
    spec.add_node(name, NodeKind::Source { topics, reset, build }, &[])
}
