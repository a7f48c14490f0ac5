//! The conformance suite for window stores with any backing.

use millstream_types::{Offset, Serde, Timestamp};

use super::RecordedChangelog;
use crate::{
    AnyStore, Backing, Direction, KeyRange, RecordContext, StoreIndex, StoreKind, StoreOptions, ValueAndTimestamp,
    WindowOptions, WindowRange, WindowStore, WriteOutcome,
};

/// The retention of the stores; a segment is half of it.
const RETENTION_MS: i64 = 200_000;

/// Runs all cases. `open` must return a new, empty backing.
pub fn window(open: impl Fn() -> Backing) {
    let cases: [fn(Backing); 15] = [
        reads_by_bytes,
        keeps_a_value_per_key_and_window,
        fetches_from_a_negative_time,
        continues_after_a_fetched_row,
        fetches_the_windows_of_one_key_only,
        reads_in_the_order_of_kafka_streams,
        fetches_by_start,
        orders_windows_by_start,
        holds_windows_until_they_are_released,
        clips_reads_at_retention,
        refuses_and_counts_closed_segments,
        drops_closed_segments_completely,
        flushes_dirty_windows_of_a_closed_segment,
        logs_kafka_streams_layout,
        restores_no_closed_segments,
    ];
    for case in cases {
        case(open());
    }
}

fn keeps_a_value_per_key_and_window(backing: Backing) {
    let mut subject = Subject::open_caching(backing);
    _ = subject.put("a", 0, 1);
    _ = subject.put("a", 1_000, 2);
    _ = subject.add("a", 0, 10);
    subject.commit();
    _ = subject.add("a", 1_000, 10);
    assert_eq!(subject.get("a", 0), Some(11));
    assert_eq!(subject.get("a", 1_000), Some(12));
    assert_eq!(subject.get("a", 500), None);
    assert_eq!(subject.get("b", 0), None);
    _ = subject.delete("a", 0);
    assert_eq!(subject.get("a", 0), None);
    assert_eq!(subject.store.kind(), StoreKind::Window);
}

/// Rule 123.
fn fetches_the_windows_of_one_key_only(backing: Backing) {
    let mut subject = Subject::open(backing);
    // The bytes of the longer keys are between windows of "a" for some starts.
    for key in ["a", "a\0\0\0\0\0\0\0\0\0\0\0\0", "ab", "b"] {
        for start in [0, 50_000, 150_000] {
            _ = subject.put(key, start, 1);
        }
    }
    for _ in 0..2 {
        assert_eq!(subject.fetch("a", 0, 200_000), [0, 50_000, 150_000]);
        assert_eq!(subject.fetch("a", 1, 150_000), [50_000, 150_000]);
        assert_eq!(subject.fetch("a", 50_000, 149_999), [50_000], "both ends are included");
        assert_eq!(subject.fetch("a", 60_000, 50_000), [0_i64; 0]);
        assert_eq!(subject.fetch("c", i64::MIN, i64::MAX), [0_i64; 0]);
        subject.commit();
    }
}

/// The bytes of a negative bound are higher than all others, so that a fetch of the last hour found nothing.
fn fetches_from_a_negative_time(backing: Backing) {
    let mut subject = Subject::open(backing);
    let starts = [-70_000, -1, 0, 1_000, 60_000];
    for start in starts {
        _ = subject.put("a", start, 1);
        _ = subject.put("ab", start, 1);
    }
    for _ in 0..2 {
        for from in [i64::MIN, -70_001, -70_000] {
            assert_eq!(subject.fetch("a", from, i64::MAX), starts);
        }
        assert_eq!(subject.fetch("a", -60_000, 1_000), [-1, 0, 1_000]);
        assert_eq!(subject.fetch("a", i64::MIN, -1), [-70_000, -1]);
        assert_eq!(subject.fetch("a", -1, -1), [-1]);
        assert_eq!(subject.fetch("a", i64::MAX, i64::MIN), [0_i64; 0]);
        let all = subject.rows(&WindowRange::starting(i64::MIN, i64::MAX), Direction::Forward);
        assert_eq!(all.iter().filter(|(key, _)| *key == "a").count(), starts.len());
        let below_zero = subject.rows(&WindowRange::starting(i64::MIN, -1), Direction::Backward);
        assert_eq!(below_zero.iter().filter(|(key, _)| *key == "a").map(|(_, start)| *start).max(), Some(-1));
        subject.commit();
    }
}

