//! The declaration of a cogroup: an operator for each stream, and one that merges their changes.

use std::sync::Arc;

use millstream_state::StoreIndex;
use millstream_types::{Data, Nullable, Serde};

use super::super::node::Initial;
use super::CogroupedKStream;
use super::input::{Input, Place};
use super::merge::{Flush, merge_factory};
use crate::dsl::KTable;
use crate::dsl::table::{StorePlan, TableView};
use crate::graph::{Demand, GraphId, GraphNode, GraphRef, GraphTable, KeyEffect, Kind};
use crate::options::{CarriedSerdes, KeySerde, Materialized, ValueSerde};
use crate::record::{Change, Element};
use crate::topology::{BuildNode, RecordTypes, Table};

const AGGREGATE: &str = "COGROUPKSTREAM-AGGREGATE-";

/// What an aggregation without windows and those over each kind of windows differ in.
pub(super) trait Shape<K: Data, A: Data> {
    /// The key of the table.
    type Key: Element + Nullable;

    /// The serde of the table's keys.
    fn serde(&self, keys: Serde<K>) -> KeySerde<Self::Key>;
    /// Adds the store.
    fn add_store(&self, plan: StorePlan<K, A>, graph: &GraphRef) -> Option<StoreIndex>;
    /// The table with its rows in `store`.
    fn table(&self, store: StoreIndex) -> GraphTable;
    /// Looks up rows in `store`.
    fn view(&self, store: StoreIndex) -> Arc<dyn TableView<Self::Key, A>>;
    /// Records an error if a stream cannot be aggregated by `operator`.
    fn check(&self, _input: &dyn Input<K, A>, _operator: &str) {}
    /// The factory of the operator of a stream.
    fn build(&self, input: &dyn Input<K, A>, place: Place, initial: Initial<A>) -> BuildNode;
    /// Logs and forwards dirty rows.
    fn flush(&self) -> Flush<Self::Key, A>;
}

impl<K: Data, A: Nullable> CogroupedKStream<K, A> {
    /// Adds the operators, with names and a store as in Kafka Streams.
    pub(super) fn add<S: Shape<K, A::Present> + ?Sized>(
        &self,
        shape: &S,
        materialized: Materialized<K, A::Present>,
        initial: Initial<A::Present>,
    ) -> KTable<S::Key, A::Present> {
        let graph = &self.graph;
        let keys = self.inputs.first().map_or_else(Serde::of_type, |input| input.key_serde());
        let carried = CarriedSerdes { key: KeySerde::<K>::given(keys), value: ValueSerde::<A>::own() };
        let plan = StorePlan::of_aggregate(graph, materialized, AGGREGATE, &carried);
        let streams: Vec<GraphId> = self.inputs.iter().map(|input| input.partitioned(plan.name())).collect();
        let CarriedSerdes { key, value } = plan.serdes();
        let serdes = CarriedSerdes { key: shape.serde(key.get()), value };
        let store = shape.add_store(plan, graph);
        // Without a store there is an error already, and building the topology will fail.
        let index = store.unwrap_or(StoreIndex::new(u32::MAX));
        let table = graph.add_table(GraphTable { store, ..shape.table(index) });
        let place = Place { table, store: index };
        let operators = self.inputs.iter().zip(streams).map(|(input, stream)| {
            let name = graph.generate(AGGREGATE);
            shape.check(&**input, &name);
            let build = shape.build(&**input, place, Arc::clone(&initial));
            add_operator::<S::Key, A::Present>(graph, name, stream, build)
        });
        let operators: Vec<GraphId> = operators.collect();
        let name = graph.generate("COGROUPKSTREAM-MERGE-");
        graph.require_values::<A::Present>(&name);
        graph.set_writers(table, operators.clone());
        let (view, merge) = (shape.view(index), merge_factory(index, shape.flush()));
        let view = Arc::new(move |_: &[Table]| Arc::clone(&view));
        let merged = KTable::of_table(graph, table, name, operators.clone(), serdes, merge, view);
        name_after(graph, merged.node(), &operators);
        graph.demand(Demand::Store { table });
        merged
    }
}

fn add_operator<K: Element, A: Element>(graph: &GraphRef, name: String, stream: GraphId, build: BuildNode) -> GraphId {
    graph.add(GraphNode {
        name,
        parents: vec![stream],
        kind: Kind::Cogroup { build },
        key: KeyEffect::Keeps,
        forwards: Some(RecordTypes::of::<K, Change<A>>()),
        stores: Vec::new(),
    })
}

/// Names all operators after the table, whenever that is named.
fn name_after(graph: &GraphRef, merge: GraphId, operators: &[GraphId]) {
    graph.rename_with(merge, merge, |node, name| node.name = format!("{name}-cogroup-merge"));
    for (number, operator) in operators.iter().enumerate() {
        graph.rename_with(merge, *operator, move |node, name| node.name = format!("{name}-cogroup-agg-{number}"));
    }
}
