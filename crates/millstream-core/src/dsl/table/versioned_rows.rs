//! The rows of a table that is kept in a versioned store.

use millstream_state::{PrefetchFrom, PutVersion, StoreIndex, ValueAndTimestamp, VersionedRecord, VersionedStore};
use millstream_types::{Data, Timestamp};

use super::rows::{RowStore, Written};
use super::view::{Look, TableView};
use crate::chain::{Context, Downstream, in_store};
use crate::record::{Change, Record};

/// The error of a store that is not open.
const NOT_OPEN: &str = "the table's versioned store is not open in this task";

/// The rows of a versioned store: the latest ones, and those as of a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VersionedRows {
    pub(crate) index: StoreIndex,
}

impl<K: Data, V: Data> RowStore<K, V> for VersionedRows {
    fn put(&self, context: &mut Context<'_>, node: &str, row: &Record<K, Option<V>>) -> Option<Written> {
        let Some((store, log)) = context.store::<VersionedStore<K, V>>(self.index) else {
            context.fail_topology(node, NOT_OPEN);
            return None;
        };
        let result = in_store(|| store.put(&row.key, row.value.clone(), row.timestamp, log));
        Some(match context.check(node, result)? {
            PutVersion::Latest => Written::Latest,
            PutVersion::Until(_) => Written::OutOfOrder,
            PutVersion::Expired => Written::Refused,
        })
    }

    /// A versioned store has no cache.
    fn forward_dirty(&self, _: &mut Context<'_>, _: &str, _: usize, _: &mut Downstream<K, Change<V>>) {}
}

impl<K: Data, V: Data> TableView<K, V> for VersionedRows {
    fn look_up(&self, context: &mut Context<'_>, node: &str, key: &K, look: &mut Look<'_, V>) {
        let found = match context.store::<VersionedStore<K, V>>(self.index) {
            Some((store, _)) => store.get(key).map(|version| look(version.map(borrowed))),
            None => return context.fail_topology(node, NOT_OPEN),
        };
        context.check(node, found);
    }

    fn look_up_as_of(&self, context: &mut Context<'_>, node: &str, key: &K, time: Timestamp, look: &mut Look<'_, V>) {
        let found = match context.store::<VersionedStore<K, V>>(self.index) {
            Some((store, _)) => store.get_as_of(key, time).map(|version| look(version.map(borrowed))),
            None => return context.fail_topology(node, NOT_OPEN),
        };
        context.check(node, found);
    }

    fn prefetch(&self, context: &mut Context<'_>, keys: &[&K], from: PrefetchFrom) {
        if let Some((store, _)) = context.store::<VersionedStore<K, V>>(self.index) {
            store.prefetch(keys.iter().copied(), from);
        }
    }
}

fn borrowed<V>(version: VersionedRecord<&V>) -> ValueAndTimestamp<&V> {
    ValueAndTimestamp { value: version.value, timestamp: version.timestamp }
}
