//! The operator of a join with a table.

use std::sync::Arc;

use millstream_state::ValueAndTimestamp;
use millstream_types::Nullable;

use crate::chain::{BoxError, Context, Downstream, NextKeys, Node, SkipReason};
use crate::dsl::table::{TableView, ViewFactory};
use crate::graph::WithoutRow;
use crate::record::{Element, Record};
use crate::topology::{Blueprint, TopologyError};

pub(super) fn join_factory<K: Nullable, V: Nullable, T: Element, V2: Element>(
    view: ViewFactory<K::Present, T>,
    without_row: WithoutRow,
    join: Join<K, V::Present, T, V2>,
) -> Build<K, V, T, V2> {
    Box::new(move |blueprint: Blueprint<'_>| {
        let (name, view, join) = (blueprint.name(), view(blueprint.tables()), Arc::clone(&join));
        let children = blueprint.downstream()?;
        Ok(JoinTable::<K, V, T, V2> { name, view, join, without_row, children })
    })
}

/// Builds the operator for one task.
pub(super) type Build<K, V, T, V2> =
    Box<dyn Fn(Blueprint<'_>) -> Result<JoinTable<K, V, T, V2>, TopologyError> + Send + Sync>;

/// A joiner: a function of a key, a value, and the row of the table, if there is one.
pub(super) type Join<K, V, T, V2> = Arc<dyn Fn(&K, V, Option<&T>) -> Result<Option<V2>, BoxError> + Send + Sync>;

pub(super) struct JoinTable<K: Nullable, V: Nullable, T, V2> {
    pub(super) name: Arc<str>,
    view: Arc<dyn TableView<K::Present, T>>,
    join: Join<K, V::Present, T, V2>,
    pub(super) without_row: WithoutRow,
    children: Downstream<K, V2>,
}

impl<K: Nullable, V: Nullable, T: Element, V2: Element> Node<K, V> for JoinTable<K, V, T, V2> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Record { key, value, timestamp, headers } = record;
        let Some(value) = value.into_present() else {
            return context.skip(&self.name, SkipReason::NullValue);
        };
        let (mut value, mut joined) = (Some(value), Ok(None));
        let mut look = |row: Option<&T>| {
            if let Some(value) = value.take() {
                joined = (self.join)(&key, value, row);
            }
        };
        match key.present() {
            Some(present) => {
                let look = &mut |row: Option<ValueAndTimestamp<&T>>| look(row.map(|row| row.value));
                self.view.look_up_as_of(context, &self.name, present, timestamp, look);
            }
            None if self.without_row == WithoutRow::Keep => look(None),
            None => return context.skip(&self.name, SkipReason::NullKey),
        }
        match joined {
            Ok(Some(value)) => self.children.forward(context, Record { key, value, timestamp, headers }),
            Ok(None) => {}
            Err(error) => self.children.fail(context, error),
        }
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, K>) {
        let keys: Vec<_> = next_keys.keys.iter().filter_map(|next| next.key.present()).collect();
        self.view.prefetch(context, &keys, next_keys.from);
    }
}
