//! Keeps the records of one side of a join for the time that the other side may match them.

use std::sync::Arc;

use millstream_state::{DuplicateWindowStore, StoreIndex, ValueAndTimestamp};
use millstream_types::Nullable;

use crate::chain::{Context, Downstream, Node, SkipReason, in_store};
use crate::record::Record;
use crate::topology::{Blueprint, BuildNode, Built};

/// The factory of the node that keeps the records of one side in `store`.
pub(super) fn window_factory<K: Nullable, V: Nullable>(store: StoreIndex) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let (name, children) = (blueprint.name(), blueprint.downstream()?);
        Ok(Built::new::<K, V>(JoinWindow::<K, V> { name, store, children }))
    })
}

struct JoinWindow<K, V> {
    name: Arc<str>,
    store: StoreIndex,
    children: Downstream<K, V>,
}

impl<K: Nullable, V: Nullable> Node<K, V> for JoinWindow<K, V> {
    /// Joins the record before it keeps it, so that a record does not match itself.
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Some(key) = record.key.present().cloned() else { return self.children.forward(context, record) };
        let (value, time) = (record.value.present().cloned(), record.timestamp);
        let write = context.write_context(time, &record.headers);
        self.children.forward(context, record);
        if context.has_failed() {
            return;
        }
        let Some((store, log)) = context.store::<DuplicateWindowStore<K::Present, V::Present>>(self.store) else {
            return context.fail_topology(&self.name, "its store is not open in this task");
        };
        let value = value.map(|value| ValueAndTimestamp::new(value, time));
        let written = in_store(|| store.put(&key, time, value, &write, log));
        if context.check(&self.name, written).is_some_and(|outcome| outcome.is_expired()) {
            context.skip(&self.name, SkipReason::LateForWindow);
        }
    }
}
