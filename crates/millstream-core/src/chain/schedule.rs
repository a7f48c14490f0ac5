//! Punctuation: schedules by stream time and by the wall clock.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use millstream_types::time::millis_of;
use millstream_types::{MonotonicTime, Timestamp};

use super::shared_index::SharedIndex;

/// The minimum interval, since timestamps have milliseconds.
const INTERVAL_MIN: Duration = Duration::from_millis(1);

/// The clock that a schedule follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PunctuationType {
    /// The stream time of the task: the highest timestamp of its records. Punctuations are aligned to time 0. The first one
    /// happens as soon as stream time is known. Without records there are none.
    StreamTime,
    /// The wall clock. The first punctuation happens one interval after the scheduling. Setting the system's clock does not
    /// affect punctuations.
    WallClockTime,
}

/// Identifies a schedule of a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScheduleId(u64);

/// The schedules of a task, by clock.
///
/// Wall-clock schedules are due by monotonic time, so that they do not stop when the system's clock is set back.
#[derive(Debug, Default)]
pub(crate) struct Schedules {
    stream_time: Queue<Timestamp>,
    wall_clock: Queue<MonotonicTime>,
    last_id: u64,
    /// The stream time of the punctuation in progress.
    punctuating: Option<Timestamp>,
}

/// The schedules of one clock, in the order in which they are due. A processor may have thousands, one for each key.
#[derive(Debug)]
struct Queue<T> {
    by_time: BTreeMap<(T, u64), Schedule>,
    times: HashMap<u64, T>,
}

#[derive(Clone, Copy, Debug)]
struct Schedule {
    node: SharedIndex,
    interval: Duration,
}

/// The time at which schedules of one clock are due.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DueBy {
    StreamTime(Timestamp),
    WallClock(MonotonicTime),
}

/// A schedule that is due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    pub(crate) id: ScheduleId,
    pub(crate) node: SharedIndex,
}

impl Schedules {
    /// Begins a punctuation by stream time. Schedules that are added before [`end`](Self::end) are due only after stream time
    /// has advanced: otherwise a processor that schedules again in its punctuation would be called endlessly.
    pub(crate) fn begin(&mut self, time: Timestamp) {
        self.punctuating = Some(time);
    }

    /// Ends a punctuation by stream time.
    pub(crate) fn end(&mut self) {
        self.punctuating = None;
    }

    /// Adds a schedule. By stream time it is due at once, by the wall clock one interval after `now`.
    pub(crate) fn add(
        &mut self,
        node: SharedIndex,
        clock: PunctuationType,
        interval: Duration,
        now: MonotonicTime,
    ) -> ScheduleId {
        self.last_id += 1;
        let schedule = Schedule { node, interval: interval.max(INTERVAL_MIN) };
        match clock {
            PunctuationType::StreamTime => {
                let first = self.punctuating.map_or(Some(0), |time| time.as_millis().checked_add(1));
                self.stream_time.insert(self.last_id, schedule, first.map(Timestamp::from_millis));
            }
            PunctuationType::WallClockTime => {
                let first = Some(now + schedule.interval).filter(|first| *first > now);
                self.wall_clock.insert(self.last_id, schedule, first);
            }
        }
        ScheduleId(self.last_id)
    }

    pub(crate) fn cancel(&mut self, id: ScheduleId) {
        self.stream_time.remove(id);
        self.wall_clock.remove(id);
    }

    /// Whether a schedule of this clock is due.
    #[inline]
    pub(crate) fn is_due(&self, by: DueBy) -> bool {
        match by {
            DueBy::StreamTime(time) => self.stream_time.is_due(time),
            DueBy::WallClock(now) => self.wall_clock.is_due(now),
        }
    }

    /// The earliest schedule of this clock that is due, moved on to its next slot.
    pub(crate) fn next_due(&mut self, by: DueBy) -> Option<Due> {
        match by {
            DueBy::StreamTime(time) => self.stream_time.next_due(time),
            DueBy::WallClock(now) => self.wall_clock.next_due(now),
        }
    }

