//! Lowers the logical graph into the topology.

use std::sync::Arc;

use super::logical::Graph;
use super::node::{GraphId, GraphNode, JoinPart, KeyEffect, Kind, Repartition};
use super::passes;
use super::table::GraphTable;
use crate::topology::{
    CalledBy, NodeId, NodeKind, RepartitionSpec, SourceTopics, Spec, Table, Topology, TopologyError,
};

/// Runs the passes on `graph`, and lowers each node.
pub(super) fn lower(mut graph: Graph) -> Result<Topology, TopologyError> {
    if let Some(error) = graph.errors.drain(..).next() {
        return Err(error);
    }
    passes::ALL.iter().for_each(|pass| pass(&mut graph));
    if let Some(error) = graph.errors.drain(..).next() {
        return Err(error);
    }
    let groups = copartitioned_origins(&graph);
    let mut spec = std::mem::take(&mut graph.spec);
    spec.stores.iter_mut().for_each(|store| store.definition.set_format(graph.store_format));
    spec.tables = graph.tables.iter().map(settled).collect();
    let mut lowered: Vec<Option<NodeId>> = vec![None; graph.nodes.len()];
    let order = graph.lowering_order();
    let mut nodes: Vec<Option<GraphNode>> = graph.nodes.into_iter().map(Some).collect();
    for id in order {
        let Some(node) = nodes[id.0].take() else { continue };
        let parents: Vec<NodeId> = node.parents.iter().filter_map(|parent| lowered[parent.0]).collect();
        lowered[id.0] = lower_node(&mut spec, node, &parents)?;
    }
    let group = |origins: Vec<GraphId>| origins.into_iter().filter_map(|origin| lowered[origin.0]).collect();
    spec.copartitions = groups.into_iter().map(group).collect();
    Topology::new(spec)
}

/// For each join, and each table that is materialised in a store, the sources whose topics need equal partition counts, so that
/// one task processes all records of a key.
fn copartitioned_origins(graph: &Graph) -> Vec<Vec<GraphId>> {
    let goes_by_key = |node: &GraphId| match graph.node(*node).kind {
        Kind::StreamTableJoin { .. }
        | Kind::TableJoin { .. }
        | Kind::StreamJoin { part: JoinPart::Merge { .. }, .. } => true,
        Kind::Table { table, .. } | Kind::TableProcessor { table, .. } => graph.table(table).kept_since.is_some(),
        _ => false,
    };
    graph.node_ids().filter(goes_by_key).map(|node| graph.copartitioned(node).into_iter().collect()).collect()
}

fn settled(table: &GraphTable) -> Table {
    let is_kept = table.kept_since.is_some();
    Table {
        store: table.store.filter(|_| is_kept),
        rows: table.rows.clone().filter(|_| is_kept),
        old_values: table.old_values,
        from_versioned: table.from_versioned,
    }
}

/// Lowers a node, unless a pass has removed it.
fn lower_node(spec: &mut Spec, node: GraphNode, parents: &[NodeId]) -> Result<Option<NodeId>, TopologyError> {
    let name: Arc<str> = node.name.into();
    let keeps_keys = node.key != KeyEffect::MayChange;
    let id = match node.kind {
        Kind::Source { topics, reset, build, .. } => {
            spec.add_node(name, NodeKind::Source { topics, reset, build }, parents)?
        }
        Kind::Sink { topic, partitioning, build, .. } => {
            spec.add_node(name, NodeKind::Sink { topic, partitioning, build }, parents)?
        }
        Kind::Repartition(repartition) => lower_repartition(spec, name, *repartition, parents)?,
        Kind::GlobalSource { topics, build, .. } => {
            let topics = SourceTopics::Named(topics);
            let id = spec.add_node(name, NodeKind::Source { topics, reset: None, build }, parents)?;
            spec.globals.push(id);
            id
        }
        Kind::Removed => return Ok(None),
        Kind::Stateless { build }
        | Kind::Cogroup { build }
        | Kind::StreamTableJoin { build, .. }
        | Kind::TableJoin { build, .. }
        | Kind::StreamJoin { build, .. }
        | Kind::GlobalJoin { build, .. } => {
            spec.add_node(name, NodeKind::Processor { called_by: CalledBy::Parents, build }, parents)?
        }
        Kind::Processor { build } => {
            spec.add_node(name, NodeKind::Processor { called_by: CalledBy::ParentsAndTask, build }, parents)?
        }
        Kind::TableProcessor { table, build } => {
            let called_by = CalledBy::ParentsAndTask;
            let id = spec.add_node(name, NodeKind::Processor { called_by, build }, parents)?;
            spec.set_table(id, table);
            id
        }
        Kind::Table { table, build } => {
            let called_by =
                if spec.tables[table.0].store.is_some() { CalledBy::ParentsAndTask } else { CalledBy::Parents };
            let id = spec.add_node(name, NodeKind::Processor { called_by, build }, parents)?;
            spec.set_table(id, table);
            id
        }
    };
    if keeps_keys {
        spec.keeps_keys(id);
    }
    node.stores.into_iter().for_each(|store| spec.connect(id, store));
    Ok(Some(id))
}

/// Adds the filter, if there is one, the sink and the source of a repartition. Its children become those of the source.
fn lower_repartition(
    spec: &mut Spec,
    name: Arc<str>,
    repartition: Repartition,
    parents: &[NodeId],
) -> Result<NodeId, TopologyError> {
    let Repartition { topic, partitions, filter, sink_name, null_keys, partitioning, sink, source, .. } = repartition;
    let filter = filter.map(|filter| {
        let kind = NodeKind::Processor { called_by: CalledBy::Parents, build: (filter.build)(null_keys) };
        spec.add_node(filter.name, kind, parents).inspect(|filter| spec.keeps_keys(*filter))
    });
    let filter = filter.transpose()?;
    spec.repartitions.push(RepartitionSpec { topic: topic.clone(), partitions });
    let sink = NodeKind::Sink { topic: Some(topic.clone()), partitioning, build: sink };
    spec.add_node(sink_name, sink, filter.as_ref().map_or(parents, std::slice::from_ref))?;
    let topics = SourceTopics::Named(vec![topic]);
    spec.add_node(name, NodeKind::Source { topics, reset: None, build: source }, &[])
}
