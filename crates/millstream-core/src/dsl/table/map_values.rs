//! `map_values` on a table, and the node it shares with `filter`.

use std::convert::Infallible;
use std::sync::Arc;

use millstream_state::{PrefetchFrom, ValueAndTimestamp};
use millstream_types::{Data, Timestamp};

use super::KTable;
use super::rows::{Output, RowStore};
use super::store_plan::StorePlan;
use super::view::{Look, TableView, ViewFactory};
use crate::chain::{BoxError, Context, Node, caught};
use crate::graph::{Demand, GraphTable};
use crate::options::{CarriedSerdes, Materialized, ValueSerde};
use crate::record::{Change, Element, Record};
use crate::topology::{Blueprint, BuildNode, Built, Table, TableId, TopologyError};

/// The function of a derived table for a row; `None` leaves the row out.
pub(super) type Map<K, V, V2> = Arc<dyn Fn(&K, V) -> Result<Option<V2>, BoxError> + Send + Sync>;

/// Whether a derived table has a row for each row of its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    All,
    /// Some are left out. The previous rows are needed, so that no delete is forwarded for a row that was left out before too.
    /// Without a store above, the table does not have the previous row, and forwards the delete.
    LeftOut,
}

impl<K: Element, V: Element> KTable<K, V> {
    /// A table with the result of `map` for the value of each row. Deletes are forwarded without calling `map`.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let prices = builder.table::<String, f64>("prices", "prices");
    /// prices.map_values(|_item, price| price * 1.19).to_stream().to("gross-prices");
    /// ```
    pub fn map_values<V2: Element>(&self, map: impl Fn(&K, V) -> V2 + Send + Sync + 'static) -> KTable<K, V2> {
        self.try_map_values(move |key, value| Ok::<_, Infallible>(map(key, value)))
    }

    /// [`map_values`](Self::map_values) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the change. The row that was computed before stays.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let prices = builder.table::<String, String>("prices", "prices");
    /// prices.try_map_values(|_item, price| price.parse::<f64>()).to_stream().to("parsed-prices");
    /// ```
    pub fn try_map_values<V2: Element, E: Into<BoxError>>(
        &self,
        map: impl Fn(&K, V) -> Result<V2, E> + Send + Sync + 'static,
    ) -> KTable<K, V2> {
        let serdes = CarriedSerdes { key: self.serdes.key.clone(), value: ValueSerde::own() };
        let map: Map<K, V, V2> = Arc::new(move |key, value| map(key, value).map(Some).map_err(Into::into));
        self.derive("KTABLE-MAPVALUES-", serdes, Rows::All, map)
    }

    /// A table of the results of `map` that are not `None`.
    pub(super) fn derive<V2: Element>(
        &self,
        prefix: &str,
        serdes: CarriedSerdes<K, V2>,
        rows: Rows,
        map: Map<K, V, V2>,
    ) -> KTable<K, V2> {
        let graph = &self.graph;
        let parent = Arc::clone(&self.view);
        let derived = GraphTable { derived_from: vec![self.id], ..GraphTable::default() };
        let table = KTable::add(graph, graph.generate(prefix), self.node, derived, serdes, |id| {
            (derived_factory(id, rows, Arc::clone(&map)), derived_view(id, parent, map))
        });
        if rows == Rows::LeftOut {
            graph.demand(Demand::OldValues { by: table.id });
        }
        table
    }
}

fn derived_factory<K: Element, V: Element, V2: Element>(table: TableId, rows: Rows, map: Map<K, V, V2>) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let from_versioned = blueprint.table(table).from_versioned;
        let output = Output::of(table, blueprint)?;
        Ok(Built::new::<K, Change<V>>(MapRows { map: Arc::clone(&map), rows, from_versioned, output }))
    })
}

/// Looks up rows in the store of the derived table, or computes them from those of the parent.
fn derived_view<K: Element, V: Element, V2: Element>(
    table: TableId,
    parent: ViewFactory<K, V>,
    map: Map<K, V, V2>,
) -> ViewFactory<K, V2> {
    Arc::new(move |tables: &[Table]| match tables[table.0].rows::<Arc<dyn RowStore<K, V2>>>() {
        Some(rows) => rows,
        None => Arc::new(DerivedView { parent: parent(tables), map: Arc::clone(&map) }),
    })
}

