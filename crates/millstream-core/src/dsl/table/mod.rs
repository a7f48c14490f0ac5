//! Tables: the latest value of each key, and operators on changes.

mod filter;
mod foreign_join;
mod group_by;
mod join;
mod map_values;
mod planned_rows;
mod process_values;
mod rows;
mod source;
mod store_plan;
mod suppress;
mod to_stream;
mod versioned_rows;
mod view;

use std::sync::Arc;

pub use foreign_join::ForeignKeyed;
pub(super) use rows::{KeyValueRows, borrowed, untyped};
pub(super) use source::TableSourcePlan;
pub(super) use store_plan::{StorePlan, forward_dirty};
pub(super) use view::{Look, TableView, ViewFactory};

use crate::graph::{GraphId, GraphNode, GraphRef, GraphTable, KeyEffect, Kind};
use crate::options::{CarriedSerdes, Joined};
use crate::record::{Change, Element};
use crate::topology::{BuildNode, RecordTypes, TableId};

/// A table with keys `K` and values `V`. Its operators process changes of rows.
///
/// Since rows can be deleted, [`to_stream`](Self::to_stream) has values `Option<V>`. The functions of table operators are not
/// called for deletes.
pub struct KTable<K, V> {
    pub(super) graph: GraphRef,
    pub(super) node: GraphId,
    pub(super) id: TableId,
    pub(super) serdes: CarriedSerdes<K, V>,
    pub(super) view: ViewFactory<K, V>,
}

impl<K, V> Clone for KTable<K, V> {
    fn clone(&self) -> Self {
        Self {
            graph: self.graph.clone(),
            node: self.node,
            id: self.id,
            serdes: self.serdes.clone(),
            view: Arc::clone(&self.view),
        }
    }
}

impl<K, V> From<&KTable<K, V>> for Joined<KTable<K, V>> {
    fn from(table: &KTable<K, V>) -> Self {
        Self::with(table)
    }
}

impl<K, V> KTable<K, V> {
    /// Names the operator that returned this table, instead of its generated name.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let stock = builder.table::<String, i64>("stock", "stock");
    /// stock.filter(|_item, left| *left > 0).named("in-stock").to_stream().to("available");
    /// ```
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        self.graph.rename(self.node, name.into());
        self
    }
}

impl<K: Element, V: Element> KTable<K, V> {
    /// The operator that computes its rows.
    pub(super) fn node(&self) -> GraphId {
        self.node
    }

    /// Adds the operator that computes the rows of `table` from the records of `parent`.
    pub(super) fn add(
        graph: &GraphRef,
        name: String,
        parent: GraphId,
        table: GraphTable,
        serdes: CarriedSerdes<K, V>,
        plan: impl FnOnce(TableId) -> (BuildNode, ViewFactory<K, V>),
    ) -> Self {
        let id = graph.add_table(table);
        let (build, view) = plan(id);
        Self::of_table(graph, id, name, vec![parent], serdes, build, view)
    }

    /// Adds the operator of a table that the graph has already.
    pub(super) fn of_table(
        graph: &GraphRef,
        id: TableId,
        name: String,
        parents: Vec<GraphId>,
        serdes: CarriedSerdes<K, V>,
        build: BuildNode,
        view: ViewFactory<K, V>,
    ) -> Self {
        let node = graph.add(GraphNode {
            name,
            parents,
            kind: Kind::Table { table: id, build },
            key: KeyEffect::Keeps,
            forwards: Some(RecordTypes::of::<K, Change<V>>()),
            stores: Vec::new(),
        });
        graph.set_table_node(id, node);
        Self { graph: graph.clone(), node, id, serdes, view }
    }
}
