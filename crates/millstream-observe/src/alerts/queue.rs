//! The queue of alerts. It is bounded, and adding to it never blocks.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use std::sync::Arc;

use millstream_types::MonotonicTime;

use super::problems::{Alert, Hold, Intervals, Problems};
use crate::clock::Clock;
use crate::events::Event;

/// The longest wait before the clock is read again, since it need not be the system's.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// The shortest wait.
const WAIT_MIN: Duration = Duration::from_millis(10);

/// The problems of an application and their alerts, shared by the threads that emit events and the one that delivers.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
    /// The clock of the application, by which alerts are due.
    clock: Arc<dyn Clock>,
    /// The maximum number of queued alerts.
    max: usize,
}

#[derive(Debug)]
struct QueueState {
    problems: Problems,
    waiting: VecDeque<Alert>,
    dropped: u64,
    /// Whether the delivery of an alert is in progress.
    delivering: bool,
    /// When delivery has to end, by the sender's clock. `None` while the application runs.
    deadline: Option<MonotonicTime>,
    ended: bool,
}

/// The next step of the delivering thread.
#[derive(Debug)]
pub(super) enum Next {
    /// Deliver this alert; `dropped` were dropped before it.
    Deliver { alert: Box<Alert>, dropped: u64 },
    /// End: the queue is empty, and the application is closing. `dropped` were dropped since the last alert.
    End { dropped: u64 },
}

impl Queue {
    pub(super) fn new(intervals: Intervals, max: usize, clock: Arc<dyn Clock>) -> Self {
        let state = QueueState {
            problems: Problems::new(intervals),
            waiting: VecDeque::new(),
            dropped: 0,
            delivering: false,
            deadline: None,
            ended: false,
        };
        Self { state: Mutex::new(state), changed: Condvar::new(), clock, max }
    }

    /// Records an event, which may lead to an alert now or later.
    pub(super) fn observe(&self, event: &Event) {
        let now = self.clock.monotonic();
        let mut state = self.lock();
        state.problems.observe(event, now);
        state.move_due(now, self.max);
        self.changed.notify_all();
    }

    /// Blocks until there is an alert, or the end.
    pub(super) fn next(&self) -> Next {
        let mut state = self.lock();
        state.delivering = false;
        loop {
            let now = self.clock.monotonic();
            state.move_due(now, self.max);
            if let Some(alert) = state.waiting.pop_front() {
                state.delivering = true;
                let dropped = std::mem::take(&mut state.dropped);
                return Next::Deliver { alert: Box::new(alert), dropped };
            }
            if state.deadline.is_some() {
                return Next::End { dropped: std::mem::take(&mut state.dropped) };
            }
            let due = state.problems.next_due();
            let wait = due.map_or(WAIT_MAX, |due| (due - now).clamp(WAIT_MIN, WAIT_MAX));
            state = self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Blocks for `backoff`, or until the deadline differs from `known_deadline`.
    pub(super) fn back_off(&self, backoff: Duration, known_deadline: Option<MonotonicTime>) {
        let waited = self.changed.wait_timeout_while(self.lock(), backoff, |state| state.deadline == known_deadline);
        drop(waited);
    }

    /// Begins to close: delivery has to end by `deadline`.
    pub(super) fn close(&self, deadline: MonotonicTime) {
        self.lock().deadline = Some(deadline);
        self.changed.notify_all();
    }

    /// When delivery has to end, if the application is closing.
    pub(super) fn deadline(&self) -> Option<MonotonicTime> {
        self.lock().deadline
    }

    /// Ends delivery. Returns how many alerts were dropped or left; a second call returns zero.
    pub(super) fn end(&self) -> u64 {
        let mut state = self.lock();
        state.ended = true;
        self.changed.notify_all();
        let left = state.waiting.drain(..).count() as u64 + u64::from(std::mem::take(&mut state.delivering));
        std::mem::take(&mut state.dropped) + left
    }

    /// Whether delivery has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.lock().ended
    }

    /// Blocks until delivery has ended, for `limit` at most. Returns whether it has.
    pub(super) fn wait_for_end(&self, limit: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), limit, |state| !state.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QueueState {
    /// Queues the alerts that are due. If the queue is full, further ones are dropped and counted, since the earliest alerts
    /// are closest to the cause.
    fn move_due(&mut self, now: MonotonicTime, max: usize) {
        let hold = if self.deadline.is_some() { Hold::No } else { Hold::UntilDue };
        while let Some(alert) = self.problems.take_due(now, hold) {
            if self.waiting.len() < max && !self.ended {
                self.waiting.push_back(alert);
            } else {
                self.problems.undo(&alert);
                self.dropped += 1;
            }
        }
    }
}
