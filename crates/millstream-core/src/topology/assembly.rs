//! Builds one task's chain from the topology: nodes from their factories, edges with their types checked, stores.

use std::any::type_name;
use std::sync::Arc;

use millstream_state::{AnyStore, Backing, StoreIndex, StoreOptions};
use millstream_types::{Partition, Topic};

use super::error::TopologyError;
use super::spec::{Built, NodeId, NodeKind, Spec, TopicName};
use super::{StoreInfo, TopologyParts};
use crate::chain::{Chain, Downstream, Edge, Node, Parts, Shared, SharedIndex, SharedNode};

/// How the chains of an application are built; the same for all its tasks.
pub struct ChainSettings {
    /// Stands before the names of internal topics.
    pub application_id: Arc<str>,
    /// How many bytes the caches of one task may hold back; 0 switches caching off in every store.
    pub cache_bytes_max: usize,
}

/// A chain under construction.
pub(crate) struct Assembly<'a> {
    topology: &'a TopologyParts,
    settings: &'a ChainSettings,
    /// Per node of the topology its place in the arena, once it is built as shared.
    shared: Vec<Option<SharedIndex>>,
    nodes: Vec<Option<Box<dyn SharedNode>>>,
    owners: Vec<Option<SharedIndex>>,
    /// Per store whether its owner asks for the rows before.
    old_values: Vec<bool>,
    /// The arena place of the node being built, if it is shared.
    this: Option<SharedIndex>,
}

impl<'a> Assembly<'a> {
    fn new(topology: &'a TopologyParts, settings: &'a ChainSettings) -> Self {
        Self {
            topology,
            settings,
            shared: vec![None; topology.spec.nodes.len()],
            nodes: Vec::new(),
            owners: vec![None; topology.spec.stores.len()],
            old_values: vec![false; topology.spec.stores.len()],
            this: None,
        }
    }

    pub(crate) fn spec(&self) -> &Spec {
        &self.topology.spec
    }

    pub(crate) fn name(&self, node: NodeId) -> Arc<str> {
        Arc::clone(&self.spec().node(node).name)
    }

    pub(crate) fn topic(&self, topic: &TopicName) -> Topic {
        topic.resolve(&self.settings.application_id)
    }

    pub(crate) fn is_caching(&self, store: StoreIndex) -> bool {
        self.spec().stores[store.index()].caching && self.settings.cache_bytes_max > 0
    }

    /// The arena place of the node being built.
    ///
    /// # Panics
    /// When the node's kind does not say that it is entered.
    pub(crate) fn this(&self) -> SharedIndex {
        self.this.expect("a node that is entered is built as shared")
    }

    /// Makes the node being built the one that forwards what `store`'s cache holds back, with the rows before if
    /// `old_values`.
    pub(crate) fn own_store(&mut self, store: StoreIndex, old_values: bool) {
        self.owners[store.index()] = Some(self.this());
        self.old_values[store.index()] = old_values;
    }

    /// The children of `node`, which forwards keys `K` and values `V`.
    pub(crate) fn downstream<K, V>(&mut self, node: NodeId) -> Result<Downstream<K, V>, TopologyError>
    where
        K: Clone + Send + 'static,
        V: Clone + Send + 'static,
    {
        let this = self.this.take();
        let children = self.spec().node(node).children.clone();
        let edges = children
            .into_iter()
            .map(|child| Ok((self.name(child), self.edge(node, child)?)))
            .collect::<Result<Vec<_>, TopologyError>>()?;
        self.this = this;
        Ok(Downstream::new(edges))
    }

