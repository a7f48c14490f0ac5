//! Punctuation: schedules by stream time and by the wall clock.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use millstream_types::time::millis_of;
use millstream_types::{MonotonicTime, Now, Timestamp};

use super::shared_index::SharedIndex;

/// The minimum interval, since timestamps have milliseconds.
const INTERVAL_MIN: Duration = Duration::from_millis(1);

/// The time after which a schedule is due whose start has passed.
const AT_ONCE: Duration = Duration::from_nanos(1);

/// The clock that a schedule follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PunctuationType {
    /// The stream time of the task: the highest timestamp of its records. Unless a start is given, punctuations are aligned to
    /// time 0, and the first one happens as soon as stream time is known. Without records there are none.
    StreamTime,
    /// The wall clock. Unless a start is given, the first punctuation happens one interval after the scheduling. Setting the
    /// system's clock does not affect punctuations.
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
    by_time: BTreeMap<Turn<T>, Schedule>,
    turns: HashMap<u64, Turn<T>>,
    /// How many turns there have been.
    count: u64,
}

/// When a schedule is due. Of those that are due at the same time the first is the one that has waited longest, as in Kafka Streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn<T> {
    due: T,
    number: u64,
}

#[derive(Clone, Copy, Debug)]
struct Schedule {
    id: u64,
    node: SharedIndex,
    interval: Duration,
    /// How long the time at which it is due is after the last slot of its grid: 0, unless it was set up between two slots.
    since_slot: Duration,
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

    /// Adds a schedule with slots every `interval` from `start` on.
    ///
    /// Without a start, slots by stream time begin at 0, those by the wall clock one interval after `now`. If the start has
    /// passed, the schedule is due at once; the slots stay where they are.
    pub(crate) fn add(
        &mut self,
        node: SharedIndex,
        clock: PunctuationType,
        start: Option<Timestamp>,
        interval: Duration,
        now: Now,
    ) -> ScheduleId {
        self.last_id += 1;
        let interval = interval.max(INTERVAL_MIN);
        let schedule = Schedule { id: self.last_id, node, interval, since_slot: Duration::ZERO };
        match clock {
            PunctuationType::StreamTime => self.add_by_stream_time(schedule, start.unwrap_or_default()),
            PunctuationType::WallClockTime => self.add_by_wall_clock(schedule, start, now),
        }
        ScheduleId(self.last_id)
    }

    fn add_by_stream_time(&mut self, schedule: Schedule, start: Timestamp) {
        let interval = Duration::from_millis(millis_of(schedule.interval).unsigned_abs());
        let due = match self.punctuating {
            Some(time) => time.after(INTERVAL_MIN).map(|next| next.max(start)),
            None => Some(start),
        };
        let since_slot = since_slot(between(start, due.unwrap_or(start)), interval);
        self.stream_time.insert(Schedule { interval, since_slot, ..schedule }, due);
    }

    fn add_by_wall_clock(&mut self, schedule: Schedule, start: Option<Timestamp>, now: Now) {
        let (delay, since_slot) = match start {
            None => (schedule.interval, Duration::ZERO),
            Some(start) if start > now.wall => (between(now.wall, start), Duration::ZERO),
            Some(start) => (AT_ONCE, since_slot(between(start, now.wall).saturating_add(AT_ONCE), schedule.interval)),
        };
        let due = Some(now.monotonic + delay).filter(|due| *due > now.monotonic);
        self.wall_clock.insert(Schedule { since_slot, ..schedule }, due);
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
        self.wall_clock.by_time.keys().next().map(|next| next.due)
    }
}

impl<T: GridTime> Queue<T> {
    /// Adds a schedule that is due at this time, or never if that is beyond the range of times.
    fn insert(&mut self, schedule: Schedule, due: Option<T>) {
        if let Some(due) = due {
            self.count += 1;
            let turn = Turn { due, number: self.count };
            self.by_time.insert(turn, schedule);
            self.turns.insert(schedule.id, turn);
        }
    }

    fn remove(&mut self, ScheduleId(id): ScheduleId) {
        if let Some(turn) = self.turns.remove(&id) {
            self.by_time.remove(&turn);
        }
    }

    #[inline]
    fn is_due(&self, time: T) -> bool {
        self.by_time.first_key_value().is_some_and(|(turn, _)| turn.due <= time)
    }

    /// The earliest schedule that is due at `time`, moved on to its next slot: slots missed meanwhile are skipped, and the
    /// grid stays where it was.
    fn next_due(&mut self, time: T) -> Option<Due> {
        let earliest = self.by_time.first_entry().filter(|earliest| earliest.key().due <= time)?;
        let (turn, schedule) = earliest.remove_entry();
        self.turns.remove(&schedule.id);
        let since_slot = since_slot(time.since(turn.due).saturating_add(schedule.since_slot), schedule.interval);
        let next = time.after(schedule.interval.saturating_sub(since_slot)).filter(|next| *next > time);
        self.insert(Schedule { since_slot: Duration::ZERO, ..schedule }, next);
        Some(Due { id: ScheduleId(schedule.id), node: schedule.node })
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { by_time: BTreeMap::new(), turns: HashMap::new(), count: 0 }
    }
}

/// The part of `passed` since the last of the slots that are `interval` apart; at most 584 years.
fn since_slot(passed: Duration, interval: Duration) -> Duration {
    let nanos = passed.as_nanos() % interval.as_nanos();
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// The duration from one timestamp to a later one.
fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::from_millis(later.as_millis().abs_diff(earlier.as_millis()))
}

