//! The life cycle of an application: it starts, runs and closes; failures to start have clear messages.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt;
use futures::executor::block_on;
use millstream_core::{StreamsBuilder, Topology};
use millstream_log::{
    Administration, Fetching, GroupConfig, GroupConsumer, InProcessLog, Log, LogError, LogEvent, Producing, Signal,
    StartAt,
};
use millstream_observe::events::State;
use millstream_observe::{Clock, SystemClock};
use millstream_runtime::{CloseError, StartError, Streams, StreamsHandle};
use millstream_types::{MonotonicTime, RecordBytes, Timestamp, TopicPartition};
use support::{EventRecorder, LIMIT, config, counting, counts, eventually, feed, feed_words, log, pause, run, total};

#[test]
fn words_are_counted_and_closing_commits_them() {
    let log = log();
    let streams = run(counting(), config("app"), &log);
    feed(&log, ["a", "b", "a", "c", "a"]);
    eventually("all words counted", || total(&log) == 5);
    assert_eq!(counts(&log), [("a".to_owned(), 3), ("b".to_owned(), 1), ("c".to_owned(), 1)].into());
    streams.close_blocking(LIMIT).unwrap();
    assert_eq!(streams.state(), State::Closed);
    let committed: i64 = log
        .committed("app")
        .iter()
        .filter(|(partition, _)| partition.topic.as_str() == "words")
        .map(|(_, committed)| committed.offset.number())
        .sum();
    assert_eq!(committed, 5);
}

#[test]
fn a_second_run_continues_where_the_first_one_ended() {
    let log = log();
    for round in 1..=3 {
        let streams = run(counting(), config("app"), &log);
        feed_words(&log, 1000);
        eventually("the round is counted", || total(&log) == round * 1000);
        block_on(streams.close()).unwrap();
    }
    assert!(counts(&log).values().all(|count| *count == 30));
}

#[test]
fn closing_at_once_loses_nothing() {
    let log = log();
    feed_words(&log, 20_000);
    drop(run(counting(), config("app"), &log));
    let _streams = run(counting(), config("app"), &log);
    eventually("the rest is counted", || total(&log) == 20_000);
    assert!(counts(&log).values().all(|count| *count == 200));
}

/// A log whose fetchers take a while to close, as real clients do.
struct SlowToEnd {
    log: InProcessLog,
    ended: Arc<AtomicBool>,
}

struct SlowReader {
    reader: Box<dyn Fetching>,
    ended: Arc<AtomicBool>,
}

impl Log for SlowToEnd {
    fn consumer(&self, config: &GroupConfig, signal: &Signal) -> Result<Box<dyn GroupConsumer>, LogError> {
        self.log.consumer(config, signal)
    }

