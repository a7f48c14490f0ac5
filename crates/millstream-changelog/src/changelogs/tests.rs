//! Tests of the offsets of engines.

#![allow(clippy::unwrap_used)]

use millstream_state::{
    Backing, Engine, InMemoryEngine, KeyValueStore, NoChangelog, RecordContext, StoreOptions, ValueAndTimestamp,
};
use millstream_types::Serde;

use super::*;

const STORE: StoreIndex = StoreIndex::new(2);

fn changelogs() -> Changelogs {
    Changelogs::new([(STORE, TopicPartition::new("app-counts-changelog", 0))])
}

fn store(engine: &InMemoryEngine) -> KeyValueStore<String, i64> {
    let backing = Backing::Engine { engine: Box::new(engine.clone()), cache_bytes_max: 1_000 };
    let options = StoreOptions::new("counts", STORE, "app-counts-changelog");
    KeyValueStore::new(options, Serde::of_type(), Serde::of_type(), backing)
}

fn put(store: &mut KeyValueStore<String, i64>, value: i64) {
    let held = ValueAndTimestamp::new(value, 1);
    store.put(&"k".to_owned(), Some(held), &RecordContext::at(1), &mut NoChangelog).unwrap();
}

#[test]
fn rows_and_offset_are_written_atomically() {
    let engine = InMemoryEngine::new();
    let (changelogs, mut store) = (changelogs(), store(&engine));
    put(&mut store, 1);
    engine.fail_next_write();
    assert!(changelogs.write_back(&mut store, Some(Offset::new(5))).is_err());
    assert_eq!((engine.rows().len(), engine.changelog_offset().unwrap()), (0, None), "all or nothing");
    changelogs.write_back(&mut store, Some(Offset::new(5))).unwrap();
    assert_eq!((engine.rows().len(), engine.changelog_offset().unwrap()), (1, Some(Offset::new(5))));
}

#[test]
fn an_offset_never_decreases() {
    let engine = InMemoryEngine::new();
    let (first_life, mut store) = (changelogs(), store(&engine));
    put(&mut store, 1);
    first_life.write_back(&mut store, Some(Offset::new(9))).unwrap();
    let second_life = changelogs();
    put(&mut store, 2);
    second_life.write_back(&mut store, Some(Offset::new(4))).unwrap();
    assert_eq!(engine.changelog_offset().unwrap(), Some(Offset::new(9)));
    put(&mut store, 3);
    second_life.write_back(&mut store, None).unwrap();
    assert_eq!(engine.changelog_offset().unwrap(), Some(Offset::new(9)));
}

#[test]
fn a_write_back_is_due_when_the_changelog_is_too_far_ahead_of_the_engine() {
    let engine = InMemoryEngine::new();
    engine.set_unwritten_records_max(10);
    let (changelogs, mut store) = (changelogs(), store(&engine));
    let is_due =
        |store: &dyn AnyStore, end: Option<i64>| changelogs.is_write_back_due(store, end.map(Offset::new)).unwrap();
    assert!(!is_due(&store, Some(500)), "there is nothing to write");
    put(&mut store, 1);
    assert!(is_due(&store, None), "an engine without an offset would be restored from the beginning");
    store.write_back(Some(Offset::new(90))).unwrap();
    put(&mut store, 2);
    for (end, expected) in [(None, false), (Some(4), false), (Some(99), false), (Some(100), true)] {
        assert_eq!(is_due(&store, end), expected, "{end:?}");
    }
    assert!(Changelogs::default().is_write_back_due(&store, None).unwrap(), "its rows cannot be restored");
}

#[test]
fn a_store_without_changelog_is_written_without_an_offset() {
    let engine = InMemoryEngine::new();
    let (none, mut store) = (Changelogs::default(), store(&engine));
    put(&mut store, 1);
    none.write_back(&mut store, Some(Offset::new(3))).unwrap();
    assert_eq!((engine.rows().len(), engine.changelog_offset().unwrap()), (1, None));
}
