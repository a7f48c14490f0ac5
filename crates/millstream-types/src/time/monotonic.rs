//! Monotonic time, for intervals and time-outs.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

/// A point in time on a monotonic clock, which never goes back.
///
/// Time-outs, backoffs, intervals and deadlines use this type. The wall clock ([`Timestamp`](crate::Timestamp)) may go
/// backwards, so it is only for records and messages. There is no conversion between the two.
///
/// A monotonic time counts from the start of its clock. It has no meaning in another process or for another clock. All
/// arithmetic saturates: a sum beyond the range is [`MAX`](Self::MAX), which is never reached; the difference to a later
/// time is zero.
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
    /// Nanoseconds since the clock's start; enough for 584 years.
    nanos: u64,
}

impl MonotonicTime {
    /// The start of the clock.
    pub const START: Self = Self { nanos: 0 };

    /// The largest time, which is never reached; a deadline for waits without a limit.
    pub const MAX: Self = Self { nanos: u64::MAX };

    /// The time `elapsed` after the clock's start, for clocks and tests.
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

/// Saturates at [`MonotonicTime::MAX`].
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

/// Saturates at [`MonotonicTime::START`].
impl Sub<Duration> for MonotonicTime {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self { nanos: self.nanos.saturating_sub(nanos_of(duration)) }
    }
}

/// The duration since `earlier`; zero if that is later.
impl Sub for MonotonicTime {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.nanos.saturating_sub(earlier.nanos))
    }
}

/// Writes the duration since the clock's start.
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
    fn sums_saturate() {
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
