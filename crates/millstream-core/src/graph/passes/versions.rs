//! Determines which tables are versioned.

use millstream_types::time::millis_of;

use crate::graph::logical::Graph;
use crate::graph::node::{GraphId, Kind};
use crate::stores::ChangelogKind;
use crate::topology::{TableId, TopologyError};

/// Marks the tables whose changes may be older than the row of their key: those that are kept in a versioned store, and those
/// that are filtered or mapped from such a table and have no store of their own. It runs after
/// [`materialise`](super::materialise).
pub(in crate::graph) fn versions(graph: &mut Graph) {
    for id in (0..graph.tables.len()).map(TableId) {
        let this = graph.table(id);
        let from_versioned = this.derived_from.iter().any(|from| graph.table(*from).is_versioned);
        let is_inherited = from_versioned && this.derived_from.len() == 1 && this.buffer.is_none();
        let kept = this.store.filter(|_| this.kept_since.is_some());
        let is_versioned = kept.map_or(is_inherited, |store| {
            matches!(graph.spec.stores[store.index()].definition.changelog, ChangelogKind::Versioned { .. })
        });
        if from_versioned && this.buffer.is_some() {
            let name = this.node.map(|node| graph.node(node).name.clone()).unwrap_or_default();
            graph.errors.push(TopologyError::Invalid {
                what: format!("`{name}`"),
                reason: "changes of a versioned table cannot be held back, since they may be older than the row of their key; \
                         keep the table in a store that is not versioned"
                    .to_owned(),
            });
        }
        let this = &mut graph.tables[id.0];
        (this.is_versioned, this.from_versioned) = (is_versioned, from_versioned);
    }
    let faults: Vec<TopologyError> = graph.node_ids().filter_map(|node| grace_fault(graph, node)).collect();
    graph.errors.extend(faults);
}

/// What is wrong with the grace period of a join: the table has to have the rows of that time.
fn grace_fault(graph: &Graph, node: GraphId) -> Option<TopologyError> {
    let Kind::StreamTableJoin { table, grace: Some(grace), .. } = graph.node(node).kind else { return None };
    let kept_ms = graph.nearest_with_store(table).iter().find_map(|(_, store)| {
        match graph.spec.stores[store.index()].definition.changelog {
            ChangelogKind::Versioned { history_retention_ms, .. } => Some(history_retention_ms),
            _ => None,
        }
    });
    let reason = match kept_ms.filter(|_| graph.table(table).is_versioned) {
        None => "a join with a grace period needs a versioned table: `Materialized::versioned`".to_owned(),
        Some(kept_ms) if kept_ms < millis_of(grace) => {
            format!("its grace period, {grace:?}, is longer than the table's history retention, {kept_ms} ms")
        }
        Some(_) => return None,
    };
    Some(TopologyError::Invalid { what: format!("`{}`", graph.node(node).name), reason })
}
