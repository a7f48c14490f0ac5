//! The text of a topology, as Kafka Streams' `describe()` prints it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use millstream_state::StoreIndex;

use super::java_tree::JavaTree;
use super::spec::{NodeId, NodeKind, Spec};
use super::subtopology::SubTopology;

/// The description of a topology. [`Display`](fmt::Display) prints the text of Kafka Streams' `Topology.describe()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopologyDescription {
    subtopologies: Vec<String>,
}

impl TopologyDescription {
    pub(super) fn of(spec: &Spec, subtopologies: &[SubTopology]) -> Self {
        let text = |subtopology: &SubTopology| {
            let nodes = Nodes::of(spec, subtopology);
            if subtopology.is_global { nodes.global_text(subtopology.id) } else { nodes.text(subtopology.id) }
        };
        Self { subtopologies: subtopologies.iter().map(text).collect() }
    }
}

impl fmt::Display for TopologyDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Topologies:\n ")?;
        self.subtopologies.iter().try_for_each(|text| f.write_str(text))
    }
}

/// The nodes of a sub-topology, each with the number of nodes in the tree below it, itself included.
struct Nodes<'a> {
    spec: &'a Spec,
    /// In the iteration order of Kafka Streams' hash map.
    ids: Vec<NodeId>,
    sizes: BTreeMap<NodeId, usize>,
    predecessors: BTreeMap<NodeId, JavaTree<NodeId>>,
    successors: BTreeMap<NodeId, JavaTree<NodeId>>,
}

impl<'a> Nodes<'a> {
    /// Connects the nodes one by one, as `InternalTopologyBuilder.describeSubtopology` does. The sizes, by which the lists of
    /// names are sorted, grow meanwhile, so the order of the lists depends on the order of connecting and on the shape of trees.
    fn of(spec: &'a Spec, subtopology: &SubTopology) -> Self {
        let mut ids = subtopology.nodes.clone();
        let buckets = java_bucket_count(ids.len());
        ids.sort_by_key(|id| java_hash(&spec.node(*id).name) & (buckets - 1));
        let sizes = ids.iter().map(|id| (*id, 1)).collect();
        let mut nodes = Self { spec, ids, sizes, predecessors: BTreeMap::new(), successors: BTreeMap::new() };
        for node in nodes.ids.clone() {
            for &predecessor in &spec.node(node).parents {
                let (mut before, mut after) =
                    (take(&mut nodes.predecessors, node), take(&mut nodes.successors, predecessor));
                before.insert(predecessor, |a, b| nodes.compare(a, b));
                after.insert(node, |a, b| nodes.compare(a, b));
                nodes.predecessors.insert(node, before);
                nodes.successors.insert(predecessor, after);
                nodes.grow(predecessor, nodes.sizes[&node]);
            }
        }
        nodes
    }

    fn grow(&mut self, node: NodeId, by: usize) {
        *self.sizes.entry(node).or_default() += by;
        for predecessor in self.predecessors.get(&node).map(JavaTree::values).unwrap_or_default() {
            self.grow(predecessor, by);
        }
    }

    /// The larger tree first, then by name.
    fn compare(&self, a: NodeId, b: NodeId) -> Ordering {
        let names = || java_compare(&self.spec.node(a).name, &self.spec.node(b).name);
        self.sizes[&b].cmp(&self.sizes[&a]).then_with(names)
    }

    fn text(&self, id: u32) -> String {
        format!("  Sub-topology: {id}\n{}\n", self.node_texts())
    }

    fn global_text(&self, id: u32) -> String {
        format!("  Sub-topology: {id} for global store (will not generate tasks)\n{}", self.node_texts())
    }

    fn node_texts(&self) -> String {
        let mut ids = self.ids.clone();
        ids.sort_by(|a, b| self.compare(*a, *b));
        ids.into_iter().map(|node| format!("    {}\n", self.node_text(node))).collect()
    }

    fn node_text(&self, id: NodeId) -> String {
        let node = self.spec.node(id);
        let (name, to, from) = (&node.name, self.names(&self.successors, id), self.names(&self.predecessors, id));
        match &node.kind {
            NodeKind::Source { topics, .. } => {
                format!("Source: {name} (topics: {topics})\n      --> {to}")
            }
            NodeKind::Processor { .. } => {
                let stores = java_set_order(node.stores.iter().map(|store| self.store_name(*store)).collect());
                format!("Processor: {name} (stores: [{}])\n      --> {to}\n      <-- {from}", stores.join(", "))
            }
            NodeKind::Sink { topic: Some(topic), .. } => {
                format!("Sink: {name} (topic: {})\n      <-- {from}", topic.name)
            }
            NodeKind::Sink { topic: None, .. } => {
                format!("Sink: {name} (extractor class: computed for each record)\n      <-- {from}")
            }
        }
    }

    fn store_name(&self, store: StoreIndex) -> &str {
        &self.spec.stores[store.index()].definition.name
    }

    fn names(&self, lists: &BTreeMap<NodeId, JavaTree<NodeId>>, node: NodeId) -> String {
        let ids = lists.get(&node).map(JavaTree::values).unwrap_or_default();
        let names: Vec<&str> = ids.iter().map(|id| &*self.spec.node(*id).name).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }
}

fn take(lists: &mut BTreeMap<NodeId, JavaTree<NodeId>>, node: NodeId) -> JavaTree<NodeId> {
    lists.remove(&node).unwrap_or_default()
}

/// `java.util.HashMap`'s hash of a string: `String.hashCode` with its upper half folded in.
fn java_hash(text: &str) -> u32 {
    let hash = text.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
    hash ^ (hash >> 16)
}

/// How many buckets a `java.util.HashMap` has that grew to `len` entries.
fn java_bucket_count(len: usize) -> u32 {
    let mut buckets = 16_u32;
    while len > (buckets / 4 * 3) as usize {
        buckets *= 2;
    }
    buckets
}

/// The iteration order of a `java.util.HashSet` that was filled from another one with these `names`.
///
/// Kafka Streams keeps the names of a processor's stores in such a set, and describes a copy of it.
fn java_set_order(mut names: Vec<&str>) -> Vec<&str> {
    let grown = java_bucket_count(names.len());
    names.sort_by_key(|name| java_hash(name) & (grown - 1));
    let copied = u32::try_from(names.len() * 4 / 3 + 1).unwrap_or(u32::MAX).next_power_of_two().max(16);
    names.sort_by_key(|name| java_hash(name) & (copied - 1));
    names
}

/// `String.compareTo`: by UTF-16 units.
fn java_compare(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Java 17 prints `new HashSet<>(set)`, where `set` was filled one by one.
    #[test]
    fn stores_stand_in_the_order_of_a_java_set() {
        let check = |names: &[&str], expected: &str| {
            assert_eq!(java_set_order(names.to_vec()).join(", "), expected);
        };
        check(&["seen", "counts"], "counts, seen");
        check(&["a", "b", "c", "d"], "a, b, c, d");
        check(
            &["KSTREAM-AGGREGATE-STATE-STORE-0000000001", "seen", "window-store", "last-value"],
            "last-value, KSTREAM-AGGREGATE-STATE-STORE-0000000001, window-store, seen",
        );
        check(
            &["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13", "s14"],
            "s3, s4, s5, s6, s7, s8, s9, s11, s10, s13, s12, s14, s1, s2",
        );
        check(&["Aa", "BB", "x"], "Aa, BB, x");
        check(&["BB", "Aa", "x"], "BB, Aa, x");
    }
}
