//! The store of a table's rows: a key-value store, or a versioned one.

use std::sync::Arc;

use millstream_state::{StoreIndex, VersionedStore};
use millstream_types::Data;

use super::rows::{KeyValueRows, RowStore, untyped};
use super::store_plan::{StorePlan, add};
use super::versioned_rows::VersionedRows;
use super::view::TableView;
use crate::graph::GraphRef;
use crate::options::Materialized;
use crate::stores::{ChangelogKind, SerdeNames};
use crate::topology::AnyRows;

/// The rows of a store that was added, for the graph and for look-ups.
pub(super) struct PlannedRows<K, V> {
    pub(super) untyped: AnyRows,
    pub(super) view: Arc<dyn TableView<K, V>>,
}

impl<K: 'static, V: 'static> PlannedRows<K, V> {
    fn of<R: RowStore<K, V> + Copy + 'static>(rows: R) -> Self {
        Self { untyped: untyped::<K, V>(rows), view: Arc::new(rows) }
    }
}

impl<K: Data, V: Data> StorePlan<K, V> {
    /// Adds the store of a table's rows: a versioned one, or a key-value store. Without a store its name is taken, and building the
    /// topology will fail.
    pub(super) fn add_rows(self, graph: &GraphRef) -> (Option<StoreIndex>, PlannedRows<K, V>) {
        let unknown = StoreIndex::new(u32::MAX);
        let Some(versions) = self.materialized.versions else {
            let store = self.add_key_value(graph);
            return (store, PlannedRows::of(KeyValueRows { index: store.unwrap_or(unknown) }));
        };
        let (keys, values) = (self.key_serde, self.value_serde);
        let serdes = SerdeNames::new(&keys, &values);
        let materialized = Materialized { caching: false, ..self.materialized };
        let changelog = ChangelogKind::versioned(versions);
        let store = add(graph, self.name, materialized, serdes, changelog, move |options, backing| {
            Box::new(VersionedStore::new(options, versions, keys.clone(), values.clone(), backing))
        });
        (store, PlannedRows::of(VersionedRows { index: store.unwrap_or(unknown) }))
    }
}
