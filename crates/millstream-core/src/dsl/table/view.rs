//! How an operator looks up a table's row: in the table's store, or through the store of the table it comes from.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use millstream_state::StoreIndex;
use millstream_types::Data;

use super::rows::KeyValueRows;
use crate::chain::Context;

/// A way to look rows of a table up.
pub(crate) trait TableView<K, V>: Send + Sync {
    /// Shows the row of `key`, or that there is none, to `look`; not at all if a store failed.
    fn look_up(&self, context: &mut Context<'_>, node: &str, key: &K, look: &mut dyn FnMut(Option<&V>));

    /// Brings the rows of keys that come soon near the processor.
    fn touch(&self, context: &mut Context<'_>, keys: &[&K]);

    /// Makes sure there is a store to look in, and says which; called while the topology is declared.
    fn require(&self) -> StoreIndex;

    /// Has the table's changes carry the row before, if a store here or above knows it by now; says whether one does.
    /// Called while the topology is declared.
    fn send_old_values(&self) -> bool;
}

/// Whether a table's changes carry the row before: settled while the topology is declared, read when a task is built.
#[derive(Clone, Default)]
pub(crate) struct OldValues(Arc<AtomicBool>);

impl OldValues {
    pub(crate) fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn are_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A source table's own store, kept only if it is named or somebody needs it.
#[derive(Clone)]
pub(super) struct LazyRows {
    pub(super) rows: KeyValueRows,
    needed: Arc<AtomicBool>,
}

impl LazyRows {
    pub(super) fn new(index: StoreIndex, needed: bool) -> Self {
        Self { rows: KeyValueRows::new(index), needed: Arc::new(AtomicBool::new(needed)) }
    }

    pub(super) fn is_needed(&self) -> bool {
        self.needed.load(Ordering::Relaxed)
    }
}

impl<K: Data, V: Data> TableView<K, V> for LazyRows {
    fn look_up(&self, context: &mut Context<'_>, node: &str, key: &K, look: &mut dyn FnMut(Option<&V>)) {
        self.rows.look_up(context, node, key, look);
    }

    fn touch(&self, context: &mut Context<'_>, keys: &[&K]) {
        TableView::<K, V>::touch(&self.rows, context, keys);
    }

    fn require(&self) -> StoreIndex {
        self.needed.store(true, Ordering::Relaxed);
        self.rows.index
    }

    fn send_old_values(&self) -> bool {
        if self.is_needed() {
            self.rows.old_values.ask();
        }
        self.is_needed()
    }
}
