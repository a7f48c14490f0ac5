//! The logical graph, and queries on it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_state::StoreIndex;

use super::node::{GraphId, GraphNode, KeyEffect, Kind};
use super::table::{Demand, GraphTable};
use crate::options::Optimizations;
use crate::stores::StoreFormat;
use crate::topology::{Spec, TableId, TopologyError};

/// Identifies a group of a stream, whose aggregations may share a repartition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupId(pub(super) usize);

/// A node that is named after another one of the same operator.
pub(super) struct NamedAfter {
    pub(super) of: GraphId,
    pub(super) node: GraphId,
    pub(super) rename: Box<dyn Fn(&mut GraphNode, &str)>,
}

/// The declarations of a topology.
#[derive(Default)]
pub(crate) struct Graph {
    pub(super) nodes: Vec<GraphNode>,
    pub(super) tables: Vec<GraphTable>,
    /// In the order of declaration.
    pub(super) demands: Vec<Demand>,
    /// Stores get their index when they are declared, for their handles.
    pub(super) spec: Spec,
    /// The repartition that the aggregations of each group share.
    pub(super) groups: Vec<Option<GraphId>>,
    /// The repartitions of streams for joins, the last one of a stream behind the others.
    pub(super) join_repartitions: Vec<(GraphId, GraphId)>,
    pub(super) named_after: Vec<NamedAfter>,
    /// The nodes that passes have moved up, with the node that each is lowered after.
    pub(super) lowered_after: BTreeMap<GraphId, GraphId>,
    pub(super) next_index: usize,
    pub(super) optimizations: Optimizations,
    pub(super) store_format: StoreFormat,
    pub(super) errors: Vec<TopologyError>,
}

impl Graph {
    pub(crate) fn node(&self, id: GraphId) -> &GraphNode {
        &self.nodes[id.0]
    }

    pub(crate) fn table(&self, id: TableId) -> &GraphTable {
        &self.tables[id.0]
    }

    /// Renames a node, and those that are named after it.
    pub(super) fn rename(&mut self, node: GraphId, name: String) {
        self.nodes[node.0].name.clone_from(&name);
        for after in self.named_after.iter().filter(|after| after.of == node) {
            (after.rename)(&mut self.nodes[after.node.0], &name);
        }
    }

    pub(super) fn node_ids(&self) -> impl Iterator<Item = GraphId> + use<> {
        (0..self.nodes.len()).map(GraphId)
    }

    /// All nodes in the order in which they are lowered: that of declaration, but for those that passes have moved up. Parents
    /// come before their children.
    pub(super) fn lowering_order(&self) -> Vec<GraphId> {
        let mut order: Vec<GraphId> = self.node_ids().collect();
        order.sort_by_key(|node| (self.lowered_after.get(node).copied().unwrap_or(*node), *node));
        order
    }

    /// The parent of `node`, if it has one only.
    pub(super) fn only_parent(&self, node: GraphId) -> Option<GraphId> {
        match self.node(node).parents[..] {
            [parent] => Some(parent),
            _ => None,
        }
    }

    /// Whether the keys that `node` forwards may differ from those of the topic above it.
    pub(crate) fn is_key_changed(&self, node: GraphId) -> bool {
        let this = self.node(node);
        match this.kind {
            Kind::Source { .. } | Kind::Repartition(_) | Kind::Table { .. } | Kind::TableProcessor { .. } => false,
            _ if this.key == KeyEffect::MayChange => true,
            _ => this.parents.iter().any(|parent| self.is_key_changed(*parent)),
        }
    }

    /// The sources and repartitions whose records reach `node`, including those of the tables in which it looks up rows.
    pub(crate) fn origins(&self, node: GraphId) -> BTreeSet<GraphId> {
        let (mut origins, mut seen, mut above) = (BTreeSet::new(), BTreeSet::new(), vec![node]);
        while let Some(node) = above.pop() {
            if !seen.insert(node) {
                continue;
            }
            let this = self.node(node);
            match this.kind {
                Kind::Source { .. } | Kind::Repartition(_) => _ = origins.insert(node),
                Kind::StreamTableJoin { table, .. } | Kind::TableJoin { other: table, .. } => {
                    above.extend(self.table(table).node);
                }
                _ => {}
            }
            if !origins.contains(&node) {
                above.extend(&this.parents);
            }
        }
        origins
    }

    /// The sources and repartitions whose topics need equal partition counts, so that `node` gets all records of a key in one task.
    ///
    /// For the streams of a cogroup these are the topics above their repartitions, as in Kafka Streams: their repartition topics have
    /// as many partitions.
    pub(super) fn copartitioned(&self, node: GraphId) -> BTreeSet<GraphId> {
        let parents = |node: GraphId| self.node(node).parents.iter().copied();
        let is_cogrouped = |node: &GraphId| matches!(self.node(*node).kind, Kind::Cogroup { .. });
        if !parents(node).any(|parent| is_cogrouped(&parent)) {
            return self.origins(node);
        }
        let streams = parents(node).flat_map(parents);
        let above = |stream: GraphId| match self.node(stream).kind {
            Kind::Repartition(_) => parents(stream).flat_map(|parent| self.origins(parent)).collect(),
            _ => self.origins(stream),
        };
        streams.flat_map(above).collect()
    }

    /// The repartitions above `node`, including itself and those above others.
    pub(super) fn repartitions_above(&self, node: GraphId) -> BTreeSet<GraphId> {
        let (mut seen, mut above) = (BTreeSet::new(), vec![node]);
        while let Some(node) = above.pop() {
            if seen.insert(node) {
                above.extend(&self.node(node).parents);
            }
        }
        seen.retain(|node| matches!(self.node(*node).kind, Kind::Repartition(_)));
        seen
    }

    /// The name of a processor whose rows would have to be computed for a look-up of a row of `table`.
    pub(super) fn processor_without_store(&self, table: TableId) -> Option<&str> {
        let this = self.table(table);
        if this.store.is_some() {
            return None;
        }
        let of_parents = || this.derived_from.iter().find_map(|from| self.processor_without_store(*from));
        match self.node(this.node?).kind {
            Kind::TableProcessor { .. } => Some(&self.node(this.node?).name),
            _ => of_parents(),
        }
    }

    /// The nearest tables with a declared store: `table`, or those above it, of which a join has two.
    pub(super) fn nearest_with_store(&self, table: TableId) -> Vec<(TableId, StoreIndex)> {
        let this = self.table(table);
        match this.store {
            Some(store) => vec![(table, store)],
            None => this.derived_from.iter().flat_map(|from| self.nearest_with_store(*from)).collect(),
        }
    }

    /// The stores in which rows of `table` are looked up: its own, or the buffer of its changes that wait and then those of the tables
    /// above it.
    pub(super) fn looked_up(&self, table: TableId) -> Vec<StoreIndex> {
        let this = self.table(table);
        match this.store {
            Some(store) => vec![store],
            None => {
                let above = this.derived_from.iter().flat_map(|from| self.looked_up(*from));
                this.buffer.into_iter().chain(above).collect()
            }
        }
    }

    /// The longest grace period of the windows from which the records of `node` come; `None` if some do not come from windows.
    pub(super) fn window_grace(&self, node: GraphId) -> Option<Duration> {
        let this = self.node(node);
        if let Kind::Table { table, .. } = this.kind
            && let Some(grace) = self.table(table).grace
        {
            return Some(grace);
        }
        let graces: Option<Vec<Duration>> = this.parents.iter().map(|parent| self.window_grace(*parent)).collect();
        graces?.into_iter().max()
    }
}
