//! Sub-topologies: the parts of a topology that only topics connect, each the plan of one task per partition.

use std::collections::BTreeMap;
use std::sync::Arc;

use millstream_state::StoreIndex;

use super::copartition::united;
use super::digest::digest;
use super::internal_topic::InternalTopic;
use super::matched::Matched;
use super::spec::{NodeId, NodeKind, NodeSpec, Spec, StoreSpec};
use super::topic_name::TopicName;
use crate::options::ResetPolicy;
use crate::partitioning::Partitioning;

/// A sub-topology: the topics that a task of it reads and writes, and its stores.
#[derive(Clone, Debug)]
pub struct SubTopology {
    /// Its number, the first part of its tasks' ids.
    pub id: u32,
    /// What it does, as a number. Two topologies whose sub-topologies have the same digest can take tasks of them from each other: they
    /// read and write the same topics, and have the same stores. The functions of the user do not count.
    pub digest: u64,
    /// The topics that its tasks read, in the order of [`Chain::topics`](crate::chain::Chain::topics). Those that match a pattern are
    /// only in it after [`Topology::with_topics`](crate::Topology::with_topics).
    pub sources: Vec<SourceTopic>,
    /// The patterns by which its sources read topics.
    pub patterns: Vec<Arc<str>>,
    /// Without records: a topic with as many partitions as there are tasks, by which a group divides the tasks if there are patterns.
    /// The topics that match change, and are not known to all members of the group at the same time, so none of them can serve.
    pub assignment_topic: Option<InternalTopic>,
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
    /// The names of the internal topics that it reads or writes.
    pub(super) fn internal_names(&self) -> impl Iterator<Item = &TopicName> {
        let changelogs = self.stores.iter().filter_map(|store| store.changelog.as_ref());
        let topics = self.repartition_topics.iter().chain(changelogs).chain(&self.assignment_topic);
        topics.map(|topic| &topic.name).chain(self.sinks.iter().filter(|sink| sink.internal))
    }

    /// The same sub-topology without topics and stores, so that it has no tasks.
    pub(super) fn without_tasks(&self) -> Self {
        Self {
            id: self.id,
            digest: self.digest,
            sources: Vec::new(),
            patterns: Vec::new(),
            assignment_topic: None,
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
    /// Whether it is read because it matches a pattern.
    pub by_pattern: bool,
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
    /// Its changelog topic; `None` if logging is off, or another topic serves as its changelog.
    pub changelog: Option<InternalTopic>,
    /// The topic of its table, if the store is restored from it:
    /// [`Optimizations::reuse_source_topics`](crate::Optimizations::reuse_source_topics).
    pub source: Option<TopicName>,
    /// Whether it is kept in memory, also in applications whose stores are on disk.
    pub in_memory: bool,
    /// A description of its rows: its kind, its types, and whether it has a changelog. Rows on disk are opened only by a store
    /// with the same description.
    pub contents: Arc<str>,
}

impl StoreInfo {
    /// Whether its rows are in a topic, from which they can be restored.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Materialized, StreamsBuilder};
    /// # let builder = StreamsBuilder::new();
    /// builder.table::<String, String>("users", Materialized::named("users").without_logging()).to_stream().to("out");
    /// assert!(!builder.build()?.subtopologies()[0].stores[0].is_restorable());
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    #[must_use]
    pub const fn is_restorable(&self) -> bool {
        self.changelog.is_some() || self.source.is_some()
    }
}

/// Divides the nodes into groups connected by edges or by stores, numbered by their first node.
pub(super) fn divide(spec: &Spec, matched: &Matched) -> Vec<SubTopology> {
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
    groups.map(|(root, id)| describe_group(spec, matched, id, nodes_by_root.remove(root).unwrap_or_default())).collect()
}

fn describe_group(spec: &Spec, matched: &Matched, id: u32, nodes: Vec<NodeId>) -> SubTopology {
    let (mut sources, mut sinks, mut source_nodes) = (Vec::new(), Vec::new(), Vec::new());
    let (mut patterns, mut assignment_topic) = (Vec::new(), None);
    for &node in &nodes {
        match &spec.node(node).kind {
            NodeKind::Source { topics, reset, .. } => {
                source_nodes.push(node);
                let source = Arc::clone(&spec.node(node).name);
                let read = |topic: &TopicName| SourceTopic {
                    topic: topic.clone(),
                    by_pattern: topics.pattern().is_some(),
                    node: source.clone(),
                    reset: *reset,
                    partitioning: partitioning_of(spec, topic),
                };
                sources.extend(matched.topics_of(spec, node).iter().map(read));
                if let Some(pattern) = topics.pattern() {
                    patterns.push(pattern.text().into());
                    assignment_topic.get_or_insert_with(|| InternalTopic::assignment(&spec.node(node).name));
                }
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
    let groups = groups.map(|group| topics_of(spec, matched, group)).filter(|topics| topics.len() > 1);
    let copartitioned = united(&groups.collect::<Vec<_>>());
    let stores = stores_of(spec, &nodes);
    let node_names = nodes.iter().map(|node| Arc::clone(&spec.node(*node).name)).collect();
    let is_global = nodes.iter().any(|node| spec.globals.contains(node));
    SubTopology {
        id,
        digest: digest(spec, &nodes, &text_of(&stores)),
        sources,
        patterns,
        assignment_topic,
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

fn topics_of(spec: &Spec, matched: &Matched, sources: &[NodeId]) -> Vec<TopicName> {
    let mut all: Vec<TopicName> = sources.iter().flat_map(|node| matched.topics_of(spec, *node)).cloned().collect();
    all.sort();
    all.dedup();
    all
}

fn stores_of(spec: &Spec, nodes: &[NodeId]) -> Vec<StoreInfo> {
    let mut indices: Vec<StoreIndex> = nodes.iter().flat_map(|node| spec.node(*node).stores.iter().copied()).collect();
    indices.sort_unstable();
    indices.dedup();
    let info = |index: StoreIndex| {
        let StoreSpec { definition: store, source, .. } = &spec.stores[index.index()];
        let changelog = store.logging.then(|| InternalTopic::changelog(store));
        let source = source.as_ref().map(|source| source.topic.clone());
        let contents = match &source {
            Some(topic) => format!("{}, restored from topic {}", store.contents(), topic.name),
            None => store.contents(),
        };
        let (name, contents) = (Arc::clone(&store.name), contents.into());
        StoreInfo { index, name, changelog, source, in_memory: store.in_memory, contents }
    };
    indices.into_iter().map(info).collect()
}

/// The names, kinds and types of stores, for the digest.
fn text_of(stores: &[StoreInfo]) -> String {
    let text = |StoreInfo { name, contents, changelog, .. }: &StoreInfo| {
        let changelog = changelog.as_ref().map_or("none", |topic| &topic.name.name);
        format!("store {name}: {contents}, changelog {changelog}\n")
    };
    stores.iter().map(text).collect()
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
