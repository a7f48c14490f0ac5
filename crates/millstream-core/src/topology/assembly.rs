//! Builds one task's chain from the topology: nodes from their factories, children before parents.

use std::sync::Arc;

use millstream_state::StoreIndex;
use millstream_types::{Partition, Topic};

use super::error::TopologyError;
use super::factory::{Blueprint, Built, Child, ChildEdge, RecordTypes};
use super::settings::ChainSettings;
use super::spec::{NodeId, NodeKind, NodeSpec, Spec, StoreSpec};
use super::subtopology::SubTopology;
use crate::chain::{Chain, Parts, ProcessorInfo, SharedIndex, SharedNode, caught};

/// A chain under construction.
struct Assembly<'a> {
    spec: &'a Spec,
    subtopology: &'a SubTopology,
    settings: &'a ChainSettings,
    partition: Partition,
    store_names: Arc<[Arc<str>]>,
    /// For each store of the topology, whether a cache holds its updates back.
    caching: Vec<bool>,
    /// For each node of the topology that is built as shared: its index in the arena, and the types that it takes.
    shared: Vec<Option<(SharedIndex, RecordTypes)>>,
    nodes: Vec<Option<Box<dyn SharedNode>>>,
    owners: Vec<Option<SharedIndex>>,
}

impl<'a> Assembly<'a> {
    fn new(spec: &'a Spec, subtopology: &'a SubTopology, settings: &'a ChainSettings, partition: Partition) -> Self {
        let caching = |store: &StoreSpec| store.definition.is_caching(settings.cache_bytes_max);
        Self {
            spec,
            subtopology,
            settings,
            partition,
            store_names: spec.stores.iter().map(|store| Arc::clone(&store.definition.name)).collect(),
            caching: spec.stores.iter().map(caching).collect(),
            shared: vec![None; spec.nodes.len()],
            nodes: Vec::new(),
            owners: vec![None; spec.stores.len()],
        }
    }

    /// Builds `node`, after its children.
    fn build<T>(
        &mut self,
        node: NodeId,
        this: Option<SharedIndex>,
        factory: impl FnOnce(Blueprint<'_>) -> Result<T, TopologyError>,
    ) -> Result<T, TopologyError> {
        let spec = self.spec.node(node);
        let children = spec.children.iter().map(|child| self.child(*child)).collect::<Result<Vec<_>, _>>()?;
        factory(Blueprint {
            name: Arc::clone(&spec.name),
            children,
            topics: self.topics_of(spec),
            this,
            stores: &spec.stores,
            store_names: &self.store_names,
            builder: self.spec.builder,
            caching: &self.caching,
            tables: &self.spec.tables,
            settings: self.settings,
        })
    }

    /// The topics that a source reads, with their names in the log.
    fn topics_of(&self, node: &NodeSpec) -> Vec<Topic> {
        if node.source_topics().is_none() {
            return Vec::new();
        }
        let sources = self.subtopology.sources.iter().filter(|source| source.node == node.name);
        sources.map(|source| source.topic.resolve(&self.settings.application_id)).collect()
    }

    fn child(&mut self, child: NodeId) -> Result<Child, TopologyError> {
        let spec = self.spec.node(child);
        let name = Arc::clone(&spec.name);
        if !self.is_shared(spec) {
            let built = self.build_node(child, None)?;
            return Ok(Child { name, takes: built.takes, edge: ChildEdge::Owned(built.node) });
        }
        let (index, takes) = match self.shared[child.0] {
            Some(shared) => shared,
            None => self.build_shared(child)?,
        };
        Ok(Child { name, takes, edge: ChildEdge::Shared(index) })
    }

    /// Whether a node is in the arena. Where processors are wrapped they all are, so that the wrapper is told of their beginning
    /// and end.
    fn is_shared(&self, node: &NodeSpec) -> bool {
        let is_processor = matches!(node.kind, NodeKind::Processor { .. });
        node.is_shared() || (self.spec.wrapper.is_some() && is_processor)
    }

    fn build_shared(&mut self, node: NodeId) -> Result<(SharedIndex, RecordTypes), TopologyError> {
        let index = SharedIndex(self.nodes.len());
        self.nodes.push(None);
        if let Some(store) = self.store_kept_by(node) {
            self.owners[store.index()] = Some(index);
        }
        let built = self.build_node(node, Some(index))?;
        self.nodes[index.0] = (built.share)(built.node);
        self.shared[node.0] = Some((index, built.takes));
        Ok((index, built.takes))
    }

    /// The store whose dirty rows `node` forwards at a flush.
    fn store_kept_by(&self, node: NodeId) -> Option<StoreIndex> {
        self.spec.tables[self.spec.node(node).table?.0].store
    }

    fn build_node(&mut self, node: NodeId, this: Option<SharedIndex>) -> Result<Built, TopologyError> {
        match &self.spec.node(node).kind {
            NodeKind::Processor { build, .. } => {
                let built = self.build(node, this, build)?;
                self.wrap(node, built)
            }
            NodeKind::Sink { build, .. } => self.build(node, this, build),
            NodeKind::Source { .. } => unreachable!("a source has no parent"),
        }
    }

    /// Puts around a processor what the wrapper has for it, if there is one.
    fn wrap(&self, node: NodeId, built: Built) -> Result<Built, TopologyError> {
        let Some(wrapper) = &self.spec.wrapper else { return Ok(built) };
        let spec = self.spec.node(node);
        let processor = ProcessorInfo::new(&spec.name, spec.keys, self.partition);
        let around = caught(|| wrapper.wrap(&processor)).map_err(|panicked| TopologyError::WrapperPanicked {
            node: spec.name.to_string(),
            message: panicked.message,
        })?;
        Ok(match around {
            Some(around) => built.wrapped(Arc::clone(&spec.name), around),
            None => built,
        })
    }
}

/// Builds the chain of `subtopology` for `partition`.
pub(super) fn build_chain(
    spec: &Spec,
    subtopology: &SubTopology,
    partition: Partition,
    settings: &ChainSettings,
) -> Result<Chain, TopologyError> {
    let mut assembly = Assembly::new(spec, subtopology, settings, partition);
    let (mut sources, mut topics) = (Vec::new(), Vec::new());
    for &node in &subtopology.source_nodes {
        let NodeKind::Source { build, .. } = &spec.node(node).kind else { continue };
        let read = assembly.topics_of(spec.node(node)).into_iter().enumerate();
        topics.extend(read.map(|(number, topic)| (topic, sources.len(), number)));
        sources.push(assembly.build(node, None, build)?);
    }
    let stores = subtopology.stores.iter().map(|store| store.index);
    Ok(Chain::new(Parts {
        application_id: Arc::clone(&settings.application_id),
        partition,
        sources,
        topics,
        nodes: assembly.nodes,
        caching_stores: stores.clone().filter(|store| assembly.caching[store.index()]).collect(),
        has_stores: stores.len() > 0,
        owners: assembly.owners,
        cache_bytes_max: settings.cache_bytes_max,
        emit_interval: settings.emit_interval,
    }))
}
