//! Look-ups of rows: in the store of a table, or computed from those of its parent.

use std::sync::Arc;

use millstream_state::{PrefetchFrom, ValueAndTimestamp};
use millstream_types::Timestamp;

use crate::chain::Context;
use crate::topology::Table;

/// What gets the row of a look-up, with its time.
pub(crate) type Look<'a, V> = dyn FnMut(Option<ValueAndTimestamp<&V>>) + 'a;

/// A view of a table, for look-ups.
pub(crate) trait TableView<K, V>: Send + Sync {
    /// Calls `look` with the row of `key`, or with `None`. It is not called if a store failed.
    fn look_up(&self, context: &mut Context<'_>, node: &str, key: &K, look: &mut Look<'_, V>);

    /// [`look_up`](Self::look_up) of the row that was valid at `time`. A table that is not versioned has its latest rows only.
    fn look_up_as_of(&self, context: &mut Context<'_>, node: &str, key: &K, _time: Timestamp, look: &mut Look<'_, V>) {
        self.look_up(context, node, key, look);
    }

    /// Prefetches the rows of these keys.
    fn prefetch(&self, context: &mut Context<'_>, keys: &[&K], from: PrefetchFrom);
}

/// Makes the view of a table, after it is known which tables are kept in stores.
pub(crate) type ViewFactory<K, V> = Arc<dyn Fn(&[Table]) -> Arc<dyn TableView<K, V>> + Send + Sync>;
