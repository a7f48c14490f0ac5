//! The conformance suite for session stores with any backing.

use millstream_types::{Offset, Serde, Timestamp, Window};

use super::RecordedChangelog;
use crate::{
    AnyStore, Backing, Direction, KeyRange, RecordContext, SessionRange, SessionStore, StoreIndex, StoreKind,
    StoreOptions, WriteOutcome,
};

/// The retention of the stores; a segment is half of it.
const RETENTION_MS: i64 = 200_000;

/// Runs all cases. `open` must return a new, empty backing.
pub fn session(open: impl Fn() -> Backing) {
    let cases: [fn(Backing); 12] = [
        keeps_a_value_per_key_and_session,
        finds_the_sessions_that_a_record_merges,
        finds_the_sessions_of_one_key_only,
        finds_sessions_at_negative_times,
        reads_in_the_order_of_kafka_streams,
        continues_after_a_found_row,
        clips_reads_at_retention,
        finds_ended_sessions_after_their_retention,
        refuses_and_counts_closed_segments,
        flushes_dirty_sessions_of_a_closed_segment,
        logs_kafka_streams_layout,
        restores_no_closed_segments,
    ];
    for case in cases {
        case(open());
    }
}

fn keeps_a_value_per_key_and_session(backing: Backing) {
    let mut subject = Subject::open_caching(backing);
    _ = subject.put("a", 0, 10, 1);
    _ = subject.put("a", 0, 20, 2);
    _ = subject.put("a", 5, 20, 3);
    subject.commit();
    for (start, end, value) in [(0, 10, Some(1)), (0, 20, Some(2)), (5, 20, Some(3)), (5, 10, None)] {
        assert_eq!(subject.get("a", start, end), value, "{start}/{end}");
    }
    _ = subject.put("a", 0, 20, 7);
    _ = subject.remove("a", 5, 20);
    assert_eq!((subject.get("a", 0, 20), subject.get("a", 5, 20)), (Some(7), None));
    assert_eq!(subject.get("b", 0, 10), None);
    assert_eq!(subject.store.kind(), StoreKind::Session);
}

/// Rule 39.
fn finds_the_sessions_that_a_record_merges(backing: Backing) {
    let mut subject = Subject::open_caching(backing);
    for (start, end) in [(0, 10), (30, 40), (60, 70), (0, 90)] {
        _ = subject.put("a", start, end, 1);
    }
    for _ in 0..2 {
        assert_eq!(subject.find("a", 10, 30), [(0, 10), (30, 40), (0, 90)], "both ends are included");
        assert_eq!(subject.find("a", 11, 29), [(0, 90)]);
        assert_eq!(subject.find("a", 91, i64::MAX), []);
        assert_eq!(subject.find("a", i64::MIN, i64::MAX), [(0, 10), (30, 40), (60, 70), (0, 90)]);
        assert_eq!(subject.find("a", 0, -1), [], "no session starts that early");
        let key = "a".to_owned();
        let backward = subject.store.find(&key, at(10), at(30), Direction::Backward).unwrap();
        assert_eq!(windows(&backward), [(0, 90), (30, 40), (0, 10)]);
        subject.commit();
    }
}

/// Rule 123.
fn finds_the_sessions_of_one_key_only(backing: Backing) {
    let mut subject = Subject::open(backing);
    // The bytes of the longer keys are between sessions of "a" for some times.
    for key in ["a", "a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "ab", "b", ""] {
        for end in [0, 50_000, 150_000] {
            _ = subject.put(key, end, end, 1);
        }
    }
    for _ in 0..2 {
        for key in ["a", ""] {
            let all = [(0, 0), (50_000, 50_000), (150_000, 150_000)];
            assert_eq!(subject.find(key, i64::MIN, i64::MAX), all);
            assert_eq!(subject.find(key, 1, 149_999), [(50_000, 50_000)]);
        }
        assert_eq!(subject.find("c", i64::MIN, i64::MAX), []);
        subject.commit();
    }
}

