//! The limit of a close: of a second call, on a thread of the application, and when the supervisor fails.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use millstream_log::{
    AdminRequest, Administration, Fetching, GroupConfig, GroupConsumer, InProcessLog, Log, LogError, LogEvent,
    Producing, Signal,
};
use millstream_observe::events::{Event, EventKind, FailureKind, State};
use millstream_observe::{Clock, SystemClock};
use millstream_runtime::{CloseError, NoResponse, Streams, StreamsHandle, ThreadCountError};
use millstream_types::{MonotonicTime, Timestamp};
use support::{LIMIT, config, counting, counts, eventually, feed_words, log, run, total};

#[test]
fn a_second_close_shortens_the_first_ones_limit() {
    let log = log();
    let streams = run(counting(), config("app"), &log);
    log.faults().make_unavailable("counts");
    feed_words(&log, 1000);
    eventually("something waits to be committed", || log.records("app-counts-repartition").unwrap().len() == 1000);
    let clock = SystemClock::new();
    let began = clock.monotonic();
    let first = streams.close(); // within 30 s, by default
    assert_eq!(streams.close_blocking(Duration::from_millis(300)), Err(CloseError::Forced));
    let took = clock.monotonic() - began;
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(futures::executor::block_on(first), Err(CloseError::Forced));
}

/// The results of the waiting calls of the handle on a thread of the application.
type Results = (Result<(), CloseError>, Result<(), CloseError>, State, Result<String, ThreadCountError>);

#[test]
fn no_thread_of_the_application_waits_for_itself() {
    let handle: Arc<OnceLock<StreamsHandle>> = Arc::default();
    let results: Arc<Mutex<Option<Results>>> = Arc::default();
    let listener = {
        let (handle, results) = (Arc::clone(&handle), Arc::clone(&results));
        move |event: &Event| {
            if matches!(event.kind, EventKind::ThreadState { to: State::Draining, .. }) {
                let streams = handle.get().unwrap();
                let added = streams.add_thread().wait(Duration::MAX);
                let state = streams.wait_until(State::Closed, Duration::MAX);
                let closed = streams.close_blocking(Duration::MAX);
                *results.lock().unwrap() = Some((closed, streams.wait_until_ended(), state, added));
            }
        }
    };
    let log = log();
    let streams = Streams::new(counting(), config("app")).with_log(log).with_listener(listener).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    assert!(handle.set(streams).is_ok());
    handle.get().unwrap().close_blocking(LIMIT).unwrap();
    let results = results.lock().unwrap().take().expect("it came back");
    let (closed, ended, state, added) = results;
    assert_eq!((closed, ended), (Err(CloseError::OwnThread), Err(CloseError::OwnThread)));
    assert_eq!(state, State::Draining);
    // The supervisor may have refused it by then.
    let expected = [NoResponse::OwnThread.to_string(), ThreadCountError::Closing.to_string()];
    assert!(expected.contains(&added.unwrap_err().to_string()));
}

/// A log whose administration client for the supervisor panics on demand.
#[derive(Clone)]
struct Fragile {
    log: InProcessLog,
    panics: Arc<AtomicBool>,
}

impl Log for Fragile {
    fn consumer(&self, config: &GroupConfig, signal: &Signal) -> Result<Box<dyn GroupConsumer>, LogError> {
        self.log.consumer(config, signal)
    }

    fn fetcher(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Fetching>, LogError> {
        self.log.fetcher(client_id, signal)
    }

    fn producer(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Producing>, LogError> {
        self.log.producer(client_id, signal)
    }

    fn admin(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Administration>, LogError> {
        let inner = self.log.admin(client_id, signal)?;
        let panics = if client_id.ends_with("-admin") { Arc::clone(&self.panics) } else { Arc::default() };
        Ok(Box::new(FragileAdmin { inner, panics }))
    }
}

struct FragileAdmin {
    inner: Box<dyn Administration>,
    panics: Arc<AtomicBool>,
}

impl Administration for FragileAdmin {
    fn request(&mut self, request: AdminRequest) -> u64 {
        self.inner.request(request)
    }

    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        assert!(!self.panics.load(Ordering::SeqCst), "a bug");
        self.inner.poll(now, events);
    }
}

#[test]
fn a_supervisor_that_fails_ends_its_threads() {
    let fragile = Fragile { log: log(), panics: Arc::default() };
    let streams = Streams::new(counting(), config("app")).with_log(fragile.clone()).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    feed_words(&fragile.log, 1000);
    eventually("all is counted", || total(&fragile.log) == 1000);
    fragile.panics.store(true, Ordering::SeqCst);
    let failure = match streams.wait_until_ended() {
        Err(CloseError::Failed(Some(failure))) => failure,
        other => panic!("{other:?}"),
    };
    assert_eq!(failure.kind, FailureKind::Internal, "{failure}");
    // Its threads have left the group: another instance takes over at once, and nothing is counted twice.
    let next = run(counting(), config("app"), &fragile.log);
    feed_words(&fragile.log, 1000);
    eventually("the next instance continues", || total(&fragile.log) == 2000);
    assert!(counts(&fragile.log).values().all(|count| *count == 20));
    next.close_blocking(LIMIT).unwrap();
}

/// A clock that panics in stream threads once it is armed.
#[derive(Debug, Default)]
struct BrokenClock(SystemClock, Arc<AtomicBool>);

impl Clock for BrokenClock {
    fn now(&self) -> Timestamp {
        self.check();
        self.0.now()
    }

    fn monotonic(&self) -> MonotonicTime {
        self.check();
        self.0.monotonic()
    }
}

impl BrokenClock {
    fn check(&self) {
        let is_stream_thread = std::thread::current().name().is_some_and(|name| name.contains("StreamThread"));
        assert!(!is_stream_thread || !self.1.load(Ordering::SeqCst), "the clock is broken");
    }
}

/// A close waited for ever for a thread that had panicked while it reported its end.
#[test]
fn a_close_does_not_wait_for_a_thread_that_panics_at_its_end() {
    let is_broken = Arc::new(AtomicBool::new(false));
    let clock = BrokenClock(SystemClock::new(), Arc::clone(&is_broken));
    let streams = Streams::new(counting(), config("app")).with_log(log()).with_clock(clock).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    is_broken.store(true, Ordering::SeqCst);
    let system = SystemClock::new();
    let began = system.monotonic();
    assert!(streams.close_blocking(LIMIT).is_err());
    let took = system.monotonic() - began;
    assert!(took < LIMIT / 2, "{took:?}");
}
