//! The operator of all aggregations of a grouped table: each change updates the row of its group.

use std::sync::Arc;

use millstream_state::{KeyValueStore, StoreIndex, ValueAndTimestamp};
use millstream_types::{Data, Timestamp};

use super::KGroupedTable;
use crate::chain::{BoxError, Context, Downstream, FailureKind, NextKeys, Node, in_store, without_a_row};
use crate::dsl::KTable;
use crate::dsl::table::{KeyValueRows, StorePlan, TableView, forward_dirty, untyped};
use crate::graph::{Demand, GraphTable};
use crate::options::Materialized;
use crate::record::{Change, Record};
use crate::topology::{Blueprint, BuildNode, Built, OldValues, Table, TableId};

/// Adds a value to the aggregate, of which there is none if the group is new. `None` deletes the row.
type Add<K, V, A> = Arc<dyn Fn(&K, V, Option<A>) -> Result<Option<A>, BoxError> + Send + Sync>;

/// Subtracts a value from the aggregate.
type Subtract<K, V, A> = Arc<dyn Fn(&K, V, A) -> Result<Option<A>, BoxError> + Send + Sync>;

/// How rows are updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Updates {
    /// In the store, which is faster: the functions do not fail.
    InPlace,
    /// As copies: the row is unchanged after an error.
    OfCopies,
}

/// The functions of an aggregation.
pub(super) struct Functions<K, V, A> {
    add: Add<K, V, A>,
    subtract: Subtract<K, V, A>,
    updates: Updates,
}

impl<K, V, A> Functions<K, V, A> {
    pub(super) fn new(
        add: impl Fn(&K, V, Option<A>) -> Option<A> + Send + Sync + 'static,
        subtract: impl Fn(&K, V, A) -> Option<A> + Send + Sync + 'static,
    ) -> Self {
        Self {
            add: Arc::new(move |key, value, row| Ok(add(key, value, row))),
            subtract: Arc::new(move |key, value, row| Ok(subtract(key, value, row))),
            updates: Updates::InPlace,
        }
    }

    /// Functions that may fail.
    pub(super) fn fallible(
        add: impl Fn(&K, V, Option<A>) -> Result<Option<A>, BoxError> + Send + Sync + 'static,
        subtract: impl Fn(&K, V, A) -> Result<Option<A>, BoxError> + Send + Sync + 'static,
    ) -> Self {
        Self { add: Arc::new(add), subtract: Arc::new(subtract), updates: Updates::OfCopies }
    }
}

impl<K, V, A> Clone for Functions<K, V, A> {
    fn clone(&self) -> Self {
        Self { add: Arc::clone(&self.add), subtract: Arc::clone(&self.subtract), updates: self.updates }
    }
}

impl<K: Data, V: Data> KGroupedTable<K, V> {
    /// Adds an aggregation below the group's repartition.
    pub(super) fn add_aggregation<A: Data>(
        &self,
        prefix: &str,
        materialized: Materialized<K, A>,
        functions: Functions<K, V, A>,
    ) -> KTable<K, A> {
        let graph = &self.graph;
        let plan = StorePlan::of_aggregate(graph, materialized, "KTABLE-AGGREGATE-", &self.serdes);
        let repartition = self.repartition(plan.name());
        let name = graph.generate(prefix);
        graph.require_values::<A>(&name);
        let serdes = plan.serdes();
        let store = plan.add_key_value(graph);
        // Without a store there is an error already, and building the topology will fail.
        let index = store.unwrap_or(StoreIndex::new(u32::MAX));
        let rows = KeyValueRows { index };
        let table = GraphTable { store, rows: Some(untyped::<K, A>(rows)), ..GraphTable::default() };
        let view: Arc<dyn TableView<K, A>> = Arc::new(rows);
        let table = KTable::add(graph, name, repartition.node, table, serdes, |id| {
            (aggregate_factory(id, index, functions), Arc::new(move |_: &[Table]| Arc::clone(&view)))
        });
        repartition.name_after(graph, table.node);
        graph.demand(Demand::Store { table: table.id });
        table
    }
}

