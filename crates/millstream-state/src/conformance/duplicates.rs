//! The conformance suite for window stores that keep duplicates, with any backing.

use millstream_types::{Offset, Serde, Timestamp};

use super::RecordedChangelog;
use crate::{
    AnyStore, Backing, Direction, DuplicateWindowStore, RecordContext, StoreIndex, StoreKind, StoreOptions,
    ValueAndTimestamp, WindowOptions, WindowRange, WriteOutcome,
};

/// The retention of the stores; a segment is half of it.
const RETENTION_MS: i64 = 200_000;

/// Runs all cases. `open` must return a new, empty backing.
pub fn duplicates(open: impl Fn() -> Backing) {
    let cases: [fn(Backing); 7] = [
        keeps_every_value_in_the_order_of_puts,
        reads_in_the_order_of_kafka_streams,
        logs_the_number_of_each_value,
        keeps_no_row_of_a_null,
        numbers_no_refused_value,
        continues_the_numbers_after_a_restore,
        rolls_back_to_the_last_commit,
    ];
    for case in cases {
        case(open());
    }
}

fn keeps_every_value_in_the_order_of_puts(backing: Backing) {
    let mut subject = Subject::open(backing);
    for (key, start, value) in [("a", 5, 1), ("a", 5, 3), ("a", 5, 2), ("a", 4, 9), ("a\0", 5, 7), ("a", 5, 1)] {
        _ = subject.put(key, start, value);
        if value == 3 {
            subject.commit();
        }
    }
    for _ in 0..2 {
        assert_eq!(subject.fetch("a", 5, 5), [1, 3, 2, 1]);
        assert_eq!(subject.fetch("a", 0, i64::MAX), [9, 1, 3, 2, 1]);
        assert_eq!(subject.fetch("a\0", i64::MIN, i64::MAX), [7]);
        assert_eq!(subject.fetch("b", i64::MIN, i64::MAX), [0_i64; 0]);
        subject.commit();
    }
    assert_eq!((subject.store.kind(), subject.store.has_dirty()), (StoreKind::Window, false));
}

fn reads_in_the_order_of_kafka_streams(backing: Backing) {
    let mut subject = Subject::open(backing);
    for (key, start, value) in [("b", 1, 1), ("a", 2, 2), ("b", 1, 0), ("ab", 1, 3), ("a", 150_000, 4), ("a", 2, 5)] {
        _ = subject.put(key, start, value);
    }
    let expected = if subject.store.has_engine() { [2, 5, 3, 1, 0, 4] } else { [3, 1, 0, 2, 5, 4] };
    for _ in 0..2 {
        assert_eq!(subject.page(&WindowRange::all(), Direction::Forward), expected);
        let mut backwards = expected;
        backwards.reverse();
        assert_eq!(subject.page(&WindowRange::all(), Direction::Backward), backwards);
        assert_eq!(subject.page(&WindowRange::starting(1, 1), Direction::Forward), [3, 1, 0]);
        let mut cursor = DuplicateWindowStore::cursor(WindowRange::all(), Direction::Forward);
        let mut values = Vec::new();
        while let Some(row) = cursor.next(&mut subject.store).unwrap() {
            values.push(row.value);
        }
        assert_eq!(values, expected, "page by page");
        subject.commit();
    }
}

fn logs_the_number_of_each_value(backing: Backing) {
    let mut subject = Subject::open(backing);
    for value in [5, 5] {
        _ = subject.put("k", 0x0102, value);
    }
    let key = |number: u8| [b"k".as_slice(), &[0, 0, 0, 0, 0, 0, 1, 2], &[0, 0, 0, number]].concat();
    let value = 5_i64.to_be_bytes();
    let expected = [(&*key(1), Some(&value[..]), 0x0102), (&*key(2), Some(&value[..]), 0x0102)];
    assert_eq!(subject.log.after(0), expected);
    let row = subject.store.get_raw(&key(2)).unwrap().unwrap();
    assert_eq!((row.key, &*row.value), (key(2), &value[..]));
    assert!(subject.store.get_raw(&key(3)).unwrap().is_none());
}

/// A null takes a number and is logged, but neither adds a row nor advances stream time, also when it is restored.
fn keeps_no_row_of_a_null(backing: Backing) {
    let mut writer = Subject::open(Backing::InMemory);
    let mut subject = Subject::open(backing);
    for subject in [&mut writer, &mut subject] {
        _ = subject.put("a", 5, 1);
        assert_eq!(subject.put_null("a", 5_000_000), WriteOutcome::Accepted);
        _ = subject.put("a", 5, 2);
        let numbers: Vec<u8> = subject.log.records.iter().filter_map(|record| record.key.last().copied()).collect();
        assert_eq!(numbers, [1, 2, 3]);
        assert_eq!(subject.log.records[1].value, None);
        assert_eq!((subject.fetch("a", 0, i64::MAX), subject.store.len()), (vec![1, 2], 2));
        assert_eq!(subject.store.observed_stream_time(), at(5));
    }
    let mut restored = Subject::open(Backing::InMemory);
    writer.log.restore(&mut restored.store).unwrap();
    assert_eq!((restored.fetch("a", 0, i64::MAX), restored.store.observed_stream_time()), (vec![1, 2], at(5)));
}

