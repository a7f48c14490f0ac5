//! A pending response: awaited by asynchronous code, waited for by synchronous code.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::own_thread::ApplicationNumber;

/// The response to a request that a thread of the application handles. Asynchronous code awaits it; synchronous code calls
/// [`wait`](Self::wait).
///
/// It needs no particular executor. Dropping it does not cancel the request.
///
/// # Examples
/// ```
/// # use millstream_core::StreamsBuilder;
/// # use millstream_log::InProcessLog;
/// # use millstream_runtime::{Streams, StreamsConfig};
/// use std::time::Duration;
///
/// # let (log, builder) = (InProcessLog::new(), StreamsBuilder::new());
/// # log.create_topic("in", 1)?;
/// # log.create_topic("out", 1)?;
/// # builder.stream::<String, String>("in").to("out");
/// let streams = Streams::new(builder.build()?, StreamsConfig::new("copy")).with_log(log).start()?;
/// let name = streams.add_thread().wait(Duration::from_secs(10))?;
/// assert!(name.ends_with("-StreamThread-2"));
/// # streams.close_blocking(Duration::from_secs(10))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a response is received only when it is awaited or waited for"]
pub struct Response<T, E> {
    slot: Arc<Slot<Result<T, E>>>,
    /// The application that responds; `None` for a response that is ready.
    from: Option<ApplicationNumber>,
}

/// Why there is no response.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoResponse {
    /// There was no response within the limit. The request may still be carried out.
    #[error("there was no response within the limit; the request may still be carried out")]
    TimedOut,
    /// The application, or the thread that had to respond, has ended.
    #[error("the application has ended, or the thread that had to respond")]
    Ended,
    /// The wait was on a thread of the application, on which listeners, handlers and processors run. The application
    /// would wait for itself.
    #[error("one of the application's own threads cannot wait for its response; wait on another thread")]
    OwnThread,
}

millstream_types::debug_as_sentence!(NoResponse);

struct Slot<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

enum State<T> {
    Waiting(Option<Waker>),
    Responded(T),
    /// Taken, or no response will come.
    Gone,
}

/// The responding side. If it is dropped without a response, the response is [`NoResponse::Ended`].
pub(crate) struct Responder<T, E>(Arc<Slot<Result<T, E>>>);

/// Makes a pending response of an application, and its responder.
pub(crate) fn response<T, E>(from: ApplicationNumber) -> (Responder<T, E>, Response<T, E>) {
    let slot = Arc::new(Slot { state: Mutex::new(State::Waiting(None)), changed: Condvar::new() });
    (Responder(Arc::clone(&slot)), Response { slot, from: Some(from) })
}

impl<T, E: From<NoResponse>> Response<T, E> {
    /// A response that is ready.
    pub(crate) fn ready(result: Result<T, E>) -> Self {
        let slot = Slot { state: Mutex::new(State::Responded(result)), changed: Condvar::new() };
        Self { slot: Arc::new(slot), from: None }
    }

    /// Blocks until the response is ready, for `limit` at most.
    ///
    /// # Errors
    /// When the request failed, when there was no response within `limit`, or on a thread of the application itself, which
    /// cannot wait for its own response.
    pub fn wait(self, limit: Duration) -> Result<T, E> {
        let is_waiting = |state: &mut State<_>| matches!(state, State::Waiting(_));
        let is_own_thread = self.from.is_some_and(ApplicationNumber::owns_current_thread);
        if is_own_thread && is_waiting(&mut self.slot.lock()) {
            return Err(NoResponse::OwnThread.into());
        }
        let waited = self.slot.changed.wait_timeout_while(self.slot.lock(), limit, is_waiting);
        let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Gone) {
            State::Responded(result) => result,
            State::Waiting(_) | State::Gone if timeout.timed_out() => Err(NoResponse::TimedOut.into()),
            State::Waiting(_) | State::Gone => Err(NoResponse::Ended.into()),
        }
    }
}

impl<T, E: From<NoResponse>> Future for Response<T, E> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.slot.lock();
        if let State::Waiting(waker) = &mut *state {
            *waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        match std::mem::replace(&mut *state, State::Gone) {
            State::Responded(result) => Poll::Ready(result),
            State::Waiting(_) | State::Gone => Poll::Ready(Err(NoResponse::Ended.into())),
        }
    }
}

impl<T, E> Responder<T, E> {
    pub(crate) fn respond(self, result: Result<T, E>) {
        self.0.settle(State::Responded(result));
    }
}

impl<T, E> Drop for Responder<T, E> {
    fn drop(&mut self) {
        self.0.settle(State::Gone);
    }
}

impl<T> Slot<T> {
    /// Sets the result. Only the first call has an effect.
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

impl<T, E> fmt::Debug for Response<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Response")
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "one thread has to wait while another responds")]
    fn it_is_awaited_or_waited_for() {
        let (responder, waiting) = response::<i32, NoResponse>(ApplicationNumber::next());
        let thread = std::thread::spawn(move || block_on(waiting));
        responder.respond(Ok(1));
        assert_eq!(thread.join().ok(), Some(Ok(1)));
        assert_eq!(Response::<_, NoResponse>::ready(Ok(2)).wait(Duration::ZERO), Ok(2));
    }

    #[test]
    fn every_wait_ends() {
        let (responder, waiting) = response::<i32, NoResponse>(ApplicationNumber::next());
        assert_eq!(waiting.wait(Duration::from_millis(1)), Err(NoResponse::TimedOut));
        drop(responder);
        let (responder, waiting) = response::<i32, NoResponse>(ApplicationNumber::next());
        drop(responder);
        assert_eq!(waiting.wait(Duration::from_secs(60)), Err(NoResponse::Ended));
        let (responder, waiting) = response::<i32, NoResponse>(ApplicationNumber::next());
        drop(responder);
        assert_eq!(block_on(waiting), Err(NoResponse::Ended));
    }
}
