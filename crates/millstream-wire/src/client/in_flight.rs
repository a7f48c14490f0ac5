//! Counts calls for tests: the time of a test stands still while a broker that responds has not responded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The calls of one connection: how many have begun, and how many of them have ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter(Arc<[AtomicUsize; 2]>);

impl Counter {
    /// Begins a call, which ends when the guard is dropped.
    pub(super) fn begin(&self) -> Guard {
        self.0[0].fetch_add(1, Ordering::SeqCst);
        Guard(self.clone())
    }

    pub(crate) fn begun(&self) -> usize {
        self.0[0].load(Ordering::SeqCst)
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.begun() > self.0[1].load(Ordering::SeqCst)
    }
}

/// A call that has not ended.
pub(super) struct Guard(Counter);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0[1].fetch_add(1, Ordering::SeqCst);
    }
}
