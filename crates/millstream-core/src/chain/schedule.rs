//! Punctuation: schedules on stream time and on the wall clock.

use millstream_types::Timestamp;

use super::node::SharedIndex;

/// Which clock a schedule follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The task's stream time: the highest timestamp of the records it took. Aligned to time 0; fires as soon as
    /// stream time is known, and not while no record comes.
    StreamTime,
    /// The wall clock, from one interval after scheduling on.
    WallClock,
}

/// Names a schedule of a processor, to tell several apart and to cancel one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScheduleId(u64);

#[derive(Debug)]
struct Schedule {
    id: ScheduleId,
    node: SharedIndex,
    clock: Clock,
    interval_ms: i64,
    next: i64,
}

/// The schedules of a task.
#[derive(Debug, Default)]
pub(crate) struct Schedules {
    active: Vec<Schedule>,
    last_id: u64,
}

/// A schedule that is due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    pub(crate) id: ScheduleId,
    pub(crate) node: SharedIndex,
}

impl Schedules {
    pub(crate) fn add(&mut self, node: SharedIndex, clock: Clock, interval_ms: i64, now: Timestamp) -> ScheduleId {
        self.last_id += 1;
        let id = ScheduleId(self.last_id);
        let interval_ms = interval_ms.max(1);
        let next = match clock {
            Clock::StreamTime => 0,
            Clock::WallClock => now.as_millis().saturating_add(interval_ms),
        };
        self.active.push(Schedule { id, node, clock, interval_ms, next });
        id
    }

    pub(crate) fn cancel(&mut self, id: ScheduleId) {
        self.active.retain(|schedule| schedule.id != id);
    }

    /// The earliest schedule of `clock` that is due at `time`, moved on to its next slot: slots missed meanwhile are
    /// skipped, and the grid stays where it was.
    pub(crate) fn next_due(&mut self, clock: Clock, time: Timestamp) -> Option<Due> {
        let time = time.as_millis();
        let due = self
            .active
            .iter_mut()
            .filter(|schedule| schedule.clock == clock && schedule.next <= time)
            .min_by_key(|schedule| (schedule.next, schedule.id.0))?;
        let missed = (time - due.next) / due.interval_ms;
        due.next = due.next.saturating_add((missed + 1).saturating_mul(due.interval_ms));
        Some(Due { id: due.id, node: due.node })
    }

    /// When the next wall-clock schedule is due.
    pub(crate) fn next_wall_clock(&self) -> Option<Timestamp> {
        let wall_clock = self.active.iter().filter(|schedule| schedule.clock == Clock::WallClock);
        wall_clock.map(|schedule| schedule.next).min().map(Timestamp::from_millis)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.active.is_empty()
    }
}