fn reads_by_bytes(backing: Backing) {
    let mut subject = Subject::open_caching(backing);
    for (key, start) in [("a", 50_000), ("b", 10), ("a", 150_000)] {
        _ = subject.put(key, start, start);
    }
    let logged = |key: &str, start: i64| [key.as_bytes(), &start.to_be_bytes(), &[0; 4]].concat();
    for _ in 0..2 {
        let row = subject.store.get_raw(&logged("a", 50_000)).unwrap().unwrap();
        assert_eq!((row.key, &*row.value), (logged("a", 50_000), &50_000_i64.to_be_bytes()[..]));
        assert_eq!(subject.store.get_raw(&logged("a", 50_001)).unwrap(), None);
        assert!(subject.store.get_raw(b"short").is_err());
        let mut keys = |range: &KeyRange, after: Option<&[u8]>, limit| {
            let rows = subject.store.page_raw(range, after, Direction::Forward, limit).unwrap();
            rows.into_iter().map(|row| (row.key, row.engine_key)).collect::<Vec<_>>()
        };
        let all = keys(&KeyRange::all(), None, 9);
        let order: Vec<_> = all.iter().map(|(key, _)| key.clone()).collect();
        assert_eq!(order, [logged("a", 50_000), logged("b", 10), logged("a", 150_000)], "by engine key");
        assert_eq!(keys(&KeyRange::all(), Some(&all[0].1), 1)[0].0, logged("b", 10));
        assert_eq!(keys(&KeyRange::prefix(b"a"), None, 9).len(), 2);
        subject.commit();
    }
    _ = subject.put("b", 300_000, 1);
    assert_eq!(subject.store.get_raw(&logged("b", 10)).unwrap(), None, "expired");
    assert_eq!(subject.store.dump(None, 9).unwrap().len(), 2, "not those that expired");
}

fn continues_after_a_fetched_row(backing: Backing) {
    let mut subject = Subject::open(backing);
    for start in [10, 20, 30] {
        _ = subject.put("a", start, 1);
    }
    let fetched = subject.store.fetch(&"a".to_owned(), at(0), at(20)).unwrap();
    let rest = subject.store.page(&WindowRange::all(), Some(&fetched[1].engine_key), Direction::Forward, 9).unwrap();
    assert_eq!(rest.iter().map(|row| row.start.as_millis()).collect::<Vec<_>>(), [30]);
}

fn reads_in_the_order_of_kafka_streams(backing: Backing) {
    let mut subject = Subject::open(backing);
    for (key, start) in [("b", 10), ("a", 110_000), ("a", 20), ("a", 10), ("b", 100_000)] {
        _ = subject.put(key, start, 1);
    }
    // As in the two kinds of window stores of Kafka Streams.
    let all = if subject.store.has_engine() {
        [("a", 10), ("a", 20), ("b", 10), ("a", 110_000), ("b", 100_000)]
    } else {
        [("a", 10), ("b", 10), ("a", 20), ("b", 100_000), ("a", 110_000)]
    };
    for _ in 0..2 {
        assert_eq!(subject.rows(&WindowRange::all(), Direction::Forward), all);
        let backward: Vec<_> = all.into_iter().rev().collect();
        assert_eq!(subject.rows(&WindowRange::all(), Direction::Backward), backward);
        assert_eq!(subject.rows(&WindowRange::starting(20, 100_000), Direction::Forward), [("a", 20), ("b", 100_000)]);
        let of_b = WindowRange { keys: KeyRange::prefix(b"b"), ..WindowRange::all() };
        assert_eq!(subject.rows(&of_b, Direction::Forward), [("b", 10), ("b", 100_000)]);
        subject.commit();
    }
    let page = subject.store.page(&WindowRange::all(), None, Direction::Forward, 2).unwrap();
    let rest = subject.store.page(&WindowRange::all(), Some(&page[1].engine_key), Direction::Forward, 9).unwrap();
    assert_eq!((page.len(), rest.len()), (2, 3));
    let mut cursor = WindowStore::cursor(WindowRange::all(), Direction::Forward);
    let mut starts = Vec::new();
    while let Some(row) = cursor.next(&mut subject.store).unwrap() {
        starts.push(row.start.as_millis());
    }
    assert_eq!(starts, all.map(|(_, start)| start));
}

