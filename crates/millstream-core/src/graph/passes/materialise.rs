//! Determines which tables are kept in stores.

use crate::graph::logical::Graph;
use crate::graph::table::Demand;
use crate::topology::{TableId, TopologyError};

/// Keeps the tables with a requested store, and those whose rows are looked up or whose previous rows are needed.
///
/// Rows of a table without a store are computed from those of its parents. So the stores of the nearest tables with a declared
/// one are kept, and for a look-up connected to the operator.
pub(in crate::graph) fn materialise(graph: &mut Graph) {
    for (number, demand) in graph.demands.clone().into_iter().enumerate() {
        match demand {
            Demand::Store { table } => keep(graph, table, number),
            Demand::Rows { table, by } => {
                if let Some(processor) = graph.processor_without_store(table) {
                    let error = not_kept(processor, &graph.node(by).name);
                    graph.errors.push(error);
                }
                graph.nearest_with_store(table).into_iter().for_each(|(kept, _)| keep(graph, kept, number));
                let looked_up = graph.looked_up(table);
                graph.nodes[by.0].stores.extend(looked_up);
            }
            Demand::PreviousRows { table } => {
                graph.nearest_with_store(table).into_iter().for_each(|(kept, _)| keep(graph, kept, number));
            }
            Demand::OldValues { .. } => {}
        }
    }
}

/// The error of a look-up that would have to call a user's processor, whose result may depend on when it is called.
fn not_kept(processor: &str, by: &str) -> TopologyError {
    TopologyError::Invalid {
        what: format!("the rows that the processor `{processor}` computes are looked up by `{by}`"),
        reason: "they can be looked up in a store alone; keep them in one with `materialized(\"name\")`".to_owned(),
    }
}

fn keep(graph: &mut Graph, table: TableId, since: usize) {
    let this = &mut graph.tables[table.0];
    if this.kept_since.is_some() {
        return;
    }
    this.kept_since = Some(since);
    let Some(store) = this.store else { return };
    let writers = if this.writers.is_empty() { this.node.as_slice() } else { &this.writers };
    for writer in writers {
        graph.nodes[writer.0].stores.insert(0, store);
    }
}
