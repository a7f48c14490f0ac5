//! Prefetching must not change results.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;

use millstream_state::{
    AnyStore, Backing, Direction, InMemoryEngine, KeyValueStore, NoChangelog, PrefetchFrom, RecordContext, StoreIndex,
    StoreOptions, ValueAndTimestamp, WindowOptions, WindowStore,
};
use millstream_types::{Offset, Serde, Timestamp};
use support::counting::{Counting, Reads};

/// Enough keys that a table of them is prefetched.
const KEYS: u64 = 20_000;

const SOURCES: [PrefetchFrom; 2] = [PrefetchFrom::Memory, PrefetchFrom::Engine];

/// Records for these keys, each several times, in a pseudo-random order.
fn records() -> impl Iterator<Item = u64> {
    (0..5 * KEYS).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32).map(|number| number % KEYS)
}

fn options() -> StoreOptions {
    StoreOptions { caching: true, ..StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog") }
}

fn store(backing: Backing) -> KeyValueStore<String, i64> {
    KeyValueStore::new(options(), Serde::of_type(), Serde::of_type(), backing)
}

fn key(number: u64) -> String {
    format!("key-{number}")
}

/// Counts records in batches of `batch`. Prefetches each batch, and also keys without records.
fn count(store: &mut KeyValueStore<String, i64>, batch: usize, from: PrefetchFrom) {
    let numbers: Vec<u64> = records().collect();
    for (turn, some) in numbers.chunks(batch).enumerate() {
        let keys: Vec<String> = some.iter().copied().chain([KEYS + 1]).map(key).collect();
        store.prefetch(keys.iter(), from);
        for key in &keys[..some.len()] {
            let add_one = |count: Option<ValueAndTimestamp<i64>>| {
                Some(ValueAndTimestamp::new(count.map_or(0, |held| held.value) + 1, 5))
            };
            store.update(key, &RecordContext::at(5), &mut NoChangelog, add_one).unwrap();
        }
        if turn % 100 == 99 {
            store.log_dirty(&mut NoChangelog, usize::MAX).unwrap();
            store.write_back(None).unwrap();
        }
    }
    store.log_dirty(&mut NoChangelog, usize::MAX).unwrap();
}

fn truth() -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    records().for_each(|number| *counts.entry(key(number)).or_default() += 1);
    counts
}

fn counts(store: &mut KeyValueStore<String, i64>) -> BTreeMap<String, i64> {
    let range = store.range_of(None, None).unwrap();
    let rows = store.rows(&range, Direction::Forward).unwrap();
    rows.into_iter().map(|row| (row.key, row.value)).collect()
}

#[test]
fn counts_are_the_same_in_memory_and_over_an_engine() {
    for (batch, from) in [1, 16, 1_000].into_iter().flat_map(|batch| SOURCES.map(|from| (batch, from))) {
        let engine = Backing::Engine { engine: Box::new(InMemoryEngine::new()), cache_bytes_max: 1 << 20 };
        for backing in [Backing::InMemory, engine] {
            let mut store = store(backing);
            count(&mut store, batch, from);
            assert_eq!(counts(&mut store), truth(), "batches of {batch}, {from:?}");
        }
    }
}

/// With an engine, whose cache is too small for all of them, windows are evicted, read ahead and expire.
#[test]
fn windows_are_the_same() {
    for from in SOURCES {
        let engine = Backing::Engine { engine: Box::new(InMemoryEngine::new()), cache_bytes_max: 1 << 18 };
        for backing in [Backing::InMemory, engine] {
            let windows = WindowOptions { retention_ms: 3_600_000, window_size_ms: 1_000 };
            let mut store: WindowStore<String, i64> =
                WindowStore::new(options(), windows, Serde::of_type(), Serde::of_type(), backing);
            let start = |number: u64| Timestamp::from_millis((number % 3).cast_signed() * 1_000);
            for (turn, number) in records().enumerate() {
                let key = key(number);
                store.prefetch([(&key, start(number)), (&key, start(number + 1))].into_iter(), from);
                let add_one = |count: Option<ValueAndTimestamp<i64>>| {
                    Some(ValueAndTimestamp::new(count.map_or(0, |held| held.value) + 1, 5))
                };
                _ = store.update(&key, start(number), &RecordContext::at(5), &mut NoChangelog, add_one).unwrap();
                if turn % 1_000 == 999 {
                    store.log_dirty(&mut NoChangelog, usize::MAX).unwrap();
                    store.write_back(None).unwrap();
                }
            }
            store.log_dirty(&mut NoChangelog, usize::MAX).unwrap();
            let rows = store.all().unwrap();
            let counts: BTreeMap<String, i64> = rows.into_iter().map(|row| (row.key, row.value)).collect();
            assert_eq!(counts, truth(), "{from:?}");
        }
    }
}

/// Rows that will be read are read from the engine once, also those that do not exist; others are not read at all.
#[test]
fn an_engine_is_asked_once_for_what_is_read_ahead() {
    let counting = Counting::default();
    let open = || store(Backing::Engine { engine: Box::new(counting.clone()), cache_bytes_max: 1 << 16 });
    let keys: Vec<String> = (0..8).map(key).collect();
    let mut written = open();
    for key in &keys[..4] {
        written.put(key, Some(ValueAndTimestamp::new(7, 5)), &RecordContext::at(5), &mut NoChangelog).unwrap();
    }
    written.log_dirty(&mut NoChangelog, usize::MAX).unwrap();
    written.write_back(None).unwrap();
    let mut store = open();
    counting.take_reads();
    store.prefetch(keys.iter(), PrefetchFrom::Memory);
    assert_eq!(counting.take_reads(), Reads::default());
    store.prefetch(keys.iter().chain(&keys[..2]), PrefetchFrom::Engine);
    let values: Vec<Option<i64>> = keys.iter().map(|key| Some(store.get(key).unwrap()?.value)).collect();
    assert_eq!(values, [[Some(7); 4], [None; 4]].concat());
    // The first row is read alone, to know its size.
    assert_eq!(counting.take_reads(), Reads { of_several: 2, ..Reads::default() });
}

#[test]
fn a_restored_table_has_the_last_value_of_each_key_and_no_deleted_one() {
    let mut store = store(Backing::InMemory);
    let mut truth = BTreeMap::new();
    for (number, offset) in records().zip(0_i64..) {
        let key = key(number);
        let value = (offset % 7 != 0).then_some(offset);
        match value {
            Some(value) => truth.insert(key.clone(), value),
            None => truth.remove(&key),
        };
        let bytes = value.map(i64::to_be_bytes);
        let bytes = bytes.as_ref().map(<[u8; 8]>::as_slice);
        store.restore(key.as_bytes(), bytes, Timestamp::from_millis(offset)).unwrap();
        if offset % 9_999 == 0 {
            store.restored_to(Offset::new(offset + 1)).unwrap();
            assert_eq!(store.len(), truth.len(), "a batch that has ended shows");
        }
    }
    store.restored_to(Offset::new(5 * KEYS.cast_signed())).unwrap();
    assert_eq!(counts(&mut store), truth);
}

#[test]
fn an_abandoned_restore_has_no_effect() {
    let mut store = store(Backing::InMemory);
    store.restore(b"of the old changelog", Some(&[0; 8]), Timestamp::from_millis(1)).unwrap();
    store.clear().unwrap();
    store.restored_to(Offset::new(1)).unwrap();
    assert_eq!(store.len(), 0);
}
