//! The clock of the connections' threads.
//!
//! Whatever is polled gets the time as an argument. A thread that waits for a broker has to read a clock.

use std::time::Duration;

use millstream_types::MonotonicTime;

/// A pause after which the process may have been suspended, and its partitions may have new owners. What is not sent because of it
/// is sent again, if they have none.
pub(crate) const SUSPENDED_AFTER: Duration = Duration::from_secs(1);

/// The time now, by the clock that includes the time in which the machine was suspended.
#[expect(clippy::disallowed_methods, reason = "a thread that waits for a broker has no caller to get the time from")]
pub(crate) fn now() -> MonotonicTime {
    millstream_log::monotonic_now()
}
