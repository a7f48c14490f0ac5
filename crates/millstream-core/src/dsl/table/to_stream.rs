//! `to_stream`.

use super::KTable;
use crate::chain::{Context, Downstream, Node};
use crate::dsl::KStream;
use crate::dsl::stream::{boxed, stateless};
use crate::graph::{GraphNode, KeyEffect, Kind};
use crate::options::{CarriedSerdes, ValueSerde};
use crate::record::{Change, Element, Record};
use crate::topology::RecordTypes;

impl<K: Element, V: Element> KTable<K, V> {
    /// The changes of the table as a stream: the new value of each row, `None` if it was deleted.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let counts = builder.stream::<String, String>("clicks").group_by_key().count("clicks-per-user");
    /// counts.to_stream().to("click-counts");
    /// ```
    pub fn to_stream(&self) -> KStream<K, Option<V>> {
        let name = self.graph.generate("KTABLE-TOSTREAM-");
        let node = self.graph.add(GraphNode {
            name,
            parents: vec![self.node],
            kind: Kind::Stateless { build: stateless(Box::new(|children| boxed(ToStream::<K, V> { children }))) },
            key: KeyEffect::Keeps,
            forwards: Some(RecordTypes::of::<K, Option<V>>()),
            stores: Vec::new(),
        });
        let serdes = CarriedSerdes { key: self.serdes.key.clone(), value: ValueSerde::same_of(&self.serdes.value) };
        KStream::new(&self.graph, node, serdes)
    }
}

struct ToStream<K, V> {
    children: Downstream<K, Option<V>>,
}

impl<K: Element, V: Element> Node<K, Change<V>> for ToStream<K, V> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, Change<V>>) {
        self.children.forward(context, record.map_value(|change| change.new));
    }
}
