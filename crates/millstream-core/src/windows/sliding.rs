//! Sliding windows.

use std::time::Duration;

use millstream_types::Timestamp;
use millstream_types::time::millis_of;

/// Windows as long as a time difference, one for each set of records that are at most so far apart: `[start, start +
/// difference]`, both ends inclusive.
///
/// They are made by records and not by the clock. A record at `t` makes the window `[t − difference, t]`, and
/// `[t + 1, t + 1 + difference]` if there is a later record in it. Records before the time `difference` are in the window
/// `[0, difference]` together, since no window starts below 0.
///
/// A window accepts records until stream time has passed its end by the grace period.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_core::SlidingWindows;
///
/// let minute = SlidingWindows::of_time_difference_and_grace(Duration::from_secs(60), Duration::from_secs(5));
/// assert_eq!(minute.time_difference(), Duration::from_secs(60));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlidingWindows {
    difference_ms: i64,
    grace_ms: i64,
}

impl SlidingWindows {
    /// Windows of records that are at most `difference` apart, which accept late records for `grace`. The difference is at least
    /// 1 ms; otherwise the topology cannot be built.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SlidingWindows;
    /// let minute = SlidingWindows::of_time_difference_and_grace(Duration::from_secs(60), Duration::from_secs(5));
    /// assert_eq!(minute.grace(), Duration::from_secs(5));
    /// ```
    #[must_use]
    pub fn of_time_difference_and_grace(difference: Duration, grace: Duration) -> Self {
        Self { difference_ms: millis_of(difference), grace_ms: millis_of(grace) }
    }

    /// Windows of records that are at most `difference` apart, without late records.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SlidingWindows;
    /// let minute = SlidingWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// assert_eq!(minute.grace(), Duration::ZERO);
    /// ```
    #[must_use]
    pub fn of_time_difference_with_no_grace(difference: Duration) -> Self {
        Self::of_time_difference_and_grace(difference, Duration::ZERO)
    }

    /// The time difference: the length of a window.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SlidingWindows;
    /// let minute = SlidingWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// assert_eq!(minute.time_difference(), Duration::from_secs(60));
    /// ```
    #[must_use]
    pub const fn time_difference(&self) -> Duration {
        Duration::from_millis(self.difference_ms.unsigned_abs())
    }

    /// The grace period: how long after its end a window still accepts records.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SlidingWindows;
    /// assert_eq!(SlidingWindows::of_time_difference_with_no_grace(Duration::from_secs(60)).grace(), Duration::ZERO);
    /// ```
    #[must_use]
    pub const fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms.unsigned_abs())
    }

    /// What is wrong with these windows, if anything.
    pub(crate) fn fault(&self) -> Option<String> {
        (self.difference_ms == 0).then(|| "the time difference of sliding windows must be at least 1 ms".to_owned())
    }

    pub(crate) fn difference_ms(&self) -> i64 {
        self.difference_ms
    }

    /// The start of the window that ends with a record at `time`. It is negative for early records, which are in the window
    /// from 0 instead.
    pub(crate) fn left_start(&self, time: Timestamp) -> Timestamp {
        time.saturating_add(-self.difference_ms)
    }

    /// The end of the window that begins at `start`, at most the largest time.
    pub(crate) fn end_of(&self, start: Timestamp) -> Timestamp {
        start.saturating_add(self.difference_ms)
    }

    /// The earliest and the latest start of the windows that have closed since `last`, the time before which windows had to end to be
    /// closed before; [`Timestamp::UNKNOWN`] at first. `None` if none can have closed.
    pub(crate) fn closed_since(&self, last: Timestamp, closed_before: Timestamp) -> Option<[Timestamp; 2]> {
        let zero = Timestamp::from_millis(0);
        let latest = self.left_start(closed_before).saturating_add(-1);
        let earliest = if last == Timestamp::UNKNOWN { zero } else { self.left_start(last).max(zero) };
        (latest >= zero).then_some([earliest, latest])
    }

    /// The time before which windows have to end to be closed at `stream_time`.
    pub(crate) fn closed_before(&self, stream_time: Timestamp) -> Timestamp {
        stream_time.saturating_add(-self.grace_ms)
    }
}
