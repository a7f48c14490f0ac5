//! `merge`.

use super::{KStream, boxed, stateless};
use crate::chain::{Context, Downstream, NextKeys, Node};
use crate::graph::{GraphNode, KeyEffect, Kind};
use crate::options::CarriedSerdes;
use crate::record::{Element, Record};
use crate::topology::{BuildNode, RecordTypes, TopologyError};

impl<K: Element, V: Element> KStream<K, V> {
    /// Merges two streams into one. Records of one stream keep their order. There is no order between the two, except that a
    /// task processes the records of its topics by time.
    ///
    /// An aggregation by key, or a table of the merged stream, needs topics of equal partition counts, as a join does, because
    /// otherwise the records of one key are processed by different tasks. [`repartition`](Self::repartition) avoids this.
    ///
    /// Serdes of the two streams are not used further; the merged stream has those of its types.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let web = builder.stream::<String, String>("web");
    /// web.merge(&builder.stream("mobile")).to("all");
    /// ```
    pub fn merge(&self, other: &Self) -> Self {
        let name = self.graph.generate("KSTREAM-MERGE-");
        if !self.graph.is_same(&other.graph) {
            self.graph.fail(TopologyError::TwoBuilders { node: name });
            return self.clone();
        }
        let node = self.graph.add(GraphNode {
            name,
            parents: vec![self.node, other.node],
            kind: Kind::Stateless { build: merge_factory::<K, V>() },
            key: KeyEffect::Keeps,
            forwards: Some(RecordTypes::of::<K, V>()),
            stores: Vec::new(),
        });
        self.next(node, CarriedSerdes::own())
    }
}

/// The factory of a node that forwards the records of all its parents.
pub(super) fn merge_factory<K: Element, V: Element>() -> BuildNode {
    stateless(Box::new(|children| boxed(Merge::<K, V> { children })))
}

struct Merge<K, V> {
    children: Downstream<K, V>,
}

impl<K: Element, V: Element> Node<K, V> for Merge<K, V> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        self.children.forward(context, record);
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, K>) {
        self.children.prefetch(context, next_keys);
    }
}
