//! What is settled of each table before any of its operators is built.

use std::any::Any;
use std::sync::Arc;

use millstream_state::StoreIndex;

/// A table's place in the topology's list of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TableId(pub(crate) usize);

/// Whether a table's changes carry the row before.
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

/// A typed way to a table's rows, without its types.
pub(crate) type AnyRows = Arc<dyn Any + Send + Sync>;

/// A table as its operators and those that look its rows up see it.
#[derive(Clone, Default)]
pub(crate) struct Table {
    /// The store it is kept in; `None` if it is not kept.
    pub(crate) store: Option<StoreIndex>,
    /// Whether its changes carry the row before.
    pub(crate) old_values: OldValues,
    /// How rows of its store are read and written; `None` if it is not kept.
    pub(crate) rows: Option<AnyRows>,
}

impl Table {
    /// How rows of its store are read and written, by the type that was given for them.
    pub(crate) fn rows<R: Clone + 'static>(&self) -> Option<R> {
        self.rows.as_ref().and_then(|rows| rows.downcast_ref::<R>()).cloned()
    }
}
