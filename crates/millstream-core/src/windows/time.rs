//! Time windows: tumbling and hopping.

use std::time::Duration;

use millstream_types::time::millis_of;
use millstream_types::{Timestamp, Windowed};

use super::starts::Starts;

/// Windows of a fixed size, aligned to time 0: `[start, start + size)`. They are tumbling, without overlap, unless
/// [`advance_by`](Self::advance_by) makes them hopping windows, which overlap.
///
/// A window accepts records until stream time reaches its end plus the grace period.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_core::TimeWindows;
///
/// let hopping = TimeWindows::of_size_and_grace(Duration::from_secs(60), Duration::from_secs(5))
///     .advance_by(Duration::from_secs(20));
/// assert_eq!(hopping.size(), Duration::from_secs(60));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeWindows {
    size_ms: i64,
    advance_ms: i64,
    grace_ms: i64,
}

impl TimeWindows {
    /// Windows of `size` that accept records until stream time is `grace` after their end.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::TimeWindows;
    /// let minutes = TimeWindows::of_size_and_grace(Duration::from_secs(60), Duration::from_secs(5));
    /// ```
    #[must_use]
    pub fn of_size_and_grace(size: Duration, grace: Duration) -> Self {
        Self { size_ms: millis_of(size), advance_ms: millis_of(size), grace_ms: millis_of(grace) }
    }

    /// Windows of `size` that accept records until stream time reaches their end.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::TimeWindows;
    /// let minutes = TimeWindows::of_size_with_no_grace(Duration::from_secs(60));
    /// assert_eq!(minutes.grace(), Duration::ZERO);
    /// ```
    #[must_use]
    pub fn of_size_with_no_grace(size: Duration) -> Self {
        Self::of_size_and_grace(size, Duration::ZERO)
    }

    /// Makes hopping windows: one begins every `advance`, which is at least 1 ms and at most the size. With another `advance`
    /// the topology cannot be built.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::TimeWindows;
    /// use millstream_core::StreamsBuilder;
    ///
    /// let minutes = TimeWindows::of_size_with_no_grace(Duration::from_secs(60));
    /// let hopping = minutes.advance_by(Duration::from_secs(20));
    ///
    /// let builder = StreamsBuilder::new();
    /// let clicks = builder.stream::<String, String>("clicks").group_by_key();
    /// clicks.windowed_by(minutes.advance_by(Duration::from_secs(61))).count("per-minute");
    /// let error = builder.build().unwrap_err().to_string();
    /// assert!(error.contains("cannot advance by 61000 ms"), "{error}");
    /// ```
    #[must_use]
    pub fn advance_by(self, advance: Duration) -> Self {
        Self { advance_ms: millis_of(advance), ..self }
    }

    /// The length of a window.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::TimeWindows;
    /// assert_eq!(TimeWindows::of_size_with_no_grace(Duration::from_secs(60)).size(), Duration::from_secs(60));
    /// ```
    #[must_use]
    pub const fn size(&self) -> Duration {
        Duration::from_millis(self.size_ms.unsigned_abs())
    }

    /// The grace period: how long after its end a window still accepts records.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::TimeWindows;
    /// assert_eq!(TimeWindows::of_size_with_no_grace(Duration::from_secs(60)).grace(), Duration::ZERO);
    /// ```
    #[must_use]
    pub const fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms.unsigned_abs())
    }

    /// What is wrong with these windows, if anything.
    pub(super) fn fault(&self) -> Option<String> {
        if self.size_ms == 0 {
            return Some("a window's size must be at least 1 ms".to_owned());
        }
        (self.advance_ms == 0 || self.advance_ms > self.size_ms).then(|| {
            format!("windows of {} ms cannot advance by {} ms; choose 1 to {0} ms", self.size_ms, self.advance_ms)
        })
    }

    pub(super) fn grace_ms(&self) -> i64 {
        self.grace_ms
    }

    /// The end of the window that begins at `start`, at most the largest time.
    pub(super) fn end_of(&self, start: Timestamp) -> Timestamp {
        start.saturating_add(self.size_ms)
    }

    /// Whether the window that begins at `start` ends after `closed_until`. One that ends beyond the largest time never closes.
    pub(super) fn is_open(&self, start: Timestamp, closed_until: Timestamp) -> bool {
        start.as_millis().checked_add(self.size_ms).is_none_or(|end| end > closed_until.as_millis())
    }

    /// The earliest and the latest start of the windows that have closed since `last`, the time until which windows had to end to be
    /// closed before; [`Timestamp::UNKNOWN`] at first. `None` if none can have closed.
    pub(super) fn closed_since(&self, last: Timestamp, closed_until: Timestamp) -> Option<[Timestamp; 2]> {
        let (zero, latest) = (Timestamp::from_millis(0), closed_until.saturating_add(-self.size_ms));
        if latest < zero {
            return None;
        }
        if last == Timestamp::UNKNOWN {
            return Some([zero, latest]);
        }
        let before = last.saturating_add(-self.size_ms).max(zero);
        let is_in_others = self.starts_for(before).ne(self.starts_for(latest));
        is_in_others.then(|| [before.saturating_add(1), latest])
    }

    /// The starts of the windows that contain `time`, earliest first; none is below 0. A negative time is in no window.
    pub(super) fn starts_for(&self, time: Timestamp) -> Starts {
        let (time, advance) = (time.as_millis(), self.advance_ms);
        let first = time.saturating_sub(self.size_ms).saturating_add(advance).max(0) / advance * advance;
        let count = if time < first { 0 } else { (time - first) / advance + 1 };
        Starts::new(first, advance, count)
    }
}

