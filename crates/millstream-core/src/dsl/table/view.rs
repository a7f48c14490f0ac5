//! How an operator looks up a table's row: in the table's store, or through the store of the table it comes from.

use std::sync::Arc;

use crate::chain::Context;
use crate::topology::Table;

/// A way to look rows of a table up.
pub(crate) trait TableView<K, V>: Send + Sync {
    /// Shows the row of `key`, or that there is none, to `look`; not at all if a store failed.
    fn look_up(&self, context: &mut Context<'_>, node: &str, key: &K, look: &mut dyn FnMut(Option<&V>));

    /// Prefetches the rows of these keys.
    fn prefetch(&self, context: &mut Context<'_>, keys: &[&K]);
}

/// Makes the view of a table, once it is settled which tables are kept in stores.
pub(crate) type ViewFactory<K, V> = Arc<dyn Fn(&[Table]) -> Arc<dyn TableView<K, V>> + Send + Sync>;
