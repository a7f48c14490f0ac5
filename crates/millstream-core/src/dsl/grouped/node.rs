//! The operator of all aggregations: each record updates the row of its key.

use std::sync::Arc;

use millstream_state::{KeyValueStore, StoreIndex, ValueAndTimestamp};
use millstream_types::{Data, Nullable, Timestamp};

use super::KGroupedStream;
use super::emission::Forwarding;
use crate::chain::{BoxError, Context, Downstream, FailureKind, NextKeys, Node, SkipReason, in_store, without_a_row};
use crate::dsl::KTable;
use crate::dsl::table::{KeyValueRows, StorePlan, TableView, forward_dirty, untyped};
use crate::graph::{Demand, GraphTable};
use crate::options::{EmitStrategy, Materialized};
use crate::record::{Change, Record};
use crate::topology::{Blueprint, BuildNode, Built, OldValues, Table, TableId};

/// The initial value of an aggregate; `None` if it is the first value.
pub(super) type Initial<A> = Arc<dyn Fn() -> Option<A> + Send + Sync>;

/// A function of a key, a value, and the previous row or the initial value.
type RowFunction<K, V, A, R> = Arc<dyn Fn(&K, V, Option<A>) -> R + Send + Sync>;

/// The update of a row; `None` deletes it.
pub(super) enum Update<K, V, A> {
    /// The row is updated in its store, which is faster.
    InPlace(RowFunction<K, V, A, Option<A>>),
    /// The function may fail, so it updates a copy, and the row is unchanged after an error.
    OfCopy(RowFunction<K, V, A, Result<Option<A>, BoxError>>),
}

impl<K, V, A> Update<K, V, A> {
    pub(super) fn in_place(update: impl Fn(&K, V, Option<A>) -> Option<A> + Send + Sync + 'static) -> Self {
        Self::InPlace(Arc::new(update))
    }

    pub(super) fn of_copy(
        update: impl Fn(&K, V, Option<A>) -> Result<Option<A>, BoxError> + Send + Sync + 'static,
    ) -> Self {
        Self::OfCopy(Arc::new(update))
    }
}

impl<K: Data, V: Nullable, A: Data> Update<K, V, A> {
    /// The same update by values that are not null.
    pub(super) fn of_present(&self) -> Update<K, V::Present, A> {
        match self.clone() {
            Self::InPlace(update) => Update::in_place(move |key, value, row| update(key, V::from_present(value), row)),
            Self::OfCopy(update) => Update::of_copy(move |key, value, row| update(key, V::from_present(value), row)),
        }
    }

    /// The update as a function that may fail.
    pub(super) fn fallible(&self) -> RowFunction<K, V, A, Result<Option<A>, BoxError>> {
        match self.clone() {
            Self::InPlace(update) => Arc::new(move |key, value, row| Ok(update(key, value, row))),
            Self::OfCopy(update) => update,
        }
    }
}

impl<K, V, A> Clone for Update<K, V, A> {
    fn clone(&self) -> Self {
        match self {
            Self::InPlace(update) => Self::InPlace(Arc::clone(update)),
            Self::OfCopy(update) => Self::OfCopy(Arc::clone(update)),
        }
    }
}

impl<K: Nullable, V: Nullable> KGroupedStream<K, V> {
    /// Adds an aggregation whose rows `update` computes from the key, a value, and the previous row or `initial`.
    ///
    /// The first change of a key has `initial` as the previous row, as in Kafka Streams, unless the cache has the row.
    pub(super) fn add_aggregation<A: Data>(
        &self,
        prefix: &'static str,
        materialized: Materialized<K::Present, A>,
        functions: Functions<K::Present, V::Present, A>,
    ) -> KTable<K::Present, A> {
        let graph = &self.stream.graph;
        let plan = StorePlan::of_aggregate(graph, materialized, prefix, &self.stream.serdes);
        let name = graph.generate(prefix);
        graph.require_values::<V>(&name);
        graph.require_values::<A>(&name);
        let stream = self.partitioned(plan.name());
        let serdes = plan.serdes();
        let store = plan.add_key_value(graph);
        // Without a store there is an error already, and building the topology will fail.
        let index = store.unwrap_or(StoreIndex::new(u32::MAX));
        let rows = KeyValueRows { index };
        let table = GraphTable { store, rows: Some(untyped::<K::Present, A>(rows)), ..GraphTable::default() };
        let view: Arc<dyn TableView<K::Present, A>> = Arc::new(rows);
        let table = KTable::add(graph, name, stream.node, table, serdes, |id| {
            let build = aggregate_factory::<K, V, A>(id, index, functions);
            (build, Arc::new(move |_: &[Table]| Arc::clone(&view)))
        });
        graph.demand(Demand::Store { table: table.id });
        table
    }
}

/// The factory of the operator that computes the rows of `table`, or those of one of its streams.
pub(super) fn aggregate_factory<K: Nullable, V: Nullable, A: Data>(
    table: TableId,
    store: StoreIndex,
    functions: Functions<K::Present, V::Present, A>,
) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let (name, fold) =
            (blueprint.name(), Fold::of(table, store, EmitStrategy::OnWindowUpdate, &functions, &blueprint));
        let children = blueprint.downstream()?;
        Ok(Built::new::<K, V>(Aggregate::<K::Present, V::Present, A> { name, store, fold, children }))
    })
}

