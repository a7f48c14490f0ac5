//! Punctuation: schedules on stream time and on the wall clock.

use std::time::Duration;

use millstream_types::time::millis_of;
use millstream_types::{MonotonicTime, Timestamp};

use super::shared_index::SharedIndex;

/// Records have times in milliseconds; a shorter interval would have slots between them.
const INTERVAL_MIN: Duration = Duration::from_millis(1);

/// Which clock a schedule follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PunctuationType {
    /// The task's stream time: the highest timestamp of the records it took. Aligned to time 0; fires as soon as
    /// stream time is known, and not while no record comes.
    StreamTime,
    /// The wall clock, from one interval after scheduling on. A clock that is set back or forward does not move its slots.
    WallClockTime,
}

/// Names a schedule of a processor, to distinguish several and to cancel one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScheduleId(u64);

/// The schedules of a task, by the clock they follow.
///
/// "Wall clock" is what such a schedule is called in Kafka Streams. When it is due is decided by monotonic time all the
/// same: a schedule must not wait for a clock that was set back to catch up.
#[derive(Debug, Default)]
pub(crate) struct Schedules {
    stream_time: Vec<Schedule<Timestamp>>,
    wall_clock: Vec<Schedule<MonotonicTime>>,
    last_id: u64,
    /// The stream time of the punctuation under way.
    punctuating: Option<Timestamp>,
}

#[derive(Debug)]
struct Schedule<T> {
    id: ScheduleId,
    node: SharedIndex,
    interval: Duration,
    /// `None`: beyond the end of time.
    next: Option<T>,
    /// Up to this time it is not due, whatever `next` says.
    after: Option<T>,
}

impl<T: Ord> Schedule<T> {
    fn is_due(&self, time: &T) -> bool {
        self.next.as_ref().is_some_and(|next| next <= time) && self.after.as_ref().is_none_or(|after| after < time)
    }
}

/// A schedule that is due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    pub(crate) id: ScheduleId,
    pub(crate) node: SharedIndex,
}

impl Schedules {
    /// From here to [`end`](Self::end), stream-time schedules that are due at `time` are run. What is scheduled meanwhile is
    /// due only when stream time has moved on: a processor that sets its schedule anew from within it would otherwise be
    /// called without end.
    pub(crate) fn begin(&mut self, time: Timestamp) {
        self.punctuating = Some(time);
    }

    /// Ends a punctuation by stream time.
    pub(crate) fn end(&mut self) {
        self.punctuating = None;
    }

    /// Adds a schedule: on stream time it is due at once, on the wall clock one interval after `now`.
    pub(crate) fn add(
        &mut self,
        node: SharedIndex,
        clock: PunctuationType,
        interval: Duration,
        now: MonotonicTime,
    ) -> ScheduleId {
        self.last_id += 1;
        let id = ScheduleId(self.last_id);
        let interval = interval.max(INTERVAL_MIN);
        match clock {
            PunctuationType::StreamTime => {
                let (next, after) = (Some(Timestamp::from_millis(0)), self.punctuating);
                self.stream_time.push(Schedule { id, node, interval, next, after });
            }
            PunctuationType::WallClockTime => {
                let next = Some(now + interval);
                self.wall_clock.push(Schedule { id, node, interval, next, after: Some(now) });
            }
        }
        id
    }

    pub(crate) fn cancel(&mut self, id: ScheduleId) {
        self.stream_time.retain(|schedule| schedule.id != id);
        self.wall_clock.retain(|schedule| schedule.id != id);
    }

    /// The earliest stream-time schedule that is due at `time`, moved on to its next slot.
    pub(crate) fn next_due_by_stream_time(&mut self, time: Timestamp) -> Option<Due> {
        next_due(&mut self.stream_time, time)
    }

    /// The earliest wall-clock schedule that is due at `now`, moved on to its next slot.
    pub(crate) fn next_due_by_wall_clock(&mut self, now: MonotonicTime) -> Option<Due> {
        next_due(&mut self.wall_clock, now)
    }

    /// When the next wall-clock schedule is due.
    pub(crate) fn next_wall_clock(&self) -> Option<MonotonicTime> {
        self.wall_clock.iter().filter_map(|schedule| schedule.next).min()
    }

    /// Whether no schedule follows stream time.
    pub(crate) fn follows_no_stream_time(&self) -> bool {
        self.stream_time.is_empty()
    }
}

/// The earliest schedule that is due at `time`, moved on to its next slot: slots missed meanwhile are skipped, and the
/// grid stays where it was.
fn next_due<T: GridTime>(schedules: &mut [Schedule<T>], time: T) -> Option<Due> {
    let due = schedules.iter_mut().filter(|schedule| schedule.is_due(&time));
    let due = due.min_by_key(|schedule| (schedule.next, schedule.id.0))?;
    due.next = due.next.and_then(|next| next.next_after(time, due.interval)).filter(|next| *next > time);
    Some(Due { id: due.id, node: due.node })
}

/// A time that schedules may follow.
trait GridTime: Copy + Ord {
    /// The first of the times `self`, `self + interval`, `self + 2 * interval`, … that is after `time`, which is not before
    /// `self`; none if that is beyond the end of time.
    fn next_after(self, time: Self, interval: Duration) -> Option<Self>;
}

impl GridTime for Timestamp {
    fn next_after(self, time: Self, interval: Duration) -> Option<Self> {
        let interval_ms = millis_of(interval);
        let missed = time.as_millis().checked_sub(self.as_millis())? / interval_ms;
        let next = self.as_millis().checked_add(missed.checked_add(1)?.checked_mul(interval_ms)?)?;
        Some(Self::from_millis(next))
    }
}

impl GridTime for MonotonicTime {
    fn next_after(self, time: Self, interval: Duration) -> Option<Self> {
        let (since, interval) = ((time - self).as_nanos(), interval.as_nanos());
        let nanos = interval - since % interval;
        Some(time + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missed_slots_are_skipped_and_the_grid_stays() {
        let at = |millis| MonotonicTime::START + Duration::from_millis(millis);
        let interval = Duration::from_millis(100);
        for (now, next) in [(1_000, 1_100), (1_099, 1_100), (1_100, 1_200), (1_450, 1_500)] {
            assert_eq!(at(1_000).next_after(at(now), interval), Some(at(next)), "at {now}");
            let stream_time = Timestamp::from_millis;
            let (now, next) = (i64::try_from(now).expect("small"), i64::try_from(next).expect("small"));
            assert_eq!(stream_time(1_000).next_after(stream_time(now), interval), Some(stream_time(next)), "at {now}");
        }
        assert_eq!(at(1_000).next_after(at(2_000), Duration::MAX), Some(MonotonicTime::MAX));
        let end = Timestamp::from_millis(i64::MAX);
        assert_eq!(Timestamp::from_millis(0).next_after(end, interval), None, "no slot is after the end of time");
    }
}
