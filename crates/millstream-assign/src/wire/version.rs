//! The versions that there are.

/// The newest version of subscriptions and assignments that this crate reads, and the one that it writes.
pub const LATEST_VERSION: u32 = 1;

/// The first version.
pub(super) const FIRST_VERSION: u32 = 1;