/// The key of a window, such as [`Windowed`]. Tables with such keys can be suppressed until their windows close.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the key of a window, so there is no closing to wait for",
    label = "only the table of a windowed aggregation can be suppressed until its windows close",
    note = "group by window before the aggregation, with `windowed_by`; or wait a given time, with `Suppressed::until_time_limit`"
)]
pub trait WindowedKey {
    /// The end of the window.
    fn window_end(&self) -> Timestamp;
}

impl<K> WindowedKey for Windowed<K> {
    fn window_end(&self) -> Timestamp {
        self.window.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(windows: TimeWindows, time: i64) -> Vec<i64> {
        windows.starts_for(time.into()).map(Timestamp::as_millis).collect()
    }

    /// Rule 34.
    #[test]
    fn hopping_windows_overlap_and_begin_at_zero() {
        let windows =
            TimeWindows::of_size_with_no_grace(Duration::from_millis(12)).advance_by(Duration::from_millis(5));
        assert_eq!(starts(windows, 21), [10, 15, 20]);
        assert_eq!(starts(windows, 3), [0]);
        assert_eq!(starts(windows, 0), [0]);
    }

    #[test]
    fn no_time_is_too_small_or_too_large() {
        let hopping =
            TimeWindows::of_size_with_no_grace(Duration::from_millis(10)).advance_by(Duration::from_millis(5));
        let endless = TimeWindows::of_size_and_grace(Duration::MAX, Duration::MAX);
        for time in [i64::MIN, i64::MIN + 1, -5, -1] {
            assert!(starts(hopping, time).is_empty() && starts(endless, time).is_empty(), "at {time}");
        }
        assert_eq!(starts(endless, i64::MAX - 1), [0]);
        let last = starts(hopping, i64::MAX);
        assert_eq!(last.len(), 2, "{last:?}");
        assert_eq!(hopping.end_of(last[1].into()), Timestamp::from_millis(i64::MAX));
    }

    /// Its end is limited to the largest time. A record at that time was the first of the window, and too late for it.
    #[test]
    fn a_window_that_ends_beyond_the_largest_time_does_not_close() {
        let windows = TimeWindows::of_size_with_no_grace(Duration::from_millis(10));
        let last = windows.starts_for(i64::MAX.into()).last().expect("each time is in a window");
        assert!(windows.is_open(last, i64::MAX.into()));
        assert!(!windows.is_open((i64::MAX - 10).into(), i64::MAX.into()));
        assert!(windows.is_open(0.into(), 9.into()) && !windows.is_open(0.into(), 10.into()));
    }

    #[test]
    fn tumbling_windows_hold_their_start_and_not_their_end() {
        let windows = TimeWindows::of_size_with_no_grace(Duration::from_millis(10));
        assert_eq!((starts(windows, 9), starts(windows, 10)), (vec![0], vec![10]));
    }

    #[test]
    fn windows_close_once_and_not_before_their_end() {
        let windows = TimeWindows::of_size_with_no_grace(Duration::from_millis(10));
        let closed = |last: i64, until: i64| {
            let starts = windows.closed_since(last.into(), until.into());
            starts.map(|starts| starts.map(Timestamp::as_millis))
        };
        assert_eq!(closed(-1, 9), None);
        assert_eq!(closed(-1, 10), Some([0, 0]));
        assert_eq!(closed(10, 19), None, "that from 10 on is not over");
        assert_eq!(closed(19, 20), Some([10, 10]));
        assert_eq!(closed(12, 45), Some([3, 35]), "those that start at 10, 20 and 30");
    }

    #[test]
    fn invalid_windows_have_a_reason() {
        let windows = TimeWindows::of_size_with_no_grace(Duration::from_millis(10));
        assert!(windows.fault().is_none());
        assert!(windows.advance_by(Duration::from_millis(11)).fault().is_some_and(|why| why.contains("11 ms")));
        assert!(TimeWindows::of_size_with_no_grace(Duration::ZERO).fault().is_some());
    }
}
