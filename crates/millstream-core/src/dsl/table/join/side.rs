//! The node for the changes of one side: it looks up the row of the other side, and joins the new row with it and the
//! previous one.

use std::sync::Arc;

use millstream_state::ValueAndTimestamp;
use millstream_types::Timestamp;

use crate::chain::{BoxError, Context, Downstream, Node, SkipReason, caught};
use crate::dsl::table::view::{TableView, ViewFactory};
use crate::graph::WithoutRow;
use crate::record::{Change, Element, Record};
use crate::topology::{Blueprint, BuildNode, Built, OldValues, TableId};

/// A joiner: a function of a key and the rows of this and of the other side. `None` means that there is no joined row.
pub(super) type Join<K, V, T, R> = Arc<dyn Fn(&K, Option<&V>, Option<&T>) -> Result<Option<R>, BoxError> + Send + Sync>;

/// Builds the node for a side of the join that computes the rows of `table`; `other` is the view of the other side.
pub(super) fn side_factory<K: Element, V: Element, T: Element, R: Element>(
    table: TableId,
    other: ViewFactory<K, T>,
    without_row: WithoutRow,
    join: Join<K, V, T, R>,
) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let (name, other, join) = (blueprint.name(), other(blueprint.tables()), Arc::clone(&join));
        let old_values = blueprint.table(table).old_values;
        let children = blueprint.downstream()?;
        Ok(Built::new::<K, Change<V>>(Side { name, other, join, without_row, old_values, children }))
    })
}

struct Side<K, V, T, R> {
    name: Arc<str>,
    other: Arc<dyn TableView<K, T>>,
    join: Join<K, V, T, R>,
    /// What comes of a change whose key has no row on the other side.
    without_row: WithoutRow,
    old_values: OldValues,
    children: Downstream<K, Change<R>>,
}

impl<K: Element, V: Element, T: Element, R: Element> Side<K, V, T, R> {
    /// The change of the joined row, and the time of the other side's row; `None` if there is nothing to forward.
    fn joined(
        &self,
        key: &K,
        change: &Change<V>,
        row: Option<ValueAndTimestamp<&T>>,
    ) -> Result<Option<(Change<R>, Timestamp)>, BoxError> {
        let is_empty = self.without_row == WithoutRow::Drop || (change.old.is_none() && change.new.is_none());
        if row.is_none() && is_empty {
            return Ok(None);
        }
        let (value, timestamp) = row.map_or((None, Timestamp::UNKNOWN), |row| (Some(row.value), row.timestamp));
        let new = (self.join)(key, change.new.as_ref(), value)?;
        Ok(Some((Change { old: self.joined_before(key, change, value), new, is_latest: true }, timestamp)))
    }

    /// The previous joined row, if it is needed. As in Kafka Streams it is computed with the present row of the other side. One that
    /// could not be joined was reported as a failure then.
    fn joined_before(&self, key: &K, change: &Change<V>, row: Option<&T>) -> Option<R> {
        if !self.old_values.are_sent() {
            return None;
        }
        caught(|| (self.join)(key, change.old.as_ref(), row)).ok()?.ok()?
    }
}

impl<K: Element, V: Element, T: Element, R: Element> Node<K, Change<V>> for Side<K, V, T, R> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, Change<V>>) {
        let Record { key, value: change, timestamp, headers } = record;
        if !change.is_latest {
            return context.skip(&self.name, SkipReason::OutOfOrder);
        }
        let mut joined = Ok(None);
        let look = &mut |row: Option<ValueAndTimestamp<&T>>| joined = self.joined(&key, &change, row);
        self.other.look_up(context, &self.name, &key, look);
        match joined {
            Ok(Some((value, of_other))) => {
                let timestamp = timestamp.max(of_other);
                self.children.forward(context, Record { key, value, timestamp, headers });
            }
            Ok(None) => {}
            Err(error) => self.children.fail(context, error),
        }
    }
}
