//! Session windows.

use std::time::Duration;

use millstream_types::Timestamp;
use millstream_types::time::millis_of;

/// Sessions: windows that begin with a record, and end when no record of the key comes for the inactivity gap. Start and end are
/// the times of the first and the last record, both inclusive; a record that is exactly the gap away still belongs to the
/// session. A record between two sessions merges them.
///
/// A session accepts records until stream time has passed its end by the gap and the grace period.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_core::SessionWindows;
///
/// let visits = SessionWindows::of_inactivity_gap_and_grace(Duration::from_secs(30 * 60), Duration::from_secs(10));
/// assert_eq!(visits.inactivity_gap(), Duration::from_secs(1_800));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionWindows {
    gap_ms: i64,
    grace_ms: i64,
}

impl SessionWindows {
    /// Sessions that end after `gap` without a record, and accept late records for `grace` more. With a gap of 0 a
    /// session has the records of one time.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SessionWindows;
    /// let visits = SessionWindows::of_inactivity_gap_and_grace(Duration::from_secs(1_800), Duration::from_secs(10));
    /// assert_eq!(visits.grace(), Duration::from_secs(10));
    /// ```
    #[must_use]
    pub fn of_inactivity_gap_and_grace(gap: Duration, grace: Duration) -> Self {
        Self { gap_ms: millis_of(gap), grace_ms: millis_of(grace) }
    }

    /// Sessions that end after `gap` without a record.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SessionWindows;
    /// let visits = SessionWindows::of_inactivity_gap_with_no_grace(Duration::from_secs(1_800));
    /// assert_eq!(visits.grace(), Duration::ZERO);
    /// ```
    #[must_use]
    pub fn of_inactivity_gap_with_no_grace(gap: Duration) -> Self {
        Self::of_inactivity_gap_and_grace(gap, Duration::ZERO)
    }

    /// The inactivity gap.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SessionWindows;
    /// let visits = SessionWindows::of_inactivity_gap_with_no_grace(Duration::from_secs(1_800));
    /// assert_eq!(visits.inactivity_gap(), Duration::from_secs(1_800));
    /// ```
    #[must_use]
    pub const fn inactivity_gap(&self) -> Duration {
        Duration::from_millis(self.gap_ms.unsigned_abs())
    }

    /// The grace period: how long after its end and the gap a session still accepts records.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SessionWindows;
    /// let visits = SessionWindows::of_inactivity_gap_with_no_grace(Duration::from_secs(1_800));
    /// assert_eq!(visits.grace(), Duration::ZERO);
    /// ```
    #[must_use]
    pub const fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms.unsigned_abs())
    }

    /// The earliest end of a session that a record at `time` belongs to.
    pub(crate) fn earliest_end(&self, time: Timestamp) -> Timestamp {
        time.saturating_add(-self.gap_ms)
    }

    /// The latest start of a session that a record at `time` belongs to.
    pub(crate) fn latest_start(&self, time: Timestamp) -> Timestamp {
        time.saturating_add(self.gap_ms)
    }

    /// The time before which sessions have to end to be closed at `stream_time`.
    pub(crate) fn closed_before(&self, stream_time: Timestamp) -> Timestamp {
        stream_time.saturating_add(-self.grace_ms).saturating_add(-self.gap_ms)
    }

    /// The earliest and the latest end of the sessions that have closed since `last`, the time before which sessions had to end to be
    /// closed before; [`Timestamp::UNKNOWN`] at first. `None` if none can have closed.
    pub(crate) fn closed_since(last: Timestamp, closed_before: Timestamp) -> Option<[Timestamp; 2]> {
        let earliest = last.max(Timestamp::from_millis(0));
        let latest = closed_before.saturating_add(-1);
        (latest >= earliest).then_some([earliest, latest])
    }
}
