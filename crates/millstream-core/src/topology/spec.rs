//! A topology that is being built: nodes by name, stores, topics, and the factory of each node.

use std::collections::BTreeMap;
use std::sync::Arc;

use millstream_state::StoreIndex;

use super::error::TopologyError;
use super::factory::{BuildNode, BuildSource};
use super::source_topics::{SourceTopics, TopicPattern};
use super::table::{Table, TableId};
use super::topic_name::TopicName;
use crate::chain::{ProcessedKeys, ProcessorWrapper};
use crate::options::ResetPolicy;
use crate::partitioning::Partitioning;
use crate::stores::{BuilderId, GivenStore, SourceRows, StoreDefinition};

/// The index of a node in the topology. Nodes are in the order in which they were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(pub(super) usize);

pub(crate) enum NodeKind {
    Source {
        topics: SourceTopics,
        reset: Option<ResetPolicy>,
        build: BuildSource,
    },
    Processor {
        called_by: CalledBy,
        build: BuildNode,
    },
    Sink {
        /// `None`: computed for each record.
        topic: Option<TopicName>,
        partitioning: Partitioning,
        build: BuildNode,
    },
}

/// What calls a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CalledBy {
    /// Only its parents, with records.
    Parents,
    /// Its parents, and the task at a commit or a punctuation.
    ParentsAndTask,
}

pub(crate) struct NodeSpec {
    pub(crate) name: Arc<str>,
    pub(crate) kind: NodeKind,
    pub(crate) parents: Vec<NodeId>,
    pub(crate) children: Vec<NodeId>,
    pub(crate) stores: Vec<StoreIndex>,
    /// The table whose rows the node computes, if any.
    pub(crate) table: Option<TableId>,
    /// Whether it keeps keys, for the wrapper of processors.
    pub(crate) keys: ProcessedKeys,
}

impl NodeSpec {
    /// What it reads, if it is a source.
    pub(super) fn source_topics(&self) -> Option<&SourceTopics> {
        match &self.kind {
            NodeKind::Source { topics, .. } => Some(topics),
            NodeKind::Processor { .. } | NodeKind::Sink { .. } => None,
        }
    }

    /// Whether more than one parent calls it, or the task does. Such nodes are in the arena of the chain.
    pub(super) fn is_shared(&self) -> bool {
        self.parents.len() > 1 || matches!(self.kind, NodeKind::Processor { called_by: CalledBy::ParentsAndTask, .. })
    }
}

/// A store in its topology.
pub(crate) struct StoreSpec {
    pub(crate) definition: StoreDefinition,
    pub(crate) users: Vec<NodeId>,
    /// The topic that serves as its changelog.
    pub(crate) source: Option<SourceChangelog>,
}

/// The topic of a table that serves as the changelog of its store, and the rows of its records.
#[derive(Clone)]
pub(crate) struct SourceChangelog {
    pub(crate) topic: TopicName,
    pub(crate) rows: Arc<dyn SourceRows>,
}

/// A repartition topic and, if the user set it, its number of partitions.
#[derive(Clone, Debug)]
pub(crate) struct RepartitionSpec {
    pub(crate) topic: TopicName,
    pub(crate) partitions: Option<u32>,
}

