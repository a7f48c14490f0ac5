//! Monotonic time: for intervals and time-outs, and for nothing else.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

/// A point in time on a monotonic clock, which never goes back.
///
/// Everything that waits, expires or measures uses this type: time-outs, backoffs, intervals, deadlines. The wall clock
/// ([`Timestamp`](crate::Timestamp)) may be set back at any time, so it is for records and for what people read. There is no conversion
/// between the two.
///
/// A monotonic time counts from the start of its clock. It means nothing to another process, or to another clock of the
/// same process. All arithmetic saturates: a sum that leaves the range is [`MAX`](Self::MAX), which never comes; a
/// difference to a later time is zero.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_types::MonotonicTime;
///
/// let began = MonotonicTime::after_start(Duration::from_secs(5));
/// let now = began + Duration::from_secs(2);
/// assert_eq!(now - began, Duration::from_secs(2));
/// assert_eq!(began - now, Duration::ZERO);
/// assert_eq!(now + Duration::MAX, MonotonicTime::MAX); // "as long as it takes" is a limit like any other
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonotonicTime {
    /// Since the clock's start; enough for 584 years.
    nanos: u64,
}

impl MonotonicTime {
    /// When the clock started.
    pub const START: Self = Self { nanos: 0 };

    /// Later than any time a clock shows: the deadline of what has no limit.
    pub const MAX: Self = Self { nanos: u64::MAX };

    /// The time `elapsed` after the clock's start. Only a clock, or a test, makes one this way.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_types::MonotonicTime;
    ///
    /// assert_eq!(MonotonicTime::after_start(Duration::ZERO), MonotonicTime::START);
    /// ```
    #[must_use]
    pub const fn after_start(elapsed: Duration) -> Self {
        Self { nanos: nanos_of(elapsed) }
    }
}

/// Held at [`MonotonicTime::MAX`].
impl Add<Duration> for MonotonicTime {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self { nanos: self.nanos.saturating_add(nanos_of(duration)) }
    }
}

impl AddAssign<Duration> for MonotonicTime {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

/// Held at [`MonotonicTime::START`].
impl Sub<Duration> for MonotonicTime {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self { nanos: self.nanos.saturating_sub(nanos_of(duration)) }
    }
}

/// How long after `earlier` this is; zero if it is before.
impl Sub for MonotonicTime {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.nanos.saturating_sub(earlier.nanos))
    }
}

/// As seconds since the clock's start.
impl fmt::Display for MonotonicTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} after the clock's start", Duration::from_nanos(self.nanos))
    }
}

const fn nanos_of(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000_000).saturating_add(duration.subsec_nanos() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn sums_are_held_at_the_ends_of_time() {
        let now = MonotonicTime::START + SECOND;
        assert_eq!(now + Duration::MAX, MonotonicTime::MAX);
        assert_eq!(MonotonicTime::MAX + SECOND, MonotonicTime::MAX);
        assert_eq!(now - 2 * SECOND, MonotonicTime::START);
        assert_eq!(MonotonicTime::after_start(Duration::MAX), MonotonicTime::MAX);
    }

    #[test]
    fn differences_are_never_negative() {
        let now = MonotonicTime::START + SECOND;
        assert_eq!(now + SECOND - now, SECOND);
        assert_eq!(now - (now + SECOND), Duration::ZERO);
        assert!(MonotonicTime::MAX - now > Duration::from_secs(500 * 365 * 24 * 60 * 60));
    }
}
