//! A topology while it is being put together: nodes by name, stores, topics, and how each node is built.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use millstream_state::{AnyStore, Backing, StoreIndex, StoreOptions, segment_interval_ms};
use millstream_types::{Serde, Topic};

use super::assembly::Assembly;
use super::error::TopologyError;
use crate::chain::{Node, Shared, SharedNode, SourceNode};
use crate::options::ResetPolicy;

/// A node's place in the topology, in the order the nodes were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(pub(super) usize);

/// A topic as the topology names it: internal ones get the application id in front when it is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicName {
    /// The name, without the application id.
    pub name: Arc<str>,
    /// Whether Millstream creates and owns the topic.
    pub internal: bool,
}

impl TopicName {
    pub(crate) fn external(name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), internal: false }
    }

    pub(crate) fn internal(name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), internal: true }
    }

    /// The topic's name in the log.
    #[must_use]
    pub fn resolve(&self, application_id: &str) -> Topic {
        if self.internal { format!("{application_id}-{}", self.name).into() } else { Topic::from(&*self.name) }
    }
}

/// A node just built: a `Box<dyn Node<K, V>>` whose types the parent knows.
pub(crate) struct Built {
    pub(super) node: Box<dyn Any + Send>,
    pub(super) share: fn(Box<dyn Any + Send>) -> Option<Box<dyn SharedNode>>,
}

impl Built {
    pub(crate) fn new<K: 'static, V: 'static>(node: impl Node<K, V> + 'static) -> Self {
        let node: Box<dyn Node<K, V>> = Box::new(node);
        Self { node: Box::new(node), share: share::<K, V> }
    }
}

fn share<K: 'static, V: 'static>(node: Box<dyn Any + Send>) -> Option<Box<dyn SharedNode>> {
    let node = node.downcast::<Box<dyn Node<K, V>>>().ok()?;
    Some(Box::new(Shared(*node)))
}

