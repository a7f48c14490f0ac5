//! `aggregate` of several streams, without windows.

use std::sync::Arc;

use millstream_state::StoreIndex;
use millstream_types::{Data, Nullable, Serde};

use super::super::node::Initial;
use super::CogroupedKStream;
use super::input::{Input, Place};
use super::merge::Flush;
use super::plan::Shape;
use crate::dsl::KTable;
use crate::dsl::table::{KeyValueRows, StorePlan, TableView, forward_dirty, untyped};
use crate::graph::{GraphRef, GraphTable};
use crate::options::{KeySerde, Materialized};
use crate::topology::BuildNode;

impl<K: Data, A: Nullable> CogroupedKStream<K, A> {
    /// Aggregates the values of all streams by key. `initial` returns the aggregate to which the first value of a key is added.
    /// A function that returns an `Option` deletes the row with `None`. Records with a null key or value are skipped and counted.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let purchases = builder.stream::<String, i64>("purchases").group_by_key();
    /// let refunds = builder.stream::<String, i64>("refunds").group_by_key();
    /// let balances = purchases.cogroup(|_, amount, balance: i64| balance + amount);
    /// let balances = balances.cogroup(&refunds, |_, amount, balance| balance - amount).aggregate("balances", || 0);
    /// balances.to_stream().to("balance-changes");
    /// ```
    pub fn aggregate(
        &self,
        materialized: impl Into<Materialized<K, A::Present>>,
        initial: impl Fn() -> A + Send + Sync + 'static,
    ) -> KTable<K, A::Present> {
        self.add(&ByKey, materialized.into(), Arc::new(move || initial().into_present()))
    }
}

/// Rows by key alone.
struct ByKey;

impl<K: Data, A: Data> Shape<K, A> for ByKey {
    type Key = K;

    fn serde(&self, keys: Serde<K>) -> KeySerde<K> {
        KeySerde::given(keys)
    }

    fn add_store(&self, plan: StorePlan<K, A>, graph: &GraphRef) -> Option<StoreIndex> {
        plan.add_key_value(graph)
    }

    fn table(&self, index: StoreIndex) -> GraphTable {
        GraphTable { rows: Some(untyped::<K, A>(KeyValueRows { index })), ..GraphTable::default() }
    }

    fn view(&self, index: StoreIndex) -> Arc<dyn TableView<K, A>> {
        Arc::new(KeyValueRows { index })
    }

    fn check(&self, input: &dyn Input<K, A>, operator: &str) {
        input.require_values(operator);
    }

    fn build(&self, input: &dyn Input<K, A>, place: Place, initial: Initial<A>) -> BuildNode {
        input.aggregate(place, initial)
    }

    fn flush(&self) -> Flush<K, A> {
        Arc::new(|context, node, store, rows_max, children| forward_dirty(context, node, store, rows_max, children))
    }
}
