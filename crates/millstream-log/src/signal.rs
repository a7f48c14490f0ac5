//! A signal that wakes a waiting thread.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A flag that one thread waits for and others raise. Clones share the flag.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_log::Signal;
///
/// let signal = Signal::new();
/// signal.raise();
/// assert!(signal.wait(Duration::ZERO)); // raised before the wait: not missed
/// assert!(!signal.wait(Duration::ZERO)); // a wait takes the flag down
/// ```
#[derive(Clone, Debug, Default)]
pub struct Signal(Arc<(Mutex<bool>, Condvar)>);

impl Signal {
    /// A flag that is not raised.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises the flag and wakes the waiting thread.
    pub fn raise(&self) {
        let (flag, condvar) = &*self.0;
        let was_raised = std::mem::replace(&mut *flag.lock().unwrap_or_else(PoisonError::into_inner), true);
        // Without the lock: otherwise the thread that wakes up would wait for it at once, and have to be woken again.
        if !was_raised {
            condvar.notify_all();
        }
    }

    /// Blocks until the flag is raised or `timeout` has passed, and clears the flag. Returns whether it was raised.
    pub fn wait(&self, timeout: Duration) -> bool {
        let (flag, condvar) = &*self.0;
        let flag = flag.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut flag, _) =
            condvar.wait_timeout_while(flag, timeout, |raised| !*raised).unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *flag)
    }
}
