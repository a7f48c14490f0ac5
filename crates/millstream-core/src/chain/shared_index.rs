//! The index of a shared node.

/// The index of a shared node in the arena of its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SharedIndex(pub(crate) usize);