pub(crate) type BuildNode = Box<dyn Fn(&mut Assembly<'_>, NodeId) -> Result<Built, TopologyError> + Send + Sync>;
pub(crate) type BuildSource =
    Box<dyn Fn(&mut Assembly<'_>, NodeId) -> Result<Box<dyn SourceNode>, TopologyError> + Send + Sync>;
pub(crate) type OpenStore = Box<dyn Fn(StoreOptions, Backing) -> Box<dyn AnyStore> + Send + Sync>;

pub(crate) enum NodeKind {
    Source {
        topics: Vec<TopicName>,
        reset: Option<ResetPolicy>,
        build: BuildSource,
    },
    Processor {
        /// Whether a commit or a schedule must be able to enter it.
        entered: bool,
        build: BuildNode,
    },
    Sink {
        /// `None`: computed for each record.
        topic: Option<TopicName>,
        build: BuildNode,
    },
}

pub(crate) struct NodeSpec {
    pub(crate) name: Arc<str>,
    pub(crate) kind: NodeKind,
    pub(crate) parents: Vec<NodeId>,
    pub(crate) children: Vec<NodeId>,
    pub(crate) stores: Vec<StoreIndex>,
}

/// What kind of changelog a store has, and with it its topic's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangelogKind {
    Compacted,
    Windowed { retention_ms: i64 },
}

/// What a store's rows are made of, by the names of their encodings.
pub(crate) struct RowTypes {
    key: String,
    value: String,
}

impl RowTypes {
    pub(crate) fn new<K: 'static, V: 'static>(keys: &Serde<K>, values: &Serde<V>) -> Self {
        Self { key: keys.name(), value: values.name() }
    }
}

pub(crate) struct StoreSpec {
    pub(crate) name: Arc<str>,
    pub(crate) caching: bool,
    pub(crate) logging: bool,
    pub(crate) timestamped: bool,
    pub(crate) in_memory: bool,
    pub(crate) changelog: ChangelogKind,
    pub(crate) changelog_config: BTreeMap<String, String>,
    pub(crate) types: RowTypes,
    pub(crate) open: OpenStore,
    pub(crate) users: Vec<NodeId>,
}

impl StoreSpec {
    /// What its rows are, in words.
    pub(super) fn contents(&self) -> String {
        let RowTypes { key, value } = &self.types;
        let timestamped = if self.timestamped { "timestamped " } else { "" };
        let logged = if self.logging { "" } else { ", without a changelog" };
        let kind = match self.changelog {
            ChangelogKind::Compacted => "key-value store".to_owned(),
            ChangelogKind::Windowed { retention_ms } => {
                format!("window store in segments of {} ms", segment_interval_ms(retention_ms))
            }
        };
        format!("{timestamped}{kind}, keys {key}, values {value}{logged}")
    }
}

/// A repartition topic and, if the user set it, its number of partitions.
#[derive(Clone, Debug)]
pub(crate) struct RepartitionSpec {
    pub(crate) topic: TopicName,
    pub(crate) partitions: Option<u32>,
}

/// Everything a topology is made of.
#[derive(Default)]
pub(crate) struct Spec {
    pub(crate) nodes: Vec<NodeSpec>,
    pub(crate) stores: Vec<StoreSpec>,
    pub(crate) repartitions: Vec<RepartitionSpec>,
    /// Groups of source nodes whose topics need equal partition counts.
    pub(crate) copartitions: Vec<Vec<NodeId>>,
    by_name: BTreeMap<Arc<str>, NodeId>,
    stores_by_name: BTreeMap<Arc<str>, StoreIndex>,
}

impl Spec {
    /// Adds a node under `parents`.
    pub(crate) fn add_node(
        &mut self,
        name: Arc<str>,
        kind: NodeKind,
        parents: &[NodeId],
    ) -> Result<NodeId, TopologyError> {
        let id = NodeId(self.nodes.len());
        if self.by_name.insert(Arc::clone(&name), id).is_some() {
            return Err(TopologyError::DuplicateNode { node: name.to_string() });
        }
        if let NodeKind::Source { topics, .. } = &kind {
            self.check_topics(&name, topics)?;
        }
        for parent in parents {
            self.nodes[parent.0].children.push(id);
        }
        self.nodes.push(NodeSpec { name, kind, parents: parents.to_vec(), children: Vec::new(), stores: Vec::new() });
        Ok(id)
    }

    fn check_topics(&self, name: &str, topics: &[TopicName]) -> Result<(), TopologyError> {
        if topics.is_empty() {
            return Err(TopologyError::NoTopic { node: name.to_owned() });
        }
        for node in &self.nodes {
            let NodeKind::Source { topics: taken, .. } = &node.kind else { continue };
            if let Some(topic) = topics.iter().find(|topic| taken.contains(topic)) {
                return Err(TopologyError::TopicReadTwice {
                    topic: topic.name.to_string(),
                    first: node.name.to_string(),
                    second: name.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Adds a store; its users are connected with [`connect`](Self::connect).
    pub(crate) fn add_store(&mut self, spec: StoreSpec) -> Result<StoreIndex, TopologyError> {
        let index = StoreIndex::new(u32::try_from(self.stores.len()).expect("fewer than 4 billion stores"));
        if self.stores_by_name.insert(Arc::clone(&spec.name), index).is_some() {
            return Err(TopologyError::DuplicateStore { store: spec.name.to_string() });
        }
        self.stores.push(spec);
        Ok(index)
    }

    /// Lets `node` use `store`, which puts all users of the store into one sub-topology.
    pub(crate) fn connect(&mut self, node: NodeId, store: StoreIndex) {
        let stores = &mut self.nodes[node.0].stores;
        if !stores.contains(&store) {
            stores.push(store);
            self.stores[store.index()].users.push(node);
        }
    }

    pub(crate) fn node_named(&self, name: &str) -> Option<NodeId> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn node(&self, id: NodeId) -> &NodeSpec {
        &self.nodes[id.0]
    }
}