fn finds_sessions_at_negative_times(backing: Backing) {
    let mut subject = Subject::open(backing);
    let all = [(-900, -700), (-800, -1), (-5, 0), (-7, 1_000), (3, 1_000)];
    for (start, end) in all {
        _ = subject.put("a", start, end, 1);
        _ = subject.put("ab", start, end, 1);
    }
    for _ in 0..2 {
        let mut found = subject.find("a", i64::MIN, i64::MAX);
        found.sort_by_key(|&(start, end)| (end, start));
        assert_eq!(found, all);
        assert_eq!(subject.find("a", -1, -7), [(-800, -1), (-7, 1_000)]);
        assert_eq!(subject.find("a", -100, -800), [(-800, -1)]);
        assert_eq!(subject.rows(&SessionRange::all(), Direction::Forward).len(), 2 * all.len());
        subject.commit();
    }
}

fn reads_in_the_order_of_kafka_streams(backing: Backing) {
    let mut subject = Subject::open(backing);
    for (key, start, end) in
        [("b", 0, 10), ("a", 5, 20), ("a", 0, 20), ("ab", 0, 20), ("a", 0, 110_000), ("b", 0, 100_000)]
    {
        _ = subject.put(key, start, end, 1);
    }
    // As in the two kinds of session stores of Kafka Streams.
    let all = if subject.store.has_engine() {
        [("a", 0, 20), ("a", 5, 20), ("ab", 0, 20), ("b", 0, 10), ("a", 0, 110_000), ("b", 0, 100_000)]
    } else {
        [("b", 0, 10), ("a", 5, 20), ("a", 0, 20), ("ab", 0, 20), ("b", 0, 100_000), ("a", 0, 110_000)]
    };
    for _ in 0..2 {
        assert_eq!(subject.rows(&SessionRange::all(), Direction::Forward), all);
        let backward: Vec<_> = all.into_iter().rev().collect();
        assert_eq!(subject.rows(&SessionRange::all(), Direction::Backward), backward);
        let of_b = SessionRange { keys: KeyRange::prefix(b"b"), ..SessionRange::all() };
        assert_eq!(subject.rows(&of_b, Direction::Forward), [("b", 0, 10), ("b", 0, 100_000)]);
        let late = SessionRange::overlapping(20, 4);
        assert_eq!(subject.rows(&late, Direction::Forward).len(), 4);
        subject.commit();
    }
    let page = subject.store.page(&SessionRange::all(), None, Direction::Forward, 2).unwrap();
    let rest = subject.store.page(&SessionRange::all(), Some(&page[1].engine_key), Direction::Forward, 9).unwrap();
    assert_eq!((page.len(), rest.len()), (2, 4));
    let mut cursor = SessionStore::cursor(SessionRange::all(), Direction::Forward);
    let mut ends = Vec::new();
    while let Some(row) = cursor.next(&mut subject.store).unwrap() {
        ends.push(row.window.end.as_millis());
    }
    assert_eq!(ends, all.map(|(_, _, end)| end));
}

fn continues_after_a_found_row(backing: Backing) {
    let mut subject = Subject::open(backing);
    for end in [10, 20, 30] {
        _ = subject.put("a", 0, end, 1);
    }
    let found = subject.store.fetch(&"a".to_owned(), Direction::Forward).unwrap();
    let rest = subject.store.page(&SessionRange::all(), Some(&found[1].engine_key), Direction::Forward, 9).unwrap();
    assert_eq!(windows(&rest), [(0, 30)]);
}