    fn fetcher(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Fetching>, LogError> {
        let reader = self.log.fetcher(client_id, signal)?;
        Ok(Box::new(SlowReader { reader, ended: Arc::clone(&self.ended) }))
    }

    fn producer(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Producing>, LogError> {
        self.log.producer(client_id, signal)
    }

    fn admin(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Administration>, LogError> {
        self.log.admin(client_id, signal)
    }
}

impl Fetching for SlowReader {
    fn assign(&mut self, partitions: &[(TopicPartition, StartAt)]) {
        self.reader.assign(partitions);
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) {
        self.reader.unassign(partitions);
    }

    fn poll(&mut self, now: MonotonicTime, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<LogEvent>) {
        self.reader.poll(now, wants, events);
    }
}

impl Drop for SlowReader {
    fn drop(&mut self) {
        pause(Duration::from_millis(300));
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// A program may exit once its application has closed. A client that was still leaving its group then did not finish, and
/// the other members waited for its session time-out.
#[test]
fn an_application_is_closed_when_its_clients_have_closed() {
    let ended = Arc::new(AtomicBool::new(false));
    let log = SlowToEnd { log: log(), ended: Arc::clone(&ended) };
    let streams = Streams::new(counting(), config("app")).with_log(log).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    streams.close_blocking(LIMIT).unwrap();
    assert!(ended.load(Ordering::Relaxed), "its clients have not closed");
}

#[test]
fn its_states_come_as_a_stream() {
    let log = log();
    let streams = Streams::new(counting(), config("app")).with_log(log).start().unwrap();
    let changes = streams.state_changes();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    block_on(streams.close()).unwrap();
    let seen: Vec<State> = block_on(changes.collect());
    assert_eq!(seen[seen.len() - 3..], [State::Running, State::Draining, State::Closed], "{seen:?}");
    assert!(streams.close_blocking(LIMIT).is_ok(), "closing twice is closing once");
}

#[test]
fn a_log_is_needed() {
    let error = Streams::new(counting(), config("app")).start().unwrap_err();
    assert!(matches!(error, StartError::NoLog));
    assert_eq!(error.to_string(), "the application has no log to read from; give it one by `with_log`");
}

/// Starts an application that cannot run. Returns the message of its failure.
fn failure(topology: Topology, log: &InProcessLog) -> String {
    let recorder = EventRecorder::default();
    let streams: StreamsHandle =
        Streams::new(topology, config("app")).with_log(log.clone()).with_listener(recorder.listener()).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Error);
    let message = streams.failure().unwrap().to_string();
    assert_eq!(recorder.messages("application_failed").len(), 1);
    assert!(matches!(block_on(streams.close()), Err(CloseError::Failed(Some(_)))));
    message
}

#[track_caller]
fn check_failure(topology: Topology, log: &InProcessLog, expected: &str) {
    let message = failure(topology, log);
    assert!(message.contains(expected), "`{message}` should contain `{expected}`");
}

#[test]
fn a_missing_source_topic_is_named() {
    check_failure(
        counting(),
        &InProcessLog::new(),
        "the topology reads topics that do not exist: `words`; create them",
    );
}

#[test]
fn a_missing_output_topic_is_named() {
    let log = InProcessLog::new();
    log.create_topic("words", 1).unwrap();
    check_failure(counting(), &log, "topic `counts` does not exist");
}

#[test]
fn joined_topics_need_equal_counts() {
    let log = InProcessLog::new();
    log.create_topic("clicks", 3).unwrap();
    log.create_topic("users", 4).unwrap();
    let builder = StreamsBuilder::new();
    let users = builder.table::<String, String>("users", "users");
    let clicks = builder.stream::<String, String>("clicks");
    clicks.join(&users, |_, click, user| format!("{user}: {click}")).to("out");
    check_failure(
        builder.build().unwrap(),
        &log,
        "equal numbers of partitions, but have `clicks` (3 partitions), `users` (4 partitions)",
    );
}

#[test]
fn an_internal_topic_of_another_size_is_refused() {
    let log = log();
    log.create_topic("app-counts-repartition", 7).unwrap();
    check_failure(counting(), &log, "`app-counts-repartition` has 7, but needs 4, as many as `words` has");
}

#[test]
fn a_thousand_partitions_start_in_under_a_second() {
    let log = InProcessLog::new();
    log.create_topic("words", 1000).unwrap();
    log.create_topic("counts", 1000).unwrap();
    let clock = SystemClock::new();
    let began = clock.monotonic();
    let streams = run(counting(), config("app"), &log);
    let took = clock.monotonic() - began;
    assert_eq!(streams.metrics().tasks.len(), 2000);
    // The target is a second for an optimised build.
    let limit = if cfg!(debug_assertions) { LIMIT } else { Duration::from_secs(1) };
    assert!(took < limit, "{took:?}");
    streams.close_blocking(LIMIT).unwrap();
}

#[test]
fn closing_keeps_its_limit_while_the_producer_is_stuck() {
    let log = log();
    let streams = run(counting(), config("app"), &log);
    log.faults().make_unavailable("counts");
    feed_words(&log, 1000);
    eventually("something waits to be committed", || log.records("app-counts-repartition").unwrap().len() == 1000);
    let clock = SystemClock::new();
    let began = clock.monotonic();
    assert_eq!(streams.close_blocking(Duration::from_millis(300)), Err(CloseError::Forced));
    let took = clock.monotonic() - began;
    assert!(took < Duration::from_secs(10), "{took:?}");
    log.faults().make_available("counts");

    let _streams = run(counting(), config("app"), &log);
    eventually("nothing is lost", || counts(&log).values().filter(|count| **count >= 10).count() == 100);
}

#[test]
fn closing_gives_up_user_code_that_never_returns() {
    let log = log();
    let (release, gate) = std::sync::mpsc::sync_channel::<()>(1);
    let gate = std::sync::Mutex::new(gate);
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words");
    // It returns, with an error, only when the test is over.
    let is_called = Arc::new(AtomicBool::new(false));
    let called = Arc::clone(&is_called);
    let wait = move |_: &Option<String>, _: &String| {
        called.store(true, Ordering::Relaxed);
        assert!(gate.lock().unwrap().recv().is_err());
    };
    words.peek(wait).to("counts");
    let streams = run(builder.build().unwrap(), config("app"), &log);
    feed(&log, ["a"]);
    eventually("user code has the word", || is_called.load(Ordering::Relaxed));
    assert_eq!(streams.close_blocking(Duration::from_millis(100)), Err(CloseError::Forced));
    assert_eq!(streams.state(), State::Closed);
    drop(release);
}

#[test]
fn a_join_with_an_empty_table_does_not_wait_for_it() {
    let log = InProcessLog::new();
    for topic in ["words", "users", "counts"] {
        log.create_topic(topic, 2).unwrap();
    }
    let builder = StreamsBuilder::new();
    let users = builder.table::<String, String>("users", "users");
    let words = builder.stream::<String, String>("words");
    words.left_join(&users, |_, word, user| format!("{word} {}", user.is_some())).to("counts");
    let streams = run(builder.build().unwrap(), config("app"), &log);
    let partition = TopicPartition::new("words", 1);
    log.append(&partition, &RecordBytes::new(Timestamp::from_millis(1), Some(b"k"), Some(b"v"))).unwrap();
    eventually("the word comes through", || log.records("counts").unwrap().len() == 1);
    assert_eq!(log.records("counts").unwrap()[0].value.as_deref(), Some(&b"v false"[..]));
    streams.close_blocking(LIMIT).unwrap();
}
