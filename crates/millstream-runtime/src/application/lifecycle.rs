//! The states of an application: transitions, waits and streams of changes.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures::Stream;

use millstream_observe::events::{EventKind, EventSink, Failure, State};

/// How many unread changes are kept for a reader; beyond them the oldest are dropped.
const UNREAD_CHANGES_MAX: usize = 64;

/// The application's state, shared by its threads and its handle.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    events: EventSink,
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug)]
struct Inner {
    state: State,
    failure: Option<Failure>,
    /// Whether the application closed cleanly; only meaningful once it is closed.
    is_clean: bool,
    readers: Vec<Weak<Mutex<Reader>>>,
}

/// How an application has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Clean,
    Forced,
    Failed(Option<Failure>),
}

impl Lifecycle {
    pub(crate) fn new(events: EventSink) -> Self {
        let inner = Inner { state: State::Created, failure: None, is_clean: true, readers: Vec::new() };
        Self { events, inner: Mutex::new(inner), changed: Condvar::new() }
    }

    pub(crate) fn state(&self) -> State {
        self.lock().state
    }

    /// Goes to `to` if that may follow the present state. Returns whether it did. Only the supervisor calls it.
    pub(crate) fn advance(&self, to: State) -> bool {
        let from = self.state();
        if !from.may_become(to) {
            return false;
        }
        // Emitted before the state changes, so that listeners have run when a wait for the state ends. Not under the lock,
        // since a listener may read the state.
        self.events.emit(EventKind::ApplicationState { from, to });
        let mut inner = self.lock();
        inner.state = to;
        let wakers: Vec<Waker> = inner.live_readers().iter().filter_map(|reader| lock(reader).push(to)).collect();
        drop(inner);
        self.changed.notify_all();
        // Not under the locks either: an executor may poll at once, or drop a task, and with it the handle.
        wakers.into_iter().for_each(Waker::wake);
        true
    }

    /// Begins to fail: keeps the first reason and goes to [`State::Failing`].
    pub(crate) fn fail(&self, failure: &Failure) -> bool {
        self.lock().failure.get_or_insert_with(|| failure.clone());
        self.advance(State::Failing)
    }

    pub(crate) fn close_was_forced(&self) {
        self.lock().is_clean = false;
    }

    pub(crate) fn failure(&self) -> Option<Failure> {
        self.lock().failure.clone()
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.lock().is_clean
    }

    /// How the application has ended, once it has.
    pub(crate) fn ending(&self) -> Option<Ending> {
        let inner = self.lock();
        match inner.state {
            State::Closed if inner.is_clean => Some(Ending::Clean),
            State::Closed => Some(Ending::Forced),
            State::Error => Some(Ending::Failed(inner.failure.clone())),
            _ => None,
        }
    }

    /// The changes from now on, beginning with the present state.
    pub(crate) fn changes(&self) -> StateChanges {
        let mut inner = self.lock();
        let reader = Arc::new(Mutex::new(Reader { unread: [inner.state].into(), waker: None }));
        inner.readers.push(Arc::downgrade(&reader));
        StateChanges { reader, has_ended: false }
    }

    /// Blocks until `is_met`, the application has ended, or `limit` has passed. Returns the state at that time.
    pub(crate) fn wait(&self, limit: Duration, is_met: impl Fn(State) -> bool) -> State {
        let is_waiting = |inner: &mut Inner| !is_met(inner.state) && !has_ended(inner.state);
        let waited = self.changed.wait_timeout_while(self.lock(), limit, is_waiting);
        waited.unwrap_or_else(PoisonError::into_inner).0.state
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }
}

impl Inner {
    fn live_readers(&mut self) -> Vec<Arc<Mutex<Reader>>> {
        self.readers.retain(|reader| reader.strong_count() > 0);
        self.readers.iter().filter_map(Weak::upgrade).collect()
    }
}

pub(crate) fn has_ended(state: State) -> bool {
    state.has_ended()
}

/// The states of an application as a stream: the present one, then every later one. The stream ends after
/// [`State::Closed`] or [`State::Error`].
///
/// A reader that falls far behind misses the oldest changes, never the latest.
#[derive(Debug)]
pub struct StateChanges {
    reader: Arc<Mutex<Reader>>,
    has_ended: bool,
}

#[derive(Debug)]
struct Reader {
    unread: VecDeque<State>,
    waker: Option<Waker>,
}

impl Reader {
    /// Adds a state. Returns the waker of the reader, if it waits.
    fn push(&mut self, state: State) -> Option<Waker> {
        if self.unread.len() == UNREAD_CHANGES_MAX {
            self.unread.pop_front();
        }
        self.unread.push_back(state);
        self.waker.take()
    }
}

