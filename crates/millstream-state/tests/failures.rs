//! Errors: values that cannot be encoded, rows that cannot be decoded, engines that fail, calls in the wrong order.

#![allow(clippy::unwrap_used)]

mod support;

use std::ops::Bound;

use millstream_state::conformance::RecordedChangelog;
use millstream_state::{
    AnyStore, Backing, Batch, Direction, Engine, EngineError, EngineRow, InMemoryEngine, KeyRange, KeyValueStore,
    RecordContext, StoreError, StoreIndex, StoreOptions, ValueAndTimestamp, WindowOptions, WindowStore, WriteOutcome,
};
use millstream_types::{Codec, Offset, Serde, SerdeError, Timestamp};
use support::counting::Counting;

/// A codec that refuses the number 13.
struct Superstitious;

impl Codec<i64> for Superstitious {
    fn encode(&self, _topic: &str, value: &i64, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        if *value == 13 {
            return Err(SerdeError::unwritable("i64", "13 brings bad luck"));
        }
        out.extend_from_slice(&value.to_be_bytes());
        Ok(())
    }

    fn decode(&self, topic: &str, bytes: &[u8]) -> Result<i64, SerdeError> {
        Serde::of_type().decode(topic, bytes)
    }
}

/// An engine whose reads fail.
struct Broken;

impl Engine for Broken {
    fn get(&self, _key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        Err(EngineError::caused("reading failed", std::io::Error::other("the disk is gone")))
    }

    fn page(
        &self,
        _from: Bound<&[u8]>,
        _to: Bound<&[u8]>,
        _direction: Direction,
        _limit: usize,
    ) -> Result<Vec<EngineRow>, EngineError> {
        Err(EngineError::new("paging failed"))
    }

    fn write(&mut self, _batch: &Batch) -> Result<(), EngineError> {
        Err(EngineError::new("writing failed"))
    }

    fn changelog_offset(&self) -> Result<Option<Offset>, EngineError> {
        Err(EngineError::new("reading the offset failed"))
    }

    fn approximate_len(&self) -> usize {
        0
    }

    fn clear(&mut self) -> Result<(), EngineError> {
        Err(EngineError::new("clearing failed"))
    }
}

#[test]
fn after_a_failed_flush_keys_that_were_not_logged_are_dirty() {
    let mut store = open(Backing::InMemory, |options| options.caching = true);
    let mut log = RecordedChangelog::default();
    for (key, value) in [("a", 1), ("b", 13), ("c", 3), ("a", 2)] {
        put(&mut store, key, value, &mut log).unwrap();
    }
    let error = store.take_dirty(&mut log, usize::MAX).unwrap_err();
    let message =
        "store `numbers`: this i64 cannot be written: 13 brings bad luck; check the serde the store was given";
    assert_eq!(error.to_string(), message);
    assert_eq!(log.after(0), []);
    assert!(store.has_dirty());
    put(&mut store, "c", 4, &mut log).unwrap();
    put(&mut store, "b", 5, &mut log).unwrap();
    put(&mut store, "d", 13, &mut log).unwrap();
    assert!(store.take_dirty(&mut log, usize::MAX).is_err());
    assert_eq!(logged_keys(&log), ["a", "c", "b"]);
    put(&mut store, "d", 6, &mut log).unwrap();
    let flushed = store.take_dirty(&mut log, usize::MAX).unwrap();
    assert_eq!(flushed.iter().map(|change| (&*change.key, change.new)).collect::<Vec<_>>(), [("d", Some(6))]);
}

#[test]
fn an_update_that_cannot_be_logged_at_once_is_an_error() {
    let mut store = open(Backing::InMemory, |_| {});
    let mut log = RecordedChangelog::default();
    assert!(matches!(put(&mut store, "a", 13, &mut log), Err(StoreError::Serde { .. })));
    assert_eq!(log.after(0), []);
}

#[test]
fn corrupt_rows_are_errors_and_not_panics() {
    let mut engine = InMemoryEngine::new();
    let mut batch = Batch::new();
    batch.put(b"short", b"1234567");
    batch.put(b"wrong", b"12345678 not eight bytes");
    engine.write(&batch).unwrap();
    let mut store = open(over(engine.clone()), |_| {});
    for key in ["short", "wrong"] {
        assert!(matches!(store.get(&key.to_owned()), Err(StoreError::Serde { .. })), "{key}");
    }
    assert!(store.rows(&KeyRange::all(), Direction::Forward).is_err());
    assert!(store.dump(None, 9).is_err());
    let options = StoreOptions::new("windows", StoreIndex::new(0), "windows-changelog");
    let windows = WindowOptions { retention_ms: 1_000, window_size_ms: 10 };
    let mut store = WindowStore::<String, i64>::new(options, windows, Serde::of_type(), Serde::of_type(), over(engine));
    assert!(store.restore(b"no start", Some(b"12345678"), Timestamp::from_millis(0)).is_err());
}

