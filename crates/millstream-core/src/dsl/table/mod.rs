//! A table: the latest value of each key, and the operators on its changes.

mod filter;
mod map_values;
mod rows;
mod source;
mod to_stream;
mod view;

use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) use rows::KeyValueRows;
pub(super) use source::{TableSourcePlan, read_table};
pub(crate) use view::{OldValues, TableView};

use super::graph::{GraphId, GraphRef};
use crate::options::CarriedSerdes;

/// A table of keys `K` and values `V`: what flows on are changes of its rows.
///
/// A table deletes rows, which is why [`to_stream`](Self::to_stream) gives `Option<V>`; the table's own functions never
/// see an absent row.
pub struct KTable<K, V> {
    pub(super) graph: GraphRef,
    pub(super) node: GraphId,
    pub(super) sources: BTreeSet<GraphId>,
    pub(super) serdes: CarriedSerdes<K, V>,
    pub(super) view: Arc<dyn TableView<K, V>>,
    /// Of a derived table: the place of a store of its own.
    own: Option<map_values::OwnRows<K, V>>,
}

impl<K, V> Clone for KTable<K, V> {
    fn clone(&self) -> Self {
        Self {
            graph: self.graph.clone(),
            node: self.node,
            sources: self.sources.clone(),
            serdes: self.serdes.clone(),
            view: Arc::clone(&self.view),
            own: self.own.clone(),
        }
    }
}

impl<K, V> KTable<K, V> {
    pub(super) fn new(
        graph: &GraphRef,
        node: GraphId,
        sources: BTreeSet<GraphId>,
        serdes: CarriedSerdes<K, V>,
        view: Arc<dyn TableView<K, V>>,
    ) -> Self {
        Self { graph: graph.clone(), node, sources, serdes, view, own: None }
    }

    /// Names the operator that made this table, instead of by its generated name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        self.graph.rename(self.node, name.into());
        self
    }
}
