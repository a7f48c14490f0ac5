//! The alerts that wait for delivery: bounded, and never in the way of the thread that adds one.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use millstream_types::MonotonicTime;

use crate::events::Event;

/// Alerts that wait, shared by the threads that emit and the one that delivers.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct QueueState {
    waiting: VecDeque<Event>,
    dropped: u64,
    /// Whether one was taken out and its delivery has not ended.
    delivering: bool,
    /// On the clock of the sender: when delivery has to end. `None` while the application runs.
    deadline: Option<MonotonicTime>,
    ended: bool,
}

/// What the delivering thread does next.
#[derive(Debug)]
pub(super) enum Next {
    /// Deliver this one, and say that so many were dropped before it.
    Deliver { event: Box<Event>, dropped: u64 },
    /// Nothing is left and nothing will come; so many were dropped since the last one.
    End { dropped: u64 },
}

impl Queue {
    /// Adds an alert. When `max` wait already it is dropped and counted: those that wait came first, and what came
    /// first is closer to the cause.
    pub(super) fn push(&self, event: Event, max: usize) {
        let mut state = self.lock();
        if state.waiting.len() < max && !state.ended {
            state.waiting.push_back(event);
            self.changed.notify_all();
        } else {
            state.dropped += 1;
        }
    }

    /// Waits for an alert, or for the end.
    pub(super) fn next(&self) -> Next {
        let mut state = self.lock();
        state.delivering = false;
        loop {
            if let Some(event) = state.waiting.pop_front() {
                state.delivering = true;
                let dropped = std::mem::take(&mut state.dropped);
                return Next::Deliver { event: Box::new(event), dropped };
            }
            if state.deadline.is_some() {
                return Next::End { dropped: std::mem::take(&mut state.dropped) };
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for `pause`, or until there is another deadline than the one the caller knows of.
    pub(super) fn pause(&self, pause: Duration, known_deadline: Option<MonotonicTime>) {
        let waited = self.changed.wait_timeout_while(self.lock(), pause, |state| state.deadline == known_deadline);
        drop(waited);
    }

    /// Lets delivery go on until `deadline` and no longer.
    pub(super) fn close(&self, deadline: MonotonicTime) {
        self.lock().deadline = Some(deadline);
        self.changed.notify_all();
    }

    /// When delivery has to end, if the application is closing.
    pub(super) fn deadline(&self) -> Option<MonotonicTime> {
        self.lock().deadline
    }

    /// Ends delivery, and gives how many alerts were dropped or left. A second call gives none.
    pub(super) fn end(&self) -> u64 {
        let mut state = self.lock();
        state.ended = true;
        self.changed.notify_all();
        let left = state.waiting.drain(..).count() as u64 + u64::from(std::mem::take(&mut state.delivering));
        std::mem::take(&mut state.dropped) + left
    }

    /// Whether delivery has ended: its thread has nothing more to say.
    pub(super) fn has_ended(&self) -> bool {
        self.lock().ended
    }

    /// Waits until delivery has ended, for `limit` at most. Whether it has.
    pub(super) fn wait_for_end(&self, limit: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), limit, |state| !state.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