#[test]
fn the_first_record_with_a_value_that_is_restored_to_an_engine_is_decoded() {
    let engine = InMemoryEngine::new();
    let mut store = open(over(engine.clone()), |_| {});
    let at = Timestamp::from_millis(0);
    for (key, value) in [(&b"\xff"[..], &b"12345678"[..]), (b"a", b"1")] {
        assert!(matches!(store.restore(key, Some(value), at), Err(StoreError::Serde { .. })));
    }
    store.restore(b"gone", None, at).unwrap();
    assert!(store.restore(b"a", Some(b"1"), at).is_err(), "a delete says nothing of values");
    store.restore(b"a", Some(b"12345678"), at).unwrap();
    store.restore(b"b", Some(b"1"), at).unwrap();
    store.restored_to(Offset::new(3)).unwrap();
    assert_eq!(engine.rows().len(), 2);
    assert!(store.restore(b"c", Some(b"1"), at).is_err(), "it is checked in each batch");
    assert!(store.check_stored().is_err(), "the last row is not valid");
    store.clear().unwrap();
    store.check_stored().unwrap();
}

#[test]
fn a_store_in_memory_refuses_to_restore_invalid_records() {
    let mut store = open(Backing::InMemory, |_| {});
    assert!(store.restore(b"\xff", Some(b"12345678"), Timestamp::from_millis(0)).is_err());
    assert!(store.restore(b"a", Some(b"1"), Timestamp::from_millis(0)).is_err());
    assert_eq!(store.len(), 0);
}

#[test]
fn an_engine_that_fails_is_named_with_its_store() {
    let mut store = open(Backing::Engine { engine: Box::new(Broken), cache_bytes_max: 900 }, |_| {});
    let mut log = RecordedChangelog::default();
    let error = store.get(&"a".to_owned()).unwrap_err();
    assert_eq!(error.to_string(), "store `numbers`: its engine failed: reading failed");
    assert!(store.rows(&KeyRange::all(), Direction::Forward).is_err());
    assert!(store.update(&"a".to_owned(), &RecordContext::at(0), &mut log, |held| held).is_err());
    assert!(store.changelog_offset().is_err());
    put(&mut store, "a", 1, &mut log).unwrap();
    assert!(store.write_back(None).is_err());
    assert!(store.unwritten_bytes() > 0, "what was not written waits for the next try");
    assert!(store.clear().is_err());
}

/// The time of the rows in the engine was read once, also if that failed: then rows were not found, and late ones accepted, until the
/// store was opened again.
#[test]
fn a_store_knows_its_time_after_a_failed_first_read() {
    let engine = Counting::default();
    let open = || -> WindowStore<String, i64> {
        let options = StoreOptions::new("windows", StoreIndex::new(0), "windows-changelog");
        let windows = WindowOptions { retention_ms: 150_000, window_size_ms: 1_000 };
        let backing = Backing::Engine { engine: Box::new(engine.clone()), cache_bytes_max: 1 << 20 };
        WindowStore::new(options, windows, Serde::of_type(), Serde::of_type(), backing)
    };
    let (key, mut log) = ("a".to_owned(), RecordedChangelog::default());
    let put = |store: &mut WindowStore<String, i64>, start: i64, log: &mut RecordedChangelog| {
        let (start, value) = (Timestamp::from_millis(start), Some(ValueAndTimestamp::new(1, start)));
        store.put(&"a".to_owned(), start, value, &RecordContext::at(start), log)
    };
    let mut store = open();
    assert_eq!(put(&mut store, 500_000, &mut log).unwrap(), WriteOutcome::Accepted);
    store.write_back(Some(log.end())).unwrap();
    let mut store = open();
    engine.set_failing(true);
    assert!(put(&mut store, 100, &mut log).is_err());
    engine.set_failing(false);
    assert_eq!(put(&mut store, 100, &mut log).unwrap(), WriteOutcome::Expired);
    let (from, to) = (Timestamp::from_millis(0), Timestamp::from_millis(600_000));
    assert_eq!(store.fetch(&key, from, to).unwrap().len(), 1);
}