fn clips_reads_at_retention(backing: Backing) {
    let mut subject = Subject::open(backing);
    _ = subject.put("a", 0, 50_000, 1);
    _ = subject.put("a", 0, 50_001, 2);
    _ = subject.put("b", 0, 50_000 + RETENTION_MS, 3);
    assert_eq!(subject.get("a", 0, 50_000), None, "as far behind as the retention");
    assert_eq!(subject.get("a", 0, 50_001), Some(2));
    assert_eq!(subject.find("a", 0, i64::MAX), [(0, 50_001)]);
    assert_eq!(subject.rows(&SessionRange::all(), Direction::Forward), [("a", 0, 50_001), ("b", 0, 250_000)]);
    assert_eq!(subject.store.dump(None, 9).unwrap().len(), 2);
    assert_eq!(subject.put("a", 0, 50_000, 7), WriteOutcome::Accepted, "its segment is still open");
}

fn finds_ended_sessions_after_their_retention(backing: Backing) {
    let mut subject = Subject::open(backing);
    for (key, start, end) in [
        ("b", 110_000, 110_000),
        ("a", 110_000, 110_000),
        ("c", 109_999, 110_000),
        ("a", 110_001, 110_001),
        ("a", 0, 0),
        ("c", 310_000, 310_000),
    ] {
        _ = subject.put(key, start, end, 1);
    }
    for _ in 0..2 {
        let rows = subject.store.ended(at(0), at(110_000)).unwrap();
        let ended: Vec<_> = rows.iter().map(|row| (&*row.key, row.window.end.as_millis())).collect();
        let by_end_start_and_key = [("c", 110_000), ("a", 110_000), ("b", 110_000)];
        assert_eq!(ended, by_end_start_and_key, "the segment of 0 is closed");
        assert_eq!(subject.store.ended(at(110_001), at(i64::MAX)).unwrap().len(), 2);
        assert_eq!(subject.store.ended(at(5), at(4)).unwrap(), []);
        subject.commit();
    }
}

fn refuses_and_counts_closed_segments(backing: Backing) {
    let mut subject = Subject::open(backing);
    _ = subject.put("a", 0, 300_000, 1);
    let logged = subject.log.end();
    assert_eq!(subject.put("a", 0, 99_999, 1), WriteOutcome::Expired);
    assert_eq!(subject.remove("b", 0, 0), WriteOutcome::Expired);
    // It is not visible, but its segment is open.
    assert_eq!(subject.put("c", 0, 100_000, 1), WriteOutcome::Accepted);
    assert_eq!(subject.store.expired(), 2);
    assert_eq!(subject.log.end(), Offset::new(logged.number() + 1), "a refused write is not logged");
    assert_eq!(subject.store.observed_stream_time(), at(300_000));
}

fn flushes_dirty_sessions_of_a_closed_segment(backing: Backing) {
    let mut subject = Subject::open_caching(backing);
    _ = subject.put("a", 0, 5, 1);
    _ = subject.put("gone", 0, 6, 1);
    _ = subject.remove("gone", 0, 6);
    _ = subject.put("b", 0, 900_000, 2);
    let flushed = subject.store.take_dirty(&mut subject.log, usize::MAX).unwrap();
    let changes: Vec<_> = flushed.iter().map(|change| (&*change.key, change.window.end, change.new)).collect();
    assert_eq!(changes, [("a", at(5), Some(1)), ("b", at(900_000), Some(2))]);
    assert_eq!(subject.log.end(), Offset::new(2));
    subject.commit();
    assert_eq!(subject.rows(&SessionRange::all(), Direction::Forward), [("b", 0, 900_000)]);
}

fn logs_kafka_streams_layout(backing: Backing) {
    let mut subject = Subject::open_caching(backing);
    _ = subject.put("k", 1, 0x0102, 5);
    subject.commit();
    let key = [b"k".as_slice(), &[0, 0, 0, 0, 0, 0, 1, 2], &[0, 0, 0, 0, 0, 0, 0, 1]].concat();
    assert_eq!(subject.log.after(0), [(&*key, Some(&5_i64.to_be_bytes()[..]), 0x0102)]);
    for _ in 0..2 {
        let row = subject.store.get_raw(&key).unwrap().unwrap();
        assert_eq!((row.key, &*row.value, row.timestamp), (key.clone(), &5_i64.to_be_bytes()[..], Timestamp::UNKNOWN));
        let row = &subject.store.page_raw(&KeyRange::prefix(b"k"), None, Direction::Forward, 9).unwrap()[0];
        assert_eq!((&row.key, &*row.value), (&key, &5_i64.to_be_bytes()[..]));
        assert!(subject.store.get_raw(b"fifteen-bytes--").is_err());
        subject.commit();
    }
}

