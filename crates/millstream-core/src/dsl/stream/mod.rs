//! A stream of records, and the operators on it.

mod branch;
mod filter;
mod flat_map;
mod for_each;
mod group;
mod join_global;
mod join_stream;
mod join_table;
mod join_table_grace;
mod join_table_node;
mod map;
mod map_values;
mod merge;
mod peek;
mod print;
mod process;
mod repartition;
mod select_key;
mod source;
mod to;
mod to_table;

pub use branch::{Branched, BranchedKStream, Branches};
pub(super) use repartition::{RepartitionPlan, name_after_table, repartition_for_join, repartition_for_table};
pub(crate) use source::source_factory;
pub(super) use source::{no_time, unreadable};
pub(crate) use to::{SinkPlan, SinkTopic};

use crate::chain::{Downstream, Node};
use crate::graph::{GraphId, GraphNode, GraphRef, KeyEffect, Kind};
use crate::options::CarriedSerdes;
use crate::record::Element;
use crate::topology::{Blueprint, BuildNode, Built, RecordTypes};

/// A stream of records with keys `K` and values `V`. Each record is independent of the others.
///
/// A `KStream` is a handle. It can be cloned and used several times; each use gets every record.
pub struct KStream<K, V> {
    pub(super) graph: GraphRef,
    pub(super) node: GraphId,
    pub(super) serdes: CarriedSerdes<K, V>,
}

impl<K, V> Clone for KStream<K, V> {
    fn clone(&self) -> Self {
        Self { graph: self.graph.clone(), node: self.node, serdes: self.serdes.clone() }
    }
}

/// An operator at the end of a stream.
pub struct Terminal {
    graph: GraphRef,
    node: GraphId,
}

impl Terminal {
    /// Names the operator.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, String>("in").to("out").named("copy");
    /// assert!(builder.build()?.describe().to_string().contains("Sink: copy (topic: out)"));
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn named(self, name: impl Into<String>) {
        self.graph.rename(self.node, name.into());
    }
}

impl<K, V> KStream<K, V> {
    pub(super) fn new(graph: &GraphRef, node: GraphId, serdes: CarriedSerdes<K, V>) -> Self {
        Self { graph: graph.clone(), node, serdes }
    }

    /// Names the operator that returned this stream, instead of its generated name.
    ///
    /// A topic that is named after an operator (a repartition without a name) takes the present name, so name an operator
    /// before you use its stream.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let words = builder.stream::<String, String>("in").map_values(|_key, word| word.to_lowercase()).named("lowercase");
    /// words.to("out");
    /// ```
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        self.graph.rename(self.node, name.into());
        self
    }

    /// Whether an operator after the last topic may have changed the keys, so that grouping and joining need a repartition
    /// topic.
    pub(super) fn is_key_changed(&self) -> bool {
        self.graph.is_key_changed(self.node)
    }

    /// The stream of `node`, which is an operator on this stream.
    fn next<K2, V2>(&self, node: GraphId, serdes: CarriedSerdes<K2, V2>) -> KStream<K2, V2> {
        KStream::new(&self.graph, node, serdes)
    }

    fn terminal(&self, node: GraphId) -> Terminal {
        Terminal { graph: self.graph.clone(), node }
    }
}

impl<K: Element, V: Element> KStream<K, V> {
    /// Adds an operator that keeps keys and values.
    fn keeping_records(&self, prefix: &str, make: MakeNode<K, V, K, V>) -> GraphId {
        self.operator(self.graph.generate(prefix), KeyEffect::Keeps, make)
    }

    /// Adds an operator that keeps keys and replaces values.
    fn replacing_values<V2: Element>(&self, prefix: &str, make: MakeNode<K, V, K, V2>) -> GraphId {
        self.operator(self.graph.generate(prefix), KeyEffect::KeepsWithOtherValues, make)
    }

    /// Adds an operator that may change keys.
    fn changing_keys<K2: Element, V2: Element>(&self, prefix: &str, make: MakeNode<K, V, K2, V2>) -> GraphId {
        self.operator(self.graph.generate(prefix), KeyEffect::MayChange, make)
    }

    fn operator<K2: Element, V2: Element>(
        &self,
        name: String,
        key: KeyEffect,
        make: MakeNode<K, V, K2, V2>,
    ) -> GraphId {
        self.graph.add(GraphNode {
            name,
            parents: vec![self.node],
            kind: Kind::Stateless { build: stateless(make) },
            key,
            forwards: Some(RecordTypes::of::<K2, V2>()),
            stores: Vec::new(),
        })
    }
}

/// Makes the node of an operator that needs only its children.
///
/// The user's function is boxed together with the node, so that the operator costs one virtual call, and the function's type
/// is not a parameter elsewhere.
pub(super) type MakeNode<K, V, K2, V2> = Box<dyn Fn(Downstream<K2, V2>) -> Box<dyn Node<K, V>> + Send + Sync>;

/// A node without its own type.
pub(super) fn boxed<K, V>(node: impl Node<K, V> + 'static) -> Box<dyn Node<K, V>> {
    Box::new(node)
}

/// The factory of a node that needs only its children.
pub(super) fn stateless<K: 'static, V: 'static, K2: Element, V2: Element>(make: MakeNode<K, V, K2, V2>) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| Ok(Built::of_box(make(blueprint.downstream()?))))
}