/// The row that was read stayed in the cache.
#[test]
fn a_row_that_is_read_while_a_restored_record_waits_is_replaced_by_it() {
    let mut store = open(over(InMemoryEngine::new()), |_| {});
    for (offset, value) in [(1, 1_i64), (2, 2)] {
        store.restore(b"a", Some(&value.to_be_bytes()), Timestamp::from_millis(value)).unwrap();
        _ = store.get(&"a".to_owned()).unwrap();
        store.restored_to(Offset::new(offset)).unwrap();
        assert_eq!(store.get(&"a".to_owned()).unwrap().map(|held| held.value), Some(value));
    }
    let (options, start) = (StoreOptions::new("windows", StoreIndex::new(0), "topic"), Timestamp::from_millis(5));
    let windows = WindowOptions { retention_ms: 1_000, window_size_ms: 10 };
    let mut store: WindowStore<String, i64> =
        WindowStore::new(options, windows, Serde::of_type(), Serde::of_type(), over(InMemoryEngine::new()));
    let (key, logged_key) = ("a".to_owned(), [&b"a"[..], &start.as_millis().to_be_bytes(), &[0; 4]].concat());
    for (offset, value) in [(1, 1_i64), (2, 2)] {
        store.restore(&logged_key, Some(&value.to_be_bytes()), start).unwrap();
        _ = store.get(&key, start).unwrap();
        _ = store.fetch(&key, start, start).unwrap();
        store.restored_to(Offset::new(offset)).unwrap();
        let fetched = store.fetch(&key, start, start).unwrap();
        assert_eq!(fetched.iter().map(|row| row.value).collect::<Vec<_>>(), [value]);
        assert_eq!(store.get(&key, start).unwrap().map(|held| held.value), Some(value));
    }
}

#[test]
fn a_store_with_updates_cannot_be_restored() {
    for backing in [Backing::InMemory, over(InMemoryEngine::new())] {
        let mut store = open(backing, |options| options.caching = true);
        let mut log = RecordedChangelog::default();
        put(&mut store, "a", 1, &mut log).unwrap();
        let refused = store.restore(b"a", None, Timestamp::from_millis(1));
        assert!(matches!(refused, Err(StoreError::Unfinished { updates: 1, .. })), "{refused:?}");
        store.log_dirty(&mut log, usize::MAX).unwrap();
        store.write_back(Some(log.end())).unwrap();
        assert!(store.get(&"a".to_owned()).unwrap().is_some());
        store.restore(b"a", None, Timestamp::from_millis(1)).unwrap();
        store.restored_to(Offset::new(2)).unwrap();
        assert!(store.get(&"a".to_owned()).unwrap().is_none(), "a cached row does not hide a restored one");
    }
}

#[test]
fn a_restored_batch_and_its_offset_are_written_atomically() {
    let engine = InMemoryEngine::new();
    let mut store = open(over(engine.clone()), |_| {});
    store.restore(b"a", Some(b"12345678"), Timestamp::from_millis(1)).unwrap();
    engine.fail_next_write();
    assert!(store.restored_to(Offset::new(1)).is_err());
    assert_eq!((engine.rows(), store.changelog_offset().unwrap()), (vec![], None));
    store.restore(b"b", Some(b"12345678"), Timestamp::from_millis(1)).unwrap();
    store.restored_to(Offset::new(2)).unwrap();
    assert_eq!((engine.rows().len(), store.changelog_offset().unwrap()), (1, Some(Offset::new(2))));
}

fn open(backing: Backing, change: impl FnOnce(&mut StoreOptions)) -> KeyValueStore<String, i64> {
    let mut options = StoreOptions::new("numbers", StoreIndex::new(0), "app-numbers-changelog");
    change(&mut options);
    KeyValueStore::new(options, Serde::of_type(), Serde::new(Superstitious), backing)
}

fn over(engine: InMemoryEngine) -> Backing {
    Backing::Engine { engine: Box::new(engine), cache_bytes_max: 900 }
}

fn put(
    store: &mut KeyValueStore<String, i64>,
    key: &str,
    value: i64,
    log: &mut RecordedChangelog,
) -> Result<(), StoreError> {
    store.put(&key.to_owned(), Some(ValueAndTimestamp::new(value, 0)), &RecordContext::at(0), log)
}

fn logged_keys(log: &RecordedChangelog) -> Vec<&str> {
    log.records.iter().map(|record| std::str::from_utf8(&record.key).unwrap()).collect()
}
