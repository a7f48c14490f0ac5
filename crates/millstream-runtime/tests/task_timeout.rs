//! Tasks that wait for the log: they fail when `task_timeout` is over, if nothing has moved meanwhile.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use millstream_log::{InProcessLog, LogError};
use millstream_observe::events::{FailureKind, State, ThreadAction};
use millstream_runtime::{Streams, StreamsConfig, StreamsHandle, UncaughtErrors};
use support::{EventRecorder, LIMIT, config, counting, eventually, feed, feed_words, log, pause, run, total};

const TIMEOUT: Duration = Duration::from_millis(400);

fn impatient() -> StreamsConfig {
    StreamsConfig { task_timeout: Some(TIMEOUT), ..config("app") }
}

fn unavailable() -> LogError {
    LogError::Unavailable { reason: "the coordinator is moving".to_owned() }
}

/// Waits until the application has failed. Returns why.
fn failure_of(streams: &StreamsHandle) -> String {
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let failure = streams.failure().unwrap();
    assert_eq!(failure.kind, FailureKind::Log);
    failure.detail.unwrap()
}

/// The failure of a task that waited for this, and nothing else.
fn assert_waited(detail: &str, awaited: &str) {
    let (task, waited) = detail.split_once(" has waited for ").unwrap();
    assert!(task.starts_with("task "), "{detail}");
    assert!(waited.starts_with(awaited), "{detail}");
    assert!(waited.contains(" s without progress, and the setting `task_timeout` allows 0.4 s"), "{detail}");
}

#[test]
fn a_task_whose_records_are_not_acknowledged_fails() {
    let (log, recorder) = (log(), EventRecorder::default());
    let streams = Streams::new(counting(), impatient()).with_log(log.clone()).with_listener(recorder.listener());
    let streams = streams.start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    log.faults().make_unavailable("counts");
    feed(&log, ["a"]);
    assert_waited(&failure_of(&streams), "the log to acknowledge records for ");
    assert_eq!(recorder.messages("task_failed").len(), 1, "it names the task");
}

#[test]
fn a_task_whose_commits_fail_fails_and_nothing_is_lost() {
    let log = log();
    let streams = run(counting(), impatient(), &log);
    log.faults().fail_commits("app", u64::MAX, unavailable());
    feed_words(&log, 400);
    assert_waited(&failure_of(&streams), "a commit of its offsets for ");
    drop(streams);
    log.faults().fail_commits("app", 0, unavailable());
    let streams = run(counting(), impatient(), &log);
    eventually("all are counted", || total(&log) >= 400);
    streams.close_blocking(LIMIT).unwrap();
}

#[test]
fn a_task_whose_changelog_cannot_be_read_fails() {
    let log = log();
    let streams = run(counting(), config("app"), &log);
    feed_words(&log, 400);
    eventually("400 are counted", || total(&log) == 400);
    streams.close_blocking(LIMIT).unwrap();
    log.faults().make_unavailable("app-counts-changelog");
    let streams = Streams::new(counting(), impatient()).with_log(log.clone()).start().unwrap();
    assert_waited(&failure_of(&streams), "the end or records of the changelog app-counts-changelog-");
}

/// Without anything to commit a task waits for nothing, and one that is restored waits for nothing while it is paused.
#[test]
fn idle_and_paused_tasks_do_not_fail() {
    let (log, recorder) = (log(), EventRecorder::default());
    let streams = run(counting(), config("app"), &log);
    feed_words(&log, 400);
    eventually("400 are counted", || total(&log) == 400);
    streams.close_blocking(LIMIT).unwrap();
    ["counts", "words", "app-counts-changelog"].into_iter().for_each(|topic| log.faults().make_unavailable(topic));
    log.faults().fail_commits("app", u64::MAX, unavailable());

    let settings = StreamsConfig { task_timeout: Some(Duration::from_secs(2)), ..config("app") };
    let streams = Streams::new(counting(), settings).with_log(log.clone()).with_listener(recorder.listener());
    let streams = streams.start().unwrap();
    eventually("its stores are being restored", || recorder.messages("restore_started").len() == 4);
    streams.pause();
    pause(Duration::from_secs(3));
    assert_eq!(streams.state(), State::Rebalancing, "{:?}", streams.failure());
    log.faults().make_available("app-counts-changelog");
    streams.resume();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
    pause(Duration::from_secs(3));
    assert_eq!(streams.state(), State::Running, "{:?}", streams.failure());
    streams.close_blocking(LIMIT).unwrap();
}

#[test]
fn an_outage_shorter_than_the_limit_is_waited_for_and_without_a_limit_any_is() {
    let shorter = StreamsConfig { task_timeout: Some(LIMIT), ..config("app") };
    let unlimited = StreamsConfig { task_timeout: None, ..config("app") };
    for settings in [shorter, unlimited] {
        let log = log();
        let streams = run(counting(), settings, &log);
        log.faults().make_unavailable("counts");
        log.faults().fail_commits("app", 10, unavailable());
        feed_words(&log, 400);
        pause(3 * TIMEOUT);
        assert_eq!(streams.state(), State::Running, "{:?}", streams.failure());
        log.faults().make_available("counts");
        eventually("all are counted", || total(&log) == 400);
        streams.close_blocking(LIMIT).unwrap();
    }
}

/// Commits fail again and again, for much longer in all than a task may wait, but each time the next attempt succeeds.
#[test]
fn progress_counts_however_long_it_goes_on() {
    let (log, recorder) = (log(), EventRecorder::default());
    let settings = StreamsConfig { commit_interval: Duration::from_millis(1), ..impatient() };
    let streams = Streams::new(counting(), settings).with_log(log.clone()).with_listener(recorder.listener());
    let streams = streams.start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    // The backoff after each failure is 100 ms.
    for round in 1..=20 {
        log.faults().fail_commits("app", 1, unavailable());
        feed_words(&log, 100);
        eventually("a commit has failed", || recorder.messages("commit_failed").len() >= round);
        eventually("the next one has succeeded", || is_committed(&log, 100 * round));
        assert_eq!(streams.state(), State::Running, "{:?}", streams.failure());
    }
    streams.close_blocking(LIMIT).unwrap();
}

/// Whether this many of the words are committed.
fn is_committed(log: &InProcessLog, words: usize) -> bool {
    let committed = log.committed("app");
    let of_words = committed.iter().filter(|(input, _)| input.topic.as_str() == "words");
    of_words.map(|(_, committed)| committed.offset.number()).sum::<i64>() == i64::try_from(words).unwrap()
}

/// With threads that are replaced the application survives an outage of any length.
#[test]
fn a_thread_that_is_replaced_takes_the_work_up_again() {
    let (log, recorder) = (log(), EventRecorder::default());
    let streams = Streams::new(counting(), impatient()).with_log(log.clone()).with_listener(recorder.listener());
    let streams = streams.with_uncaught_errors(UncaughtErrors::always(ThreadAction::Replace)).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    log.faults().make_unavailable("counts");
    feed_words(&log, 400);
    eventually("two threads have failed", || recorder.messages("thread_replaced").len() >= 2);
    log.faults().make_available("counts");
    eventually("all are counted", || total(&log) >= 400);
    streams.close_blocking(LIMIT).unwrap();
}
