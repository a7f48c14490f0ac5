//! The rows of a materialised table: writes, look-ups, and forwarding of dirty rows.

use std::sync::Arc;

use millstream_state::{KeyValueStore, PrefetchFrom, StoreIndex, ValueAndTimestamp};
use millstream_types::Data;

use super::store_plan::forward_dirty;
use super::view::{Look, TableView, ViewFactory};
use crate::chain::{Context, Downstream, SkipReason, in_store};
use crate::record::{Change, Element, Record};
use crate::topology::{AnyRows, Blueprint, OldValues, Table, TableId, TopologyError};

/// The store of a table for its operator. It is a trait, since only materialised tables need keys and values that can be
/// stored.
pub(crate) trait RowStore<K, V>: TableView<K, V> {
    /// Writes a row. Returns `None` if the store failed.
    fn put(&self, context: &mut Context<'_>, node: &str, row: &Record<K, Option<V>>) -> Option<Written>;

    /// Logs and forwards up to `rows_max` dirty rows.
    fn forward_dirty(
        &self,
        context: &mut Context<'_>,
        node: &str,
        rows_max: usize,
        children: &mut Downstream<K, Change<V>>,
    );
}

/// What a store did with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is the row of its key now.
    Latest,
    /// It is older than the row of its key, and part of its history.
    OutOfOrder,
    /// It is too old.
    Refused,
}

/// `rows` without types, for the graph. [`Output::of`] casts them back.
pub(in crate::dsl) fn untyped<K: 'static, V: 'static>(rows: impl RowStore<K, V> + 'static) -> AnyRows {
    let rows: Arc<dyn RowStore<K, V>> = Arc::new(rows);
    Arc::new(rows)
}

/// The rows of a key-value store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyValueRows {
    pub(crate) index: StoreIndex,
}

impl<K: Data, V: Data> RowStore<K, V> for KeyValueRows {
    fn put(&self, context: &mut Context<'_>, node: &str, row: &Record<K, Option<V>>) -> Option<Written> {
        let write = context.write_context(row.timestamp, &row.headers);
        let value = row.value.clone().map(|value| ValueAndTimestamp::new(value, row.timestamp));
        let Some((store, log)) = context.store::<KeyValueStore<K, V>>(self.index) else {
            context.fail_topology(node, "the table's store is not open in this task");
            return None;
        };
        let result = in_store(|| store.put(&row.key, value, &write, log));
        context.check(node, result).map(|()| Written::Latest)
    }

    fn forward_dirty(
        &self,
        context: &mut Context<'_>,
        node: &str,
        rows_max: usize,
        children: &mut Downstream<K, Change<V>>,
    ) {
        forward_dirty(context, node, self.index, rows_max, children);
    }
}

impl<K: Data, V: Data> TableView<K, V> for KeyValueRows {
    fn look_up(&self, context: &mut Context<'_>, node: &str, key: &K, look: &mut Look<'_, V>) {
        let found = match context.store::<KeyValueStore<K, V>>(self.index) {
            Some((store, _)) => store.get(key).map(|row| look(row.map(borrowed))),
            None => return context.fail_topology(node, "the table's store is not open in this task"),
        };
        context.check(node, found);
    }

    fn prefetch(&self, context: &mut Context<'_>, keys: &[&K], from: PrefetchFrom) {
        if let Some((store, _)) = context.store::<KeyValueStore<K, V>>(self.index) {
            store.prefetch(keys.iter().copied(), from);
        }
    }
}

/// A row of a store, for a look-up.
pub(in crate::dsl) fn borrowed<V>(row: &ValueAndTimestamp<V>) -> ValueAndTimestamp<&V> {
    ValueAndTimestamp { value: &row.value, timestamp: row.timestamp }
}

