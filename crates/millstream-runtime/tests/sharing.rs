//! Threads and instances share partitions: joins, clean leaves, removed members.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use millstream_observe::events::{EventKind, State};
use millstream_runtime::{Streams, StreamsConfig, StreamsHandle, ThreadCountError};
use millstream_types::TaskId;
use support::{EventRecorder, LIMIT, config, counting, counts, eventually, feed_words, log, run, total};

/// How many tasks this instance has open.
fn open_tasks(streams: &StreamsHandle) -> usize {
    streams.metrics().tasks.iter().filter(|task| task.open).count()
}

#[test]
fn threads_share_the_partitions() {
    let log = log();
    let recorder = EventRecorder::default();
    let streams = Streams::new(counting(), StreamsConfig { threads: 3, ..config("app") })
        .with_log(log.clone())
        .with_listener(recorder.listener())
        .start()
        .unwrap();
    feed_words(&log, 10_000);
    eventually("all is counted", || total(&log) == 10_000);
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    assert!(counts(&log).values().all(|count| *count == 100));
    // The last thread may join when all is counted.
    eventually("each thread has tasks", || recorder.threads("task_running").len() == 3);
    streams.close_blocking(LIMIT).unwrap();
}

#[test]
fn counts_stay_exact_through_joins_and_clean_leaves() {
    let log = log();
    let first = run(counting(), StreamsConfig { threads: 2, ..config("app") }, &log);
    feed_words(&log, 5_000);
    let second = run(counting(), config("app"), &log);
    feed_words(&log, 5_000);
    eventually("the second has its share", || open_tasks(&second) > 0);
    feed_words(&log, 5_000);
    first.close_blocking(LIMIT).unwrap();
    feed_words(&log, 5_000);
    let third = run(counting(), StreamsConfig { threads: 3, ..config("app") }, &log);
    feed_words(&log, 5_000);
    second.close_blocking(LIMIT).unwrap();
    feed_words(&log, 5_000);
    eventually("all is counted", || total(&log) >= 30_000);
    third.close_blocking(LIMIT).unwrap();
    assert!(counts(&log).values().all(|count| *count == 300), "{:?}", counts(&log));
}

#[test]
fn state_moves_with_its_task() {
    let log = log();
    let first = run(counting(), config("app"), &log);
    feed_words(&log, 1000);
    eventually("all is counted", || total(&log) == 1000);
    let recorder = EventRecorder::default();
    let second = Streams::new(counting(), config("app"))
        .with_log(log.clone())
        .with_listener(recorder.listener())
        .start()
        .unwrap();
    eventually("the second has half of the tasks", || open_tasks(&second) == 4 && open_tasks(&first) == 4);
    first.close_blocking(LIMIT).unwrap();
    eventually("the second has all tasks", || open_tasks(&second) == 8);
    let restored =
        || -> u64 { second.metrics().tasks.iter().flat_map(|task| &task.stores).map(|store| store.restored).sum() };
    // A key counted in two commits is logged twice.
    let logged = log.records("app-counts-changelog").unwrap().len() as u64;
    eventually("the stores come from their changelogs", || restored() == logged);
    assert_eq!(recorder.messages("restore_ended").len(), 4);
    feed_words(&log, 1000);
    eventually("counting continues from the restored state", || total(&log) == 2000);
    assert!(counts(&log).values().all(|count| *count == 20));
}

#[test]
fn a_lost_member_loses_nothing() {
    let log = log();
    let named = |client: &str| StreamsConfig {
        client_id: Some(client.to_owned()),
        session_timeout: Duration::from_millis(500),
        ..config("app")
    };
    let recorder = EventRecorder::default();
    let first = Streams::new(counting(), named("first"))
        .with_log(log.clone())
        .with_listener(recorder.listener())
        .start()
        .unwrap();
    assert_eq!(first.wait_until(State::Running, LIMIT), State::Running);
    let second = run(counting(), named("second"), &log);
    eventually("both have their share", || open_tasks(&first) == 4 && open_tasks(&second) == 4);
    feed_words(&log, 5_000);
    log.faults().freeze("first-StreamThread-1");
    feed_words(&log, 5_000);
    eventually("the group has removed it", || {
        recorder.has_event(|kind| matches!(kind, EventKind::Rebalanced { lost, .. } if !lost.is_empty()))
    });
    eventually("nothing is lost", || counts(&log).len() == 100 && counts(&log).values().all(|count| *count >= 100));
    log.faults().thaw("first-StreamThread-1");
    eventually("the first comes back", || open_tasks(&first) == 4 && open_tasks(&second) == 4);
    feed_words(&log, 1_000);
    eventually("both continue", || counts(&log).values().all(|count| *count >= 110));
    first.close_blocking(LIMIT).unwrap();
    second.close_blocking(LIMIT).unwrap();
}

