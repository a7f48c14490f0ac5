//! State on disk that was damaged while no application ran, or is something else than it was: it is reported and restored, and counts are never wrong.

#![allow(clippy::unwrap_used)]

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use millstream::events::State;
use millstream::{EmitStrategy, Materialized, StreamsBuilder, StreamsConfig, StreamsHandle, TimeWindows, Topology};
use millstream_rocksdb_tests::{LIMIT, RecordedEvents, World, config, counting, eventually, files, restored, run};

/// Counts, closes, damages every database, and counts on; returns the messages about it.
#[track_caller]
fn damaged(world: &World, count: usize, damage: impl Fn(&Path)) -> Vec<String> {
    let first = world.start(&RecordedEvents::default());
    world.feed(count);
    world.expect_counts(count);
    first.close_blocking(LIMIT).unwrap();
    let databases = world.databases();
    assert_eq!(databases.len(), 4);
    databases.iter().for_each(|database| damage(database));

    let events = RecordedEvents::default();
    let second = world.start(&events);
    world.feed(count);
    world.expect_counts(2 * count);
    second.close_blocking(LIMIT).unwrap();
    events.messages("state_discarded")
}

/// Damage that is found, reported and repaired.
#[track_caller]
fn check(damage: impl Fn(&Path)) {
    let messages = damaged(&World::default(), 1_000, damage);
    assert_eq!(messages.len(), 4, "{messages:?}");
    assert!(
        messages.iter().all(|message| message.contains("/app/1_") && message.contains("is damaged")),
        "{messages:?}"
    );
}

/// The only file of a database whose name ends, or begins, so.
fn file(database: &Path, part: &str) -> PathBuf {
    let mut files = files(database, "");
    files.retain(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.ends_with(part) || name.starts_with(part)
    });
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

/// Writes over a part of a file.
fn scribble(path: &Path, share: f64) {
    let middle = (fs::metadata(path).unwrap().len() as f64 * share) as u64;
    OpenOptions::new().write(true).open(path).unwrap().write_all_at(&[0xA5; 64], middle).unwrap();
}

fn cut(path: &Path) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
}

#[test]
fn a_table_with_other_bytes() {
    check(|database| files(database, ".sst").iter().for_each(|table| scribble(table, 0.0)));
}

#[test]
fn a_table_that_was_cut() {
    check(|database| files(database, ".sst").iter().for_each(|table| cut(table)));
}

#[test]
fn a_table_that_is_missing() {
    check(|database| files(database, ".sst").iter().for_each(|table| fs::remove_file(table).unwrap()));
}

#[test]
fn a_manifest_with_other_bytes() {
    check(|database| scribble(&file(database, "MANIFEST"), 0.0));
}

#[test]
fn a_manifest_that_is_missing() {
    check(|database| fs::remove_file(file(database, "MANIFEST")).unwrap());
}

#[test]
fn a_current_that_names_nothing() {
    check(|database| fs::write(database.join("CURRENT"), "nonsense").unwrap());
}

#[test]
fn a_current_that_is_missing() {
    check(|database| fs::remove_file(database.join("CURRENT")).unwrap());
}

#[test]
fn a_lock_that_a_killed_process_left_does_not_lock() {
    let messages = damaged(&World::default(), 1_000, |database| assert!(database.join("LOCK").exists()));
    assert_eq!(messages, [""; 0]);
}

/// Large tables are read in blocks, so this damage shows only when a row in its midst is read.
#[test]
fn a_block_that_is_read_while_tasks_run() {
    let messages = damaged(&World::with_words(40_000), 40_000, |database| {
        files(database, ".sst").iter().for_each(|table| scribble(table, 0.5));
    });
    assert_eq!(messages.len(), 4, "{messages:?}");
}

#[test]
fn other_types_under_an_old_name_are_refused_and_nothing_is_lost() {
    let world = World::default();
    let first = world.start(&RecordedEvents::default());
    world.feed(1_000);
    world.expect_counts(1_000);
    first.close_blocking(LIMIT).unwrap();

    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words");
    words.group_by(|_, word| word.clone()).reduce("counts", |_, last| last).to_stream().to("counts");
    let other = world.application(builder.build().unwrap(), &RecordedEvents::default()).start().unwrap();
    assert_eq!(other.wait_until(State::Error, LIMIT), State::Error);
    let message = other.failure().unwrap().to_string();
    for part in [
        "store `counts`",
        "keys String, values i64",
        "keys String, values String",
        "another name",
        "delete the directory",
    ] {
        assert!(message.contains(part), "{message}");
    }
    drop(other);

    let second = world.start(&RecordedEvents::default());
    assert_eq!(restored(&second), 0);
}

#[test]
fn a_store_that_was_renamed_stays_until_somebody_deletes_it() {
    let world = World::default();
    let first = world.start(&RecordedEvents::default());
    world.feed(1_000);
    world.expect_counts(1_000);
    first.close_blocking(LIMIT).unwrap();

    let events = RecordedEvents::default();
    let config = StreamsConfig { new_stores: ["sums".to_owned()].into(), ..config() };
    let renamed = world.application_with(config, counting(Materialized::named("sums")), &events).start().unwrap();
    assert_eq!(renamed.wait_until(State::Running, LIMIT), State::Running, "{:?}", renamed.failure());
    renamed.close_blocking(LIMIT).unwrap();
    assert_eq!(events.messages("stores_unknown").len(), 4);

    let back = world.start(&RecordedEvents::default());
    assert_eq!(restored(&back), 0);
}

/// Counts words in windows of a second.
fn windowed(emit: EmitStrategy) -> Topology {
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words").group_by(|_, word| word.clone());
    let windowed = words.windowed_by(TimeWindows::of_size_with_no_grace(Duration::from_secs(1)));
    windowed.emit_strategy(emit).count("windows");
    builder.build().unwrap()
}

/// The rows of windows that are emitted when they close are ordered by start, as Kafka Streams' `RocksDBTimeOrderedWindowStore` has
/// them, and those of others by key. Read in the wrong order they would be lost without an error.
#[test]
fn windows_that_were_written_with_the_other_emit_strategy_are_refused_and_nothing_is_lost() {
    for [written, opened] in [
        [EmitStrategy::OnWindowUpdate, EmitStrategy::OnWindowClose],
        [EmitStrategy::OnWindowClose, EmitStrategy::OnWindowUpdate],
    ] {
        let world = World::default();
        let first = run(world.application(windowed(written), &RecordedEvents::default()));
        world.feed(1_000);
        let count = |streams: &StreamsHandle, word: &str| {
            let row = streams.window_store::<String, i64>("windows").get(word.to_owned(), 0).wait(LIMIT).unwrap();
            row.map_or(0, |row| row.value)
        };
        let is_counted = |streams: &StreamsHandle| (0..100).all(|word| count(streams, &format!("w{word}")) == 10);
        eventually("all words are counted", || is_counted(&first));
        first.close_blocking(LIMIT).unwrap();

        let other = world.application(windowed(opened), &RecordedEvents::default()).start().unwrap();
        assert_eq!(other.wait_until(State::Error, LIMIT), State::Error);
        let message = other.failure().unwrap().to_string();
        for part in [
            "store `windows`",
            "window store by start, in segments",
            "window store in segments",
            "delete the directory",
        ] {
            assert!(message.contains(part), "{message}");
        }
        drop(other);

        let second = run(world.application(windowed(written), &RecordedEvents::default()));
        assert_eq!(restored(&second), 0);
        assert!(is_counted(&second), "all windows are still there");
    }
}
