//! Merges the repartitions of a stream whose keys have changed.

use std::collections::BTreeMap;

use crate::graph::logical::Graph;
use crate::graph::node::{GraphId, KeyEffect, Kind, RepartitionPlace};

/// Lets all groups and joins below an operator that changes keys share one repartition, directly below that operator.
///
/// It has the topic of the repartition that was declared first. Operators in between come after it. Where values are replaced in
/// between, a repartition stays where it is, and so does one that was declared with `repartition`. All as in Kafka Streams
/// (`InternalStreamsBuilder.optimizeRepartitionOperations`), which renames and moves a single repartition too.
pub(in crate::graph) fn merge_repartitions(graph: &mut Graph) {
    if !graph.optimizations.repartitions {
        return;
    }
    let mut below: BTreeMap<GraphId, Vec<GraphId>> = BTreeMap::new();
    for node in graph.node_ids() {
        if let Some(changer) = key_changer_above(graph, node) {
            below.entry(changer).or_default().push(node);
        }
    }
    for (changer, repartitions) in below {
        merge(graph, changer, &repartitions);
    }
}

/// The operator that has changed the keys, or merged streams with changed keys, above a repartition that can be moved up to it.
fn key_changer_above(graph: &Graph, repartition: GraphId) -> Option<GraphId> {
    match &graph.node(repartition).kind {
        Kind::Repartition(this) if this.place == RepartitionPlace::Movable => {}
        _ => return None,
    }
    let mut above = graph.only_parent(repartition)?;
    loop {
        let node = graph.node(above);
        match (node.key, &node.kind) {
            (KeyEffect::MayChange, _) => return Some(above),
            (KeyEffect::Keeps, Kind::Stateless { .. }) if node.parents.len() > 1 => return Some(above),
            (KeyEffect::Keeps, Kind::Stateless { .. }) => above = graph.only_parent(above)?,
            (KeyEffect::Keeps | KeyEffect::KeepsWithOtherValues, _) => return None,
        }
    }
}

/// A repartition with the operators between the one that changes keys and itself.
struct Branch {
    repartition: GraphId,
    /// The first and the last of these operators, if there are any.
    between: Option<(GraphId, GraphId)>,
}

impl Branch {
    fn of(graph: &Graph, changer: GraphId, repartition: GraphId) -> Option<Self> {
        let (mut between, mut above) = (None, graph.only_parent(repartition)?);
        while above != changer {
            let last = between.map_or(above, |(_, last)| last);
            between = Some((above, last));
            above = graph.only_parent(above)?;
        }
        Some(Self { repartition, between })
    }
}

/// Replaces `repartitions` by the first of them, directly below `changer`.
fn merge(graph: &mut Graph, changer: GraphId, repartitions: &[GraphId]) {
    let Some(&merged) = repartitions.first() else { return };
    let branches = repartitions.iter().filter_map(|repartition| Branch::of(graph, changer, *repartition));
    let branches: Vec<Branch> = branches.collect();
    for Branch { repartition, between } in branches {
        let parent = between.map_or(merged, |(_, last)| last);
        let above_it = graph.nodes.iter_mut().flat_map(|node| &mut node.parents);
        above_it.filter(|above| **above == repartition).for_each(|above| *above = parent);
        if let Some((first, _)) = between {
            graph.nodes[first.0].parents = vec![merged];
        }
        if repartition != merged {
            let removed = &mut graph.nodes[repartition.0];
            (removed.kind, removed.parents) = (Kind::Removed, Vec::new());
        }
    }
    graph.nodes[merged.0].parents = vec![changer];
    graph.lowered_after.insert(merged, changer);
    rename(graph, merged);
}

/// Names the nodes of a merged repartition after its topic.
fn rename(graph: &mut Graph, merged: GraphId) {
    let node = &mut graph.nodes[merged.0];
    if let Kind::Repartition(repartition) = &mut node.kind {
        let topic = &repartition.topic.name;
        node.name = format!("{topic}-source");
        if let Some(filter) = &mut repartition.filter {
            filter.name = format!("{topic}-filter").into();
        }
        repartition.sink_name = format!("{topic}-sink").into();
    }
}
