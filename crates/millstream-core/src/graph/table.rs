//! Tables of the logical graph, and what declarations demand of them.

use millstream_state::StoreIndex;

use super::node::GraphId;
use crate::topology::{AnyRows, OldValues, TableId};

/// A table as it was declared, and what passes have settled about it.
#[derive(Default)]
pub(crate) struct GraphTable {
    /// The operator that makes its rows.
    pub(crate) node: Option<GraphId>,
    /// The table that its rows are computed from; `None` where a table begins.
    pub(crate) derived_from: Option<TableId>,
    /// The store that is declared for it, whether it is kept or not.
    pub(crate) store: Option<StoreIndex>,
    pub(crate) rows: Option<AnyRows>,
    /// Set by [`materialise`](super::passes::materialise): since which demand its rows are kept in its store.
    pub(crate) kept_since: Option<usize>,
    /// Set by [`old_values`](super::passes::old_values).
    pub(crate) old_values: OldValues,
}

/// What a declaration demands of a table. The order matters: an operator gets the rows before only if a store
/// that has them was declared before the operator was declared, as in Kafka Streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// The table is kept in its store.
    Store { table: TableId },
    /// `by` looks up rows of the table.
    Rows { table: TableId, by: GraphId },
    /// The table's operator uses the rows before of the table it derives from, if a store has them.
    OldValues { by: TableId },
}