/// A time for schedules.
trait GridTime: Copy + Ord {
    /// The duration since `earlier`.
    fn since(self, earlier: Self) -> Duration;
    /// The time `duration` after this one; `None` if it is beyond the range of times.
    fn after(self, duration: Duration) -> Option<Self>;
}

impl GridTime for Timestamp {
    fn since(self, earlier: Self) -> Duration {
        between(earlier, self)
    }

    fn after(self, duration: Duration) -> Option<Self> {
        self.as_millis().checked_add(millis_of(duration)).map(Self::from_millis)
    }
}

impl GridTime for MonotonicTime {
    fn since(self, earlier: Self) -> Duration {
        self - earlier
    }

    fn after(self, duration: Duration) -> Option<Self> {
        Some(self + duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> MonotonicTime {
        MonotonicTime::after_start(Duration::from_millis(millis))
    }

    /// The present time, with a wall clock that is a second ahead of the monotonic one.
    fn now(millis: u64) -> Now {
        let wall = millis.cast_signed() + 1_000;
        Now { wall: Timestamp::from_millis(wall), monotonic: at(millis) }
    }

    /// The differential test's seed 72575: the one that was set up first came first, also after it had moved on to the time of the
    /// other.
    #[test]
    fn of_schedules_that_are_due_at_the_same_time_the_one_that_has_waited_longest_is_first() {
        let mut schedules = Schedules::default();
        let mut add = |node, millis| {
            let interval = Duration::from_millis(millis);
            schedules.add(SharedIndex(node), PunctuationType::WallClockTime, None, interval, now(0));
        };
        add(0, 100);
        add(1, 500);
        add(2, 500);
        let mut nodes = |millis| {
            let due = std::iter::from_fn(|| schedules.next_due(DueBy::WallClock(at(millis))));
            due.map(|due| due.node.0).collect::<Vec<_>>()
        };
        assert_eq!(nodes(450), [0]);
        assert_eq!(nodes(500), [1, 2, 0]);
    }

    /// Which of these times of the clock make a schedule due that was set up at `set_up`, with an interval of 100 ms.
    fn calls(clock: PunctuationType, start: Option<i64>, set_up: u64, times: &[u64]) -> Vec<u64> {
        let mut schedules = Schedules::default();
        let interval = Duration::from_millis(100);
        schedules.add(SharedIndex(0), clock, start.map(Timestamp::from_millis), interval, now(set_up));
        let due_by = |millis: u64| match clock {
            PunctuationType::StreamTime => DueBy::StreamTime(Timestamp::from_millis(millis.cast_signed())),
            PunctuationType::WallClockTime => DueBy::WallClock(at(millis)),
        };
        times.iter().copied().filter(|time| schedules.next_due(due_by(*time)).is_some()).collect()
    }

    #[test]
    fn missed_slots_are_skipped_and_the_grid_stays() {
        let times = [199, 200, 299, 300, 450, 499, 500, 1_950, 2_000, 2_001, 2_100];
        let due = [200, 300, 450, 500, 1_950, 2_000, 2_100];
        assert_eq!(calls(PunctuationType::WallClockTime, None, 100, &times), due);
        assert_eq!(calls(PunctuationType::StreamTime, None, 0, &times)[1..], due);
    }

    #[test]
    fn slots_begin_at_a_given_start() {
        let times = [100, 249, 250, 251, 349, 350, 590, 649, 650];
        let due = [250, 350, 590, 650];
        assert_eq!(calls(PunctuationType::WallClockTime, Some(1_250), 100, &times), due);
        assert_eq!(calls(PunctuationType::StreamTime, Some(250), 0, &times), due);
    }

    #[test]
    fn a_schedule_whose_start_has_passed_is_due_at_once_and_then_at_its_slots() {
        let times = [1_000, 1_001, 1_049, 1_050, 1_051, 1_150];
        assert_eq!(calls(PunctuationType::WallClockTime, Some(1_250), 1_000, &times), [1_001, 1_050, 1_150]);
        assert_eq!(
            calls(PunctuationType::WallClockTime, Some(i64::MIN), 1_000, &times).len(),
            2,
            "the slots end in 92 ms"
        );
        assert_eq!(calls(PunctuationType::StreamTime, Some(-50), 0, &times), [1_000, 1_050, 1_150]);
    }

    #[test]
    fn times_at_both_ends_are_no_slots() {
        let mut schedules = Schedules::default();
        let end = Timestamp::from_millis(i64::MAX);
        for start in [i64::MIN, 0, i64::MAX].map(Timestamp::from_millis) {
            for interval in [Duration::ZERO, Duration::from_millis(100), Duration::MAX] {
                for clock in [PunctuationType::StreamTime, PunctuationType::WallClockTime] {
                    schedules.add(SharedIndex(0), clock, Some(start), interval, now(0));
                }
            }
        }
        let by_stream_time = std::iter::from_fn(|| schedules.next_due(DueBy::StreamTime(end)));
        assert_eq!(by_stream_time.count(), 9, "there is no slot after the largest time");
    }

    #[test]
    fn schedules_run_in_the_order_in_which_they_are_due_and_each_once() {
        let mut schedules = Schedules::default();
        let mut add = |millis| {
            let interval = Duration::from_millis(millis);
            schedules.add(SharedIndex(0), PunctuationType::WallClockTime, None, interval, now(0))
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
            schedules.add(SharedIndex(0), PunctuationType::WallClockTime, None, interval, now(0));
        }
        assert_eq!(std::iter::from_fn(|| schedules.next_due(DueBy::WallClock(at(100)))).count(), 200_000);
    }
}
