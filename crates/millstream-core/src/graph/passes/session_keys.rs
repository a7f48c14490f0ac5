//! Refuses sinks that would write the keys of sessions as those of windows of one size.

use std::collections::BTreeSet;

use crate::graph::logical::Graph;
use crate::graph::node::{GraphId, Kind};
use crate::topology::TopologyError;

/// A table of sessions brings the serde of its keys along, but an operator that may change keys, such as `map`, drops it. The serde of
/// the type `Windowed` writes a window's start alone, from which nobody could read the session.
pub(in crate::graph) fn session_keys(graph: &mut Graph) {
    let is_wrong = |node: &GraphId| {
        let writes_starts = matches!(graph.node(*node).kind, Kind::Sink { writes_window_starts: true, .. });
        writes_starts && has_sessions(graph, *node)
    };
    let wrong: Vec<GraphId> = graph.node_ids().filter(is_wrong).collect();
    for node in wrong {
        let reason = "its keys are those of sessions, of which the serde of `Windowed` writes the start alone; name the serde with \
                      `Produced::key_serde(session_windowed_serde(…))`, or `windowed_serde(…)` if the keys have other windows now";
        let name = graph.node(node).name.clone();
        graph.errors.push(TopologyError::Invalid { what: format!("sink `{name}`"), reason: reason.to_owned() });
    }
}

/// Whether the windows nearest above a node are sessions, before the next topic.
fn has_sessions(graph: &Graph, node: GraphId) -> bool {
    let (mut seen, mut above) = (BTreeSet::new(), vec![node]);
    while let Some(node) = above.pop() {
        let table = match graph.node(node).kind {
            Kind::Table { table, .. } | Kind::TableProcessor { table, .. } => Some(graph.table(table)),
            _ => None,
        };
        match table {
            Some(table) if table.has_sessions => return true,
            Some(table) if table.grace.is_some() => {}
            _ if matches!(graph.node(node).kind, Kind::Repartition(_)) || !seen.insert(node) => {}
            _ => above.extend(&graph.node(node).parents),
        }
    }
    false
}
