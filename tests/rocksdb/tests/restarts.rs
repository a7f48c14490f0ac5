//! An application on RocksDB that is closed and started again.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use millstream::events::EventKind;
use millstream::rocksdb::{RocksDb, RocksDbConfig};
use millstream::state::{Direction, WindowRange};
use millstream::{Materialized, Streams, StreamsBuilder, StreamsHandle, TimeWindows, Timestamp, Topology};
use millstream_rocksdb_tests::{LIMIT, RecordedEvents, World, config, counting, eventually, restored, run};

/// Copies a directory with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn a_restart_finds_everything_and_restores_nothing() {
    let world = World::default();
    let first = world.start(&RecordedEvents::default());
    world.feed(1_000);
    world.expect_counts(1_000);
    first.close_blocking(LIMIT).unwrap();
    assert_eq!(world.databases().len(), 4);

    let events = RecordedEvents::default();
    let second = world.start(&events);
    assert_eq!(restored(&second), 0);
    world.feed(1_000);
    world.expect_counts(2_000);
    assert_eq!(events.messages("state_discarded"), [""; 0]);
}

#[test]
fn a_restart_restores_what_was_counted_elsewhere_and_no_more() {
    let world = World::default();
    let first = world.start(&RecordedEvents::default());
    world.feed(1_000);
    world.expect_counts(1_000);
    first.close_blocking(LIMIT).unwrap();
    let on_disk = world.logged();

    // Another host continues, from the changelog alone.
    let elsewhere = run(Streams::new(counting("counts".into()), config()).with_log(world.log.clone()));
    world.feed(1_000);
    world.expect_counts(2_000);
    elsewhere.close_blocking(LIMIT).unwrap();

    let events = RecordedEvents::default();
    let second = world.start(&events);
    assert_eq!(restored(&second), world.logged() - on_disk);
    assert!(
        events
            .contains(|kind| matches!(kind, EventKind::RestoreStarted { from_offset, .. } if from_offset.number() > 0))
    );
    world.feed(1_000);
    world.expect_counts(3_000);
}

#[test]
fn a_crash_costs_what_was_in_no_file_yet() {
    let world = World::default();
    let first = world.start(&RecordedEvents::default());
    world.feed(1_000);
    world.expect_counts(1_000);
    first.close_blocking(LIMIT).unwrap();
    let on_disk = world.logged();

    let second = world.start(&RecordedEvents::default());
    world.feed(1_000);
    world.expect_counts(2_000);
    // What a killed process leaves: the files as they are while it runs.
    let left = tempfile::tempdir().unwrap();
    copy(&world.root.path().join("app"), &left.path().join("app"));
    second.close_blocking(LIMIT).unwrap();

    let events = RecordedEvents::default();
    let application = Streams::new(counting("counts".into()), config()).with_log(world.log.clone());
    let application = application.with_listener(events.listener());
    let third = run(application.with_engines(RocksDb::new(RocksDbConfig::default()), left.path()));
    assert_eq!(restored(&third), world.logged() - on_disk);
    assert_eq!(events.messages("state_discarded"), [""; 0]);
    world.feed(1_000);
    world.expect_counts(3_000);
}

#[test]
fn applications_of_one_host_hand_their_tasks_over() {
    let (world, events) = (World::default(), RecordedEvents::default());
    let rocks = Arc::new(RocksDb::new(RocksDbConfig::default()));
    let application = |events: &RecordedEvents| {
        let streams = Streams::new(counting("counts".into()), config()).with_log(world.log.clone());
        streams.with_listener(events.listener()).with_engines(Arc::clone(&rocks), world.root.path())
    };
    let first = run(application(&RecordedEvents::default()));
    world.feed(1_000);
    world.expect_counts(1_000);
    let second = run(application(&events));
    world.feed(1_000);
    world.expect_counts(2_000);
    first.close_blocking(LIMIT).unwrap();
    world.feed(1_000);
    world.expect_counts(3_000);
    assert_eq!(restored(&second), 0, "all state was found");
    assert_eq!(events.messages("restore_started").len(), 4);
}

/// Counts the words of each tenth of a second.
fn windowed() -> Topology {
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words").group_by(|_, word| word.clone());
    let windows = TimeWindows::of_size_and_grace(Duration::from_millis(100), Duration::from_secs(60));
    words.windowed_by(windows).count("windows");
    builder.build().unwrap()
}

/// All windows, each as its word, its start and its count.
fn windows(streams: &StreamsHandle) -> Vec<(String, Timestamp, i64)> {
    let windows = streams.window_store::<String, i64>("windows");
    let all = windows.page(WindowRange::all(), None, Direction::Forward, 10_000).wait(LIMIT).unwrap().value;
    all.into_iter().map(|row| (row.key, row.start, row.value)).collect()
}

#[test]
fn windows_are_found_again_and_go_on() {
    let world = World::default();
    let first = run(world.application(windowed(), &RecordedEvents::default()));
    world.feed(1_000);
    eventually("each word is in ten windows", || windows(&first).len() == 1_000);
    let before = windows(&first);
    first.close_blocking(LIMIT).unwrap();

    let second = run(world.application(windowed(), &RecordedEvents::default()));
    assert_eq!(restored(&second), 0);
    assert_eq!(windows(&second), before);
    world.feed(1_000);
    eventually("each has come twice", || windows(&second).iter().all(|(_, _, count)| *count == 2));
}

#[test]
fn a_deleted_directory_is_restored_whole() {
    let world = World::default();
    let first = world.start(&RecordedEvents::default());
    world.feed(1_000);
    world.expect_counts(1_000);
    first.close_blocking(LIMIT).unwrap();
    fs::remove_dir_all(world.root.path()).unwrap();

    let second = world.start(&RecordedEvents::default());
    assert_eq!(restored(&second), world.logged());
    world.feed(100);
    world.expect_counts(1_100);
}

#[test]
fn a_store_that_is_to_be_in_memory_leaves_nothing_on_disk() {
    let world = World::default();
    let in_memory = || counting(Materialized::named("counts").in_memory());
    let first = run(world.application(in_memory(), &RecordedEvents::default()));
    world.feed(1_000);
    world.expect_counts(1_000);
    first.close_blocking(LIMIT).unwrap();
    assert!(world.databases().is_empty());

    let second = run(world.application(in_memory(), &RecordedEvents::default()));
    assert_eq!(restored(&second), world.logged());
}