    fn edge<K, V>(&mut self, parent: NodeId, child: NodeId) -> Result<Edge<K, V>, TopologyError>
    where
        K: Send + 'static,
        V: Send + 'static,
    {
        if !self.is_shared(child) {
            let built = self.build(child)?;
            let node = built.node.downcast::<Box<dyn Node<K, V>>>();
            return node.map(|node| Edge::Owned(*node)).map_err(|_| self.mismatch::<K, V>(parent, child));
        }
        let index = match self.shared[child.0] {
            Some(index) => index,
            None => self.build_shared(child)?,
        };
        let node = self.nodes[index.0].as_mut().expect("a shared node is in its place once built");
        if node.as_any_mut().is::<Shared<K, V>>() {
            Ok(Edge::Shared(index))
        } else {
            Err(self.mismatch::<K, V>(parent, child))
        }
    }

    fn is_shared(&self, node: NodeId) -> bool {
        let node = self.spec().node(node);
        node.parents.len() > 1 || matches!(node.kind, NodeKind::Processor { entered: true, .. })
    }

    fn build_shared(&mut self, node: NodeId) -> Result<SharedIndex, TopologyError> {
        let index = SharedIndex(self.nodes.len());
        self.nodes.push(None);
        self.this = Some(index);
        let built = self.build(node);
        self.this = None;
        let built = built?;
        self.nodes[index.0] = (built.share)(built.node);
        self.shared[node.0] = Some(index);
        Ok(index)
    }

    fn build(&mut self, node: NodeId) -> Result<Built, TopologyError> {
        match &self.topology.spec.node(node).kind {
            NodeKind::Processor { build, .. } | NodeKind::Sink { build, .. } => build(self, node),
            NodeKind::Source { .. } => unreachable!("a source has no parent"),
        }
    }

    fn mismatch<K, V>(&self, parent: NodeId, child: NodeId) -> TopologyError {
        TopologyError::TypeMismatch {
            parent: self.name(parent).to_string(),
            parent_types: format!("keys {} and values {}", type_name::<K>(), type_name::<V>()),
            child: self.name(child).to_string(),
            child_types: "other ones".to_owned(),
        }
    }

    fn open_store(&self, index: usize, backing: Backing) -> Box<dyn AnyStore> {
        let spec = &self.spec().stores[index];
        let store = StoreIndex::new(u32::try_from(index).expect("fewer than 4 billion stores"));
        let changelog = self.topic(&TopicName::internal(format!("{}-changelog", spec.name)));
        let options = StoreOptions {
            caching: self.is_caching(store),
            logging: spec.logging,
            timestamped: spec.timestamped,
            keep_old: self.old_values[index],
            ..StoreOptions::new(&spec.name, store, changelog)
        };
        (spec.open)(options, backing)
    }
}

/// Builds the chain of sub-topology `id` for `partition`; `backing` chooses where each store keeps its data.
pub(super) fn build_chain(
    topology: &TopologyParts,
    id: u32,
    partition: Partition,
    settings: &ChainSettings,
    backing: &mut dyn FnMut(&StoreInfo) -> Backing,
) -> Result<Chain, TopologyError> {
    let subtopology = &topology.subtopologies[id as usize];
    let mut assembly = Assembly::new(topology, settings);
    let (mut sources, mut topics) = (Vec::new(), Vec::new());
    for &node in &subtopology.source_nodes {
        let NodeKind::Source { topics: names, build, .. } = &topology.spec.node(node).kind else { continue };
        topics.extend(names.iter().enumerate().map(|(number, name)| (assembly.topic(name), sources.len(), number)));
        sources.push(build(&mut assembly, node)?);
    }
    let mut stores: Vec<Option<Box<dyn AnyStore>>> = topology.spec.stores.iter().map(|_| None).collect();
    for info in &subtopology.stores {
        stores[info.index.index()] = Some(assembly.open_store(info.index.index(), backing(info)));
    }
    Ok(Chain::new(Parts {
        application_id: Arc::clone(&settings.application_id),
        partition,
        sources,
        topics,
        nodes: assembly.nodes,
        stores,
        owners: assembly.owners,
        cache_bytes_max: settings.cache_bytes_max,
    }))
}
