//! Tests of the buffer: its order, its changelog, restoring and rollback, in memory and over an engine.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use millstream_types::{Headers, Offset, Origin, Partition, Topic};

use super::*;
use crate::conformance::RecordedChangelog;
use crate::{AnyStore, InMemoryEngine, StoreIndex};

type Buffer = JoinBuffer<String, String>;

fn open(backing: Backing) -> Buffer {
    let options = StoreOptions::new("b", StoreIndex::new(0), "app-b-changelog");
    JoinBuffer::new(options, Duration::from_millis(10), Serde::of_type(), Serde::of_type(), backing)
}

fn backings() -> Vec<Backing> {
    let over_engine = |cache_bytes_max| Backing::Engine { engine: Box::new(InMemoryEngine::new()), cache_bytes_max };
    vec![Backing::InMemory, over_engine(0), over_engine(1 << 20)]
}

/// Puts a record in. Returns whether it waits.
fn put(buffer: &mut Buffer, log: &mut RecordedChangelog, key: &str, value: &str, time: i64) -> bool {
    let origin = Origin { topic: Topic::from("l"), partition: Partition::new(0), offset: Offset::new(7) };
    let context = BufferedContext { timestamp: time.into(), headers: Headers::new(), origin: Some(origin) };
    buffer.put(&key.to_owned(), value.to_owned(), context, log).unwrap().is_none()
}

fn due(buffer: &mut Buffer, log: &mut RecordedChangelog) -> Vec<(String, String, i64)> {
    let mut all = Vec::new();
    while let Some(record) = buffer.take_due(log).unwrap() {
        all.push((record.key, record.value, record.context.timestamp.as_millis()));
    }
    all
}

fn record(key: &str, value: &str, time: i64) -> (String, String, i64) {
    (key.to_owned(), value.to_owned(), time)
}

#[test]
fn records_come_out_by_time_then_key_then_arrival() {
    for backing in backings() {
        let (mut buffer, mut log) = (open(backing), RecordedChangelog::default());
        for (key, value, time) in [("b", "1", 5), ("a", "2", 5), ("b", "3", 5), ("c", "4", 3)] {
            assert!(put(&mut buffer, &mut log, key, value, time));
        }
        assert_eq!(due(&mut buffer, &mut log), []);
        assert!(put(&mut buffer, &mut log, "z", "5", 14));
        assert_eq!(due(&mut buffer, &mut log), [record("c", "4", 3)]);
        assert!(!put(&mut buffer, &mut log, "d", "late", 3), "it is older than what has come out");
        assert!(put(&mut buffer, &mut log, "d", "6", 4), "it is due, and waits its turn");
        assert!(put(&mut buffer, &mut log, "z", "7", 15));
        let expected = [record("d", "6", 4), record("a", "2", 5), record("b", "1", 5), record("b", "3", 5)];
        assert_eq!(due(&mut buffer, &mut log), expected);
        assert_eq!(AnyStore::len(&buffer), 2);
    }
}

#[test]
fn the_changelog_is_that_of_kafka_streams() {
    let (mut buffer, mut log) = (open(Backing::InMemory), RecordedChangelog::default());
    put(&mut buffer, &mut log, "a", "l0", 5);
    put(&mut buffer, &mut log, "a", "l1", 20);
    due(&mut buffer, &mut log);
    let key = [&[0][..], &5_i64.to_be_bytes(), b"a", &1_i32.to_be_bytes()].concat();
    let context = [&5_i64.to_be_bytes()[..], &7_i64.to_be_bytes(), &[0, 0, 0, 1, b'l'], &[0; 4], &[0; 4]].concat();
    let value = [&context[..], &[0xff; 8], &[0, 0, 0, 2], b"l0", &[0; 8]].concat();
    let first = &log.records[0];
    assert_eq!((&first.key, first.value.as_ref()), (&key, Some(&value)));
    assert!(first.headers.is_empty() && first.timestamp == Timestamp::UNKNOWN);
    assert_eq!((&log.records[2].key, &log.records[2].value), (&key, &None));
    assert_eq!(AnyStore::buffer_size(&mut buffer).unwrap().unwrap().bytes, 14 + 21 + 2);
}

#[test]
fn a_restored_buffer_continues() {
    let mut log = RecordedChangelog::default();
    let mut lost = open(Backing::InMemory);
    for (value, time) in [("1", 1), ("2", 2), ("3", 11)] {
        put(&mut lost, &mut log, "a", value, time);
        due(&mut lost, &mut log);
    }
    for backing in backings() {
        let (mut restored, mut log) = (open(backing), log.clone());
        log.restore(&mut restored).unwrap();
        assert!(!put(&mut restored, &mut log, "a", "late", 0));
        assert!(put(&mut restored, &mut log, "a", "4", 12));
        assert_eq!(due(&mut restored, &mut log), [record("a", "2", 2)]);
    }
}

#[test]
fn a_rollback_returns_to_the_last_commit() {
    for backing in backings() {
        let (mut buffer, mut log) = (open(backing), RecordedChangelog::default());
        AnyStore::keep_undo_log(&mut buffer, usize::MAX).unwrap();
        put(&mut buffer, &mut log, "a", "1", 1);
        AnyStore::committed(&mut buffer).unwrap();
        AnyStore::write_back(&mut buffer, Some(log.end())).unwrap();
        put(&mut buffer, &mut log, "a", "2", 11);
        assert_eq!(due(&mut buffer, &mut log).len(), 1);
        AnyStore::roll_back(&mut buffer);
        assert_eq!(due(&mut buffer, &mut log), []);
        put(&mut buffer, &mut log, "b", "3", 12);
        assert_eq!(due(&mut buffer, &mut log), [record("a", "1", 1)]);
    }
}

/// A buffer that had been used here, was used elsewhere, and is used here again, as that of a standby is, went on with its own numbers, and
/// its records took the places of those of the other owner.
#[test]
fn records_of_another_owner_are_not_overwritten() {
    for backing in backings() {
        let (mut buffer, mut log) = (open(backing), RecordedChangelog::default());
        put(&mut buffer, &mut log, "a", "1", 5);
        AnyStore::write_back(&mut buffer, Some(log.end())).unwrap();
        let mut other = open(Backing::InMemory);
        log.restore(&mut other).unwrap();
        let mut theirs = RecordedChangelog::default();
        put(&mut other, &mut theirs, "a", "2", 5);
        put(&mut other, &mut theirs, "a", "3", 5);
        for record in &theirs.records {
            let (key, value) = (&record.key, record.value.as_deref());
            AnyStore::restore(&mut buffer, key, value, record.timestamp).unwrap();
        }
        AnyStore::restored_to(&mut buffer, Offset::new(3)).unwrap();
        put(&mut buffer, &mut log, "a", "4", 5);
        put(&mut buffer, &mut log, "z", "5", 15);
        let expected = ["1", "2", "3", "4"].map(|value| record("a", value, 5));
        assert_eq!(due(&mut buffer, &mut log), expected);
    }
}