fn fetches_by_start(backing: Backing) {
    let mut subject = Subject::open(backing);
    for (key, start) in [("b", 10), ("a", 110_000), ("a", 20), ("a", 10), ("b", 100_000), ("b", 5)] {
        _ = subject.put(key, start, 1);
    }
    for _ in 0..2 {
        let rows = subject.store.fetch_by_start(at(10), at(110_000)).unwrap();
        let rows: Vec<_> = rows.iter().map(|row| (&*row.key, row.start.as_millis())).collect();
        assert_eq!(rows, [("a", 10), ("b", 10), ("a", 20), ("b", 100_000), ("a", 110_000)]);
        assert_eq!(subject.store.fetch_by_start(at(11), at(19)).unwrap(), []);
        subject.commit();
    }
}

fn orders_windows_by_start(backing: Backing) {
    let mut subject = Subject::open(backing);
    subject.store = subject.store.ordered_by_start();
    for (key, start) in [("b", 10), ("a", 110_000), ("ab", 10), ("a", 10), ("b", 100_000)] {
        _ = subject.put(key, start, 1);
    }
    let all = [("a", 10), ("ab", 10), ("b", 10), ("b", 100_000), ("a", 110_000)];
    for _ in 0..2 {
        assert_eq!(subject.rows(&WindowRange::all(), Direction::Forward), all);
        let backward: Vec<_> = all.into_iter().rev().collect();
        assert_eq!(subject.rows(&WindowRange::all(), Direction::Backward), backward);
        assert_eq!(subject.rows(&WindowRange::starting(11, 100_000), Direction::Forward), [("b", 100_000)]);
        assert_eq!(subject.fetch("a", 0, i64::MAX), [10, 110_000]);
        assert_eq!(subject.fetch("a", 11, 109_999), [0_i64; 0]);
        assert_eq!(subject.get("ab", 10), Some(1));
        assert_eq!(subject.store.fetch_by_start(at(10), at(100_000)).unwrap().len(), 4);
        subject.commit();
    }
    _ = subject.put("b", 400_000, 1);
    for _ in 0..2 {
        assert_eq!(subject.rows(&WindowRange::all(), Direction::Forward), [("b", 400_000)], "the others are removed");
        subject.commit();
    }
    assert_eq!(subject.put("a", 199_999, 1), WriteOutcome::Expired);
}

fn holds_windows_until_they_are_released(backing: Backing) {
    let mut subject = Subject::open_caching(backing);
    subject.store.hold_from(at(0)).unwrap();
    _ = subject.put("a", 0, 1);
    _ = subject.put("b", 900_000, 2);
    for _ in 0..2 {
        assert_eq!(subject.rows(&WindowRange::all(), Direction::Forward), [("a", 0), ("b", 900_000)]);
        assert_eq!(subject.get("a", 0), Some(1), "its retention is over");
        subject.commit();
    }
    subject.store.hold_from(at(900_000)).unwrap();
    assert_eq!(subject.get("a", 0), None);
    _ = subject.put("b", 950_000, 1);
    assert_eq!(subject.rows(&WindowRange::all(), Direction::Forward), [("b", 900_000), ("b", 950_000)]);
    assert_eq!(subject.put("a", 0, 1), WriteOutcome::Expired);
}

