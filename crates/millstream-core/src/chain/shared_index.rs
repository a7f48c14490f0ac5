//! The place of a node that others than a single parent can reach.

/// The place of a shared node in its chain's arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SharedIndex(pub(crate) usize);
