//! The time of a stream-stream join in one task.

use std::time::Duration;

use millstream_types::{MonotonicTime, Timestamp};

/// The time of a stream-stream join in one task, which its two sides share. A task begins without it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JoinTime {
    /// Stream time: the highest time of the records of both sides.
    pub(crate) stream_time: Timestamp,
    /// As far as is known, the earliest time of the records that wait for a match; `None` if none is known to wait.
    pub(crate) earliest_unmatched: Option<Timestamp>,
    /// When records without a match may be forwarded again.
    next_emit: Option<MonotonicTime>,
}

impl Default for JoinTime {
    fn default() -> Self {
        Self { stream_time: Timestamp::UNKNOWN, earliest_unmatched: None, next_emit: None }
    }
}

impl JoinTime {
    /// Notes that a record at `time` waits for a match.
    pub(crate) fn note_unmatched(&mut self, time: Timestamp) {
        self.earliest_unmatched = Some(self.earliest_unmatched.map_or(time, |earliest| earliest.min(time)));
    }

    /// Whether the interval since the last emission is over. If so, the next one begins.
    pub(super) fn begin_emit(&mut self, now: MonotonicTime, interval: Duration) -> bool {
        let is_due = self.next_emit.is_none_or(|next| now >= next);
        if is_due {
            self.next_emit = Some(now + interval);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emission_begins_an_interval() {
        let (mut time, interval) = (JoinTime::default(), Duration::from_secs(1));
        let at = |millis| MonotonicTime::START + Duration::from_millis(millis);
        let begun = [0, 999, 1_000, 1_500, 2_000].map(|millis| time.begin_emit(at(millis), interval));
        assert_eq!(begun, [true, false, true, false, true]);
        assert!(time.begin_emit(MonotonicTime::MAX, Duration::MAX), "the largest interval ends, too");
    }

    #[test]
    fn the_earliest_record_counts() {
        let mut time = JoinTime::default();
        [7, 3, 9].into_iter().for_each(|millis| time.note_unmatched(Timestamp::from_millis(millis)));
        assert_eq!(time.earliest_unmatched, Some(Timestamp::from_millis(3)));
    }
}
