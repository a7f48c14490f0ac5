//! Tables of the logical graph, and the demands of declarations.

use std::time::Duration;

use millstream_state::StoreIndex;

use super::node::GraphId;
use crate::topology::{AnyRows, OldValues, SourceChangelog, TableId};

/// A declared table, with what passes have determined.
#[derive(Default)]
pub(crate) struct GraphTable {
    /// The operator that computes its rows.
    pub(crate) node: Option<GraphId>,
    /// The operators that write its store, where the one above only passes their changes on.
    pub(crate) writers: Vec<GraphId>,
    /// The tables from which its rows are computed: none, one, or the two sides of a join.
    pub(crate) derived_from: Vec<TableId>,
    /// The declared store, whether it is kept or not.
    pub(crate) store: Option<StoreIndex>,
    pub(crate) rows: Option<AnyRows>,
    /// The buffer of changes that wait, whose prior values are part of its rows.
    pub(crate) buffer: Option<StoreIndex>,
    /// Set by [`versions`](super::passes::versions): whether its changes may be older than the row of their key.
    pub(crate) is_versioned: bool,
    /// Set by [`versions`](super::passes::versions): the same of a table from which it is computed.
    pub(crate) from_versioned: bool,
    /// The topic from which its store can be restored, if it is read from one topic.
    pub(crate) source: Option<SourceChangelog>,
    /// How long its windows take late records, if its operator defines windows.
    pub(crate) grace: Option<Duration>,
    /// Set while the store is one of a generated name that a declared one replaces: the index that the name has used up.
    pub(crate) default_store: Option<usize>,
    /// Set by [`materialise`](super::passes::materialise): the first demand for its store.
    pub(crate) kept_since: Option<usize>,
    /// Set by [`old_values`](super::passes::old_values).
    pub(crate) old_values: OldValues,
}

/// A demand of a declaration on a table. The order matters: as in Kafka Streams, an operator gets previous rows only if a store
/// with them was declared before the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// The table is kept in its store.
    Store { table: TableId },
    /// `by` looks up rows of the table.
    Rows { table: TableId, by: GraphId },
    /// The operator of the table uses the previous rows of its parent, if a store has them.
    OldValues { by: TableId },
    /// An operator cannot do without the previous rows of the table, so a store has to have them.
    PreviousRows { table: TableId },
}
