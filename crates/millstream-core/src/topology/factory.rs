//! How a node of fixed types is built for one task.

use std::any::{Any, TypeId, type_name};
use std::sync::Arc;

use millstream_state::StoreIndex;
use millstream_types::{Topic, short_type_name};

use super::error::TopologyError;
use super::settings::ChainSettings;
use super::table::{Table, TableId};
use super::topic_name::TopicName;
use crate::chain::{AroundProcessor, Downstream, Edge, Node, Shared, SharedIndex, SharedNode, SourceNode, Wrapped};
use crate::stores::BuilderId;

/// Builds a node for one task.
pub(crate) type BuildNode = Box<dyn Fn(Blueprint<'_>) -> Result<Built, TopologyError> + Send + Sync>;

/// Builds a source for one task.
pub(crate) type BuildSource = Box<dyn Fn(Blueprint<'_>) -> Result<Box<dyn SourceNode>, TopologyError> + Send + Sync>;

/// The types of the records on an edge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordTypes {
    id: TypeId,
    key: &'static str,
    value: &'static str,
}

impl RecordTypes {
    pub(crate) fn of<K: 'static, V: 'static>() -> Self {
        Self { id: TypeId::of::<(K, V)>(), key: type_name::<K>(), value: type_name::<V>() }
    }
}

impl std::fmt::Display for RecordTypes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "keys {} and values {}", short_type_name(self.key), short_type_name(self.value))
    }
}

/// Puts code of the user around a built node.
type WrapNode = fn(Box<dyn Any + Send>, Arc<str>, Box<dyn AroundProcessor>) -> Box<dyn Any + Send>;

/// A built node: a `Box<dyn Node<K, V>>`, and the types that it takes.
pub(crate) struct Built {
    pub(super) node: Box<dyn Any + Send>,
    pub(super) share: fn(Box<dyn Any + Send>) -> Option<Box<dyn SharedNode>>,
    wrap: WrapNode,
    pub(super) takes: RecordTypes,
}

impl Built {
    pub(crate) fn new<K: 'static, V: 'static>(node: impl Node<K, V> + 'static) -> Self {
        Self::of_box::<K, V>(Box::new(node))
    }

    /// A node that is boxed already.
    pub(crate) fn of_box<K: 'static, V: 'static>(node: Box<dyn Node<K, V>>) -> Self {
        Self { node: Box::new(node), share: share::<K, V>, wrap: wrap::<K, V>, takes: RecordTypes::of::<K, V>() }
    }

    /// The node with code around it.
    pub(super) fn wrapped(self, name: Arc<str>, around: Box<dyn AroundProcessor>) -> Self {
        Self { node: (self.wrap)(self.node, name, around), ..self }
    }
}

fn share<K: 'static, V: 'static>(node: Box<dyn Any + Send>) -> Option<Box<dyn SharedNode>> {
    let node = node.downcast::<Box<dyn Node<K, V>>>().ok()?;
    Some(Box::new(Shared(*node)))
}

fn wrap<K: 'static, V: 'static>(
    node: Box<dyn Any + Send>,
    name: Arc<str>,
    around: Box<dyn AroundProcessor>,
) -> Box<dyn Any + Send> {
    match node.downcast::<Box<dyn Node<K, V>>>() {
        Ok(node) => {
            let wrapped: Box<dyn Node<K, V>> = Box::new(Wrapped { name, node: *node, around });
            Box::new(wrapped)
        }
        Err(other) => other,
    }
}

/// A node's child, built before the node itself.
pub(crate) struct Child {
    pub(super) name: Arc<str>,
    pub(super) takes: RecordTypes,
    pub(super) edge: ChildEdge,
}

/// The edge to a child, before the parent has checked the types of the child.
pub(crate) enum ChildEdge {
    Owned(Box<dyn Any + Send>),
    Shared(SharedIndex),
}

