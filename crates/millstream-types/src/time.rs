//! A record's time: milliseconds since the Unix epoch, as Kafka keeps it.

use std::fmt;
use std::time::Duration;

/// A point in time in milliseconds since 1970-01-01 00:00 UTC.
///
/// Kafka allows any 64-bit number in a record; a negative one means "unknown", and streams drop or refuse it.
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
    /// "Not known", −1 in Kafka; smaller than every valid time.
    pub const UNKNOWN: Self = Self(-1);

    /// The time `millis` milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whether a stream may carry this time: not negative.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.0 >= 0
    }

    /// This time plus `millis`, held at the largest or smallest time instead of overflowing.
    #[must_use]
    pub const fn saturating_add(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
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

/// A duration in whole milliseconds, held at `i64::MAX`.
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