fn clips_reads_at_retention(backing: Backing) {
    let mut subject = Subject::open(backing);
    _ = subject.put("a", 50_000, 1);
    _ = subject.put("a", 50_001, 2);
    _ = subject.put("b", 50_000 + RETENTION_MS, 3);
    assert_eq!(subject.get("a", 50_000), None, "as far behind as the retention");
    assert_eq!(subject.get("a", 50_001), Some(2));
    assert_eq!(subject.fetch("a", 0, i64::MAX), [50_001]);
    assert_eq!(subject.rows(&WindowRange::all(), Direction::Forward), [("a", 50_001), ("b", 250_000)]);
    assert_eq!(subject.store.dump(None, 9).unwrap().len(), 2);
    _ = subject.add("a", 50_000, 7);
    assert_eq!(subject.store.expired(), 0, "its segment is still open");
    let update = subject.store.update(&"a".to_owned(), at(50_000), &RecordContext::at(1), &mut subject.log, |held| {
        assert_eq!(held, None, "an update does not see it either");
        held
    });
    assert_eq!(update.unwrap(), WriteOutcome::Accepted);
}

/// Rule 75.
fn refuses_and_counts_closed_segments(backing: Backing) {
    let mut subject = Subject::open(backing);
    _ = subject.put("a", 300_000, 1);
    let logged = subject.log.end();
    assert_eq!(subject.put("a", 99_999, 1), WriteOutcome::Expired);
    assert_eq!(subject.add("b", 0, 1), WriteOutcome::Expired);
    assert_eq!(subject.delete("b", 0), WriteOutcome::Expired);
    // It is not visible, but its segment is open.
    assert_eq!(subject.put("c", 100_000, 1), WriteOutcome::Accepted);
    assert_eq!((subject.store.expired(), subject.store.refused_writes()), (3, 3));
    assert_eq!(subject.log.end(), Offset::new(logged.number() + 1), "a refused write is not logged");
    assert_eq!(subject.store.observed_stream_time(), at(300_000));
}

fn drops_closed_segments_completely(backing: Backing) {
    let mut subject = Subject::open_caching(backing);
    for number in 0..20 {
        _ = subject.put(&number.to_string(), number, 1);
    }
    subject.commit();
    _ = subject.put("late", 150_000, 1);
    _ = subject.put("now", 300_000, 1);
    subject.commit();
    assert_eq!(subject.rows(&WindowRange::all(), Direction::Forward), [("late", 150_000), ("now", 300_000)]);
    _ = subject.put("far", i64::MAX, 1);
    subject.commit();
    assert_eq!(subject.rows(&WindowRange::all(), Direction::Forward), [("far", i64::MAX)]);
}

fn flushes_dirty_windows_of_a_closed_segment(backing: Backing) {
    let mut subject = Subject::open_caching(backing);
    _ = subject.put("a", 0, 1);
    _ = subject.put("b", 900_000, 2);
    let flushed = subject.store.take_dirty(&mut subject.log, usize::MAX).unwrap();
    let changes: Vec<_> = flushed.iter().map(|change| (&*change.key, change.start, change.new)).collect();
    assert_eq!(changes, [("a", at(0), Some(1)), ("b", at(900_000), Some(2))]);
    assert_eq!(subject.log.end(), Offset::new(2));
    subject.commit();
    assert_eq!(subject.rows(&WindowRange::all(), Direction::Forward), [("b", 900_000)]);
}