    /// When the next wall-clock schedule is due.
    pub(crate) fn next_wall_clock(&self) -> Option<MonotonicTime> {
        self.wall_clock.by_time.keys().next().map(|(next, _)| *next)
    }
}

impl<T: GridTime> Queue<T> {
    /// Adds a schedule that is due at this time, or never if that is beyond the range of times.
    fn insert(&mut self, id: u64, schedule: Schedule, due: Option<T>) {
        if let Some(due) = due {
            self.by_time.insert((due, id), schedule);
            self.times.insert(id, due);
        }
    }

    fn remove(&mut self, ScheduleId(id): ScheduleId) {
        if let Some(due) = self.times.remove(&id) {
            self.by_time.remove(&(due, id));
        }
    }

    #[inline]
    fn is_due(&self, time: T) -> bool {
        self.by_time.first_key_value().is_some_and(|((due, _), _)| *due <= time)
    }

    /// The earliest schedule that is due at `time`, moved on to its next slot: slots missed meanwhile are skipped, and the
    /// grid stays where it was.
    fn next_due(&mut self, time: T) -> Option<Due> {
        let earliest = self.by_time.first_entry().filter(|earliest| earliest.key().0 <= time)?;
        let ((due, id), schedule) = earliest.remove_entry();
        self.times.remove(&id);
        let next = due.next_after(time, schedule.interval).filter(|next| *next > time);
        self.insert(id, schedule, next);
        Some(Due { id: ScheduleId(id), node: schedule.node })
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { by_time: BTreeMap::new(), times: HashMap::new() }
    }
}

/// A time for schedules.
trait GridTime: Copy + Ord {
    /// The first slot after `time` of a schedule that is due at `self`, which is not after `time`; `None` if it is beyond the
    /// range of times.
    fn next_after(self, time: Self, interval: Duration) -> Option<Self>;
}

impl GridTime for Timestamp {
    /// Slots are multiples of the interval.
    fn next_after(self, time: Self, interval: Duration) -> Option<Self> {
        let interval_ms = millis_of(interval);
        let next = (time.as_millis() / interval_ms).checked_add(1)?.checked_mul(interval_ms)?;
        Some(Self::from_millis(next))
    }
}

impl GridTime for MonotonicTime {
    /// Slots are `self` plus multiples of the interval.
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
        assert_eq!(
            Timestamp::from_millis(0).next_after(end, interval),
            None,
            "there is no slot after the largest time"
        );
    }

    #[test]
    fn schedules_run_in_the_order_in_which_they_are_due_and_each_once() {
        let at = |millis| MonotonicTime::START + Duration::from_millis(millis);
        let mut schedules = Schedules::default();
        let mut add = |millis| {
            let interval = Duration::from_millis(millis);
            schedules.add(SharedIndex(0), PunctuationType::WallClockTime, interval, at(0))
        };
        let [slow, quick, other, cancelled] = [300, 100, 100, 200].map(&mut add);
        let never = add(u64::MAX);
        schedules.cancel(cancelled);
        let mut due = |now| -> Vec<ScheduleId> {
            std::iter::from_fn(|| schedules.next_due(DueBy::WallClock(at(now))).map(|due| due.id)).collect()
        };
        assert_eq!(due(99), []);
        assert_eq!(due(250), [quick, other]);
        assert_eq!(due(300), [slow, quick, other], "by slot, then by age");
        assert!(!due(1_000_050).contains(&never));
        assert_eq!(schedules.next_wall_clock(), Some(at(1_000_100)));
    }

    /// Finding the next one of ten thousand schedules took seconds, since all of them were searched.
    #[test]
    fn many_schedules_are_not_searched() {
        let mut schedules = Schedules::default();
        let interval = Duration::from_millis(100);
        for _ in 0..200_000 {
            schedules.add(SharedIndex(0), PunctuationType::WallClockTime, interval, MonotonicTime::START);
        }
        let now = MonotonicTime::START + interval;
        assert_eq!(std::iter::from_fn(|| schedules.next_due(DueBy::WallClock(now))).count(), 200_000);
    }
}