/// The functions of an aggregation: the initial row, and the update.
pub(super) struct Functions<K, V, A> {
    pub(super) initial: Initial<A>,
    pub(super) update: Update<K, V, A>,
}

impl<K, V, A> Functions<K, V, A> {
    pub(super) fn new(
        initial: impl Fn() -> Option<A> + Send + Sync + 'static,
        update: impl Fn(&K, V, Option<A>) -> Option<A> + Send + Sync + 'static,
    ) -> Self {
        Self { initial: Arc::new(initial), update: Update::in_place(update) }
    }

    /// Functions with an `update` that may fail.
    pub(super) fn fallible(
        initial: impl Fn() -> Option<A> + Send + Sync + 'static,
        update: impl Fn(&K, V, Option<A>) -> Result<Option<A>, BoxError> + Send + Sync + 'static,
    ) -> Self {
        Self { initial: Arc::new(initial), update: Update::of_copy(update) }
    }
}

impl<K, V, A> Clone for Functions<K, V, A> {
    fn clone(&self) -> Self {
        Self { initial: Arc::clone(&self.initial), update: self.update.clone() }
    }
}

/// The update of a row, with or without windows.
pub(super) struct Fold<K, V, A> {
    /// When updates are forwarded.
    pub(super) forwarding: Forwarding,
    /// Whether changes have the previous row.
    old_values: OldValues,
    functions: Functions<K, V, A>,
}

impl<K, V, A: Data> Fold<K, V, A> {
    /// The fold of the operator that computes the rows of `table`, kept in `store`.
    pub(super) fn of(
        table: TableId,
        store: StoreIndex,
        emit: EmitStrategy,
        functions: &Functions<K, V, A>,
        blueprint: &Blueprint<'_>,
    ) -> Self {
        Self {
            forwarding: Forwarding::of(emit, store, blueprint),
            old_values: blueprint.table(table).old_values,
            functions: functions.clone(),
        }
    }

    /// Whether changes are forwarded with each update.
    #[inline]
    pub(super) fn forwards_at_once(&self) -> bool {
        self.forwarding == Forwarding::AtOnce
    }

    /// Whether copies of rows are updated, since the function may fail.
    #[inline]
    pub(super) fn is_fallible(&self) -> bool {
        matches!(self.functions.update, Update::OfCopy(_))
    }

    /// The row after `value`. Its time, the later of the two, is stored in `timestamp`, and a change to forward at once, if any,
    /// in `change`.
    pub(super) fn add(
        &self,
        key: &K,
        value: V,
        row: Option<ValueAndTimestamp<A>>,
        timestamp: &mut Timestamp,
        change: &mut Change<A>,
    ) -> Result<Option<ValueAndTimestamp<A>>, BoxError> {
        if let Some(row) = &row {
            *timestamp = row.timestamp.max(*timestamp);
        }
        let row = row.map(|row| row.value).or_else(|| without_a_row(|| (self.functions.initial)()));
        if self.old_values.are_sent() && self.forwards_at_once() {
            change.old.clone_from(&row);
        }
        let new = match &self.functions.update {
            Update::InPlace(update) => update(key, value, row),
            Update::OfCopy(update) => update(key, value, row)?,
        };
        if self.forwards_at_once() {
            change.new.clone_from(&new);
        }
        Ok(new.map(|value| ValueAndTimestamp { value, timestamp: *timestamp }))
    }
}

struct Aggregate<K, V, A> {
    name: Arc<str>,
    store: StoreIndex,
    fold: Fold<K, V, A>,
    children: Downstream<K, Change<A>>,
}

impl<K: Nullable, V: Nullable, A: Data> Node<K, V> for Aggregate<K::Present, V::Present, A> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Record { key, value, mut timestamp, headers } = record;
        let Some(key) = key.into_present() else { return context.skip(&self.name, SkipReason::NullKey) };
        let Some(value) = value.into_present() else { return context.skip(&self.name, SkipReason::NullValue) };
        let write = context.write_context(timestamp, &headers);
        let Some((store, log)) = context.store::<KeyValueStore<K::Present, A>>(self.store) else {
            return context.fail_topology(&self.name, "its store is not open in this task");
        };
        let mut change = Change::to(None);
        let fold = &self.fold;
        let result = if fold.is_fallible() {
            let row = match store.get(&key) {
                Ok(row) => row.cloned(),
                Err(error) => return context.fail(FailureKind::Store, &self.name, error),
            };
            match fold.add(&key, value, row, &mut timestamp, &mut change) {
                Ok(row) => in_store(|| store.put(&key, row, &write, log)),
                Err(error) => return context.fail_processing(&self.name, error),
            }
        } else {
            let fold = |row| fold.add(&key, value, row, &mut timestamp, &mut change).ok().flatten();
            in_store(|| store.update(&key, &write, log, fold))
        };
        if context.check(&self.name, result).is_some() && self.fold.forwards_at_once() {
            self.children.forward(context, Record { key, value: change, timestamp, headers });
        }
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, K>) {
        if let Some((store, _)) = context.store::<KeyValueStore<K::Present, A>>(self.store) {
            store.prefetch(next_keys.keys.iter().filter_map(|next| next.key.present()), next_keys.from);
        }
    }

    fn flush(&mut self, context: &mut Context<'_>, rows_max: usize) {
        forward_dirty::<K::Present, A>(context, &self.name, self.store, rows_max, &mut self.children);
    }
}