/// What a factory builds its node from.
pub(crate) struct Blueprint<'a> {
    pub(super) name: Arc<str>,
    pub(super) children: Vec<Child>,
    /// The topics of a source, in the log.
    pub(super) topics: Vec<Topic>,
    /// The index of the node in the arena, if it is shared.
    pub(super) this: Option<SharedIndex>,
    pub(super) stores: &'a [StoreIndex],
    pub(super) store_names: &'a Arc<[Arc<str>]>,
    pub(super) builder: BuilderId,
    pub(super) caching: &'a [bool],
    pub(super) tables: &'a [Table],
    pub(super) settings: &'a ChainSettings,
}

impl Blueprint<'_> {
    /// The node's name.
    pub(crate) fn name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// The topics that the node reads, if it is a source, with their names in the log.
    pub(crate) fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// A topic's name in the log.
    pub(crate) fn topic(&self, topic: &TopicName) -> Topic {
        topic.resolve(&self.settings.application_id)
    }

    /// The stores that the node is connected to.
    pub(crate) fn stores(&self) -> Vec<StoreIndex> {
        self.stores.to_vec()
    }

    /// The names of all stores of the topology.
    pub(crate) fn store_names(&self) -> Arc<[Arc<str>]> {
        Arc::clone(self.store_names)
    }

    /// The builder of the topology.
    pub(crate) fn builder(&self) -> BuilderId {
        self.builder
    }

    /// The name of a store's changelog in the log, which serdes get as the topic.
    pub(crate) fn changelog_topic(&self, store: StoreIndex) -> String {
        let name = self.store_names.get(store.index()).map_or("", |name| &**name);
        format!("{}-{name}-changelog", self.settings.application_id)
    }

    /// Whether a cache holds back updates of this store.
    pub(crate) fn is_caching(&self, store: StoreIndex) -> bool {
        self.caching.get(store.index()).copied().unwrap_or(false)
    }

    /// What the graph's passes have decided for a table.
    pub(crate) fn table(&self, table: TableId) -> &Table {
        &self.tables[table.0]
    }

    /// What the graph's passes have decided for each table.
    pub(crate) fn tables(&self) -> &[Table] {
        self.tables
    }

    /// The index of the node in the arena.
    ///
    /// # Panics
    /// When the node is not built as shared.
    pub(crate) fn this(&self) -> SharedIndex {
        self.this.expect("a node that a commit or a schedule calls is built as shared")
    }

    /// The children of the node, which forwards keys `K` and values `V`.
    pub(crate) fn downstream<K, V>(self) -> Result<Downstream<K, V>, TopologyError>
    where
        K: Clone + Send + 'static,
        V: Clone + Send + 'static,
    {
        self.check_children(RecordTypes::of::<K, V>())?;
        let mut downstream = Downstream::new(self.name, self.children.len());
        for child in self.children {
            downstream.add(child.name, child.edge.typed());
        }
        Ok(downstream)
    }

    /// An error if a child does not take what the node forwards.
    fn check_children(&self, forwarded: RecordTypes) -> Result<(), TopologyError> {
        match self.children.iter().find(|child| child.takes.id != forwarded.id) {
            Some(child) => Err(child.mismatch(&self.name, forwarded)),
            None => Ok(()),
        }
    }
}

impl ChildEdge {
    fn typed<K: 'static, V: 'static>(self) -> Edge<K, V> {
        match self {
            Self::Shared(index) => Edge::Shared(index),
            Self::Owned(node) => {
                let node = node.downcast::<Box<dyn Node<K, V>>>();
                Edge::Owned(*node.expect("a node of these types was built from them"))
            }
        }
    }
}

impl Child {
    fn mismatch(&self, parent: &str, forwarded: RecordTypes) -> TopologyError {
        TopologyError::TypeMismatch {
            parent: parent.to_owned(),
            parent_types: forwarded.to_string(),
            child: self.name.to_string(),
            child_types: self.takes.to_string(),
        }
    }
}
