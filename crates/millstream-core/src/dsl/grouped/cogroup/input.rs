//! A stream of a cogroup, without the type of its values.

use std::cell::Cell;

use millstream_state::StoreIndex;
use millstream_types::{Data, Nullable, Serde};

use super::super::KGroupedStream;
use super::super::node::{Functions, Initial, Update, aggregate_factory};
use super::super::session_node::{Merge, SessionFunctions, session_factory};
use super::super::sliding_node::sliding_factory;
use super::super::windowed::window_factory;
use crate::graph::{GraphId, GroupId};
use crate::options::EmitStrategy;
use crate::topology::{BuildNode, TableId};
use crate::windows::{FixedWindows, SessionWindows, SlidingWindows};

/// Where the rows of a cogroup are: its table and store.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) table: TableId,
    pub(super) store: StoreIndex,
}

/// A stream of a cogroup with keys `K`, whose values are added to an aggregate `A`.
pub(super) trait Input<K, A> {
    fn id(&self) -> GroupId;
    /// The serde of its keys.
    fn key_serde(&self) -> Serde<K>;
    /// Whether it goes through a repartition topic that is named after the store.
    fn has_unnamed_repartition(&self) -> bool;
    /// Records an error if `operator` needs values and this stream has none.
    fn require_values(&self, operator: &str);
    /// The node that it is aggregated from, behind its repartition if it needs one.
    fn partitioned(&self, store: &str) -> GraphId;

    /// The factories of its operator without windows, and over each kind of windows.
    fn aggregate(&self, place: Place, initial: Initial<A>) -> BuildNode;
    fn over_windows(&self, place: Place, windows: FixedWindows, initial: Initial<A>) -> BuildNode;
    fn over_sliding(&self, place: Place, windows: SlidingWindows, initial: Initial<A>) -> BuildNode;
    fn over_sessions(
        &self,
        place: Place,
        windows: SessionWindows,
        initial: Initial<A>,
        merge: Merge<K, A>,
    ) -> BuildNode;
}

/// A stream with values `V`.
pub(super) struct InputOf<K: Nullable, V: Nullable, A> {
    grouped: KGroupedStream<K, V>,
    update: Update<K::Present, V, A>,
    /// Its repartition, which all aggregations of the cogroup share.
    repartition: Cell<Option<GraphId>>,
}

impl<K: Nullable, V: Nullable, A> InputOf<K, V, A> {
    pub(super) fn new(grouped: KGroupedStream<K, V>, update: Update<K::Present, V, A>) -> Self {
        Self { grouped, update, repartition: Cell::new(None) }
    }
}

impl<K: Nullable, V: Nullable, A: Data> Input<K::Present, A> for InputOf<K, V, A> {
    fn id(&self) -> GroupId {
        self.grouped.id
    }

    fn key_serde(&self) -> Serde<K::Present> {
        self.grouped.stream.serdes.key.get()
    }

    fn has_unnamed_repartition(&self) -> bool {
        self.grouped.stream.is_key_changed() && self.grouped.name.is_none()
    }

    fn require_values(&self, operator: &str) {
        self.grouped.stream.graph.require_values::<V>(operator);
    }

    fn partitioned(&self, store: &str) -> GraphId {
        let node = self.grouped.partitioned_by(store, self.repartition.get()).node;
        self.repartition.set(Some(node));
        node
    }

    fn aggregate(&self, Place { table, store }: Place, initial: Initial<A>) -> BuildNode {
        aggregate_factory::<K, V, A>(table, store, Functions { initial, update: self.update.of_present() })
    }

    fn over_windows(&self, Place { table, store }: Place, windows: FixedWindows, initial: Initial<A>) -> BuildNode {
        let functions = Functions { initial, update: self.update.clone() };
        window_factory::<K, V, A>(table, store, (windows, EmitStrategy::OnWindowUpdate), functions)
    }

    fn over_sliding(&self, Place { table, store }: Place, windows: SlidingWindows, initial: Initial<A>) -> BuildNode {
        let functions = Functions { initial, update: self.update.of_present() };
        sliding_factory::<K, V, A>(table, store, (windows, EmitStrategy::OnWindowUpdate), functions)
    }

    fn over_sessions(
        &self,
        Place { table, store }: Place,
        windows: SessionWindows,
        initial: Initial<A>,
        merge: Merge<K::Present, A>,
    ) -> BuildNode {
        let functions = SessionFunctions { initial, add: self.update.fallible(), merge };
        session_factory::<K, V, A>(table, store, (windows, EmitStrategy::OnWindowUpdate), functions)
    }
}
