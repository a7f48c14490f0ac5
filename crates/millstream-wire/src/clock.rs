//! The clock of the connections' threads: monotonic, and including the time in which the machine was suspended.
//!
//! Whatever is polled gets the time as an argument. A thread that waits for a broker has to read a clock.

use std::time::Duration;

use millstream_types::MonotonicTime;

/// The time now.
pub(crate) fn now() -> MonotonicTime {
    MonotonicTime::after_start(since_start())
}

/// The time since the system's start. `Instant` does not include suspension on Linux and macOS.
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

/// The time since the clock was first read.
#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "a thread that waits for a broker has no caller to get the time from")]
fn since_start() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    /// Until the machine is suspended for the first time, `Instant` shows the same; so the test compares with the system's
    /// own clock.
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