fn logs_kafka_streams_layout(backing: Backing) {
    let mut subject = Subject::open_caching(backing);
    _ = subject.put("k", 0x0102, 5);
    subject.commit();
    let key = [b"k".as_slice(), &[0, 0, 0, 0, 0, 0, 1, 2], &[0, 0, 0, 0]].concat();
    assert_eq!(subject.log.after(0), [(&*key, Some(&5_i64.to_be_bytes()[..]), 0x0102)]);
    let row = &subject.store.dump(None, 1).unwrap()[0];
    assert_eq!((&row.key, &*row.value), (&key, &5_i64.to_be_bytes()[..]));
}

fn restores_no_closed_segments(backing: Backing) {
    let mut subject = Subject::open_caching(backing);
    let mut source = RecordedChangelog::default();
    let mut writer = Subject::open(Backing::InMemory);
    for (key, start) in [("old", 0), ("a", 150_000), ("a", 300_000), ("closed", 10)] {
        _ = writer.put(key, start, 1);
    }
    source.records.append(&mut writer.log.records);
    source.restore(&mut subject.store).unwrap();
    assert_eq!(subject.store.observed_stream_time(), at(300_000));
    assert_eq!(subject.rows(&WindowRange::all(), Direction::Forward), [("a", 150_000), ("a", 300_000)]);
    let short = subject.store.restore(b"short", None, at(0));
    assert!(short.is_err(), "a key without a window's start is corrupt");
}

/// A store with its changelog, and helpers. Times are the starts of the windows.
struct Subject {
    store: WindowStore<String, i64>,
    log: RecordedChangelog,
}

impl Subject {
    fn open(backing: Backing) -> Self {
        Self::with_options(backing, |options| options)
    }

    fn open_caching(backing: Backing) -> Self {
        Self::with_options(backing, |options| StoreOptions { caching: true, ..options })
    }

    fn with_options(backing: Backing, change: impl FnOnce(StoreOptions) -> StoreOptions) -> Self {
        let options = StoreOptions::new("subject", StoreIndex::new(0), "app-subject-changelog");
        let windows = WindowOptions { retention_ms: RETENTION_MS, window_size_ms: 1_000 };
        let store = WindowStore::new(change(options), windows, Serde::of_type(), Serde::of_type(), backing);
        Self { store, log: RecordedChangelog::default() }
    }

    fn put(&mut self, key: &str, start: i64, value: i64) -> WriteOutcome {
        let value = Some(ValueAndTimestamp::new(value, start));
        self.store.put(&key.to_owned(), at(start), value, &RecordContext::at(start), &mut self.log).unwrap()
    }

    fn delete(&mut self, key: &str, start: i64) -> WriteOutcome {
        self.store.put(&key.to_owned(), at(start), None, &RecordContext::at(start), &mut self.log).unwrap()
    }

    fn add(&mut self, key: &str, start: i64, much: i64) -> WriteOutcome {
        let add = |held: Option<ValueAndTimestamp<i64>>| {
            Some(ValueAndTimestamp::new(held.map_or(0, |held| held.value) + much, start))
        };
        self.store.update(&key.to_owned(), at(start), &RecordContext::at(start), &mut self.log, add).unwrap()
    }

    fn get(&mut self, key: &str, start: i64) -> Option<i64> {
        self.store.get(&key.to_owned(), at(start)).unwrap().map(|held| held.value)
    }

    fn fetch(&mut self, key: &str, from: i64, to: i64) -> Vec<i64> {
        let rows = self.store.fetch(&key.to_owned(), at(from), at(to)).unwrap();
        assert!(rows.iter().all(|row| row.key == key));
        rows.iter().map(|row| row.start.as_millis()).collect()
    }

    fn rows(&mut self, range: &WindowRange, direction: Direction) -> Vec<(&'static str, i64)> {
        let names = ["a", "ab", "b", "late", "now", "far"];
        let rows = self.store.page(range, None, direction, 99).unwrap();
        let name = |key: &String| names.iter().find(|name| *name == key).copied().unwrap_or("unexpected");
        rows.iter().map(|row| (name(&row.key), row.start.as_millis())).collect()
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
