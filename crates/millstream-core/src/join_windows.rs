//! The window of a stream-stream join.

use std::time::Duration;

use millstream_types::Timestamp;
use millstream_types::time::millis_of;

/// How far apart in time two records of a stream-stream join may be.
///
/// A record of the right stream is in the window of one of the left if its time is between `left − before` and `left + after`,
/// both inclusive. The grace period is how much later than that a left or outer join waits for a record that is out of order,
/// before it forwards one without a match.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_core::JoinWindows;
///
/// // A payment within an hour after its order.
/// let (hour, minute) = (Duration::from_secs(3_600), Duration::from_secs(60));
/// let windows = JoinWindows::of_time_difference_and_grace(hour, minute).before(Duration::ZERO);
/// assert_eq!((windows.size(), windows.grace()), (hour, minute));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinWindows {
    before_ms: i64,
    after_ms: i64,
    grace_ms: i64,
}

impl JoinWindows {
    /// Joins records that are at most `difference` apart, and waits `grace` longer for those out of order.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// let windows = JoinWindows::of_time_difference_and_grace(Duration::from_secs(60), Duration::from_secs(5));
    /// assert_eq!(windows.size(), Duration::from_secs(120));
    /// ```
    #[must_use]
    pub fn of_time_difference_and_grace(difference: Duration, grace: Duration) -> Self {
        let difference_ms = millis_of(difference);
        Self { before_ms: difference_ms, after_ms: difference_ms, grace_ms: millis_of(grace) }
    }

    /// Joins records that are at most `difference` apart, without a grace period.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// let windows = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// assert_eq!(windows.grace(), Duration::ZERO);
    /// ```
    #[must_use]
    pub fn of_time_difference_with_no_grace(difference: Duration) -> Self {
        Self::of_time_difference_and_grace(difference, Duration::ZERO)
    }

    /// Begins the window `before` the time of the left record.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// let windows = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// assert_eq!(windows.before(Duration::from_secs(10)).size(), Duration::from_secs(70));
    /// ```
    #[must_use]
    pub fn before(self, before: Duration) -> Self {
        Self { before_ms: millis_of(before), ..self }
    }

    /// Ends the window `after` the time of the left record.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// let windows = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// assert_eq!(windows.after(Duration::ZERO).size(), Duration::from_secs(60));
    /// ```
    #[must_use]
    pub fn after(self, after: Duration) -> Self {
        Self { after_ms: millis_of(after), ..self }
    }

    /// Begins the window `later` than the time of the left record (in Kafka Streams a negative `before`). It must not begin
    /// after its end: then the topology cannot be built.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// // At least 10 s and at most 60 s later.
    /// let windows = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// assert_eq!(windows.begins_after(Duration::from_secs(10)).size(), Duration::from_secs(50));
    /// ```
    #[must_use]
    pub fn begins_after(self, later: Duration) -> Self {
        Self { before_ms: -millis_of(later), ..self }
    }

    /// Ends the window `earlier` than the time of the left record (in Kafka Streams a negative `after`). It must not begin after
    /// its end: then the topology cannot be built.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// // At least 10 s and at most 60 s earlier.
    /// let windows = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// assert_eq!(windows.ends_before(Duration::from_secs(10)).size(), Duration::from_secs(50));
    /// ```
    #[must_use]
    pub fn ends_before(self, earlier: Duration) -> Self {
        Self { after_ms: -millis_of(earlier), ..self }
    }

    /// The length of the window; zero if it begins after its end.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// let windows = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// assert_eq!(windows.size(), Duration::from_secs(120));
    /// ```
    #[must_use]
    pub fn size(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.before_ms.saturating_add(self.after_ms)).unwrap_or(0))
    }

    /// The grace period.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// let windows = JoinWindows::of_time_difference_and_grace(Duration::from_secs(60), Duration::from_secs(5));
    /// assert_eq!(windows.grace(), Duration::from_secs(5));
    /// ```
    #[must_use]
    pub const fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms.unsigned_abs())
    }

    /// What is wrong with these windows, if anything.
    pub(crate) fn fault(&self) -> Option<String> {
        let size_ms = self.before_ms.saturating_add(self.after_ms);
        (size_ms < 0).then(|| format!("the window begins {} ms after its end", size_ms.unsigned_abs()))
    }

    /// The window of a left record, seen from it.
    pub(crate) fn of_left(&self) -> JoinBounds {
        JoinBounds { before_ms: self.before_ms, after_ms: self.after_ms, grace_ms: self.grace_ms }
    }

    /// The window of a right record, seen from it.
    pub(crate) fn of_right(&self) -> JoinBounds {
        JoinBounds { before_ms: self.after_ms, after_ms: self.before_ms, grace_ms: self.grace_ms }
    }
}