impl Stream for StateChanges {
    type Item = State;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<State>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        let mut reader = lock(&self.reader);
        let Some(state) = reader.unread.pop_front() else {
            reader.waker = Some(context.waker().clone());
            return Poll::Pending;
        };
        drop(reader);
        self.has_ended = has_ended(state);
        Poll::Ready(Some(state))
    }
}

/// Locks `mutex`. No holder leaves the data inconsistent, so a poisoned lock is used all the same.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io;

    use futures::StreamExt;
    use futures::executor::block_on;

    use super::*;
    use millstream_observe::SystemClock;
    use millstream_observe::events::{EventSettings, FailureKind};

    fn lifecycle() -> Lifecycle {
        let clock = Arc::new(SystemClock::new());
        Lifecycle::new(EventSink::to_writer("app", &EventSettings::default(), clock, io::sink()))
    }

    #[test]
    fn only_the_transitions_of_the_table_happen() {
        use State::{Closed, Created, Draining, Error, Failing, Rebalancing, Running};
        let all = [Created, Rebalancing, Running, Draining, Failing, Closed, Error];
        let allowed = [
            (Created, vec![Rebalancing, Draining, Failing]),
            (Rebalancing, vec![Running, Draining, Failing]),
            (Running, vec![Rebalancing, Draining, Failing]),
            (Draining, vec![Closed]),
            (Failing, vec![Error]),
            (Closed, vec![]),
            (Error, vec![]),
        ];
        for (from, expected) in allowed {
            let reached: Vec<State> = all.into_iter().filter(|to| from.may_become(*to)).collect();
            assert_eq!(reached, expected, "from {from}");
        }
    }

    #[test]
    fn changes_come_as_a_stream_that_ends() {
        let lifecycle = lifecycle();
        let changes = lifecycle.changes();
        for state in [State::Rebalancing, State::Running, State::Draining, State::Closed] {
            assert!(lifecycle.advance(state));
        }
        let seen: Vec<State> = block_on(changes.collect());
        assert_eq!(seen, [State::Created, State::Rebalancing, State::Running, State::Draining, State::Closed]);
        assert_eq!(block_on(lifecycle.changes().collect::<Vec<_>>()), [State::Closed]);
    }

    /// Reads the state when it wakes its task, as an executor may that polls, or drops a handle, at once.
    struct ReadsState(Arc<Lifecycle>);

    impl std::task::Wake for ReadsState {
        fn wake(self: Arc<Self>) {
            let _seen = (self.0.state(), self.0.changes());
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a deadlock is to fail the test and not to stop it")]
    fn a_waker_may_read_the_state() {
        let lifecycle = Arc::new(lifecycle());
        let mut changes = lifecycle.changes();
        let waker = Waker::from(Arc::new(ReadsState(Arc::clone(&lifecycle))));
        let mut context = Context::from_waker(&waker);
        while changes.poll_next_unpin(&mut context).is_ready() {}
        let (sender, advanced) = std::sync::mpsc::channel();
        std::thread::spawn(move || sender.send(lifecycle.advance(State::Rebalancing)));
        assert_eq!(advanced.recv_timeout(Duration::from_secs(60)), Ok(true));
        assert_eq!(changes.poll_next_unpin(&mut context), Poll::Ready(Some(State::Rebalancing)));
    }

    #[test]
    fn an_idle_reader_is_bounded_and_gets_the_latest_state() {
        let lifecycle = lifecycle();
        let changes = lifecycle.changes();
        for _ in 0..UNREAD_CHANGES_MAX {
            lifecycle.advance(State::Rebalancing);
            lifecycle.advance(State::Running);
        }
        lifecycle.advance(State::Draining);
        lifecycle.advance(State::Closed);
        let seen: Vec<State> = block_on(changes.collect());
        assert_eq!(seen.len(), UNREAD_CHANGES_MAX);
        assert_eq!(seen.last(), Some(&State::Closed));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "one thread has to wait while another changes the state")]
    fn waiting_ends_with_the_state_the_end_or_the_limit() {
        let lifecycle = Arc::new(lifecycle());
        let waiter = {
            let lifecycle = Arc::clone(&lifecycle);
            std::thread::spawn(move || lifecycle.wait(Duration::from_secs(60), |state| state == State::Running))
        };
        lifecycle.advance(State::Rebalancing);
        assert_eq!(lifecycle.wait(Duration::ZERO, |state| state == State::Running), State::Rebalancing);
        lifecycle.fail(&Failure::new(FailureKind::Log, "gone"));
        lifecycle.advance(State::Error);
        assert_eq!(waiter.join().ok(), Some(State::Error));
        assert_eq!(lifecycle.ending(), Some(Ending::Failed(Some(Failure::new(FailureKind::Log, "gone")))));
    }
}
