//! Which reads of an engine the places of evicted rows save.

#![allow(clippy::unwrap_used)]

mod support;

use millstream_state::{
    AnyStore, Backing, DuplicateWindowStore, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp,
    WindowOptions, WindowStore,
};
use millstream_types::{Serde, Timestamp};
use support::counting::{Counting, Reads};

const KEYS: i64 = 100;
const VALUES_PER_KEY: i64 = 10;
const RETENTION_MS: i64 = 1_000_000;

/// A store in which each key has a value every 100 ms. Many more than its cache holds are in the engine.
fn filled(counting: &Counting, cache_bytes_max: usize) -> DuplicateWindowStore<String, i64> {
    let options = StoreOptions::new("pairs", StoreIndex::new(0), "app-pairs-changelog");
    let windows = WindowOptions { retention_ms: RETENTION_MS, window_size_ms: 10 };
    let backing = Backing::Engine { engine: Box::new(counting.clone()), cache_bytes_max };
    let mut store =
        DuplicateWindowStore::keeping_duplicates(options, windows, Serde::of_type(), Serde::of_type(), backing);
    // The places of rows are kept from the first look-up on.
    assert!(fetch(&mut store, 0, 0).is_empty());
    for number in 0..KEYS * VALUES_PER_KEY {
        let (key, time) = (format!("key-{}", number % KEYS), at(number));
        let value = Some(ValueAndTimestamp::new(number, time));
        _ = store.put(&key, time, value, &RecordContext::at(time), &mut NoChangelog).unwrap();
        if number % 50 == 49 {
            store.write_back(None).unwrap();
        }
    }
    counting.take_reads();
    store
}

fn fetch(store: &mut DuplicateWindowStore<String, i64>, key: i64, from: i64) -> Vec<i64> {
    let rows = store.fetch_values(&format!("key-{key}"), at(from), at(i64::MAX)).unwrap();
    rows.into_iter().map(|row| row.value).collect()
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A join of streams searched a range of the engine for each record. Now it reads the rows that there are, and nothing if there are
/// none.
#[test]
fn rows_whose_places_are_known_are_read_without_a_range() {
    let counting = Counting::default();
    let mut store = filled(&counting, 80_000);
    assert_eq!(fetch(&mut store, 7, 300), [307, 407, 507, 607, 707, 807, 907]);
    assert_eq!(counting.take_reads(), Reads { of_several: 1, ..Reads::default() });
    assert!(fetch(&mut store, KEYS, 300).is_empty());
    assert_eq!(counting.take_reads(), Reads::default());
}

#[test]
fn rows_whose_places_are_forgotten_are_found_in_a_range() {
    let counting = Counting::default();
    let mut store = filled(&counting, 10_000);
    assert_eq!(fetch(&mut store, 7, 0), [7, 107, 207, 307, 407, 507, 607, 707, 807, 907]);
    let reads = counting.take_reads();
    assert!(reads.of_range > 0 && reads.of_several == 0, "{reads:?}");
    assert!(fetch(&mut store, 7, 950).is_empty());
    assert_eq!(counting.take_reads(), Reads::default());
}

/// Without room for anything, each look-up searches the engine, and finds what was written.
#[test]
fn a_store_without_a_cache_finds_its_rows() {
    let counting = Counting::default();
    let mut store = filled(&counting, 0);
    assert_eq!(fetch(&mut store, 7, 650), [707, 807, 907]);
    assert!(counting.take_reads().of_range > 0);
}

/// The places of rows whose segments were closed took the room of rows that are read.
#[test]
fn places_of_expired_rows_take_no_room() {
    const HOT: i64 = 1_300;
    let reads_with = |expired: i64| {
        let counting = Counting::default();
        let options = StoreOptions::new("windows", StoreIndex::new(0), "windows-changelog");
        let windows = WindowOptions { retention_ms: 150_000, window_size_ms: 1_000 };
        let backing = Backing::Engine { engine: Box::new(counting.clone()), cache_bytes_max: 200_000 };
        let mut store: WindowStore<String, i64> =
            WindowStore::new(options, windows, Serde::of_type(), Serde::of_type(), backing);
        let put = |store: &mut WindowStore<String, i64>, key: String, time: i64| {
            let value = Some(ValueAndTimestamp::new(1, time));
            _ = store.put(&key, at(time), value, &RecordContext::at(time), &mut NoChangelog).unwrap();
        };
        assert!(store.fetch(&"x".to_owned(), at(0), at(1)).unwrap().is_empty());
        (0..expired).for_each(|number| put(&mut store, format!("key-{number}"), 500_000 + number));
        store.write_back(None).unwrap();
        for segment in 0..20 {
            put(&mut store, "tick".to_owned(), 2_000_000 + 100_000 * segment);
            store.write_back(None).unwrap();
        }
        (0..HOT).for_each(|number| put(&mut store, format!("hot-{number}"), 3_900_000));
        store.write_back(None).unwrap();
        for _ in 0..4 {
            counting.take_reads();
            for number in 0..HOT {
                store.get(&format!("hot-{number}"), at(3_900_000)).unwrap();
            }
        }
        counting.take_reads()
    };
    assert_eq!(reads_with(0), Reads::default());
    assert_eq!(reads_with(3_060), Reads::default());
}
