//! Inner, left and outer joins of streams.

use crate::graph::WithoutRow;

/// The kind of a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JoinKind {
    Inner,
    Left,
    Outer,
}

impl JoinKind {
    /// What becomes of records of the left stream without a match.
    pub(super) fn left(self) -> WithoutRow {
        if self == Self::Inner { WithoutRow::Drop } else { WithoutRow::Keep }
    }

    /// What becomes of records of the right stream without a match.
    pub(super) fn right(self) -> WithoutRow {
        if self == Self::Outer { WithoutRow::Keep } else { WithoutRow::Drop }
    }
}
