//! The identity of a builder, by which handles of its stores are told from those of others.

use std::sync::atomic::{AtomicU64, Ordering};

/// Identifies a builder in this process. A handle of another builder would otherwise be one of the store with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BuilderId(u64);

/// One that no other builder has.
impl Default for BuilderId {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}
