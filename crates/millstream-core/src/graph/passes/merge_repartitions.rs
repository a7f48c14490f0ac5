//! Merges the repartitions of a stream whose keys have changed.

use std::collections::BTreeMap;

use crate::graph::logical::Graph;
use crate::graph::node::{GraphId, KeyEffect, Kind, RepartitionPlace};

/// Lets all groups and joins below an operator that changes keys share one repartition, directly below that operator, or below the
/// operator that merges its results with others if all of them are there.
///
/// It has the topic of the repartition that was declared first. Operators in between come after it. Where values are replaced in
/// between, a repartition stays where it is, and so does one that was declared with `repartition`. All as in Kafka Streams
/// (`InternalStreamsBuilder.mergeRepartitionTopics`), which renames and moves a single repartition too.
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
    move_below_merged_streams(graph, &mut below);
    for (changer, mut repartitions) in below {
        repartitions.sort_unstable();
        merge(graph, changer, &repartitions);
    }
}

/// The operator that has changed the keys above a repartition that can be moved up to it, or that merges streams which have changed
/// keys on more than one way. Kafka Streams moves a repartition up one of these ways, and the records of the others get none.
fn key_changer_above(graph: &Graph, repartition: GraphId) -> Option<GraphId> {
    match &graph.node(repartition).kind {
        Kind::Repartition(this) if this.place == RepartitionPlace::Movable => {}
        _ => return None,
    }
    let may_change_keys = |node: GraphId| graph.node(node).key == KeyEffect::MayChange;
    let must_stay_below = |node: GraphId| !is_passed(graph, node);
    let changer = find_above(graph, repartition, &may_change_keys)
        .filter(|changer| find_above(graph, repartition, &must_stay_below) == Some(*changer))?;
    let merges_changed = |node: GraphId| {
        let changed = graph.node(node).parents.iter().filter(|parent| graph.is_key_changed(**parent));
        is_passed(graph, node) && changed.count() > 1
    };
    let merge = find_above(graph, repartition, &|node| merges_changed(node) || must_stay_below(node));
    Some(merge.filter(|node| merges_changed(*node)).unwrap_or(changer))
}

/// Whether a repartition may be moved up through a node.
fn is_passed(graph: &Graph, node: GraphId) -> bool {
    let node = graph.node(node);
    node.key == KeyEffect::Keeps && matches!(node.kind, Kind::Stateless { .. })
}

/// A node above `below` for which `is_it`, as Kafka Streams finds it: a parent before what is above it, and what is above the
/// last parent instead of what is above those before it.
fn find_above(graph: &Graph, below: GraphId, is_it: &impl Fn(GraphId) -> bool) -> Option<GraphId> {
    let mut found = None;
    for &parent in &graph.node(below).parents {
        if is_it(parent) {
            return Some(parent);
        }
        found = find_above(graph, parent, is_it);
    }
    found
}

/// Moves the repartitions of operators that change keys to an operator that merges streams, if all of them are below that one.
fn move_below_merged_streams(graph: &Graph, below: &mut BTreeMap<GraphId, Vec<GraphId>>) {
    let merges = graph.node_ids().filter(|node| graph.node(*node).parents.len() > 1 && is_passed(graph, *node));
    for merge in merges {
        let is_above = |above: GraphId, node: GraphId| find_above(graph, node, &|node| node == above).is_some();
        let moved = below.iter().filter(|(changer, repartitions)| {
            is_above(**changer, merge) && repartitions.iter().all(|repartition| is_above(merge, *repartition))
        });
        let moved: Vec<GraphId> = moved.map(|(changer, _)| *changer).collect();
        for changer in moved {
            let repartitions = below.remove(&changer).unwrap_or_default();
            below.entry(merge).or_default().extend(repartitions);
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
        let last = graph.only_parent(repartition)?;
        let is_first = |node: GraphId| graph.node(node).parents.contains(&changer);
        let first = if is_first(repartition) { None } else { Some(find_above(graph, repartition, &is_first)?) };
        Some(Self { repartition, between: first.map(|first| (first, last)) })
    }
}

/// Replaces `repartitions` by the first of them, directly below `changer`.
fn merge(graph: &mut Graph, changer: GraphId, repartitions: &[GraphId]) {
    let Some(&merged) = repartitions.first() else { return };
    let branches = repartitions.iter().filter_map(|repartition| Branch::of(graph, changer, *repartition));
    let branches: Vec<Branch> = branches.collect();
    for Branch { repartition, between } in branches {
        let parent = between.map_or(merged, |(_, last)| last);
        replace(graph.nodes.iter_mut().flat_map(|node| &mut node.parents), repartition, parent);
        if let Some((first, _)) = between {
            replace(&mut graph.nodes[first.0].parents, changer, merged);
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

fn replace<'a>(nodes: impl IntoIterator<Item = &'a mut GraphId>, old: GraphId, new: GraphId) {
    nodes.into_iter().filter(|node| **node == old).for_each(|node| *node = new);
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
