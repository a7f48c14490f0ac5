//! The application that a thread belongs to, so that no thread waits for itself.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

thread_local! {
    /// The application whose supervisor or stream thread this is.
    static APPLICATION: Cell<Option<ApplicationNumber>> = const { Cell::new(None) };
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
        APPLICATION.set(Some(self));
    }

    /// Whether the current thread belongs to this application. Listeners, handlers and processors run on such threads; a wait
    /// for the application there would never end.
    pub(crate) fn owns_current_thread(self) -> bool {
        APPLICATION.get() == Some(self)
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
