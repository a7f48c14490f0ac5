//! Stores over an engine: what a restart finds there, and what it takes from the changelog.

#![allow(clippy::unwrap_used)]

mod support;

use millstream_log::InProcessLog;
use millstream_observe::events::{EventKind, State};
use millstream_runtime::{Streams, StreamsHandle};
use millstream_state::{Engine, InMemoryEngine};
use support::disk::Disk;
use support::{Ear, LIMIT, config, counting, counts, eventually, feed_words, log, run, total};

/// Counts on `disk`.
fn start(log: &InProcessLog, disk: &Disk, ear: &Ear) -> StreamsHandle {
    let streams = Streams::new(counting(), config("app")).with_log(log.clone()).with_listener(ear.listener());
    let streams = disk.behind(streams).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
    streams
}

/// How many changelog records this application has restored.
fn restored(streams: &StreamsHandle) -> u64 {
    streams.metrics().tasks.iter().flat_map(|task| &task.stores).map(|store| store.restored).sum()
}

#[test]
fn a_restart_finds_everything_on_its_disk_and_restores_nothing() {
    let (log, disk) = (log(), Disk::new());
    let first = start(&log, &disk, &Ear::default());
    feed_words(&log, 1_000);
    eventually("all is counted", || total(&log) == 1_000);
    first.close_blocking(LIMIT).unwrap();
    assert_eq!(disk.rows(), 100);

    let second = start(&log, &disk, &Ear::default());
    assert_eq!(restored(&second), 0);
    feed_words(&log, 1_000);
    eventually("counting goes on from there", || total(&log) == 2_000);
    assert!(counts(&log).values().all(|count| *count == 20));
}

#[test]
fn only_what_its_disk_has_missed_is_restored() {
    let (log, disk) = (log(), Disk::new());
    let first = start(&log, &disk, &Ear::default());
    feed_words(&log, 1_000);
    eventually("all is counted", || total(&log) == 1_000);
    first.close_blocking(LIMIT).unwrap();
    let on_disk = log.records("app-counts-changelog").unwrap().len();

    // Meanwhile another machine goes on, from the changelog alone.
    let elsewhere = run(counting(), config("app"), &log);
    assert_eq!(restored(&elsewhere), on_disk as u64);
    feed_words(&log, 100);
    eventually("it counts", || total(&log) == 1_100);
    elsewhere.close_blocking(LIMIT).unwrap();
    let logged = log.records("app-counts-changelog").unwrap().len();

    let ear = Ear::default();
    let second = start(&log, &disk, &ear);
    assert_eq!(restored(&second), (logged - on_disk) as u64);
    let begins_behind =
        |kind: &EventKind| matches!(kind, EventKind::RestoreStarted { from_offset, .. } if from_offset.number() > 0);
    assert!(ear.heard(begins_behind));
    feed_words(&log, 100);
    eventually("counting goes on from both", || total(&log) == 1_200);
    assert!(counts(&log).values().all(|count| *count == 12));
}

#[test]
fn a_disk_that_is_empty_is_restored_whole() {
    let (log, disk) = (log(), Disk::new());
    let first = start(&log, &disk, &Ear::default());
    feed_words(&log, 1_000);
    eventually("all is counted", || total(&log) == 1_000);
    first.close_blocking(LIMIT).unwrap();
    disk.engines().iter_mut().for_each(|engine| engine.clear().unwrap());

    let second = start(&log, &disk, &Ear::default());
    assert_eq!(restored(&second), log.records("app-counts-changelog").unwrap().len() as u64);
    feed_words(&log, 100);
    eventually("counting goes on from the changelog", || total(&log) == 1_100);
    assert!(counts(&log).values().all(|count| *count == 11));
}

#[test]
fn a_disk_that_fails_stops_the_application_and_the_next_run_counts_all() {
    let (log, disk) = (log(), Disk::new());
    let first = start(&log, &disk, &Ear::default());
    disk.engines().iter().for_each(InMemoryEngine::fail_next_write);
    feed_words(&log, 1_000);
    assert_eq!(first.wait_until(State::Error, LIMIT), State::Error);
    let message = first.failure().unwrap().to_string();
    assert!(message.contains("store `counts`") && message.contains("a write failed"), "{message}");
    drop(first);

    let new_disk = Disk::new();
    let _second = start(&log, &new_disk, &Ear::default());
    eventually("nothing is lost", || counts(&log).len() == 100 && counts(&log).values().all(|count| *count >= 10));
}
