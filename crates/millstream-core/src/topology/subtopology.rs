//! Sub-topologies: the parts of a topology that only topics connect, each the plan of one task per partition.

use std::collections::BTreeMap;
use std::sync::Arc;

use millstream_state::StoreIndex;

use super::copartition::united;
use super::internal_topic::InternalTopic;
use super::spec::{NodeId, NodeKind, NodeSpec, Spec};
use super::topic_name::TopicName;
use crate::options::ResetPolicy;
use crate::partitioning::Partitioning;

/// A sub-topology: the topics that a task of it reads and writes, and its stores.
#[derive(Clone, Debug)]
pub struct SubTopology {
    /// Its number, the first part of its tasks' ids.
    pub id: u32,
    /// The topics that its tasks read, in the order of [`Chain::topics`](crate::chain::Chain::topics).
    pub sources: Vec<SourceTopic>,
    /// The topics that its sinks write, except topics that are computed for each record.
    pub sinks: Vec<TopicName>,
    /// The repartition topics that it reads. They have to be created before it runs.
    pub repartition_topics: Vec<InternalTopic>,
    /// Its stores, in the order they were added.
    pub stores: Vec<StoreInfo>,
    /// The names of its nodes, in the order they were added.
    pub node_names: Vec<Arc<str>>,
    /// Groups of its source topics that need equal partition counts; no topic is in two groups.
    pub copartitioned: Vec<Vec<TopicName>>,
    /// Whether it fills a global store. Then it has no tasks, and all lists of topics and stores are empty; those of what
    /// fills the store are in [`Topology::globals`](crate::Topology::globals).
    pub is_global: bool,
    pub(crate) nodes: Vec<NodeId>,
    pub(crate) source_nodes: Vec<NodeId>,
}

impl SubTopology {
    /// The same sub-topology without topics and stores, so that it has no tasks.
    pub(super) fn without_tasks(&self) -> Self {
        Self {
            id: self.id,
            sources: Vec::new(),
            sinks: Vec::new(),
            repartition_topics: Vec::new(),
            stores: Vec::new(),
            node_names: self.node_names.clone(),
            copartitioned: Vec::new(),
            is_global: true,
            nodes: self.nodes.clone(),
            source_nodes: Vec::new(),
        }
    }
}

/// A topic that a sub-topology reads.
#[derive(Clone, Debug)]
pub struct SourceTopic {
    /// The topic.
    pub topic: TopicName,
    /// The name of the source that reads it.
    pub node: Arc<str>,
    /// Where to begin without a committed offset, if the source sets it.
    pub reset: Option<ResetPolicy>,
    /// How the sinks of this topology that write the topic, if any, choose partitions.
    pub partitioning: Partitioning,
}

/// A store of a sub-topology.
#[derive(Clone, Debug)]
pub struct StoreInfo {
    /// Its index in the topology's list of stores.
    pub index: StoreIndex,
    /// Its name.
    pub name: Arc<str>,
    /// Its changelog topic; `None` if logging is off.
    pub changelog: Option<InternalTopic>,
    /// Whether it is kept in memory, also in applications whose stores are on disk.
    pub in_memory: bool,
    /// A description of its rows: its kind, its types, and whether it has a changelog. Rows on disk are opened only by a store
    /// with the same description.
    pub contents: Arc<str>,
}

/// Divides the nodes into groups connected by edges or by stores, numbered by their first node.
pub(super) fn divide(spec: &Spec) -> Vec<SubTopology> {
    let mut groups = UnionFind::new(spec.nodes.len());
    for (child, node) in spec.nodes.iter().enumerate() {
        node.parents.iter().for_each(|parent| groups.unite(child, parent.0));
    }
    for store in &spec.stores {
        store.users.windows(2).for_each(|pair| groups.unite(pair[0].0, pair[1].0));
    }
    let mut nodes_by_root: BTreeMap<usize, Vec<NodeId>> = BTreeMap::new();
    let mut roots_in_order = Vec::new();
    for node in 0..spec.nodes.len() {
        let root = groups.root(node);
        let nodes = nodes_by_root.entry(root).or_default();
        if nodes.is_empty() {
            roots_in_order.push(root);
        }
        nodes.push(NodeId(node));
    }
    let groups = roots_in_order.iter().zip(0_u32..);
    groups.map(|(root, id)| describe_group(spec, id, nodes_by_root.remove(root).unwrap_or_default())).collect()
}

