//! `repartition`, and the repartitions that grouping and joining need.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use millstream_types::Nullable;

use super::KStream;
use super::source::add_source_of;
use super::to::{SinkPlan, SinkTopic};
use crate::Record;
use crate::chain::{Context, Downstream, Node};
use crate::dsl::graph::{GraphId, GraphRef, Lower};
use crate::options::{CarriedSerdes, Consumed, Partitioner, Repartitioned};
use crate::topology::{Assembly, Built, NodeId, NodeKind, RepartitionSpec, Spec, TopicName, TopologyError};

const SUFFIX: &str = "-repartition";

impl<K, V> KStream<K, V> {
    /// Sends the stream through a topic of its own, partitioned by key, and goes on from there. Records with a null key
    /// vanish (a left join further down keeps them).
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, String>("in").repartition("by-key").to("out");
    /// ```
    pub fn repartition(&self, repartitioned: impl Into<Repartitioned<K, V>>) -> Self
    where
        K: Nullable,
        V: Nullable,
    {
        let options = repartitioned.into();
        let name = match options.name {
            Some(name) => self.graph.valid(name),
            None => self.graph.generate("KSTREAM-REPARTITION-"),
        };
        let serdes = CarriedSerdes {
            key: options.serdes.key.or(&self.serdes.key),
            value: options.serdes.value.or(&self.serdes.value),
        };
        let mut plan = RepartitionPlan::new(&self.graph, &name, serdes.clone());
        plan.partitions = options.partitions;
        plan.partitioner = options.partitioner;
        let node = plan.add(&self.graph, self.node);
        KStream::new(&self.graph, node, BTreeSet::from([node]), serdes, false)
    }
}

/// The stream a join or a `to_table` goes on from: `stream` itself, or its repartition named after `name`.
///
/// Joins of one stream that ask for the same name share the repartition.
pub(in crate::dsl) fn repartition_for<K: Nullable, V: Nullable>(stream: &KStream<K, V>, name: &str) -> KStream<K, V> {
    let shared = stream.repartitioned.borrow().clone().filter(|(shared, _)| shared == name);
    let plan = RepartitionPlan::new(&stream.graph, name, stream.serdes.clone());
    let node = shared.map_or_else(|| plan.add(&stream.graph, stream.node), |(_, node)| node);
    *stream.repartitioned.borrow_mut() = Some((name.to_owned(), node));
    KStream::new(&stream.graph, node, BTreeSet::from([node]), stream.serdes.clone(), false)
}

/// A repartition still to be added: a filter of null keys, a sink, the topic, a source.
pub(in crate::dsl) struct RepartitionPlan<K, V> {
    topic: TopicName,
    names: Names,
    serdes: CarriedSerdes<K, V>,
    partitions: Option<u32>,
    partitioner: Option<Partitioner<K, V>>,
}

/// The names of the three nodes.
struct Names {
    filter: String,
    sink: String,
    source: String,
}

impl<K: Nullable, V: Nullable> RepartitionPlan<K, V> {
    /// Plans the topic `<name>-repartition`. Three generated names are used up in any case.
    pub(in crate::dsl) fn new(graph: &GraphRef, name: &str, serdes: CarriedSerdes<K, V>) -> Self {
        let topic = if name.ends_with(SUFFIX) { name.to_owned() } else { format!("{name}{SUFFIX}") };
        let sink = graph.generate("KSTREAM-SINK-");
        let filter = graph.generate("KSTREAM-FILTER-");
        let source = graph.generate("KSTREAM-SOURCE-");
        let names = if is_generated(name) {
            Names { filter, sink, source }
        } else {
            Names {
                filter: format!("{topic}-filter"),
                sink: format!("{topic}-sink"),
                source: format!("{topic}-source"),
            }
        };
        Self { topic: TopicName::internal(topic), names, serdes, partitions: None, partitioner: None }
    }

    /// Adds it below `parent`; returns the node to go on from.
    pub(in crate::dsl) fn add(self, graph: &GraphRef, parent: GraphId) -> GraphId {
        let null_keys = Arc::new(AtomicBool::new(false));
        let for_filter = Arc::clone(&null_keys);
        let name = self.names.source.clone();
        let lower: Lower = Box::new(move |spec, _, parents| self.lower(spec, parents, for_filter));
        graph.add_repartition(name, &[parent], null_keys, lower)
    }

    fn lower(self, spec: &mut Spec, parents: &[NodeId], null_keys: Arc<AtomicBool>) -> Result<NodeId, TopologyError> {
        let build = Box::new(move |assembly: &mut Assembly<'_>, node| {
            let null_keys = null_keys.load(Ordering::Relaxed);
            Ok(Built::new(DropNullKeys::<K, V> { null_keys, children: assembly.downstream(node)? }))
        });
        let filter = spec.add_node(self.names.filter.into(), NodeKind::Processor { entered: false, build }, parents)?;
        spec.repartitions.push(RepartitionSpec { topic: self.topic.clone(), partitions: self.partitions });
        let sink = SinkPlan {
            topic: SinkTopic::Fixed(self.topic.clone()),
            serdes: self.serdes.clone(),
            partitioner: self.partitioner,
            window_bytes: 0,
        };
        sink.add(spec, self.names.sink.into(), &[filter])?;
        let mut consumed = Consumed::<K, V>::topic(&*self.topic.name);
        consumed.serdes = self.serdes;
        add_source_of(spec, self.names.source.into(), vec![self.topic], None, consumed)
    }
}

/// Whether `name` is one that Kafka Streams generated: `KSTREAM…-` and ten digits.
fn is_generated(name: &str) -> bool {
    let digits = name.len().checked_sub(10).and_then(|at| name.split_at_checked(at));
    digits.is_some_and(|(prefix, digits)| {
        prefix.starts_with("KSTREAM") && prefix.ends_with('-') && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

struct DropNullKeys<K, V> {
    null_keys: bool,
    children: Downstream<K, V>,
}

impl<K: Nullable, V: Nullable> Node<K, V> for DropNullKeys<K, V> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        if self.null_keys || record.key.present().is_some() {
            self.children.forward(context, record);
        }
    }
}