fn numbers_no_refused_value(backing: Backing) {
    let mut subject = Subject::open(backing);
    _ = subject.put("a", 900_000, 1);
    assert_eq!(subject.put("a", 0, 2), WriteOutcome::Expired);
    assert_eq!(subject.put("a", 900_000, 3), WriteOutcome::Accepted);
    assert_eq!((subject.store.expired(), subject.log.end()), (1, Offset::new(2)));
    assert_eq!(subject.log.records[1].key.last(), Some(&2));
    assert_eq!(subject.fetch("a", 0, i64::MAX), [1, 3]);
}

fn continues_the_numbers_after_a_restore(backing: Backing) {
    let mut writer = Subject::open(Backing::InMemory);
    _ = writer.put("a", 5, 1);
    _ = writer.put_null("b", 6);
    _ = writer.put("a", 5, 2);
    let mut subject = Subject::open(backing);
    subject.log = writer.log;
    subject.log.restore(&mut subject.store).unwrap();
    for value in [3, 4] {
        _ = subject.put("a", 5, value);
    }
    assert_eq!(subject.fetch("a", 5, 5), [1, 2, 3, 4], "no row replaces another");
    assert_eq!(subject.log.records.last().unwrap().key.last(), Some(&5));
    let mut again = Subject::open(Backing::InMemory);
    subject.log.restore(&mut again.store).unwrap();
    assert_eq!(again.fetch("a", 5, 5), [1, 2, 3, 4]);
}

fn rolls_back_to_the_last_commit(backing: Backing) {
    let mut subject = Subject::open(backing);
    subject.store.keep_undo_log(1 << 20).unwrap();
    for value in [1, 2] {
        _ = subject.put("a", 5, value);
    }
    subject.store.committed().unwrap();
    subject.commit();
    _ = subject.put("a", 5, 3);
    _ = subject.put("b", 900_000, 4);
    assert_eq!(subject.fetch("a", 0, i64::MAX), [0_i64; 0], "they have expired");
    subject.store.roll_back();
    assert_eq!((subject.fetch("a", 0, i64::MAX), subject.fetch("b", 0, i64::MAX)), (vec![1, 2], vec![]));
    _ = subject.put("a", 5, 5);
    assert_eq!(subject.fetch("a", 0, i64::MAX), [1, 2, 5]);
}

/// A store with its changelog, and helpers. Times are the starts of the windows.
struct Subject {
    store: DuplicateWindowStore<String, i64>,
    log: RecordedChangelog,
}

impl Subject {
    fn open(backing: Backing) -> Self {
        let options = StoreOptions::new("subject", StoreIndex::new(0), "app-subject-changelog");
        let options = StoreOptions { caching: true, timestamped: false, ..options };
        let windows = WindowOptions { retention_ms: RETENTION_MS, window_size_ms: 1_000 };
        let store =
            DuplicateWindowStore::keeping_duplicates(options, windows, Serde::of_type(), Serde::of_type(), backing);
        Self { store, log: RecordedChangelog::default() }
    }

    fn put(&mut self, key: &str, start: i64, value: i64) -> WriteOutcome {
        self.write(key, start, Some(ValueAndTimestamp::new(value, start)))
    }

    fn put_null(&mut self, key: &str, start: i64) -> WriteOutcome {
        self.write(key, start, None)
    }

    fn write(&mut self, key: &str, start: i64, value: Option<ValueAndTimestamp<i64>>) -> WriteOutcome {
        self.store.put(&key.to_owned(), at(start), value, &RecordContext::at(start), &mut self.log).unwrap()
    }

    fn fetch(&mut self, key: &str, from: i64, to: i64) -> Vec<i64> {
        let rows = self.store.fetch(&key.to_owned(), at(from), at(to)).unwrap();
        assert!(rows.iter().all(|row| row.key == key));
        rows.iter().map(|row| row.value).collect()
    }

    fn page(&mut self, range: &WindowRange, direction: Direction) -> Vec<i64> {
        let rows = self.store.page(range, None, direction, 99).unwrap();
        rows.iter().map(|row| row.value).collect()
    }

    /// Commits, as the runtime does.
    fn commit(&mut self) {
        self.store.log_dirty(&mut self.log, usize::MAX).unwrap();
        self.store.write_back(Some(self.log.end())).unwrap();
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}
