//! The logical graph that the DSL's calls write: named operators in the order they were declared.
//!
//! It exists until the topology is built. Names may still change ([`KStream::named`](super::KStream::named)) and tables
//! may still turn out to need a store, so each node is lowered into the [`Spec`] only then.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::topology::{NodeId, Spec, Topology, TopologyError};

/// Names in topics and stores must fit Kafka's rule for topics.
const NAME_LENGTH_MAX: usize = 249;

/// A node's place in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GraphId(usize);

/// Adds a node, under its final name and below its lowered parents, to the spec; returns the node that its children hang on.
pub(crate) type Lower = Box<dyn FnOnce(&mut Spec, Arc<str>, &[NodeId]) -> Result<NodeId, TopologyError>>;

struct GraphNode {
    name: String,
    parents: Vec<GraphId>,
    lower: Lower,
    /// Of a repartition: whether it lets null keys pass, since a left join further down wants them.
    null_keys: Option<Arc<AtomicBool>>,
}

#[derive(Default)]
pub(crate) struct Graph {
    nodes: Vec<GraphNode>,
    /// Stores get their place when they are declared, so that handles can name them.
    spec: Spec,
    copartitions: Vec<BTreeSet<GraphId>>,
    next_index: usize,
    errors: Vec<TopologyError>,
}

/// The graph that a builder and all its streams and tables write to.
#[derive(Clone, Default)]
pub(crate) struct GraphRef(Rc<RefCell<Graph>>);

impl GraphRef {
    /// The next generated name, as Kafka Streams numbers them: one counter for everything.
    pub(crate) fn generate(&self, prefix: &str) -> String {
        let mut graph = self.0.borrow_mut();
        let index = graph.next_index;
        graph.next_index += 1;
        format!("{prefix}{index:010}")
    }

    /// `name`, or a generated one. A given name still uses up the index that a generated one would have had.
    pub(crate) fn name_or_generate(&self, name: Option<String>, prefix: &str) -> String {
        let generated = self.generate(prefix);
        name.map_or(generated, |name| self.valid(name))
    }

    /// `name` itself; if it is not a legal one, building the topology will fail.
    pub(crate) fn valid(&self, name: String) -> String {
        let reason = if name.is_empty() || name == "." || name == ".." {
            Some("it must not be empty, `.` or `..`")
        } else if name.len() > NAME_LENGTH_MAX {
            Some("it is longer than 249 characters")
        } else if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')) {
            Some("only ASCII letters, digits, `.`, `_` and `-` are allowed")
        } else {
            None
        };
        if let Some(reason) = reason {
            self.fail(TopologyError::InvalidName { name: name.clone(), reason: reason.to_owned() });
        }
        name
    }

    /// Notes an error for [`build`](Self::build) to return.
    pub(crate) fn fail(&self, error: TopologyError) {
        self.0.borrow_mut().errors.push(error);
    }

    pub(crate) fn add(&self, name: String, parents: &[GraphId], lower: Lower) -> GraphId {
        self.push(GraphNode { name, parents: parents.to_vec(), lower, null_keys: None })
    }

    pub(crate) fn add_repartition(
        &self,
        name: String,
        parents: &[GraphId],
        null_keys: Arc<AtomicBool>,
        lower: Lower,
    ) -> GraphId {
        self.push(GraphNode { name, parents: parents.to_vec(), lower, null_keys: Some(null_keys) })
    }

    fn push(&self, node: GraphNode) -> GraphId {
        let mut graph = self.0.borrow_mut();
        graph.nodes.push(node);
        GraphId(graph.nodes.len() - 1)
    }

    pub(crate) fn name(&self, node: GraphId) -> String {
        self.0.borrow().nodes[node.0].name.clone()
    }

    pub(crate) fn rename(&self, node: GraphId, name: String) {
        let name = self.valid(name);
        self.0.borrow_mut().nodes[node.0].name = name;
    }

    /// Adds to the stores and repartition topics; nodes come with [`build`](Self::build).
    pub(crate) fn with_spec<T>(&self, use_spec: impl FnOnce(&mut Spec) -> T) -> T {
        use_spec(&mut self.0.borrow_mut().spec)
    }

    /// Requires the topics of these sources to have equal partition counts.
    pub(crate) fn copartition(&self, sources: BTreeSet<GraphId>) {
        self.0.borrow_mut().copartitions.push(sources);
    }

    /// Lets null keys pass the nearest repartitions above `node`.
    pub(crate) fn let_null_keys_pass(&self, node: GraphId) {
        let graph = self.0.borrow();
        let mut above = vec![node];
        while let Some(node) = above.pop() {
            match &graph.nodes[node.0].null_keys {
                Some(null_keys) => null_keys.store(true, Ordering::Relaxed),
                None => above.extend(&graph.nodes[node.0].parents),
            }
        }
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Lowers every node, in the order of declaration, and takes the graph's content.
    pub(crate) fn build(&self) -> Result<Topology, TopologyError> {
        let graph = std::mem::take(&mut *self.0.borrow_mut());
        if let Some(error) = graph.errors.into_iter().next() {
            return Err(error);
        }
        let (mut spec, mut lowered) = (graph.spec, Vec::with_capacity(graph.nodes.len()));
        for node in graph.nodes {
            let parents: Vec<NodeId> = node.parents.iter().map(|parent| lowered[parent.0]).collect();
            lowered.push((node.lower)(&mut spec, node.name.into(), &parents)?);
        }
        let groups = graph.copartitions.into_iter();
        spec.copartitions = groups.map(|group| group.into_iter().map(|id| lowered[id.0]).collect()).collect();
        Topology::new(spec)
    }
}