#[test]
fn threads_come_and_go_at_run_time() {
    let log = log();
    let recorder = EventRecorder::default();
    let streams = Streams::new(counting(), StreamsConfig { client_id: Some("it".to_owned()), ..config("app") })
        .with_log(log.clone())
        .with_listener(recorder.listener())
        .start()
        .unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    feed_words(&log, 5_000);
    assert_eq!(streams.add_thread().wait(LIMIT).unwrap(), "it-StreamThread-2");
    eventually("the new thread has tasks", || recorder.threads("task_running").contains("it-StreamThread-2"));
    feed_words(&log, 5_000);
    assert_eq!(futures::executor::block_on(streams.remove_thread()).unwrap(), "it-StreamThread-2");
    feed_words(&log, 5_000);
    eventually("all is counted", || total(&log) >= 15_000);
    assert!(counts(&log).values().all(|count| *count == 150), "{:?}", counts(&log));
    assert!(matches!(streams.remove_thread().wait(LIMIT), Err(ThreadCountError::LastThread)));
    streams.close_blocking(LIMIT).unwrap();
    assert!(matches!(streams.add_thread().wait(LIMIT), Err(ThreadCountError::NoResponse(_))));
}

/// A member of the group with an identity of its own.
fn static_member(instance: &str, threads: usize, session_timeout: Duration) -> StreamsConfig {
    StreamsConfig { instance_id: Some(instance.to_owned()), threads, session_timeout, ..config("app") }
}

/// The tasks that this instance has open.
fn tasks(streams: &StreamsHandle) -> BTreeSet<TaskId> {
    streams.metrics().tasks.iter().filter(|task| task.open).map(|task| task.task).collect()
}

#[test]
fn a_static_member_that_restarts_within_its_session_causes_no_rebalance() {
    let (log, recorder) = (log(), EventRecorder::default());
    let first = run(counting(), static_member("first", 1, LIMIT * 2), &log);
    let second = Streams::new(counting(), static_member("second", 1, LIMIT * 2))
        .with_log(log.clone())
        .with_listener(recorder.listener())
        .start()
        .unwrap();
    eventually("each has its half", || tasks(&first).len() == 4 && tasks(&second).len() == 4);
    feed_words(&log, 1_000);
    let (own, rebalances) = (tasks(&first), recorder.messages("rebalanced").len());
    first.close_blocking(LIMIT).unwrap();

    feed_words(&log, 1_000);
    let first = run(counting(), static_member("first", 1, LIMIT * 2), &log);
    eventually("all is counted", || total(&log) == 2_000);
    assert_eq!(tasks(&first), own);
    assert_eq!(recorder.messages("rebalanced").len(), rebalances, "the other one has no rebalance");
    assert!(counts(&log).values().all(|count| *count == 20));
}

#[test]
fn a_static_member_that_does_not_return_is_removed_when_its_session_ends() {
    let log = log();
    let session = Duration::from_millis(500);
    let first = run(counting(), static_member("first", 1, session), &log);
    let second = run(counting(), static_member("second", 1, session), &log);
    eventually("each has its half", || tasks(&first).len() == 4 && tasks(&second).len() == 4);
    first.close_blocking(LIMIT).unwrap();
    feed_words(&log, 1_000);
    eventually("the other one has all tasks", || tasks(&second).len() == 8);
    eventually("all is counted", || total(&log) == 1_000);
}

#[test]
fn a_thread_removed_from_a_static_member_gives_its_tasks_up_at_once() {
    let log = log();
    let streams = run(counting(), static_member("it", 2, LIMIT * 2), &log);
    streams.remove_thread().wait(LIMIT).unwrap();
    feed_words(&log, 1_000);
    eventually("the other thread does it all", || total(&log) == 1_000);
}
