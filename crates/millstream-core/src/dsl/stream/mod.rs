//! A stream of records, and the operators on it.

mod branch;
mod filter;
mod flat_map;
mod for_each;
mod group;
mod join_table;
mod map;
mod map_values;
mod merge;
mod peek;
mod print;
mod process;
mod repartition;
mod select_key;
pub(super) mod source;
mod to;
mod to_table;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

pub use branch::{Branched, BranchedKStream, Branches};
pub(super) use repartition::{RepartitionPlan, repartition_for};
pub(crate) use source::add_source;
pub(crate) use to::SinkPlan;

use super::graph::{GraphId, GraphRef};
use crate::Element;
use crate::chain::{Downstream, Node};
use crate::options::CarriedSerdes;
use crate::topology::{Built, NodeKind};

/// A stream of records with keys `K` and values `V`; each record stands for itself.
///
/// A `KStream` is a handle: cloning it, or using it several times, means that each use gets every record.
pub struct KStream<K, V> {
    pub(super) graph: GraphRef,
    pub(super) node: GraphId,
    /// The sources, and repartitions in their place, that feed this stream: what joins must co-partition.
    pub(super) sources: BTreeSet<GraphId>,
    pub(super) serdes: CarriedSerdes<K, V>,
    /// Whether the key may have changed since the last topic, so that grouping and joining go through a topic first.
    pub(super) key_changed: bool,
    /// The repartition of this stream that unnamed joins share.
    repartitioned: Rc<RefCell<Option<(String, GraphId)>>>,
}

impl<K, V> Clone for KStream<K, V> {
    fn clone(&self) -> Self {
        Self {
            graph: self.graph.clone(),
            node: self.node,
            sources: self.sources.clone(),
            serdes: self.serdes.clone(),
            key_changed: self.key_changed,
            repartitioned: Rc::clone(&self.repartitioned),
        }
    }
}

/// The end of a stream: an operator that nothing follows.
pub struct Terminal {
    graph: GraphRef,
    node: GraphId,
}

impl Terminal {
    /// Names the operator.
    pub fn named(self, name: impl Into<String>) {
        self.graph.rename(self.node, name.into());
    }
}

impl<K, V> KStream<K, V> {
    pub(super) fn new(
        graph: &GraphRef,
        node: GraphId,
        sources: BTreeSet<GraphId>,
        serdes: CarriedSerdes<K, V>,
        key_changed: bool,
    ) -> Self {
        Self { graph: graph.clone(), node, sources, serdes, key_changed, repartitioned: Rc::default() }
    }

    /// Names the operator that made this stream, instead of by its generated name.
    ///
    /// A topic named after an operator (a repartition without a name of its own) takes the name it has when it is made,
    /// so name an operator before you go on from it.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        self.graph.rename(self.node, name.into());
        self
    }
}

impl<K: Element, V: Element> KStream<K, V> {
    /// Adds an operator that forwards keys `K2` and values `V2`; `make` makes its node for each task.
    fn operator<K2: Element, V2: Element, N: Node<K, V> + 'static>(
        &self,
        prefix: &str,
        make: impl Fn(Downstream<K2, V2>) -> N + Send + Sync + 'static,
    ) -> GraphId {
        let name = self.graph.generate(prefix);
        self.operator_named(name, move |_, children| make(children))
    }

    /// [`operator`](Self::operator) under a name already settled; `make` also gets it.
    fn operator_named<K2: Element, V2: Element, N: Node<K, V> + 'static>(
        &self,
        name: String,
        make: impl Fn(std::sync::Arc<str>, Downstream<K2, V2>) -> N + Send + Sync + 'static,
    ) -> GraphId {
        self.graph.add(
            name,
            &[self.node],
            Box::new(move |spec, name, parents| {
                let build = Box::new(move |assembly: &mut crate::topology::Assembly<'_>, node| {
                    Ok(Built::new(make(assembly.name(node), assembly.downstream(node)?)))
                });
                spec.add_node(name, NodeKind::Processor { entered: false, build }, parents)
            }),
        )
    }

    /// The stream that comes out of `node`, an operator on this one.
    fn next<K2, V2>(&self, node: GraphId, serdes: CarriedSerdes<K2, V2>, key_changed: bool) -> KStream<K2, V2> {
        KStream::new(&self.graph, node, self.sources.clone(), serdes, key_changed)
    }

    fn terminal(&self, node: GraphId) -> Terminal {
        Terminal { graph: self.graph.clone(), node }
    }
}
