//! Joins a stream with itself over a single store.

use crate::graph::logical::Graph;
use crate::graph::node::{GraphId, JoinPart, Kind, SelfJoinPlan};

/// Replaces joins of a stream with itself by a join over the store of the left side, if that is wanted. The store of the right side and
/// that of records without a match are then connected to no node.
pub(in crate::graph) fn self_join(graph: &mut Graph) {
    if !graph.optimizations.self_joins {
        return;
    }
    for node in graph.node_ids() {
        if let Some(plan) = take_plan(graph, node) {
            replace(graph, node, plan);
        }
    }
}

/// The plan of a self join, if `node` merges the results of one.
fn take_plan(graph: &mut Graph, node: GraphId) -> Option<SelfJoinPlan> {
    let Kind::StreamJoin { part: JoinPart::Merge { self_join, .. }, .. } = &mut graph.nodes[node.0].kind else {
        return None;
    };
    let plan = self_join.take()?;
    let parents_of = |windowed: GraphId| &graph.node(windowed).parents;
    (parents_of(plan.kept) == parents_of(plan.removed[0])).then_some(*plan)
}

fn replace(graph: &mut Graph, node: GraphId, plan: SelfJoinPlan) {
    let SelfJoinPlan { kept, removed, store, build } = plan;
    for removed in removed {
        let removed = &mut graph.nodes[removed.0];
        removed.kind = Kind::Removed;
        removed.stores.clear();
    }
    let merge = &mut graph.nodes[node.0];
    merge.parents = vec![kept];
    merge.stores = vec![store];
    if let Kind::StreamJoin { build: built, .. } = &mut merge.kind {
        *built = build;
    }
}