impl<K: Data, V: Data> KTable<K, V> {
    /// Keeps the rows of this table of a `filter`, a `map_values` or a join in a store, so that they can be queried, and looked up without
    /// being computed again.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let prices = builder.table::<String, f64>("prices", "prices");
    /// prices.map_values(|_item, price| price * 1.19).materialized("gross-prices");
    /// ```
    #[must_use]
    pub fn materialized(self, materialized: impl Into<Materialized<K, V>>) -> Self {
        let plan = StorePlan::of_table(&self.graph, materialized.into(), "KTABLE-", &self.serdes);
        let name = plan.name().to_owned();
        let (store, rows) = plan.add_rows(&self.graph);
        if !self.graph.give_store(self.id, store, Some(rows.untyped)) {
            self.graph.fail(TopologyError::Invalid {
                what: format!("the store `{name}` of `{}`", self.graph.name(self.node)),
                reason: "this table has a store already; name that one where the table is made".to_owned(),
            });
        }
        self
    }
}

struct MapRows<K, V, V2> {
    map: Map<K, V, V2>,
    rows: Rows,
    /// Whether the parent is a versioned table.
    from_versioned: bool,
    output: Output<K, V2>,
}

impl<K: Element, V: Element, V2: Element> Node<K, Change<V>> for MapRows<K, V, V2> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, Change<V>>) {
        let Record { key, value: Change { old, new, is_latest }, timestamp, headers } = record;
        let mut is_before_known = self.output.old_values.are_sent();
        let old = self.output.row_before(context, &key, || {
            // A previous row that could not be mapped was reported as a failure then. The row that was computed from the
            // one before it is still there.
            let mapped = caught(|| old.map(|old| (self.map)(&key, old)).transpose());
            let mapped = mapped.ok().and_then(Result::ok);
            is_before_known &= mapped.is_some();
            mapped.flatten().flatten()
        });
        let value = match new.map(|new| (self.map)(&key, new)).transpose() {
            Ok(value) => value.flatten(),
            Err(error) => return context.fail_processing(&self.output.name, error),
        };
        // The row before is the latest one, which says nothing about the version before an older one.
        let drops_nothing = self.rows == Rows::LeftOut && !self.from_versioned && is_before_known;
        if drops_nothing && old.is_none() && value.is_none() {
            return;
        }
        let value = Change { old, new: value, is_latest };
        self.output.change_version(context, Record { key, value, timestamp, headers });
    }

    fn flush(&mut self, context: &mut Context<'_>, rows_max: usize) {
        self.output.flush(context, rows_max);
    }
}

struct DerivedView<K, V, V2> {
    parent: Arc<dyn TableView<K, V>>,
    map: Map<K, V, V2>,
}

impl<K, V: Clone, V2> DerivedView<K, V, V2> {
    fn look_mapped(&self, key: &K, row: Option<ValueAndTimestamp<&V>>, look: &mut Look<'_, V2>) {
        // A row that cannot be mapped was reported as a failure, and does not exist.
        let mapped = row.and_then(|row| Some(((self.map)(key, row.value.clone()).ok()??, row.timestamp)));
        look(mapped.as_ref().map(|(value, timestamp)| ValueAndTimestamp { value, timestamp: *timestamp }));
    }
}

impl<K: Element, V: Element, V2: Element> TableView<K, V2> for DerivedView<K, V, V2> {
    fn look_up(&self, context: &mut Context<'_>, node: &str, key: &K, look: &mut Look<'_, V2>) {
        self.parent.look_up(context, node, key, &mut |row| self.look_mapped(key, row, look));
    }

    fn look_up_as_of(&self, context: &mut Context<'_>, node: &str, key: &K, time: Timestamp, look: &mut Look<'_, V2>) {
        self.parent.look_up_as_of(context, node, key, time, &mut |row| self.look_mapped(key, row, look));
    }

    fn prefetch(&self, context: &mut Context<'_>, keys: &[&K], from: PrefetchFrom) {
        self.parent.prefetch(context, keys, from);
    }
}
