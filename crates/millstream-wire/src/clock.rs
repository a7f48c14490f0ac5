//! The clock of the connections' threads.
//!
//! Whatever is polled gets the time as an argument. A thread that waits for a broker has to read a clock.

use millstream_types::MonotonicTime;

/// The time now, by the clock that includes the time in which the machine was suspended.
#[expect(clippy::disallowed_methods, reason = "a thread that waits for a broker has no caller to get the time from")]
pub(crate) fn now() -> MonotonicTime {
    millstream_log::monotonic_now()
}
