//! Tests that need access to internals: freed memory, and stream time after reopening.

#![allow(clippy::unwrap_used)]

use millstream_types::{Offset, Serde, Timestamp, Window};

use super::SessionStore;
use crate::{AnyStore, Backing, Direction, InMemoryEngine, NoChangelog, RecordContext, StoreIndex, StoreOptions};

#[test]
fn closed_segments_leave_table_and_index() {
    for backing in [Backing::InMemory, over(&InMemoryEngine::new())] {
        let mut store = open(backing);
        store.all().unwrap(); // from here on an index is kept
        for number in 0..50 {
            put(&mut store, &number.to_string(), number, number + 5);
        }
        assert_eq!(store.store.memory_use(), (50, 50));
        put(&mut store, "now", 0, 1_000_000);
        assert_eq!(store.store.memory_use(), (1, 1), "a long session counts by its end");
    }
}

#[test]
fn restored_sessions_of_closed_segments_use_no_memory() {
    let mut store = open(Backing::InMemory);
    for end in [1_000_000_i64, 10, 900_001] {
        let key = [b"key".as_slice(), &end.to_be_bytes(), &[0; 8]].concat();
        store.restore(&key, Some(&[0; 8]), at(0)).unwrap();
    }
    store.restored_to(Offset::new(3)).unwrap();
    assert_eq!(store.len(), 2);
}

#[test]
fn a_reopened_store_finds_its_sessions_and_its_time() {
    let engine = InMemoryEngine::new();
    let mut store = open(over(&engine));
    for end in [900_001, 950_000, 1_000_000] {
        put(&mut store, "a", end - 10, end);
    }
    store.write_back(Some(Offset::new(3))).unwrap();
    let mut store = open(over(&engine));
    let found = store.fetch(&"a".to_owned(), Direction::Forward).unwrap();
    assert_eq!(found.iter().map(|row| row.window.end.as_millis()).collect::<Vec<_>>(), [900_001, 950_000, 1_000_000]);
    assert_eq!(store.observed_stream_time(), at(960_000), "the newest segment begins there");
    put(&mut store, "b", 0, 10);
    assert_eq!(store.expired(), 1, "what was closed before stays closed");
}

fn open(backing: Backing) -> SessionStore<String, i64> {
    let options = StoreOptions::new("sessions", StoreIndex::new(0), "sessions-changelog");
    SessionStore::new(options, 100_000, Serde::of_type(), Serde::of_type(), backing)
}

fn over(engine: &InMemoryEngine) -> Backing {
    Backing::Engine { engine: Box::new(engine.clone()), cache_bytes_max: 1 << 20 }
}

fn put(store: &mut SessionStore<String, i64>, key: &str, start: i64, end: i64) {
    let window = Window { start: at(start), end: at(end) };
    _ = store.put(&key.to_owned(), window, Some(1), &RecordContext::at(end), &mut NoChangelog).unwrap();
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}
