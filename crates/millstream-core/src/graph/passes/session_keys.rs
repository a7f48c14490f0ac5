//! Refuses sinks that would write sessions as windows of one size.

use std::collections::BTreeSet;

use crate::graph::logical::Graph;
use crate::graph::node::{GraphId, GraphNode, Kind};
use crate::topology::TopologyError;

/// What brings sessions also brings a serde for them: a table of sessions, or a topic that is read with one. But an operator that may
/// change keys, such as `map`, drops it. The serde of the type `Windowed` writes a window's start alone, from which nobody could read
/// the session.
pub(in crate::graph) fn session_keys(graph: &mut Graph) {
    let wrong: Vec<TopologyError> = graph.node_ids().filter_map(|node| fault_of_sink(graph, node)).collect();
    graph.errors.extend(wrong);
}

fn fault_of_sink(graph: &Graph, node: GraphId) -> Option<TopologyError> {
    let GraphNode { name, kind: Kind::Sink { serdes, .. }, .. } = graph.node(node) else { return None };
    let serde = serdes.unreadable.as_ref().filter(|_| has_sessions(graph, node))?;
    let reason = format!(
        "its records have sessions, of which the serde of `{serde}` writes the start alone; name the serde with \
         `Produced::key_serde(session_windowed_serde(…))`, or `value_serde`, and take `windowed_serde(…)` if they have other windows now"
    );
    Some(TopologyError::Invalid { what: format!("sink `{name}`"), reason })
}

/// Whether sessions may reach a node. What goes through a topic has those that its serdes write. The keys of other windows have those that
/// the serdes of their store write: the windows may be those of keys that are sessions.
fn has_sessions(graph: &Graph, node: GraphId) -> bool {
    let (mut seen, mut above) = (BTreeSet::new(), vec![node]);
    while let Some(node) = above.pop() {
        if !seen.insert(node) {
            continue;
        }
        let this = graph.node(node);
        if this.kind.serdes().is_some_and(|serdes| serdes.has_sessions) || are_in_stores(graph, this) {
            return true;
        }
        match this.kind {
            Kind::Repartition(_) => {}
            Kind::Table { table, .. } if graph.table(table).grace.is_some() => {}
            Kind::StreamTableJoin { table, .. } | Kind::TableJoin { other: table, .. } => {
                above.extend(graph.table(table).node);
                above.extend(&this.parents);
            }
            _ => above.extend(&this.parents),
        }
    }
    false
}

/// Whether a store of the node, or of the table whose rows it computes, has sessions.
fn are_in_stores(graph: &Graph, node: &GraphNode) -> bool {
    let of_table = match node.kind {
        Kind::Table { table, .. } | Kind::TableProcessor { table, .. } => graph.table(table).store,
        _ => None,
    };
    let stores = node.stores.iter().chain(&of_table);
    stores.filter_map(|store| graph.spec.stores.get(store.index())).any(|store| store.definition.has_sessions())
}