/// The window of a record of one side of a join: which times of the other side are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JoinBounds {
    before_ms: i64,
    after_ms: i64,
    grace_ms: i64,
}

impl JoinBounds {
    /// The first time of the other side that is in the window of a record at `time`; not below 0.
    pub(crate) fn from(&self, time: Timestamp) -> Timestamp {
        time.saturating_add(self.before_ms.saturating_neg()).max(Timestamp::from_millis(0))
    }

    /// The last one; not below 0, as in Kafka Streams.
    pub(crate) fn to(&self, time: Timestamp) -> Timestamp {
        time.saturating_add(self.after_ms).max(Timestamp::from_millis(0))
    }

    /// Whether a record at `time` still waits for a match when stream time is `now`.
    pub(crate) fn is_open(&self, time: Timestamp, now: Timestamp) -> bool {
        time.saturating_add(self.after_ms).saturating_add(self.grace_ms) >= now
    }

    /// Whether a record waits longer than until its own time.
    pub(crate) fn waits(&self) -> bool {
        self.after_ms.saturating_add(self.grace_ms) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn window(bounds: JoinBounds, time: i64) -> (i64, i64) {
        (bounds.from(time.into()).as_millis(), bounds.to(time.into()).as_millis())
    }

    #[test]
    fn both_sides_see_the_same_pairs() {
        let windows = JoinWindows::of_time_difference_and_grace(ms(2_000), ms(7)).before(ms(500)).after(ms(4_000));
        assert_eq!(window(windows.of_left(), 10_000), (9_500, 14_000));
        assert_eq!(window(windows.of_right(), 14_000), (10_000, 14_500));
        assert_eq!(window(windows.of_left(), 100), (0, 4_100));
        let later = JoinWindows::of_time_difference_with_no_grace(ms(60)).begins_after(ms(10));
        assert_eq!((window(later.of_left(), 100), window(later.of_right(), 100)), ((110, 160), (40, 90)));
        let earlier = JoinWindows::of_time_difference_with_no_grace(ms(60)).ends_before(ms(10));
        assert_eq!((window(earlier.of_left(), 100), window(earlier.of_left(), 5)), ((40, 90), (0, 0)));
    }

    #[test]
    fn no_time_is_too_small_or_too_large() {
        let endless = JoinWindows::of_time_difference_and_grace(Duration::MAX, Duration::MAX);
        assert_eq!((endless.fault(), endless.size()), (None, Duration::from_millis(i64::MAX.unsigned_abs())));
        assert_eq!(window(endless.of_left(), i64::MAX), (0, i64::MAX));
        assert_eq!(window(endless.of_right(), 0), (0, i64::MAX));
        assert!(endless.of_left().is_open(0.into(), i64::MAX.into()));
        let far = JoinWindows::of_time_difference_with_no_grace(ms(0)).begins_after(Duration::MAX);
        assert!(far.fault().is_some_and(|why| why.contains("after its end")));
        assert_eq!(window(far.of_left(), 5), (i64::MAX, 5));
    }

    #[test]
    fn a_record_waits_until_its_window_and_grace_are_over() {
        let left = JoinWindows::of_time_difference_and_grace(ms(10), ms(5)).before(ms(0)).of_left();
        assert!(left.is_open(100.into(), 115.into()) && !left.is_open(100.into(), 116.into()));
        let right = JoinWindows::of_time_difference_and_grace(ms(10), ms(5)).before(ms(0)).of_right();
        assert!(right.is_open(100.into(), 105.into()) && !right.is_open(100.into(), 106.into()));
        assert!(left.waits() && right.waits());
        assert!(!JoinWindows::of_time_difference_with_no_grace(ms(0)).of_left().waits());
    }
}
