//! Adds a stream-stream join to the graph: for each side a node that keeps its records and one that joins them, and a node
//! that merges the results.

use std::sync::Arc;

use millstream_state::StoreIndex;
use millstream_types::time::millis_of;
use millstream_types::{Data, Nullable};

use super::join::{SideJoin, SidePlan};
use super::kind::JoinKind;
use super::names::Names;
use super::self_join::self_join_factory;
use super::stores::{StorePlan, retention};
use super::unmatched::{Joiner, Unmatched};
use super::unmatched_rows::{Either, Side};
use super::window::window_factory;
use crate::dsl::stream::merge::merge_factory;
use crate::dsl::stream::{KStream, repartition_for_join};
use crate::graph::{GraphId, GraphNode, GraphRef, JoinPart, KeyEffect, Kind, SelfJoinPlan};
use crate::join_windows::JoinWindows;
use crate::options::{CarriedSerdes, JoinStoreOptions, Joined, StreamWithin, ValueSerde};
use crate::record::Element;
use crate::topology::{BuildNode, RecordTypes, TopologyError};

/// Joins `left` with the stream of `other`.
pub(super) fn join_streams<K: Nullable, V1: Nullable, V2: Nullable, V: Element>(
    left: &KStream<K, V1>,
    other: Joined<StreamWithin<KStream<K, V2>>>,
    kind: JoinKind,
    join: Joiner<K, V1::Present, V2::Present, V>,
) -> KStream<K, V> {
    let graph = &left.graph;
    let Joined { with: StreamWithin { stream: right, windows, options }, name, .. } = other;
    if !graph.is_same(&right.graph) {
        graph.fail(TopologyError::TwoBuilders { node: name.unwrap_or_else(|| "join_stream".to_owned()) });
        return left.next(left.node, CarriedSerdes::own());
    }
    graph.require_keys::<K>("join_stream");
    windows.fault().into_iter().for_each(|reason| invalid(graph, reason));
    let left_serdes = valid(graph, options.left_serdes(&left.serdes));
    let right_serdes = valid(graph, options.right_serdes(&right.serdes));
    let side_name = |suffix: &str| name.as_ref().map(|name| format!("{name}{suffix}"));
    let left = partitioned_by_key(left, left_serdes, side_name("-left"));
    let right = partitioned_by_key(&right, right_serdes, side_name("-right"));
    let names = Names::new(graph, name.as_deref(), options.stores.as_deref(), kind);
    let stores = Stores::add(&left, &right, &names, kind, windows, &options);
    let wiring = Wiring { graph, kind, windows, stores, join };
    let merge = wiring.add::<V1, V2>(left.node, right.node, names);
    left.next(merge, CarriedSerdes { key: left.serdes.key.clone(), value: ValueSerde::own() })
}

fn invalid(graph: &GraphRef, reason: String) {
    graph.fail(TopologyError::Invalid { what: "join_stream".to_owned(), reason });
}

/// The serdes. If there is an error, building the topology will fail.
fn valid<K, V>(graph: &GraphRef, serdes: Result<CarriedSerdes<K, V>, String>) -> CarriedSerdes<K, V> {
    serdes.unwrap_or_else(|reason| {
        invalid(graph, reason);
        CarriedSerdes::own()
    })
}

/// The stream with these serdes, partitioned by its keys.
fn partitioned_by_key<K: Nullable, V: Nullable>(
    stream: &KStream<K, V>,
    serdes: CarriedSerdes<K, V>,
    name: Option<String>,
) -> KStream<K, V> {
    let with_serdes = KStream::new(&stream.graph, stream.node, serdes);
    if !stream.is_key_changed() {
        return with_serdes;
    }
    let name = name.unwrap_or_else(|| stream.graph.name(stream.node));
    repartition_for_join(&with_serdes, &name)
}

/// The stores of a join.
#[derive(Clone, Copy)]
struct Stores {
    left: StoreIndex,
    right: StoreIndex,
    /// The records without a match; `None` if the join is an inner one.
    unmatched: Option<StoreIndex>,
}

impl Stores {
    fn add<K: Nullable, V1: Nullable, V2: Nullable>(
        left: &KStream<K, V1>,
        right: &KStream<K, V2>,
        names: &Names,
        kind: JoinKind,
        windows: JoinWindows,
        options: &JoinStoreOptions,
    ) -> Self {
        let plan = StorePlan { graph: &left.graph, options, windows };
        let [left_name, right_name] = &names.stores;
        let (left_store, right_store) =
            (plan.add_window(left_name, &left.serdes), plan.add_window(right_name, &right.serdes));
        let unmatched = (kind != JoinKind::Inner).then(|| {
            let values = (left.serdes.value.get(), right.serdes.value.get());
            plan.add_unmatched(&names.unmatched, left.serdes.key.get(), values.0, values.1)
        });
        Self { left: left_store, right: right_store, unmatched }
    }
}

