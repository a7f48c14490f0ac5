//! Tests that need access to internals: freed memory, and stream time after reopening.

#![allow(clippy::unwrap_used)]

use millstream_types::{Offset, Serde, Timestamp};

use super::{DuplicateWindowStore, WindowOptions, WindowRange, WindowStore};
use crate::{
    AnyStore, Backing, Direction, InMemoryEngine, NoChangelog, RecordContext, StoreIndex, StoreOptions,
    ValueAndTimestamp,
};

#[test]
fn closed_segments_leave_table_and_index() {
    for backing in [Backing::InMemory, over(&InMemoryEngine::new())] {
        let mut store = open(backing);
        store.all().unwrap(); // from here on an index by bytes is kept
        for number in 0..50 {
            put(&mut store, &number.to_string(), number);
        }
        assert_eq!(sizes(&store), (50, 50));
        put(&mut store, "now", 1_000_000);
        assert_eq!(sizes(&store), (1, 1));
    }
}

#[test]
fn restored_windows_of_closed_segments_use_no_memory() {
    let mut store = open(Backing::InMemory);
    for start in [1_000_000_i64, 10, 900_001] {
        let key = [b"key".as_slice(), &start.to_be_bytes(), &[0; 4]].concat();
        store.restore(&key, Some(&[0; 8]), at(0)).unwrap();
    }
    store.restored_to(Offset::new(3)).unwrap();
    assert_eq!(store.len(), 2);
}

#[test]
fn a_reopened_store_finds_its_windows_and_its_time() {
    let engine = InMemoryEngine::new();
    let mut store = open(over(&engine));
    for start in [900_001, 950_000, 1_000_000] {
        put(&mut store, "a", start);
    }
    store.write_back(Some(Offset::new(3))).unwrap();
    let mut store = open(over(&engine));
    let fetched = store.fetch(&"a".to_owned(), at(0), at(i64::MAX)).unwrap();
    assert_eq!(fetched.iter().map(|row| row.start.as_millis()).collect::<Vec<_>>(), [900_001, 950_000, 1_000_000]);
    assert_eq!(store.observed_stream_time(), at(960_000), "the newest segment begins there");
    put(&mut store, "b", 10);
    assert_eq!(store.expired(), 1, "what was closed before stays closed");
    let page = store.page(&WindowRange::all(), None, Direction::Backward, 1).unwrap();
    assert_eq!(page[0].start, at(1_000_000));
}

/// It took a start for the number of a segment, and asked the engine for every window that it did not hold.
#[test]
fn a_reopened_store_knows_which_windows_its_engine_cannot_have() {
    let in_order = |engine: &InMemoryEngine, by_start: bool| {
        let store = open(over(engine));
        if by_start { store.ordered_by_start() } else { store }
    };
    for (by_start, complete_since) in [(false, 960_000), (true, 950_001)] {
        let engine = InMemoryEngine::new();
        let mut store = in_order(&engine, by_start);
        put(&mut store, "a", 950_000);
        store.write_back(Some(Offset::new(1))).unwrap();
        let mut store = in_order(&engine, by_start).store;
        let mut has_nowhere = |time: i64| {
            let key = "b".to_owned();
            store.has_nowhere((&key, at(time), ())).unwrap()
        };
        assert!(!has_nowhere(complete_since - 1), "by start: {by_start}");
        assert!(has_nowhere(complete_since), "by start: {by_start}");
    }
}

/// Without a changelog no offset tells how many values there were.
#[test]
fn a_reopened_store_of_duplicates_without_a_changelog_continues_the_numbers_of_its_rows() {
    let engine = InMemoryEngine::new();
    for value in [1, 2, 3] {
        let options = StoreOptions::new("windows", StoreIndex::new(0), "windows-changelog");
        let options = StoreOptions { logging: false, ..options };
        let windows = WindowOptions { retention_ms: 100_000, window_size_ms: 10 };
        let mut store: DuplicateWindowStore<String, i64> = DuplicateWindowStore::keeping_duplicates(
            options,
            windows,
            Serde::of_type(),
            Serde::of_type(),
            over(&engine),
        );
        let (key, value) = ("a".to_owned(), Some(ValueAndTimestamp::new(value, 5)));
        _ = store.put(&key, at(5), value, &RecordContext::at(5), &mut NoChangelog).unwrap();
        store.write_back(None).unwrap();
        let rows = store.fetch(&key, at(0), at(10)).unwrap();
        let values: Vec<i64> = rows.into_iter().map(|row| row.value).collect();
        assert_eq!(values, [1, 2, 3][..values.len()]);
        assert_eq!(Some(values.len()), value.map(|held| usize::try_from(held.value).unwrap()));
    }
}

/// A store that had been written here, was written elsewhere, and is written here again, as that of a standby is, went on with its own
/// numbers, and its values took the places of those of the other owner.
#[test]
fn duplicates_of_another_owner_are_not_overwritten() {
    for backing in [Backing::InMemory, over(&InMemoryEngine::new())] {
        let options = StoreOptions::new("windows", StoreIndex::new(0), "windows-changelog");
        let windows = WindowOptions { retention_ms: 100_000, window_size_ms: 10 };
        let (keys, values) = (Serde::of_type(), Serde::of_type());
        let mut store: DuplicateWindowStore<String, i64> =
            DuplicateWindowStore::keeping_duplicates(options, windows, keys, values, backing);
        let key = "a".to_owned();
        let put = |store: &mut DuplicateWindowStore<String, i64>, value: i64| {
            let value = Some(ValueAndTimestamp::new(value, 5));
            _ = store.put(&key, at(5), value, &RecordContext::at(5), &mut NoChangelog).unwrap();
        };
        put(&mut store, 1);
        store.write_back(Some(Offset::new(1))).unwrap();
        for number in [2_i64, 3] {
            let changelog_key = [b"a".as_slice(), &5_i64.to_be_bytes(), &u32::try_from(number).unwrap().to_be_bytes()];
            store.restore(&changelog_key.concat(), Some(&number.to_be_bytes()), at(5)).unwrap();
        }
        store.restored_to(Offset::new(3)).unwrap();
        put(&mut store, 4);
        let rows = store.fetch(&"a".to_owned(), at(0), at(10)).unwrap();
        assert_eq!(rows.into_iter().map(|row| row.value).collect::<Vec<_>>(), [1, 2, 3, 4]);
    }
}

fn open(backing: Backing) -> WindowStore<String, i64> {
    let options = StoreOptions::new("windows", StoreIndex::new(0), "windows-changelog");
    let windows = WindowOptions { retention_ms: 100_000, window_size_ms: 10 };
    WindowStore::new(options, windows, Serde::of_type(), Serde::of_type(), backing)
}

fn over(engine: &InMemoryEngine) -> Backing {
    Backing::Engine { engine: Box::new(engine.clone()), cache_bytes_max: 1 << 20 }
}

fn put(store: &mut WindowStore<String, i64>, key: &str, start: i64) {
    let value = Some(ValueAndTimestamp::new(1, start));
    _ = store.put(&key.to_owned(), at(start), value, &RecordContext::at(start), &mut NoChangelog).unwrap();
}

/// The number of entries of the table and of the indexes.
fn sizes(store: &WindowStore<String, i64>) -> (usize, usize) {
    store.store.memory_use()
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}
