//! Deletes the state of tasks that now run elsewhere.

use std::time::Duration;

use millstream_types::MonotonicTime;

use crate::state_directory::{StaleTasks, StateDirectory};
use millstream_observe::events::{EventKind, EventSink};

/// How often the tasks are checked: more often if the delay is short.
const INTERVAL_MAX: Duration = Duration::from_secs(60);

/// Deletes stale state at an interval, and emits an event for it.
pub(super) struct CleanUp {
    stale: StaleTasks,
    interval: Duration,
    due: MonotonicTime,
    /// Whether the last check failed, so that a lasting failure is reported once.
    is_failing: bool,
}

impl CleanUp {
    /// Deletes state that has been unused for `delay`.
    pub(super) fn new(delay: Duration) -> Self {
        let interval = INTERVAL_MAX.min(delay / 2);
        Self { stale: StaleTasks::new(delay), interval, due: MonotonicTime::START, is_failing: false }
    }

    /// Deletes stale state, if a check is due.
    pub(super) fn step(&mut self, state: &StateDirectory, now: MonotonicTime, events: &EventSink) {
        if now < self.due {
            return;
        }
        self.due = now + self.interval;
        let cleaned = self.stale.clean(state, now);
        let was_failing = std::mem::replace(&mut self.is_failing, cleaned.is_err());
        match cleaned {
            Ok(tasks) if tasks.is_empty() => {}
            Ok(tasks) => {
                let tasks = tasks.iter().map(ToString::to_string).collect();
                let directory = state.path().display().to_string();
                events.emit(EventKind::StateCleanedUp { directory, tasks });
            }
            Err(error) if !was_failing => events.emit(EventKind::StateNotCleanedUp { reason: error.to_string() }),
            Err(_) => {}
        }
    }
}