/// The view of a table whose rows only its store has. A topology in which they are looked up without one is not built.
pub(super) fn kept_view<K: Element, V: Element>(table: TableId) -> ViewFactory<K, V> {
    Arc::new(move |tables: &[Table]| match tables[table.0].rows::<Arc<dyn RowStore<K, V>>>() {
        Some(rows) => rows,
        None => Arc::new(NotKept),
    })
}

struct NotKept;

impl<K, V> TableView<K, V> for NotKept {
    fn look_up(&self, context: &mut Context<'_>, node: &str, _key: &K, _look: &mut Look<'_, V>) {
        context
            .fail_topology(node, "the rows of a table that is not kept in a store were looked up; please report this");
    }

    fn prefetch(&self, _context: &mut Context<'_>, _keys: &[&K], _from: PrefetchFrom) {}
}

/// The output of a table operator: its store, if it has one, and its children.
pub(super) struct Output<K, V> {
    pub(super) name: Arc<str>,
    rows: Option<Arc<dyn RowStore<K, V>>>,
    caching: bool,
    /// Whether changes have the previous row.
    pub(super) old_values: OldValues,
    children: Downstream<K, Change<V>>,
}

impl<K: Element, V: Element> Output<K, V> {
    /// The output of the operator that computes the rows of `table`.
    pub(super) fn of(table: TableId, blueprint: Blueprint<'_>) -> Result<Self, TopologyError> {
        let settled = blueprint.table(table);
        Ok(Self {
            name: blueprint.name(),
            rows: settled.rows::<Arc<dyn RowStore<K, V>>>(),
            caching: settled.store.is_some_and(|store| blueprint.is_caching(store)),
            old_values: settled.old_values,
            children: blueprint.downstream()?,
        })
    }

    /// The previous row of `key`, if it is needed: from the store of the table or, without one, `derived` from the incoming
    /// change.
    pub(super) fn row_before(
        &self,
        context: &mut Context<'_>,
        key: &K,
        derived: impl FnOnce() -> Option<V>,
    ) -> Option<V> {
        if !self.old_values.are_sent() {
            return None;
        }
        let Some(rows) = &self.rows else { return derived() };
        let mut row = None;
        rows.look_up(context, &self.name, key, &mut |found| row = found.map(|found| found.value.clone()));
        row
    }

    /// Handles the change of a row from `old` to the value of the record.
    pub(super) fn change(&mut self, context: &mut Context<'_>, old: Option<V>, row: Record<K, Option<V>>) {
        self.change_version(context, row.map_value(|new| Change { old, new, is_latest: true }));
    }

    /// Handles a change that may be older than the row of its key. If there is a store, it decides that.
    pub(super) fn change_version(&mut self, context: &mut Context<'_>, record: Record<K, Change<V>>) {
        let Some(rows) = &self.rows else { return self.children.forward(context, record) };
        let Change { old, new, .. } = record.value;
        let row = Record { key: record.key, value: new, timestamp: record.timestamp, headers: record.headers };
        let is_latest = match rows.put(context, &self.name, &row) {
            Some(Written::Latest) => true,
            Some(Written::OutOfOrder) => false,
            Some(Written::Refused) => return context.skip(&self.name, SkipReason::TooOld),
            None => return,
        };
        if !self.caching {
            self.children.forward(context, row.map_value(|new| Change { old, new, is_latest }));
        }
    }

    /// Prefetches the rows of these keys, if there is a store. Rows that are only replaced are not read from the engine.
    pub(super) fn prefetch(&self, context: &mut Context<'_>, keys: &[&K], from: PrefetchFrom) {
        if let Some(rows) = &self.rows {
            rows.prefetch(context, keys, if self.old_values.are_sent() { from } else { PrefetchFrom::Memory });
        }
    }

    pub(super) fn flush(&mut self, context: &mut Context<'_>, rows_max: usize) {
        if let Some(rows) = &self.rows {
            rows.forward_dirty(context, &self.name, rows_max, &mut self.children);
        }
    }
}