fn restores_no_closed_segments(backing: Backing) {
    let mut subject = Subject::open_caching(backing);
    let mut source = RecordedChangelog::default();
    let mut writer = Subject::open(Backing::InMemory);
    for (key, end) in [("old", 0), ("a", 150_000), ("a", 300_000), ("closed", 10)] {
        _ = writer.put(key, 0, end, 1);
    }
    _ = writer.remove("a", 0, 150_000);
    _ = writer.put("a", 1, 150_000, 1);
    source.records.append(&mut writer.log.records);
    source.restore(&mut subject.store).unwrap();
    assert_eq!(subject.store.observed_stream_time(), at(300_000));
    assert_eq!(subject.rows(&SessionRange::all(), Direction::Forward), [("a", 1, 150_000), ("a", 0, 300_000)]);
    let short = subject.store.restore(b"short", None, at(0));
    assert!(short.is_err(), "a key without a session's end and start is corrupt");
}

/// A store with its changelog, and helpers. The time of a record is the end of its session.
struct Subject {
    store: SessionStore<String, i64>,
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
        let options = change(StoreOptions::new("subject", StoreIndex::new(0), "app-subject-changelog"));
        let store = SessionStore::new(options, RETENTION_MS, Serde::of_type(), Serde::of_type(), backing);
        Self { store, log: RecordedChangelog::default() }
    }

    fn put(&mut self, key: &str, start: i64, end: i64, value: i64) -> WriteOutcome {
        self.put_or_remove(key, start, end, Some(value))
    }

    fn remove(&mut self, key: &str, start: i64, end: i64) -> WriteOutcome {
        self.put_or_remove(key, start, end, None)
    }

    fn put_or_remove(&mut self, key: &str, start: i64, end: i64, value: Option<i64>) -> WriteOutcome {
        let context = RecordContext::at(end);
        self.store.put(&key.to_owned(), window(start, end), value, &context, &mut self.log).unwrap()
    }

    fn get(&mut self, key: &str, start: i64, end: i64) -> Option<i64> {
        self.store.get(&key.to_owned(), window(start, end)).unwrap().copied()
    }

    fn find(&mut self, key: &str, earliest_end: i64, latest_start: i64) -> Vec<(i64, i64)> {
        let rows = self.store.find(&key.to_owned(), at(earliest_end), at(latest_start), Direction::Forward).unwrap();
        assert!(rows.iter().all(|row| row.key == key));
        windows(&rows)
    }

    fn rows(&mut self, range: &SessionRange, direction: Direction) -> Vec<(&'static str, i64, i64)> {
        let names = ["a", "ab", "b"];
        let rows = self.store.page(range, None, direction, 99).unwrap();
        let name = |key: &String| names.iter().find(|name| *name == key).copied().unwrap_or("unexpected");
        rows.iter().map(|row| (name(&row.key), row.window.start.as_millis(), row.window.end.as_millis())).collect()
    }

    /// Commits, as the runtime does.
    fn commit(&mut self) {
        self.store.log_dirty(&mut self.log, usize::MAX).unwrap();
        self.store.write_back(Some(self.log.end())).unwrap();
    }
}

fn windows(rows: &[crate::SessionRow<String, i64>]) -> Vec<(i64, i64)> {
    rows.iter().map(|row| (row.window.start.as_millis(), row.window.end.as_millis())).collect()
}

fn window(start: i64, end: i64) -> Window {
    Window { start: at(start), end: at(end) }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}
