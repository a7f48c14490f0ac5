//! The system's monotonic clock, which includes the time in which the machine was suspended.

use std::time::Duration;

use millstream_types::MonotonicTime;

/// The time by the system's monotonic clock. It never goes back, and includes the time in which the process was stopped or the
/// machine suspended.
///
/// Whatever is polled gets the time from its caller. This is for the callers: the clock of an application, and threads that
/// wait for a broker.
///
/// # Examples
/// ```
/// let before = millstream_log::monotonic_now();
/// assert!(millstream_log::monotonic_now() >= before);
/// ```
#[must_use]
pub fn monotonic_now() -> MonotonicTime {
    MonotonicTime::after_start(since_start())
}

/// Since the system's start. `Instant` does not include suspension on Linux and macOS.
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's monotonic clock")]
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
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's monotonic clock")]
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
        let (before, now, after) = (boot_time(), super::monotonic_now(), boot_time());
        assert!(before <= now && now <= after, "{before}, {now}, {after}");
    }
}
