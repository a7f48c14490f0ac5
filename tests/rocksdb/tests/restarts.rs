//! An application on RocksDB that is closed and started again.

#![allow(clippy::unwrap_used)]

use std::convert::Infallible;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use millstream::events::EventKind;
use millstream::rocksdb::{RocksDb, RocksDbConfig};
use millstream::state::{Direction, KeyValueStore, WindowRange};
use millstream::{
    BoxError, Materialized, Optimizations, Partition, Processor, ProcessorContext, Record, RecordBytes, Store,
    StoreHandle, Streams, StreamsBuilder, StreamsHandle, TimeWindows, Timestamp, TopicPartition, Topology,
};
use millstream_rocksdb_tests::{LIMIT, PARTITIONS, RecordedEvents, World, config, counting, eventually, restored, run};

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

/// Keeps the last word of each key.
struct Keep(StoreHandle<KeyValueStore<String, String>>);

impl Processor<String, String, Infallible, Infallible> for Keep {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Infallible, Infallible>,
        record: Record<String, String>,
    ) -> Result<(), BoxError> {
        Ok(context.store(self.0)?.put(&record.key, record.value)?)
    }
}

/// A table and a read-only store, each of which has the topic that it reads as its changelog.
fn of_topics() -> Topology {
    let builder = StreamsBuilder::new().optimize(Optimizations::none().reuse_source_topics());
    builder.table::<String, String>("words", "table").to_stream().to("counts");
    builder.add_read_only_store(Store::key_value("kept"), "more", Keep);
    builder.build().unwrap()
}

/// The rows on disk say up to which offset of the topic they reach, so that a restart reads the topic from there, and a host without
/// them from its beginning.
#[test]
fn what_is_restored_from_its_topic_begins_where_the_rows_on_disk_end() {
    let world = World::default();
    world.log.create_topic("more", PARTITIONS).unwrap();
    let put = |count: usize, text: &str| {
        for (topic, number) in ["words", "more"].iter().flat_map(|topic| (0..count).map(move |number| (topic, number)))
        {
            let partition = TopicPartition::new(*topic, u32::try_from(number % PARTITIONS as usize).unwrap());
            let key = format!("k{number}");
            let record = RecordBytes::new(Timestamp::from_millis(1), Some(key.as_bytes()), Some(text.as_bytes()));
            world.log.append(&partition, &record).unwrap();
        }
    };
    let row = |streams: &StreamsHandle, store: &str, number: usize| {
        // The keys are spread over the partitions in turn, which their bytes do not say.
        let partition = Partition::new(u32::try_from(number % PARTITIONS as usize).unwrap());
        let rows = streams.key_value_store::<String, String>(store).partitioned_by(move |_, _| partition);
        rows.get(format!("k{number}")).wait(LIMIT).unwrap().map(|row| row.value)
    };
    let has = |streams: &StreamsHandle, count: usize, text: &str| {
        let stores = ["table", "kept"].into_iter();
        stores
            .flat_map(|store| (0..count).map(move |number| (store, number)))
            .all(|(store, number)| row(streams, store, number).as_deref() == Some(text))
    };
    let first = run(world.application(of_topics(), &RecordedEvents::default()));
    put(100, "one");
    eventually("all rows are there", || has(&first, 100, "one"));
    first.close_blocking(LIMIT).unwrap();

    let second = run(world.application(of_topics(), &RecordedEvents::default()));
    assert_eq!(restored(&second), 0);
    assert!(has(&second, 100, "one"));
    put(10, "two");
    eventually("updates follow", || has(&second, 10, "two"));
    second.close_blocking(LIMIT).unwrap();

    let without_rows = run(Streams::new(of_topics(), config()).with_log(world.log.clone()));
    assert_eq!(restored(&without_rows), 2 * 110);
    assert!(has(&without_rows, 10, "two"));
    without_rows.close_blocking(LIMIT).unwrap();
    assert!(world.log.records("app-kept-changelog").is_err() && world.log.records("app-table-changelog").is_err());
}