/// The nodes of a join that are not added yet.
struct Wiring<'a, K, L, R, V> {
    graph: &'a GraphRef,
    kind: JoinKind,
    windows: JoinWindows,
    stores: Stores,
    join: Joiner<K, L, R, V>,
}

impl<K: Nullable, L: Data, R: Data, V: Element> Wiring<'_, K, L, R, V> {
    /// Adds the nodes below those of the two streams. Returns the one that forwards the results.
    fn add<V1, V2>(&self, left: GraphId, right: GraphId, names: Names) -> GraphId
    where
        V1: Nullable<Present = L>,
        V2: Nullable<Present = R>,
    {
        let Names { windowed: [left_windowed, right_windowed], joins: [left_join, right_join], merge, .. } = names;
        let stores = self.stores;
        let left_windowed = self.add_window::<V1>(left_windowed, left, stores.left);
        let right_windowed = self.add_window::<V2>(right_windowed, right, stores.right);
        let left_side = self.side::<V1, R>(Side::Left, Either::Left, self.joiner_of_left());
        let left_join = self.add_side(left_join, left_windowed, stores.right, left_side.into_factory());
        let right_side = self.side::<V2, L>(Side::Right, Either::Right, self.joiner_of_right());
        let right_join = self.add_side(right_join, right_windowed, stores.left, right_side.into_factory());
        // Of a left or outer join, too: each record matches itself.
        let self_join = SelfJoinPlan {
            kept: left_windowed,
            removed: [right_windowed, left_join, right_join],
            store: stores.left,
            build: self.self_join::<V1>(),
        };
        let part = JoinPart::Merge { without_match: self.kind.left(), self_join: Some(Box::new(self_join)) };
        self.add_part(
            merge,
            vec![left_join, right_join],
            part,
            merge_factory::<K, V>(),
            RecordTypes::of::<K, V>(),
            vec![],
        )
    }

    fn add_window<S: Nullable>(&self, name: String, parent: GraphId, store: StoreIndex) -> GraphId {
        let (build, types) = (window_factory::<K, S>(store), RecordTypes::of::<K, S>());
        self.add_part(name, vec![parent], JoinPart::Window, build, types, vec![store])
    }

    fn add_side(&self, name: String, parent: GraphId, other: StoreIndex, build: BuildNode) -> GraphId {
        let stores = [Some(other), self.stores.unmatched].into_iter().flatten().collect();
        self.add_part(name, vec![parent], JoinPart::Side, build, RecordTypes::of::<K, V>(), stores)
    }

    fn add_part(
        &self,
        name: String,
        parents: Vec<GraphId>,
        part: JoinPart,
        build: BuildNode,
        forwards: RecordTypes,
        stores: Vec<StoreIndex>,
    ) -> GraphId {
        let kind = Kind::StreamJoin { part, build };
        self.graph.add(GraphNode { name, parents, kind, key: KeyEffect::Keeps, forwards: Some(forwards), stores })
    }

    fn side<S: Nullable, W>(
        &self,
        side: Side,
        to_either: fn(S::Present) -> Either<L, R>,
        join: SideJoin<K, S::Present, W, V>,
    ) -> SidePlan<K, S, W, L, R, V> {
        let Self { kind, windows, stores, .. } = *self;
        let (other, bounds, without_match) = match side {
            Side::Left => (stores.right, windows.of_left(), kind.left()),
            Side::Right => (stores.left, windows.of_right(), kind.right()),
        };
        let unmatched = stores.unmatched.map(|store| Unmatched {
            store,
            left: stores.left,
            side,
            windows,
            right: kind.right(),
            to_either,
            join: Arc::clone(&self.join),
        });
        SidePlan { left: stores.left, other, bounds, without_match, join, unmatched }
    }

    fn joiner_of_left(&self) -> SideJoin<K, L, R, V> {
        let join = Arc::clone(&self.join);
        Arc::new(move |key, left, right| join(key, Some(left), right))
    }

    fn joiner_of_right(&self) -> SideJoin<K, R, L, V> {
        let join = Arc::clone(&self.join);
        Arc::new(move |key, right, left| join(key, left, Some(right)))
    }

    fn self_join<V1: Nullable<Present = L>>(&self) -> BuildNode {
        let retention_ms = millis_of(retention(&self.windows));
        self_join_factory::<K, V1, L, R, V>(self.stores.left, self.windows, retention_ms, self.joiner_of_left())
    }
}
