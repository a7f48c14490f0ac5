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

    /// Makes sure there is a store to look in, and says which; called while the topology is declared.
    fn require(&self) -> StoreIndex;
}

/// A source table's own store, kept only if it is named or somebody needs it.
#[derive(Clone)]
pub(super) struct LazyRows {
    pub(super) index: StoreIndex,
    needed: Arc<AtomicBool>,
}

impl LazyRows {
    pub(super) fn new(index: StoreIndex, needed: bool) -> Self {
        Self { index, needed: Arc::new(AtomicBool::new(needed)) }
    }

    pub(super) fn is_needed(&self) -> bool {
        self.needed.load(Ordering::Relaxed)
    }
}

impl<K: Data, V: Data> TableView<K, V> for LazyRows {
    fn look_up(&self, context: &mut Context<'_>, node: &str, key: &K, look: &mut dyn FnMut(Option<&V>)) {
        KeyValueRows(self.index).look_up(context, node, key, look);
    }

    fn require(&self) -> StoreIndex {
        self.needed.store(true, Ordering::Relaxed);
        self.index
    }
}
