//! What the graph's passes decide for each table, before its operators are built.

use std::any::Any;
use std::sync::Arc;

use millstream_state::StoreIndex;

/// The index of a table in the topology's list of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TableId(pub(crate) usize);

/// Whether the changes of a table contain the old value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OldValues {
    Sent,
    #[default]
    NotSent,
}

impl OldValues {
    pub(crate) fn are_sent(self) -> bool {
        self == Self::Sent
    }
}

/// How rows of a table are read and written, without its types.
pub(crate) type AnyRows = Arc<dyn Any + Send + Sync>;

/// A table, for its own operators and for those that look up its rows.
#[derive(Clone, Default)]
pub(crate) struct Table {
    /// The store of the table; `None` if it is not materialized.
    pub(crate) store: Option<StoreIndex>,
    /// Whether its changes contain the old value.
    pub(crate) old_values: OldValues,
    /// Whether the changes of a table from which it is computed may be older than the row of their key.
    pub(crate) from_versioned: bool,
    /// How rows of its store are read and written; `None` if it is not materialized.
    pub(crate) rows: Option<AnyRows>,
}

impl Table {
    /// How rows of its store are read and written, as the type that was set.
    pub(crate) fn rows<R: Clone + 'static>(&self) -> Option<R> {
        self.rows.as_ref().and_then(|rows| rows.downcast_ref::<R>()).cloned()
    }
}