/// All parts of a topology.
#[derive(Default)]
pub(crate) struct Spec {
    /// The builder of the topology.
    pub(crate) builder: BuilderId,
    pub(crate) nodes: Vec<NodeSpec>,
    pub(crate) stores: Vec<StoreSpec>,
    pub(crate) tables: Vec<Table>,
    pub(crate) repartitions: Vec<RepartitionSpec>,
    /// Groups of source nodes whose topics need equal partition counts.
    pub(crate) copartitions: Vec<Vec<NodeId>>,
    /// The names that were generated for operators and stores.
    pub(crate) generated_names: Vec<String>,
    /// The sources of global stores.
    pub(crate) globals: Vec<NodeId>,
    /// What is run around processors.
    pub(crate) wrapper: Option<Arc<dyn ProcessorWrapper>>,
    /// Stores that were added for processors. Each must be connected to at least one.
    for_processors: Vec<StoreIndex>,
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
        match &kind {
            NodeKind::Source { topics, .. } => self.check_topics(&name, topics)?,
            NodeKind::Sink { topic: Some(topic), .. } => check_name(topic)?,
            NodeKind::Sink { topic: None, .. } | NodeKind::Processor { .. } => {}
        }
        for parent in parents {
            self.nodes[parent.0].children.push(id);
        }
        self.nodes.push(NodeSpec {
            name,
            kind,
            parents: parents.to_vec(),
            children: Vec::new(),
            stores: Vec::new(),
            table: None,
            keys: ProcessedKeys::MayChange,
        });
        Ok(id)
    }

    fn check_topics(&self, name: &str, topics: &SourceTopics) -> Result<(), TopologyError> {
        match topics {
            SourceTopics::Named(names) => self.check_names(name, names)?,
            SourceTopics::Matching(pattern) => self.check_pattern(name, pattern)?,
        }
        for (_, node, pattern) in self.patterns() {
            if let Some(topic) = pattern.match_in(topics) {
                return Err(matches_read_topic(pattern, &node.name, &topic.name, name));
            }
        }
        Ok(())
    }

    /// Checks that no other source names a topic that matches, or has the same pattern.
    fn check_pattern(&self, name: &str, pattern: &TopicPattern) -> Result<(), TopologyError> {
        for node in &self.nodes {
            let Some(topics) = node.source_topics() else { continue };
            if let Some(topic) = pattern.match_in(topics) {
                return Err(matches_read_topic(pattern, name, &topic.name, &node.name));
            }
            if topics.pattern().is_some_and(|other| other.text() == pattern.text()) {
                let (first, second) = (node.name.to_string(), name.to_owned());
                return Err(TopologyError::PatternReadTwice { pattern: pattern.text().to_owned(), first, second });
            }
        }
        Ok(())
    }

    fn check_names(&self, name: &str, topics: &[TopicName]) -> Result<(), TopologyError> {
        if topics.is_empty() {
            return Err(TopologyError::NoTopic { node: name.to_owned() });
        }
        topics.iter().try_for_each(check_name)?;
        if let Some((number, topic)) =
            topics.iter().enumerate().find(|(number, topic)| topics[..*number].contains(topic))
        {
            let reason = format!("topic {} of it is `{}` again; name it once", number + 1, topic.name);
            return Err(TopologyError::Invalid { what: format!("the list of topics of source `{name}`"), reason });
        }
        for node in &self.nodes {
            let Some(taken) = node.source_topics() else { continue };
            if let Some(topic) = topics.iter().find(|topic| taken.names().contains(topic)) {
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
    pub(crate) fn add_store(&mut self, definition: StoreDefinition) -> Result<StoreIndex, TopologyError> {
        if let Some(reason) = TopicName::fault(&definition.name) {
            return Err(TopologyError::InvalidName { name: definition.name.to_string(), reason: reason.to_owned() });
        }
        if let Some(serde) = &definition.serdes.unreadable {
            let reader = format!("store `{}`", definition.name);
            return Err(TopologyError::Unreadable { reader, serde: serde.clone() });
        }
        if let Some(fault) = definition.fault {
            let what = format!("store `{}`", definition.name);
            return Err(TopologyError::Invalid { what, reason: fault });
        }
        let index = StoreIndex::new(u32::try_from(self.stores.len()).expect("fewer than 4 billion stores"));
        if self.stores_by_name.insert(Arc::clone(&definition.name), index).is_some() {
            return Err(TopologyError::DuplicateStore { store: definition.name.to_string() });
        }
        self.stores.push(StoreSpec { definition, users: Vec::new(), source: None });
        Ok(index)
    }

    /// Adds a store that must be connected to a processor.
    pub(crate) fn add_processor_store(&mut self, definition: StoreDefinition) -> Result<StoreIndex, TopologyError> {
        let index = self.add_store(definition)?;
        self.for_processors.push(index);
        Ok(index)
    }

    /// Returns an error if a store for processors is connected to none. Otherwise the mistake would be found only at the first
    /// record of the processor that needs it.
    pub(super) fn check_stores(&self) -> Result<(), TopologyError> {
        let unused = self.for_processors.iter().map(|index| &self.stores[index.index()]);
        match unused.into_iter().find(|store| store.users.is_empty()) {
            Some(store) => Err(TopologyError::UnconnectedStore { store: store.definition.name.to_string() }),
            None => Ok(()),
        }
    }

    /// Lets `store` be restored from the topic of its table, and logs no update of it.
    pub(crate) fn restore_from_source(&mut self, store: StoreIndex, source: SourceChangelog) {
        if let Some(spec) = self.stores.get_mut(store.index()) {
            spec.definition.logging = false;
            spec.source = Some(source);
        }
    }

    /// The store that a processor named `node` was given.
    ///
    /// # Errors
    /// When it is a store of another builder.
    pub(crate) fn own_store(&self, node: &str, given: GivenStore) -> Result<StoreIndex, TopologyError> {
        if given.builder == self.builder {
            return Ok(given.index);
        }
        Err(TopologyError::StoreOfAnotherBuilder { node: node.to_owned(), store: given.to_string() })
    }

    /// Lets `node` use `store`, which puts all users of the store into one sub-topology.
    pub(crate) fn connect(&mut self, node: NodeId, store: StoreIndex) {
        let Some(spec) = self.stores.get_mut(store.index()) else { return };
        let stores = &mut self.nodes[node.0].stores;
        if !stores.contains(&store) {
            stores.push(store);
            spec.users.push(node);
        }
    }

    /// Sets `node` as the node that computes the rows of `table`.
    pub(crate) fn set_table(&mut self, node: NodeId, table: TableId) {
        self.nodes[node.0].table = Some(table);
    }

    /// Notes that a node keeps keys.
    pub(crate) fn keeps_keys(&mut self, node: NodeId) {
        self.nodes[node.0].keys = ProcessedKeys::Kept;
    }

    pub(crate) fn node_named(&self, name: &str) -> Option<NodeId> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn node(&self, id: NodeId) -> &NodeSpec {
        &self.nodes[id.0]
    }

    /// The sources with patterns.
    pub(super) fn patterns(&self) -> impl Iterator<Item = (NodeId, &NodeSpec, &TopicPattern)> {
        let nodes = self.nodes.iter().enumerate();
        nodes.filter_map(|(id, node)| Some((NodeId(id), node, node.source_topics()?.pattern()?)))
    }
}

/// The error of a pattern of `source` that matches a topic which `other` reads.
pub(super) fn matches_read_topic(pattern: &TopicPattern, source: &str, topic: &str, other: &str) -> TopologyError {
    TopologyError::PatternMatchesReadTopic {
        pattern: pattern.text().to_owned(),
        source_name: source.to_owned(),
        topic: topic.to_owned(),
        other: other.to_owned(),
    }
}

fn check_name(topic: &TopicName) -> Result<(), TopologyError> {
    match TopicName::fault(&topic.name) {
        Some(reason) => Err(TopologyError::InvalidName { name: topic.name.to_string(), reason: reason.to_owned() }),
        None => Ok(()),
    }
}
