//! The repartition of a grouped table: a sink, a topic of changes, a source.

use millstream_types::Data;

use crate::change_bytes::change_serde;
use crate::dsl::stream::{SinkPlan, SinkTopic, source_factory};
use crate::graph::{GraphId, GraphNode, GraphRef, KeyEffect, Kind, NullKeys, Repartition, RepartitionPlace};
use crate::options::{CarriedSerdes, Consumed, ValueSerde};
use crate::record::Change;
use crate::topology::{RecordTypes, TopicName};

/// A repartition that is not added yet.
pub(super) struct TableRepartition<K, V> {
    topic: TopicName,
    sink_name: String,
    source_name: String,
    serdes: CarriedSerdes<K, Change<V>>,
}

impl<K: Data, V: Data> TableRepartition<K, V> {
    /// Plans the topic `<name>-repartition`. It always uses up two generated names.
    pub(super) fn new(graph: &GraphRef, name: &str, serdes: &CarriedSerdes<K, V>) -> Self {
        let value = ValueSerde::given(change_serde(serdes.value.get()));
        Self {
            topic: TopicName::internal(format!("{name}-repartition")),
            sink_name: graph.generate("KSTREAM-SINK-"),
            source_name: graph.generate("KSTREAM-SOURCE-"),
            serdes: CarriedSerdes { key: serdes.key.clone(), value },
        }
    }

    /// Adds it below `parent`. Returns its source.
    pub(super) fn add(self, graph: &GraphRef, parent: GraphId) -> GraphId {
        let sink = SinkPlan {
            topic: SinkTopic::Fixed(self.topic.clone()),
            serdes: self.serdes.clone(),
            partitioner: None,
            window_bytes: 0,
        };
        let serdes = self.serdes.names();
        let mut consumed = Consumed::<K, Change<V>>::topic(&*self.topic.name);
        consumed.serdes = self.serdes;
        let repartition = Repartition {
            place: RepartitionPlace::Fixed,
            partitions: None,
            filter: None,
            sink_name: self.sink_name.into(),
            serdes,
            null_keys: NullKeys::default(),
            partitioning: sink.partitioning(),
            sink: sink.into_factory(),
            source: source_factory(consumed),
            topic: self.topic,
        };
        graph.add(GraphNode {
            name: self.source_name,
            parents: vec![parent],
            kind: Kind::Repartition(Box::new(repartition)),
            key: KeyEffect::Keeps,
            forwards: Some(RecordTypes::of::<K, Change<V>>()),
            stores: Vec::new(),
        })
    }
}

/// Lets the sink and the source of `repartition` be renamed with `aggregation`.
pub(super) fn rename_after(graph: &GraphRef, aggregation: GraphId, repartition: GraphId) {
    graph.rename_with(aggregation, repartition, |node, name| {
        node.name = format!("{name}-source");
        if let Kind::Repartition(repartition) = &mut node.kind {
            repartition.sink_name = format!("{name}-sink").into();
        }
    });
}
