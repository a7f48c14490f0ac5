//! The table of the results.

use millstream_state::StoreIndex;
use millstream_types::Data;

use crate::dsl::table::KTable;
use crate::dsl::table::rows::{KeyValueRows, kept_view, untyped};
use crate::dsl::table::source::source_factory;
use crate::dsl::table::store_plan::StorePlan;
use crate::graph::{GraphId, GraphRef, GraphTable};
use crate::options::{CarriedSerdes, KeySerde, Materialized, ValueSerde};

/// Adds the table of the results that `parent` forwards. As in Kafka Streams it has a store of a generated name, which is kept
/// if a later operator needs one. [`KTable::materialized`] replaces it.
pub(super) fn add_result<K: Data, R: Data>(
    graph: &GraphRef,
    name: String,
    parent: GraphId,
    keys: KeySerde<K>,
) -> KTable<K, R> {
    let carried = CarriedSerdes::<K, R> { key: keys, value: ValueSerde::own() };
    let (index, plan) = graph.with_next_index(|| {
        StorePlan::of_table(graph, Materialized::<K, R>::new(), "KTABLE-FK-JOIN-OUTPUT-", &carried)
    });
    let serdes = plan.serdes();
    let store = plan.add_key_value(graph);
    // Without a store there is an error already, and building the topology will fail.
    let rows = KeyValueRows { index: store.unwrap_or(StoreIndex::new(u32::MAX)) };
    let rows = Some(untyped::<K, R>(rows));
    let table = GraphTable { store, rows, default_store: Some(index), ..GraphTable::default() };
    KTable::add(graph, name, parent, table, serdes, |id| (source_factory::<K, Option<R>>(id), kept_view(id)))
}
