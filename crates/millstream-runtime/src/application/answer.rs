//! An answer that is on its way: to be awaited, or waited for.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// What a thread of the application answers later. A future for asynchronous code; synchronous code calls
/// [`wait`](Self::wait).
///
/// It needs no particular executor. Dropping it does not undo what was asked for.
#[must_use = "an answer is not there before it is awaited or waited for"]
pub struct Answer<T, E>(Arc<Slot<Result<T, E>>>);

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// Not within the time given; it may still be on its way.
    #[error("there was no answer within the time given")]
    TimedOut,
    /// Who should have answered has ended.
    #[error("the thread that should have answered has ended")]
    Ended,
}

struct Slot<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

enum State<T> {
    Waiting(Option<Waker>),
    Answered(T),
    /// Taken, or never to come.
    Gone,
}

/// The side that answers. Dropped without an answer, it answers that it has ended.
pub(crate) struct Answering<T, E>(Arc<Slot<Result<T, E>>>);

/// A pair of an answer and who gives it.
pub(crate) fn answer<T, E>() -> (Answering<T, E>, Answer<T, E>) {
    let slot = Arc::new(Slot { state: Mutex::new(State::Waiting(None)), changed: Condvar::new() });
    (Answering(Arc::clone(&slot)), Answer(slot))
}

impl<T, E: From<Unanswered>> Answer<T, E> {
    /// An answer that is there already.
    pub(crate) fn ready(result: Result<T, E>) -> Self {
        let (answering, answer) = answer();
        answering.give(result);
        answer
    }

    /// Blocks until the answer is there, for `limit` at most.
    ///
    /// # Errors
    /// What was asked for went wrong, or there was no answer in time.
    pub fn wait(self, limit: Duration) -> Result<T, E> {
        let is_waiting = |state: &mut State<_>| matches!(state, State::Waiting(_));
        let waited = self.0.changed.wait_timeout_while(self.0.lock(), limit, is_waiting);
        let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Gone) {
            State::Answered(result) => result,
            _ if timeout.timed_out() => Err(Unanswered::TimedOut.into()),
            _ => Err(Unanswered::Ended.into()),
        }
    }
}

impl<T, E: From<Unanswered>> Future for Answer<T, E> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.lock();
        if let State::Waiting(waker) = &mut *state {
            *waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        match std::mem::replace(&mut *state, State::Gone) {
            State::Answered(result) => Poll::Ready(result),
            _ => Poll::Ready(Err(Unanswered::Ended.into())),
        }
    }
}

impl<T, E> Answering<T, E> {
    pub(crate) fn give(self, result: Result<T, E>) {
        self.0.settle(State::Answered(result));
    }
}

impl<T, E> Drop for Answering<T, E> {
    fn drop(&mut self) {
        self.0.settle(State::Gone);
    }
}

impl<T> Slot<T> {
    /// The first settlement counts.
    fn settle(&self, settled: State<T>) {
        let mut state = self.lock();
        if let State::Waiting(waker) = &mut *state {
            let waker = waker.take();
            *state = settled;
            drop(state);
            self.changed.notify_all();
            waker.into_iter().for_each(Waker::wake);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T, E> fmt::Debug for Answer<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "somebody has to wait while another answers")]
    fn it_is_awaited_or_waited_for() {
        let (answering, waiting) = answer::<i32, Unanswered>();
        let thread = std::thread::spawn(move || block_on(waiting));
        answering.give(Ok(1));
        assert_eq!(thread.join().ok(), Some(Ok(1)));
        assert_eq!(Answer::<_, Unanswered>::ready(Ok(2)).wait(Duration::ZERO), Ok(2));
    }

    #[test]
    fn nobody_waits_for_ever() {
        let (answering, waiting) = answer::<i32, Unanswered>();
        assert_eq!(waiting.wait(Duration::from_millis(1)), Err(Unanswered::TimedOut));
        drop(answering);
        let (answering, waiting) = answer::<i32, Unanswered>();
        drop(answering);
        assert_eq!(waiting.wait(Duration::from_secs(60)), Err(Unanswered::Ended));
        let (answering, waiting) = answer::<i32, Unanswered>();
        drop(answering);
        assert_eq!(block_on(waiting), Err(Unanswered::Ended));
    }
}
