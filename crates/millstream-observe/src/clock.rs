//! Clocks: the system's, and one that a test sets.
//!
//! Only this module reads the system's clock; everything else gets a [`Clock`], or the time.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use millstream_log::monotonic_now;
use millstream_types::Timestamp;
pub use millstream_types::{MonotonicTime, Now};

/// A source of time, shared by all threads of an application.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The wall-clock time, for records and messages. It may jump, also backwards, when the system's clock is set.
    fn now(&self) -> Timestamp;

    /// The monotonic time, for intervals and time-outs. It never goes back, and includes the time in which the process was
    /// stopped or the system suspended.
    fn monotonic(&self) -> MonotonicTime;

    /// Both times, read one after the other.
    fn both(&self) -> Now {
        Now { wall: self.now(), monotonic: self.monotonic() }
    }
}

/// The system's clock. All clocks of this type show the same time.
///
/// # Examples
/// ```
/// use millstream_observe::{Clock, SystemClock};
///
/// let clock = SystemClock::new();
/// let before = clock.monotonic();
/// assert!(clock.now().is_valid());
/// assert!(SystemClock::new().monotonic() >= before);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock(());

impl SystemClock {
    /// The system's clock.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

impl Clock for SystemClock {
    /// A system clock set before 1970 counts as 1970.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(0) + since_epoch
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
    fn monotonic(&self) -> MonotonicTime {
        monotonic_now()
    }
}

/// A clock that stands still until it is moved; clones share one time.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_observe::{Clock, ManualClock};
/// use millstream_types::{MonotonicTime, Timestamp};
///
/// let clock = ManualClock::starting_at(Timestamp::from_millis(1_000));
/// clock.clone().advance(Duration::from_millis(500));
/// assert_eq!(clock.now(), Timestamp::from_millis(1_500));
/// assert_eq!(clock.monotonic(), MonotonicTime::START + Duration::from_millis(500));
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    start: Timestamp,
    elapsed: Arc<Mutex<Duration>>,
}

impl ManualClock {
    /// A clock whose wall time is `start` and whose monotonic time is zero.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, elapsed: Arc::default() }
    }

    /// Advances both times by `step`, for every clone.
    pub fn advance(&self, step: Duration) {
        let mut elapsed = self.elapsed.lock().unwrap_or_else(PoisonError::into_inner);
        *elapsed = elapsed.saturating_add(step);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.start + (self.monotonic() - MonotonicTime::START)
    }

    fn monotonic(&self) -> MonotonicTime {
        MonotonicTime::after_start(*self.elapsed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Applications of one process share a log and its groups, so their clocks have to agree.
    #[test]
    fn all_system_clocks_show_the_same_time() {
        let (older, newer) = (SystemClock::new(), SystemClock::new());
        let first = older.monotonic();
        let second = newer.monotonic();
        let third = older.monotonic();
        assert!(first <= second && second <= third, "{first}, {second}, {third}");
    }
}
