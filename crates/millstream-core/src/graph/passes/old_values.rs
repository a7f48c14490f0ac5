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
        match demand {
            Demand::OldValues { by } => {
                if send_by_parents(graph, by, number) {
                    graph.tables[by.0].old_values = OldValues::Sent;
                }
            }
            Demand::PreviousRows { table } => _ = send_if_kept(graph, table, number),
            Demand::Store { .. } | Demand::Rows { .. } => {}
        }
    }
}

/// Lets `table` send them if a store of it or above had them at demand number `by`. Returns whether one had.
///
/// A join computes its previous rows from those of both sides, also if its own rows are kept.
fn send_if_kept(graph: &mut Graph, table: TableId, by: usize) -> bool {
    let this = graph.table(table);
    let is_kept = this.kept_since.is_some_and(|since| since <= by);
    let is_join = this.derived_from.len() > 1;
    let is_known = (is_kept && !is_join) || send_by_parents(graph, table, by);
    if is_known {
        graph.tables[table.0].old_values = OldValues::Sent;
    }
    is_known
}

/// Lets the tables from which `table` is computed send them, each if a store had them. Returns whether all had.
fn send_by_parents(graph: &mut Graph, table: TableId, by: usize) -> bool {
    let parents = graph.table(table).derived_from.clone();
    let mut all_had = !parents.is_empty();
    for parent in parents {
        all_had &= send_if_kept(graph, parent, by);
    }
    all_had
}
