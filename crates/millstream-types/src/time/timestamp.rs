//! Wall-clock time, for records.

use std::fmt;
use std::time::Duration;

/// A point in time in milliseconds since 1970-01-01 00:00 UTC, as in Kafka.
///
/// It is for records. The wall clock may go backwards, so intervals and time-outs use
/// [`MonotonicTime`](crate::MonotonicTime).
///
/// Kafka allows any 64-bit number in a record. A negative one means "unknown", and streams skip or refuse it.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_types::Timestamp;
///
/// let start = Timestamp::from_millis(1_000);
/// assert_eq!(start + Duration::from_secs(2), Timestamp::from_millis(3_000));
/// assert!(Timestamp::UNKNOWN < start);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// An unknown time, −1 as in Kafka; smaller than every valid time.
    pub const UNKNOWN: Self = Self(-1);

    /// The time `millis` milliseconds after the epoch.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(millstream_types::Timestamp::from_millis(-1), millstream_types::Timestamp::UNKNOWN);
    /// ```
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(millstream_types::Timestamp::from_millis(1_000).as_millis(), 1_000);
    /// ```
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whether the time is valid in a stream: not negative.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Timestamp;
    ///
    /// assert!(Timestamp::from_millis(0).is_valid());
    /// assert!(!Timestamp::UNKNOWN.is_valid());
    /// ```
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.0 >= 0
    }

    /// This time plus `millis`, which may be negative. Saturates at the largest and smallest time.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Timestamp;
    ///
    /// let time = Timestamp::from_millis(1_000);
    /// assert_eq!(time.saturating_add(-1), Timestamp::from_millis(999));
    /// assert_eq!(time.saturating_add(i64::MAX), Timestamp::from_millis(i64::MAX));
    /// ```
    #[must_use]
    pub const fn saturating_add(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The milliseconds since `earlier`, negative if that is later. Saturates at the bounds of `i64`.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Timestamp;
    ///
    /// let (first, last) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
    /// assert_eq!(Timestamp::from_millis(7).millis_since(Timestamp::from_millis(5)), 2);
    /// assert_eq!(last.millis_since(first), i64::MAX);
    /// ```
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl From<i64> for Timestamp {
    fn from(millis: i64) -> Self {
        Self(millis)
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.saturating_add(millis_of(duration))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        self.saturating_add(-millis_of(duration))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// A duration in whole milliseconds. Saturates at `i64::MAX`.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// assert_eq!(millstream_types::time::millis_of(Duration::from_secs(3)), 3_000);
/// assert_eq!(millstream_types::time::millis_of(Duration::MAX), i64::MAX);
/// ```
#[must_use]
pub fn millis_of(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_differences_saturate() {
        let (first, last) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
        assert_eq!(last + Duration::from_millis(1), last);
        assert_eq!(first - Duration::from_millis(1), first);
        assert_eq!(Timestamp::from_millis(0) + Duration::MAX, last);
        assert_eq!(Timestamp::from_millis(0) - Duration::MAX, Timestamp::from_millis(-i64::MAX));
        assert_eq!(last.saturating_add(i64::MIN), Timestamp::from_millis(-1));
    }

    #[test]
    fn parts_of_a_millisecond_are_dropped() {
        assert_eq!(millis_of(Duration::from_micros(1_999)), 1);
        assert_eq!(Timestamp::from_millis(5) + Duration::from_nanos(999_999), Timestamp::from_millis(5));
    }

    #[test]
    fn only_negative_times_are_invalid() {
        assert!(Timestamp::from_millis(0).is_valid());
        assert!(!Timestamp::UNKNOWN.is_valid());
    }
}
