//! `repartition`, and the repartitions that grouping and joining need.

use millstream_types::Nullable;

use super::source::source_factory;
use super::to::{SinkPlan, SinkTopic};
use super::{KStream, boxed, stateless};
use crate::chain::{Context, Downstream, Node};
use crate::graph::{
    GraphId, GraphNode, GraphRef, KeyEffect, Kind, NullKeyFilter, NullKeys, Repartition, RepartitionPlace,
};
use crate::options::{CarriedSerdes, Consumed, Partitioner, Repartitioned};
use crate::record::Record;
use crate::topology::{BuildNode, RecordTypes, TopicName};

const SUFFIX: &str = "-repartition";

impl<K, V> KStream<K, V> {
    /// Sends the stream through a repartition topic, which is partitioned by key. Records with a null key are dropped, unless a
    /// left join follows. With `()` keys building the topology fails.
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
        self.graph.require_keys::<K>("repartition");
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
        plan.place = RepartitionPlace::Fixed;
        plan.partitions = options.partitions;
        plan.partitioner = options.partitioner;
        let node = plan.add(&self.graph, self.node);
        self.next(node, serdes)
    }
}

/// The repartition of `stream` for a join, named after `name`.
///
/// A join that has no name takes the last repartition that a join of the stream has added, whatever that one's name. Kafka Streams
/// does the same; and the numbers for names are used up in any case.
pub(in crate::dsl) fn repartition_for_join<K: Nullable, V: Nullable>(
    stream: &KStream<K, V>,
    name: &str,
) -> KStream<K, V> {
    let graph = &stream.graph;
    let plan = RepartitionPlan::new(graph, name, stream.serdes.clone());
    let is_unnamed = name == graph.name(stream.node);
    let node = graph.join_repartition(stream.node).filter(|_| is_unnamed).unwrap_or_else(|| {
        let added = plan.add(graph, stream.node);
        graph.set_join_repartition(stream.node, added);
        added
    });
    stream.next(node, stream.serdes.clone())
}

/// The repartition of `stream` for a `to_table`, named after `name`, which nothing shares.
pub(in crate::dsl) fn repartition_for_table<K: Nullable, V: Nullable>(
    stream: &KStream<K, V>,
    name: &str,
) -> KStream<K, V> {
    let plan = RepartitionPlan::new(&stream.graph, name, stream.serdes.clone());
    stream.next(plan.add(&stream.graph, stream.node), stream.serdes.clone())
}

/// Names the repartition of `repartitioned` after `table`, whenever that is named.
pub(in crate::dsl) fn name_after_table<K: Nullable, V: Nullable>(repartitioned: &KStream<K, V>, table: GraphId) {
    let serdes = repartitioned.serdes.clone();
    repartitioned.graph.rename_with(table, repartitioned.node, move |node, name| {
        let topic = topic_of(name);
        let names = Names::behind(&topic);
        node.name.clone_from(&names.source);
        node.kind = RepartitionPlan::of(topic, names, serdes.clone()).into_kind();
    });
}

/// A repartition that is not added yet: a filter of null keys, a sink, the topic, a source.
pub(in crate::dsl) struct RepartitionPlan<K, V> {
    place: RepartitionPlace,
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

impl Names {
    /// The names that follow from the topic's.
    fn behind(topic: &str) -> Self {
        Self { filter: format!("{topic}-filter"), sink: format!("{topic}-sink"), source: format!("{topic}-source") }
    }
}

fn topic_of(name: &str) -> String {
    if name.ends_with(SUFFIX) { name.to_owned() } else { format!("{name}{SUFFIX}") }
}

impl<K: Nullable, V: Nullable> RepartitionPlan<K, V> {
    /// Plans the topic `<name>-repartition`. It always uses up three generated names.
    pub(in crate::dsl) fn new(graph: &GraphRef, name: &str, serdes: CarriedSerdes<K, V>) -> Self {
        let topic = topic_of(name);
        let sink = graph.generate("KSTREAM-SINK-");
        let filter = graph.generate("KSTREAM-FILTER-");
        let source = graph.generate("KSTREAM-SOURCE-");
        let names = if is_generated(name) { Names { filter, sink, source } } else { Names::behind(&topic) };
        Self::of(topic, names, serdes)
    }

    fn of(topic: String, names: Names, serdes: CarriedSerdes<K, V>) -> Self {
        let place = RepartitionPlace::Movable;
        Self { place, topic: TopicName::internal(topic), names, serdes, partitions: None, partitioner: None }
    }

    /// Adds it below `parent`. Returns the node that the stream continues from.
    pub(in crate::dsl) fn add(self, graph: &GraphRef, parent: GraphId) -> GraphId {
        graph.add(GraphNode {
            name: self.names.source.clone(),
            parents: vec![parent],
            kind: self.into_kind(),
            key: KeyEffect::Keeps,
            forwards: Some(RecordTypes::of::<K, V>()),
            stores: Vec::new(),
        })
    }

    fn into_kind(self) -> Kind {
        let serdes = self.serdes.names();
        let sink = SinkPlan {
            topic: SinkTopic::Fixed(self.topic.clone()),
            serdes: self.serdes.clone(),
            partitioner: self.partitioner,
            window_bytes: 0,
        };
        let mut consumed = Consumed::<K, V>::topic(&*self.topic.name);
        consumed.serdes = self.serdes;
        Kind::Repartition(Box::new(Repartition {
            place: self.place,
            partitions: self.partitions,
            filter: Some(NullKeyFilter { name: self.names.filter.into(), build: filter_of_null_keys::<K, V> }),
            sink_name: self.names.sink.into(),
            serdes,
            null_keys: NullKeys::default(),
            partitioning: sink.partitioning(),
            sink: sink.into_factory(),
            source: source_factory(consumed),
            topic: self.topic,
        }))
    }
}

fn filter_of_null_keys<K: Nullable, V: Nullable>(null_keys: NullKeys) -> BuildNode {
    stateless::<K, V, K, V>(Box::new(move |children| boxed(DropNullKeys { null_keys, children })))
}

/// Whether `name` is a generated one: `KSTREAM…-` and ten digits.
fn is_generated(name: &str) -> bool {
    let digits = name.len().checked_sub(10).and_then(|at| name.split_at_checked(at));
    digits.is_some_and(|(prefix, digits)| {
        prefix.starts_with("KSTREAM") && prefix.ends_with('-') && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

struct DropNullKeys<K, V> {
    null_keys: NullKeys,
    children: Downstream<K, V>,
}

impl<K: Nullable, V: Nullable> Node<K, V> for DropNullKeys<K, V> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        if self.null_keys == NullKeys::Pass || record.key.present().is_some() {
            self.children.forward(context, record);
        }
    }
}
