//! Which reads of an engine the places of evicted rows save.

#![allow(clippy::unwrap_used)]

mod support;

use millstream_state::{
    AnyStore, Backing, DuplicateWindowStore, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp,
    WindowOptions,
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