fn describe_group(spec: &Spec, id: u32, nodes: Vec<NodeId>) -> SubTopology {
    let (mut sources, mut sinks, mut source_nodes) = (Vec::new(), Vec::new(), Vec::new());
    for &node in &nodes {
        match &spec.node(node).kind {
            NodeKind::Source { topics, reset, .. } => {
                source_nodes.push(node);
                let source = Arc::clone(&spec.node(node).name);
                let read = |topic: &TopicName| SourceTopic {
                    topic: topic.clone(),
                    node: source.clone(),
                    reset: *reset,
                    partitioning: partitioning_of(spec, topic),
                };
                sources.extend(topics.iter().map(read));
            }
            NodeKind::Sink { topic: Some(topic), .. } if !sinks.contains(topic) => sinks.push(topic.clone()),
            NodeKind::Sink { .. } | NodeKind::Processor { .. } => {}
        }
    }
    let read = |topic: &TopicName| sources.iter().any(|source| source.topic == *topic);
    let repartitions = spec.repartitions.iter().filter(|repartition| read(&repartition.topic));
    let repartition_topics =
        repartitions.map(|spec| InternalTopic::repartition(spec.topic.clone(), spec.partitions)).collect();
    let groups = spec.copartitions.iter().filter(|group| group.iter().any(|node| nodes.contains(node)));
    let groups = groups.map(|group| topics_of(spec, group)).filter(|topics| topics.len() > 1);
    let copartitioned = united(&groups.collect::<Vec<_>>());
    let stores = stores_of(spec, &nodes);
    let node_names = nodes.iter().map(|node| Arc::clone(&spec.node(*node).name)).collect();
    let is_global = nodes.iter().any(|node| spec.globals.contains(node));
    SubTopology {
        id,
        sources,
        sinks,
        repartition_topics,
        stores,
        node_names,
        copartitioned,
        is_global,
        nodes,
        source_nodes,
    }
}

/// How the sinks of the topology that write `topic` choose partitions.
fn partitioning_of(spec: &Spec, topic: &TopicName) -> Partitioning {
    let is_other = |node: &NodeSpec| match &node.kind {
        NodeKind::Sink { topic: Some(written), partitioning, .. } => {
            written == topic && *partitioning == Partitioning::Other
        }
        NodeKind::Source { .. } | NodeKind::Processor { .. } | NodeKind::Sink { topic: None, .. } => false,
    };
    if spec.nodes.iter().any(is_other) { Partitioning::Other } else { Partitioning::ByKey }
}

fn topics_of(spec: &Spec, sources: &[NodeId]) -> Vec<TopicName> {
    let mut all: Vec<TopicName> = Vec::new();
    for &node in sources {
        if let NodeKind::Source { topics, .. } = &spec.node(node).kind {
            all.extend(topics.iter().cloned());
        }
    }
    all.sort();
    all.dedup();
    all
}

fn stores_of(spec: &Spec, nodes: &[NodeId]) -> Vec<StoreInfo> {
    let mut indices: Vec<StoreIndex> = nodes.iter().flat_map(|node| spec.node(*node).stores.iter().copied()).collect();
    indices.sort_unstable();
    indices.dedup();
    let info = |index: StoreIndex| {
        let store = &spec.stores[index.index()].definition;
        let changelog = store.logging.then(|| InternalTopic::changelog(store));
        let (name, contents) = (Arc::clone(&store.name), store.contents().into());
        StoreInfo { index, name, changelog, in_memory: store.in_memory, contents }
    };
    indices.into_iter().map(info).collect()
}

struct UnionFind(Vec<usize>);

impl UnionFind {
    fn new(len: usize) -> Self {
        Self((0..len).collect())
    }

    fn root(&mut self, mut node: usize) -> usize {
        while self.0[node] != node {
            self.0[node] = self.0[self.0[node]];
            node = self.0[node];
        }
        node
    }

    fn unite(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}
