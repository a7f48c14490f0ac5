//! Determines which tables send the previous rows with their changes.

use crate::graph::logical::Graph;
use crate::graph::table::Demand;
use crate::topology::{OldValues, TableId};

/// Lets tables send the previous rows if an operator below needs them, and a store with them was declared before it.
///
/// It runs after [`materialise`](super::materialise). A store that was declared later does not count, as in Kafka Streams,
/// where this is decided when the operator is declared.
pub(in crate::graph) fn old_values(graph: &mut Graph) {
    for (number, demand) in graph.demands.clone().into_iter().enumerate() {
        if let Demand::OldValues { by } = demand
            && let Some(from) = graph.table(by).derived_from
            && send_if_kept(graph, from, number)
        {
            graph.tables[by.0].old_values = OldValues::Sent;
        }
    }
}

/// Lets `table` send them if a store of it or above had them before demand number `by`. Returns whether one had.
fn send_if_kept(graph: &mut Graph, table: TableId, by: usize) -> bool {
    let this = graph.table(table);
    let is_kept = this.kept_since.is_some_and(|since| since < by);
    let is_known = is_kept || this.derived_from.is_some_and(|from| send_if_kept(graph, from, by));
    if is_known {
        graph.tables[table.0].old_values = OldValues::Sent;
    }
    is_known
}
