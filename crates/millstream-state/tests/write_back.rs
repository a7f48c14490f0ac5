//! When a write-back is due, and that reads and restores are correct before it.

#![allow(clippy::unwrap_used)]

use millstream_state::conformance::RecordedChangelog;
use millstream_state::{
    AnyStore, Backing, Direction, InMemoryEngine, KeyRange, KeyValueStore, RecordContext, StoreIndex, StoreOptions,
    ValueAndTimestamp,
};
use millstream_types::Serde;

type Store = KeyValueStore<String, Vec<u8>>;

const ROOMY: usize = 1 << 30;
const KEYS: usize = 100;

#[test]
fn a_cache_with_room_for_all_rows_is_written_when_the_changelog_is_far_ahead() {
    let engine = InMemoryEngine::new();
    engine.set_unwritten_records_max(1_000);
    let (mut store, mut log) = (open(&engine, ROOMY), RecordedChangelog::default());
    assert!(!store.is_write_back_due(1_000), "there is nothing to write");
    for _ in 0..9 {
        put_all(&mut store, 10, &mut log);
    }
    assert!(!store.is_write_back_due(999));
    assert!(store.is_write_back_due(1_000));
    assert_eq!((store.len(), engine.rows().len()), (KEYS, 0));
    store.write_back(Some(log.end())).unwrap();
    assert_eq!((store.len(), engine.rows().len()), (KEYS, KEYS));
    assert!(!store.is_write_back_due(1_000));
}

#[test]
fn a_cache_without_room_is_written_when_half_of_it_is_unwritten() {
    let engine = InMemoryEngine::new();
    let mut log = RecordedChangelog::default();
    let mut store = open(&engine, ROOMY);
    put_all(&mut store, 1_000, &mut log);
    store.write_back(Some(log.end())).unwrap();

    // Rows have about 1 100 bytes, so about 25 of them are half of this.
    store = open(&engine, 55_000);
    for number in 0..20 {
        put(&mut store, number, 1_000, &mut log);
    }
    (20..KEYS).for_each(|number| assert!(store.get(&key(number)).unwrap().is_some()));
    assert!(!store.is_write_back_due(0), "rows that were read make room");
    (20..30).for_each(|number| put(&mut store, number, 1_000, &mut log));
    assert!(store.is_write_back_due(0));
    store.write_back(Some(log.end())).unwrap();
    assert!(!store.is_write_back_due(0));
}

#[test]
fn a_cache_that_becomes_smaller_than_its_unwritten_rows_is_written() {
    let engine = InMemoryEngine::new();
    let (mut store, mut log) = (open(&engine, ROOMY), RecordedChangelog::default());
    put_all(&mut store, 10, &mut log);
    assert!(!store.is_write_back_due(0));
    store.set_cache_bytes_max(1_000);
    assert!(store.is_write_back_due(0));
    store.write_back(Some(log.end())).unwrap();
    put(&mut store, 0, 10, &mut log);
    assert!(!store.is_write_back_due(0), "after the write there is room");
}

#[test]
fn the_size_of_a_batch_is_bounded() {
    let engine = InMemoryEngine::new();
    let (mut store, mut log) = (open(&engine, ROOMY), RecordedChangelog::default());
    (0..15).for_each(|number| put(&mut store, number, 1 << 20, &mut log));
    assert!(!store.is_write_back_due(0));
    (15..20).for_each(|number| put(&mut store, number, 1 << 20, &mut log));
    assert!(store.is_write_back_due(0));
}

#[test]
fn rows_that_are_unwritten_over_many_commits_are_read_counted_and_restored() {
    let engine = InMemoryEngine::new();
    let (mut store, mut log) = (open(&engine, ROOMY), RecordedChangelog::default());
    put_all(&mut store, 10, &mut log);
    store.write_back(Some(log.end())).unwrap();
    let written_to = store.changelog_offset().unwrap();
    for size in 1..5 {
        put_all(&mut store, size, &mut log);
        store.put(&key(0), None, &RecordContext::at(0), &mut log).unwrap();
        store.log_dirty(&mut log, usize::MAX).unwrap();
    }
    let rows = |store: &mut Store| {
        let rows = store.rows(&KeyRange::all(), Direction::Forward).unwrap();
        rows.into_iter().map(|row| (row.key, row.value.len())).collect::<Vec<_>>()
    };
    let expected: Vec<(String, usize)> = (1..KEYS).map(|number| (key(number), 4)).collect();
    assert_eq!((rows(&mut store), store.changelog_offset().unwrap()), (expected.clone(), written_to));
    drop(store); // a crash

    let mut store = open(&engine, ROOMY);
    log.restore(&mut store).unwrap();
    assert_eq!((rows(&mut store), store.len()), (expected, KEYS - 1));
}

fn open(engine: &InMemoryEngine, cache_bytes_max: usize) -> Store {
    let options = StoreOptions::new("rows", StoreIndex::new(0), "app-rows-changelog");
    let options = StoreOptions { caching: true, ..options };
    let backing = Backing::Engine { engine: Box::new(engine.clone()), cache_bytes_max };
    KeyValueStore::new(options, Serde::of_type(), Serde::of_type(), backing)
}

fn key(number: usize) -> String {
    format!("{number:03}")
}

/// Updates and logs a row.
fn put(store: &mut Store, number: usize, bytes: usize, log: &mut RecordedChangelog) {
    let value = ValueAndTimestamp::new(vec![7; bytes], 0);
    store.put(&key(number), Some(value), &RecordContext::at(0), log).unwrap();
    store.log_dirty(log, usize::MAX).unwrap();
}

fn put_all(store: &mut Store, bytes: usize, log: &mut RecordedChangelog) {
    (0..KEYS).for_each(|number| put(store, number, bytes, log));
}