fn aggregate_factory<K: Data, V: Data, A: Data>(
    table: TableId,
    store: StoreIndex,
    functions: Functions<K, V, A>,
) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let fold = Fold {
            caching: blueprint.is_caching(store),
            old_values: blueprint.table(table).old_values,
            functions: functions.clone(),
        };
        let (name, children) = (blueprint.name(), blueprint.downstream()?);
        Ok(Built::new::<K, Change<V>>(Aggregate { name, store, fold, children }))
    })
}

/// The update of a row.
struct Fold<K, V, A> {
    /// Whether updates are forwarded by `flush`, and not at once.
    caching: bool,
    /// Whether changes have the previous row.
    old_values: OldValues,
    functions: Functions<K, V, A>,
}

impl<K, V, A: Data> Fold<K, V, A> {
    /// The row after `change`. Its time, the later of the two, is stored in `timestamp`, and a change to forward at once, if any,
    /// in `forwarded`.
    fn apply(
        &self,
        key: &K,
        change: Change<V>,
        row: Option<ValueAndTimestamp<A>>,
        timestamp: &mut Timestamp,
        forwarded: &mut Change<A>,
    ) -> Result<Option<ValueAndTimestamp<A>>, BoxError> {
        if self.old_values.are_sent() && !self.caching {
            forwarded.old = row.as_ref().map(|row| row.value.clone());
        }
        let new = match row {
            // Before anything is in hand, a panic leaves the store unchanged.
            None => without_a_row(|| self.add(key, change.new, None))?,
            Some(row) => {
                *timestamp = row.timestamp.max(*timestamp);
                let left = match change.old {
                    Some(old) => (self.functions.subtract)(key, old, row.value)?,
                    None => Some(row.value),
                };
                self.add(key, change.new, left)?
            }
        };
        if !self.caching {
            forwarded.new.clone_from(&new);
        }
        Ok(new.map(|value| ValueAndTimestamp { value, timestamp: *timestamp }))
    }

    fn add(&self, key: &K, value: Option<V>, row: Option<A>) -> Result<Option<A>, BoxError> {
        match value {
            Some(value) => (self.functions.add)(key, value, row),
            None => Ok(row),
        }
    }
}

struct Aggregate<K, V, A> {
    name: Arc<str>,
    store: StoreIndex,
    fold: Fold<K, V, A>,
    children: Downstream<K, Change<A>>,
}

impl<K: Data, V: Data, A: Data> Node<K, Change<V>> for Aggregate<K, V, A> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, Change<V>>) {
        let Record { key, value, mut timestamp, headers } = record;
        let write = context.write_context(timestamp, &headers);
        let Some((store, log)) = context.store::<KeyValueStore<K, A>>(self.store) else {
            return context.fail_topology(&self.name, "its store is not open in this task");
        };
        let (fold, mut change) = (&self.fold, Change::to(None));
        let result = match fold.functions.updates {
            Updates::InPlace => {
                let apply = |row| fold.apply(&key, value, row, &mut timestamp, &mut change).ok().flatten();
                in_store(|| store.update(&key, &write, log, apply))
            }
            Updates::OfCopies => {
                let row = match store.get(&key) {
                    Ok(row) => row.cloned(),
                    Err(error) => return context.fail(FailureKind::Store, &self.name, error),
                };
                match fold.apply(&key, value, row, &mut timestamp, &mut change) {
                    Ok(row) => in_store(|| store.put(&key, row, &write, log)),
                    Err(error) => return context.fail_processing(&self.name, error),
                }
            }
        };
        if context.check(&self.name, result).is_some() && !self.fold.caching {
            self.children.forward(context, Record { key, value: change, timestamp, headers });
        }
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, K>) {
        if let Some((store, _)) = context.store::<KeyValueStore<K, A>>(self.store) {
            store.prefetch(next_keys.keys.iter().map(|next| &next.key), next_keys.from);
        }
    }

    fn flush(&mut self, context: &mut Context<'_>, rows_max: usize) {
        forward_dirty::<K, A>(context, &self.name, self.store, rows_max, &mut self.children);
    }
}
