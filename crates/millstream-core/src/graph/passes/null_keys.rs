//! Determines which repartitions keep records with a null key.

use crate::graph::logical::Graph;
use crate::graph::node::{JoinPart, Kind, NullKeys, WithoutRow};

/// Lets all repartitions above each left or outer join keep records with a null key, as in Kafka Streams, where an aggregation in
/// between drops them. All others drop them.
pub(in crate::graph) fn null_keys(graph: &mut Graph) {
    for node in graph.node_ids() {
        let without_row = match graph.node(node).kind {
            Kind::StreamTableJoin { without_row, .. } | Kind::GlobalJoin { without_row, .. } => without_row,
            Kind::StreamJoin { part: JoinPart::Merge { without_match, .. }, .. } => without_match,
            _ => continue,
        };
        if without_row == WithoutRow::Drop {
            continue;
        }
        let repartitions = graph.node(node).parents.iter().flat_map(|parent| graph.repartitions_above(*parent));
        for repartition in repartitions.collect::<Vec<_>>() {
            if let Kind::Repartition(repartition) = &mut graph.nodes[repartition.0].kind {
                repartition.null_keys = NullKeys::Pass;
            }
        }
    }
}
