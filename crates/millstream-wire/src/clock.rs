//! The clock of the connections' threads: a monotonic one that counts the time in which the machine was suspended.
//!
//! Everything that a caller polls gets the time from its caller. A thread that waits for a broker has to read a clock.

use std::time::Duration;

use millstream_types::MonotonicTime;

/// The time now.
pub(crate) fn now() -> MonotonicTime {
    MonotonicTime::after_start(since_start())
}

/// Since the system's start. `Instant` does not count, on Linux and macOS, how long the system was suspended.
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "a thread that waits for a broker has no caller to get the time from")]
fn since_start() -> Duration {
    use rustix::time::{ClockId, clock_gettime};

    #[cfg(any(target_os = "linux", target_os = "android"))]
    let counts_suspension = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let counts_suspension = ClockId::Monotonic;
    clock_gettime(counts_suspension).try_into().unwrap_or_default()
}

/// Since the first reading of the clock.
#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "a thread that waits for a broker has no caller to get the time from")]
fn since_start() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    /// `Instant` shows the same until the machine is suspended for the first time; the system says which clock is read.
    #[cfg(target_os = "linux")]
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test compares with the system's clock")]
    fn suspension_counts() {
        use std::time::Duration;

        use millstream_types::MonotonicTime;
        use rustix::time::{ClockId, clock_gettime};

        let boot_time = || {
            let since_boot: Duration = clock_gettime(ClockId::Boottime).try_into().expect("not before the start");
            MonotonicTime::after_start(since_boot)
        };
        let (before, now, after) = (boot_time(), super::now(), boot_time());
        assert!(before <= now && now <= after, "{before}, {now}, {after}");
    }
}
