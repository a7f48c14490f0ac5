//! The kinds of a foreign-key join.

/// Which rows of the left table have a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JoinKind {
    /// Those with a row in the right table.
    Inner,
    /// All.
    Left,
}
