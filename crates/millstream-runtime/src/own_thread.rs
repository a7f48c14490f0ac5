//! Which application a thread works for, so that no thread waits for itself.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

thread_local! {
    /// The application whose supervisor or stream thread this is.
    static WORKS_FOR: Cell<Option<ApplicationNumber>> = const { Cell::new(None) };
}

/// Identifies an application within its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ApplicationNumber(u64);

impl ApplicationNumber {
    /// A number that no other application of this process has.
    pub(crate) fn next() -> Self {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        Self(STARTED.fetch_add(1, Ordering::Relaxed))
    }

    /// Marks the current thread as one of this application, until it ends.
    pub(crate) fn mark_current_thread(self) {
        WORKS_FOR.set(Some(self));
    }

    /// Whether the current thread is one of this application. What waits for the application there waits for itself:
    /// listeners, handlers and processors run on such threads.
    pub(crate) fn owns_current_thread(self) -> bool {
        WORKS_FOR.get() == Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "it is about threads")]
    fn a_thread_belongs_to_one_application() {
        let (one, other) = (ApplicationNumber::next(), ApplicationNumber::next());
        let thread = std::thread::spawn(move || {
            one.mark_current_thread();
            (one.owns_current_thread(), other.owns_current_thread())
        });
        assert_eq!(thread.join().ok(), Some((true, false)));
        assert!(!one.owns_current_thread());
    }
}
