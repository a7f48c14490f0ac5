//! Work of several steps that waits for brokers: futures that their owner polls.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// A future that its owner polls: whenever the owner's signal was raised, and for deadlines regularly.
pub(crate) struct Task<T>(Pin<Box<dyn Future<Output = T> + Send>>);

impl<T> Task<T> {
    /// A task that the first poll begins. Dropping it ends it where it stands.
    pub(crate) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Box::pin(work))
    }

    /// Advances it, and returns its result when it has ended. Then it may not be polled again.
    pub(crate) fn poll(&mut self) -> Option<T> {
        // Whoever has something new raises the owner's signal.
        match self.0.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }
}

/// Advances the task in a slot, which is empty when the task has ended.
pub(crate) fn poll_slot<T>(slot: &mut Option<Task<T>>) -> Option<T> {
    let result = slot.as_mut()?.poll();
    if result.is_some() {
        *slot = None;
    }
    result
}

/// Tasks with numbers, from 1.
pub(crate) struct Tasks<T> {
    open: Vec<(u64, Task<T>)>,
    last: u64,
}

impl<T> Default for Tasks<T> {
    fn default() -> Self {
        Self { open: Vec::new(), last: 0 }
    }
}

impl<T> Tasks<T> {
    /// Adds a task. Returns its number.
    pub(crate) fn add(&mut self, work: impl Future<Output = T> + Send + 'static) -> u64 {
        self.last += 1;
        self.open.push((self.last, Task::new(work)));
        self.last
    }

    /// Advances all of them. Returns the numbers and results of those that have ended.
    pub(crate) fn poll(&mut self) -> Vec<(u64, T)> {
        let mut ended = Vec::new();
        self.open.retain_mut(|(number, task)| match task.poll() {
            Some(result) => {
                ended.push((*number, result));
                false
            }
            None => true,
        });
        ended
    }
}
