//! Stores with an engine: what a restart reads from the engine and what from the changelog.

#![allow(clippy::unwrap_used)]

mod support;

use millstream_log::InProcessLog;
use millstream_observe::events::{EventKind, State};
use millstream_runtime::{Streams, StreamsHandle};
use millstream_state::{Engine, InMemoryEngine};
use support::disk::Disk;
use support::{EventRecorder, LIMIT, config, counting, counts, eventually, feed_words, log, run, total};

/// Starts the counting application with its stores on `disk`.
fn start(log: &InProcessLog, disk: &Disk, recorder: &EventRecorder) -> StreamsHandle {
    let streams = Streams::new(counting(), config("app")).with_log(log.clone()).with_listener(recorder.listener());
    let streams = disk.behind(streams).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
    streams
}

/// How many changelog records this application has restored.
fn restored(streams: &StreamsHandle) -> u64 {
    streams.metrics().tasks.iter().flat_map(|task| &task.stores).map(|store| store.restored).sum()
}

#[test]
fn a_restart_with_a_complete_disk_restores_nothing() {
    let (log, disk) = (log(), Disk::new());
    let first = start(&log, &disk, &EventRecorder::default());
    feed_words(&log, 1_000);
    eventually("all is counted", || total(&log) == 1_000);
    first.close_blocking(LIMIT).unwrap();
    assert_eq!(disk.rows(), 100);

    let second = start(&log, &disk, &EventRecorder::default());
    assert_eq!(restored(&second), 0);
    feed_words(&log, 1_000);
    eventually("counting continues", || total(&log) == 2_000);
    assert!(counts(&log).values().all(|count| *count == 20));
}

#[test]
fn only_records_that_the_disk_does_not_have_are_restored() {
    let (log, disk) = (log(), Disk::new());
    let first = start(&log, &disk, &EventRecorder::default());
    feed_words(&log, 1_000);
    eventually("all is counted", || total(&log) == 1_000);
    first.close_blocking(LIMIT).unwrap();
    let on_disk = log.records("app-counts-changelog").unwrap().len();

    // Meanwhile another machine continues, from the changelog alone.
    let elsewhere = run(counting(), config("app"), &log);
    eventually("it has all from the changelog", || restored(&elsewhere) == on_disk as u64);
    feed_words(&log, 100);
    eventually("it counts", || total(&log) == 1_100);
    elsewhere.close_blocking(LIMIT).unwrap();
    let logged = log.records("app-counts-changelog").unwrap().len();

    let recorder = EventRecorder::default();
    let second = start(&log, &disk, &recorder);
    eventually("it has the rest from the changelog", || restored(&second) == (logged - on_disk) as u64);
    let begins_behind =
        |kind: &EventKind| matches!(kind, EventKind::RestoreStarted { from_offset, .. } if from_offset.number() > 0);
    assert!(recorder.has_event(begins_behind));
    feed_words(&log, 100);
    eventually("counting continues from both", || total(&log) == 1_200);
    assert!(counts(&log).values().all(|count| *count == 12));
}

#[test]
fn an_empty_disk_is_restored_completely() {
    let (log, disk) = (log(), Disk::new());
    let first = start(&log, &disk, &EventRecorder::default());
    feed_words(&log, 1_000);
    eventually("all is counted", || total(&log) == 1_000);
    first.close_blocking(LIMIT).unwrap();
    disk.engines().iter_mut().for_each(|engine| engine.clear().unwrap());

    let second = start(&log, &disk, &EventRecorder::default());
    let logged = log.records("app-counts-changelog").unwrap().len() as u64;
    eventually("it has all from the changelog", || restored(&second) == logged);
    feed_words(&log, 100);
    eventually("counting continues from the changelog", || total(&log) == 1_100);
    assert!(counts(&log).values().all(|count| *count == 11));
}

#[test]
fn a_disk_that_fails_stops_the_application_and_the_next_run_counts_all() {
    let (log, disk) = (log(), Disk::new());
    let first = start(&log, &disk, &EventRecorder::default());
    disk.engines().iter().for_each(InMemoryEngine::fail_next_write);
    feed_words(&log, 1_000);
    assert_eq!(first.wait_until(State::Error, LIMIT), State::Error);
    let message = first.failure().unwrap().to_string();
    assert!(message.contains("store `counts`") && message.contains("a write failed"), "{message}");
    drop(first);

    let new_disk = Disk::new();
    let _second = start(&log, &new_disk, &EventRecorder::default());
    eventually("nothing is lost", || counts(&log).len() == 100 && counts(&log).values().all(|count| *count >= 10));
}
