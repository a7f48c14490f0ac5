//! Look-ups of joined rows: in the store of the join, or computed from the rows of both sides.

use std::sync::Arc;

use millstream_state::{PrefetchFrom, ValueAndTimestamp};

use super::side::Join;
use crate::chain::Context;
use crate::dsl::table::rows::RowStore;
use crate::dsl::table::view::{Look, TableView, ViewFactory};
use crate::graph::WithoutRow;
use crate::record::Element;
use crate::topology::{Table, TableId};

/// The view of the join that computes the rows of `table`. `without_left` says whether there can be a row without one of the
/// left side.
pub(super) fn join_view<K: Element, V: Element, T: Element, R: Element>(
    table: TableId,
    left: ViewFactory<K, V>,
    right: ViewFactory<K, T>,
    without_left: WithoutRow,
    join: Join<K, V, T, R>,
) -> ViewFactory<K, R> {
    Arc::new(move |tables: &[Table]| match tables[table.0].rows::<Arc<dyn RowStore<K, R>>>() {
        Some(rows) => rows,
        None => Arc::new(JoinView { left: left(tables), right: right(tables), without_left, join: Arc::clone(&join) }),
    })
}

struct JoinView<K, V, T, R> {
    left: Arc<dyn TableView<K, V>>,
    right: Arc<dyn TableView<K, T>>,
    without_left: WithoutRow,
    join: Join<K, V, T, R>,
}

impl<K: Element, V: Element, T: Element, R: Element> TableView<K, R> for JoinView<K, V, T, R> {
    fn look_up(&self, context: &mut Context<'_>, node: &str, key: &K, look: &mut Look<'_, R>) {
        // The store of one side is let go before that of the other is read.
        let mut left = None;
        self.left.look_up(context, node, key, &mut |row| {
            left = row.map(|row| ValueAndTimestamp { value: row.value.clone(), timestamp: row.timestamp });
        });
        if left.is_none() && self.without_left == WithoutRow::Drop {
            return look(None);
        }
        self.right.look_up(context, node, key, &mut |right| {
            let times = [left.as_ref().map(|left| left.timestamp), right.map(|right| right.timestamp)];
            let timestamp = times.into_iter().flatten().max();
            // A row that cannot be joined was reported as a failure, and does not exist.
            let left = left.as_ref().map(|left| &left.value);
            let joined = (self.join)(key, left, right.map(|right| right.value)).ok().flatten();
            let row = joined.as_ref().zip(timestamp);
            look(row.map(|(value, timestamp)| ValueAndTimestamp { value, timestamp }));
        });
    }

    fn prefetch(&self, context: &mut Context<'_>, keys: &[&K], from: PrefetchFrom) {
        self.left.prefetch(context, keys, from);
        self.right.prefetch(context, keys, from);
    }
}
