//! The declaration of a join: its three nodes, and what it needs of both tables.

use std::sync::Arc;

use super::merge::merge_factory;
use super::side::{Join, side_factory};
use super::view::join_view;
use crate::dsl::table::KTable;
use crate::graph::{Demand, GraphId, GraphNode, GraphTable, KeyEffect, Kind, WithoutRow};
use crate::options::{CarriedSerdes, Joined, ValueSerde};
use crate::record::{Change, Element};
use crate::topology::{BuildNode, RecordTypes, TableId, TopologyError};

/// Which rows a join has that are on one side alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JoinKind {
    /// None.
    Inner,
    /// Those of the left side.
    Left,
    /// Those of both sides.
    Outer,
}

impl JoinKind {
    /// What comes of a change of the left side whose key has no row on the right.
    fn without_right(self) -> WithoutRow {
        if self == Self::Inner { WithoutRow::Drop } else { WithoutRow::Keep }
    }

    /// What comes of a change of the right side whose key has no row on the left.
    fn without_left(self) -> WithoutRow {
        if self == Self::Outer { WithoutRow::Keep } else { WithoutRow::Drop }
    }
}

/// The names of the nodes of a join.
struct Names {
    merge: String,
    this: String,
    other: String,
}

impl<K: Element, V: Element> KTable<K, V> {
    /// Adds a join with another table. `join` is only asked for a row where `kind` has one.
    pub(super) fn join_table<T: Element, R: Element>(
        &self,
        joined: Joined<KTable<K, T>>,
        kind: JoinKind,
        join: Join<K, V, T, R>,
    ) -> KTable<K, R> {
        let (graph, other) = (&self.graph, joined.with);
        let names = self.join_names(joined.name);
        if !graph.is_same(&other.graph) {
            graph.fail(TopologyError::TwoBuilders { node: names.merge.clone() });
        }
        let table = graph.add_table(GraphTable { derived_from: vec![self.id, other.id], ..GraphTable::default() });
        let reversed: Join<K, T, V, R> = {
            let join = Arc::clone(&join);
            Arc::new(move |key, row, value| join(key, value, row))
        };
        let this = side_factory(table, Arc::clone(&other.view), kind.without_right(), Arc::clone(&join));
        let this = self.add_side::<R>(names.this, self.node, other.id, this);
        let that = side_factory(table, Arc::clone(&self.view), kind.without_left(), reversed);
        let that = self.add_side::<R>(names.other, other.node, self.id, that);
        self.demand_rows(&other, kind, (this, that));
        let serdes = CarriedSerdes { key: self.serdes.key.clone(), value: ValueSerde::own() };
        let view = join_view(table, Arc::clone(&self.view), Arc::clone(&other.view), kind.without_left(), join);
        let parents = vec![this, that];
        let joined = KTable::of_table(graph, table, names.merge, parents, serdes, merge_factory::<K, R>(table), view);
        graph.rename_with(joined.node, this, |node, name| node.name = format!("{name}-join-this"));
        graph.rename_with(joined.node, that, |node, name| node.name = format!("{name}-join-other"));
        joined
    }

    fn join_names(&self, given: Option<String>) -> Names {
        let graph = &self.graph;
        let with = |suffix: &str| given.as_ref().map(|name| format!("{name}{suffix}"));
        let (this, other) = (with("-join-this"), with("-join-other"));
        Names {
            merge: graph.name_or_generate(given, "KTABLE-MERGE-"),
            this: graph.name_or_generate(this, "KTABLE-JOINTHIS-"),
            other: graph.name_or_generate(other, "KTABLE-JOINOTHER-"),
        }
    }

    /// Adds the node for the changes of `parent`, which looks up rows of the table `other`.
    fn add_side<R: Element>(&self, name: String, parent: GraphId, other: TableId, build: BuildNode) -> GraphId {
        self.graph.add(GraphNode {
            name,
            parents: vec![parent],
            kind: Kind::TableJoin { other, build },
            key: KeyEffect::Keeps,
            forwards: Some(RecordTypes::of::<K, Change<R>>()),
            stores: Vec::new(),
        })
    }

    /// Demands the rows of both sides, and the previous rows of those that may be without a row on the other side: their
    /// deletes have a result if there was a row before.
    fn demand_rows<T>(&self, other: &KTable<K, T>, kind: JoinKind, (this, that): (GraphId, GraphId)) {
        let graph = &self.graph;
        if kind.without_right() == WithoutRow::Keep {
            graph.demand(Demand::PreviousRows { table: self.id });
        }
        if kind.without_left() == WithoutRow::Keep {
            graph.demand(Demand::PreviousRows { table: other.id });
        }
        graph.demand(Demand::Rows { table: other.id, by: this });
        graph.demand(Demand::Rows { table: self.id, by: that });
    }
}
