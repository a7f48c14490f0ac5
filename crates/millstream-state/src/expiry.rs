//! Expiry: rows are in segments of time, and a segment that is older than the retention is removed completely.

use millstream_types::Timestamp;

/// The minimum length of a segment, as in Kafka Streams.
const SEGMENT_MS_MIN: i64 = 60_000;

/// The length of the segments of a window store with this retention. It is half of the retention, as in Kafka Streams, so
/// that few segments have all rows that have not expired. The keys of engines contain the numbers of segments.
///
/// # Examples
/// ```
/// use millstream_state::segment_interval_ms;
///
/// assert_eq!(segment_interval_ms(3_600_000), 1_800_000);
/// assert_eq!(segment_interval_ms(1_000), 60_000);
/// ```
#[must_use]
pub fn segment_interval_ms(retention_ms: i64) -> i64 {
    (retention_ms / 2).max(SEGMENT_MS_MIN)
}

/// Divides time into segments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segments {
    interval_ms: i64,
}

impl Segments {
    /// The segments of a store with this retention.
    pub(crate) fn for_retention(retention_ms: i64) -> Self {
        Self { interval_ms: segment_interval_ms(retention_ms) }
    }

    /// Segments of this length, at least one millisecond.
    pub(crate) fn of_interval(interval_ms: i64) -> Self {
        Self { interval_ms: interval_ms.max(1) }
    }

    /// The segment of a time; negative times are in the first.
    pub(crate) fn number(self, time: Timestamp) -> i64 {
        time.as_millis().max(0) / self.interval_ms
    }

    /// The first time of a segment.
    pub(crate) fn begin(self, segment: i64) -> Timestamp {
        Timestamp::from_millis(segment.saturating_mul(self.interval_ms))
    }
}

/// How a row can be accessed, by its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It can be read and written.
    Visible,
    /// It can be written, since its segment is open, but is not visible to reads.
    Hidden,
    /// Its segment is closed: it can be neither read nor written.
    Expired,
}

/// Stream time and the segments that are open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expiry {
    segments: Segments,
    retention_ms: i64,
    /// From this time on rows are shown and kept, even if their retention is over.
    held_from: Option<Timestamp>,
    /// Whether stream time includes the rows that the engine had when the store was opened.
    pub(crate) is_loaded: bool,
    pub(crate) state: ExpiryState,
    /// The number of writes that were refused because their segment was closed.
    pub(crate) refused: u64,
}

/// The part of it that changes with time, and that a rollback restores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExpiryState {
    /// Stream time: the latest time so far.
    pub(crate) stream_time: Timestamp,
    /// The first segment that is not closed.
    pub(crate) first_open: i64,
    /// Whether closed segments still have dirty entries, which are flushed before they are removed.
    pub(crate) holds_closed: bool,
}

impl ExpiryState {
    const BEGIN: Self = Self { stream_time: Timestamp::UNKNOWN, first_open: 0, holds_closed: false };
}

impl Expiry {
    pub(crate) fn new(segments: Segments, retention_ms: i64) -> Self {
        let retention_ms = retention_ms.max(0);
        Self { segments, retention_ms, held_from: None, is_loaded: false, state: ExpiryState::BEGIN, refused: 0 }
    }

    pub(crate) fn segments(&self) -> Segments {
        self.segments
    }

    /// Shows and keeps rows for this time instead of the retention. The segments stay as they are.
    pub(crate) fn set_visible_ms(&mut self, visible_ms: i64) {
        self.retention_ms = visible_ms.max(0);
    }

    /// Shows and keeps rows from `time` on, even when their retention is over. Those that are not visible now are not shown again.
    pub(crate) fn hold_from(&mut self, time: Timestamp) {
        self.held_from = Some(time.max(self.earliest_visible()));
    }

    /// Whether a time is in a segment that is closed.
    pub(crate) fn is_closed(&self, time: Timestamp) -> bool {
        self.segments.number(time) < self.state.first_open
    }

    /// The earliest time whose segment is open. Negative times are in the first segment.
    pub(crate) fn earliest_open(&self) -> Timestamp {
        match self.state.first_open {
            0 => Timestamp::from_millis(i64::MIN),
            first => self.segments.begin(first),
        }
    }

    /// The earliest time of visible rows.
    pub(crate) fn earliest_visible(&self) -> Timestamp {
        let earliest = self.state.stream_time.saturating_add(-self.retention_ms).saturating_add(1);
        self.held_from.map_or(earliest, |held| earliest.min(held))
    }

    pub(crate) fn access(&self, time: Timestamp) -> Access {
        if self.is_closed(time) {
            Access::Expired
        } else if time < self.earliest_visible() {
            Access::Hidden
        } else {
            Access::Visible
        }
    }

    /// Advances stream time. Returns whether segments were closed.
    pub(crate) fn advance(&mut self, time: Timestamp) -> bool {
        if time <= self.state.stream_time {
            return false;
        }
        self.state.stream_time = time;
        let expired = time.saturating_add(-self.retention_ms);
        let first_open = self.segments.number(self.held_from.map_or(expired, |held| expired.min(held)));
        let has_closed = first_open > self.state.first_open;
        self.state.first_open = self.state.first_open.max(first_open);
        has_closed
    }

    /// Resets to the state without any rows.
    pub(crate) fn reset(&mut self) {
        self.state = ExpiryState::BEGIN;
    }
}
