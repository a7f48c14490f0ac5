//! The conformance suite for stores with headers, with any backing.

use millstream_types::{Headers, Serde, Timestamp, Window};

use super::RecordedChangelog;
use crate::{
    AnyStore, Backing, Direction, KeyRange, KeyValueStore, RecordContext, SessionStore, StoreIndex, StoreOptions,
    ValueAndTimestamp, WindowOptions, WindowStore, WithHeaders,
};

type Text = WithHeaders<String>;

const WINDOWS: WindowOptions = WindowOptions { retention_ms: 600_000, window_size_ms: 1_000 };

/// Runs all cases. `open` must return a new, empty backing.
pub fn headers(open: impl Fn() -> Backing) {
    let cases: [fn(Backing); 7] = [
        keeps_headers_with_values,
        logs_the_headers_of_values_and_of_deleting_records,
        logs_the_last_headers_with_caching,
        rolls_headers_back,
        keeps_headers_in_windows,
        keeps_headers_in_sessions,
        has_the_format_with_plain_values_too,
    ];
    for case in cases {
        case(open());
    }
    restores_headers(open(), open());
}

fn keeps_headers_with_values(backing: Backing) {
    let mut subject = Subject::open(backing, |_| {});
    subject.put("a", "1", "x", 10);
    subject.put("b", "2", "", 20);
    assert_eq!(subject.get("a"), Some(("1".to_owned(), "x".to_owned(), 10)));
    subject.commit();
    subject.put("a", "3", "y", 30);
    assert_eq!(subject.get("a"), Some(("3".to_owned(), "y".to_owned(), 30)));
    assert_eq!(subject.get("b"), Some(("2".to_owned(), String::new(), 20)), "read back without headers");
    subject.commit();
    let rows = subject.store.rows(&KeyRange::all(), Direction::Forward).unwrap();
    assert_eq!(rows.iter().map(|row| text_of(&row.value.headers)).collect::<Vec<_>>(), ["y", ""]);
    let dumped = subject.store.dump(None, 9).unwrap();
    assert_eq!((&*dumped[0].value, &dumped[0].headers), (&b"3"[..], &header("y")), "value and headers are apart");
    subject.delete("a", 40);
    assert_eq!(subject.get("a"), None);
    assert!(subject.store.get_raw(b"b").unwrap().is_some_and(|row| row.headers.is_empty()));
}

/// `ChangeLoggingTimestampedKeyValueBytesStoreWithHeaders` of Kafka Streams does the same.
fn logs_the_headers_of_values_and_of_deleting_records(backing: Backing) {
    let mut subject = Subject::open(backing, |_| {});
    subject.put("a", "1", "x", 10);
    subject.put("b", "2", "", 20);
    subject.delete("a", 30);
    subject.delete("never", 40);
    let expected =
        [("a", Some("1"), "x", 10), ("b", Some("2"), "", 20), ("a", None, "record", 30), ("never", None, "record", 40)];
    assert_eq!(subject.logged(), expected.map(owned));
}

fn logs_the_last_headers_with_caching(backing: Backing) {
    let mut subject = Subject::open(backing, |options| options.caching = true);
    for (value, text) in [("1", "x"), ("2", "y")] {
        subject.put("a", value, text, 10);
    }
    subject.put("b", "3", "z", 20);
    let flushed = subject.store.take_dirty(&mut subject.log, usize::MAX).unwrap();
    let headers = flushed.iter().filter_map(|change| Some(text_of(&change.new.as_ref()?.headers)));
    assert_eq!(headers.collect::<Vec<_>>(), ["y", "z"], "what is forwarded has them too");
    subject.commit();
    subject.delete("b", 30);
    subject.commit();
    let expected = [("a", Some("2"), "y", 10), ("b", Some("3"), "z", 20), ("b", None, "record", 30)];
    assert_eq!(subject.logged(), expected.map(owned));
}

fn rolls_headers_back(backing: Backing) {
    let mut subject = Subject::open(backing, |_| {});
    subject.put("a", "1", "x", 10);
    subject.store.keep_undo_log(1 << 20).unwrap();
    subject.put("a", "1", "y", 10);
    assert_eq!(subject.store.roll_back(), 1);
    assert_eq!(subject.get("a"), Some(("1".to_owned(), "x".to_owned(), 10)));
}

fn restores_headers(first: Backing, second: Backing) {
    let mut subject = Subject::open(first, |_| {});
    subject.put("a", "1", "x", 10);
    subject.put("b", "2", "", 20);
    subject.put("c", "3", "z", 30);
    subject.delete("c", 40);
    let mut restored = Subject::open(second, |_| {});
    subject.log.restore(&mut restored.store).unwrap();
    assert_eq!(restored.store.dump(None, 9).unwrap(), subject.store.dump(None, 9).unwrap());
    assert_eq!(restored.get("a"), Some(("1".to_owned(), "x".to_owned(), 10)));
}

fn keeps_headers_in_windows(backing: Backing) {
    let (keys, values) = (Serde::<String>::of_type(), Serde::<String>::of_type());
    let mut store = WindowStore::with_headers(options(), WINDOWS, keys, values, backing);
    let (mut log, key, start) = (RecordedChangelog::default(), "a".to_owned(), Timestamp::from_millis(1_000));
    let value = ValueAndTimestamp::new(WithHeaders::new("1".to_owned(), header("x")), 1_500);
    _ = store.put(&key, start, Some(value.clone()), &by_record(1_500), &mut log).unwrap();
    store.write_back(Some(log.end())).unwrap();
    assert_eq!(store.get(&key, start).unwrap(), Some(&value));
    assert_eq!(store.fetch(&key, start, start).unwrap()[0].value.headers, header("x"));
    assert_eq!(store.dump(None, 9).unwrap()[0].headers, header("x"));
    _ = store.put(&key, start, None, &by_record(1_600), &mut log).unwrap();
    assert_eq!(log.records.iter().map(|record| text_of(&record.headers)).collect::<Vec<_>>(), ["x", "record"]);
}

fn keeps_headers_in_sessions(backing: Backing) {
    let (keys, values) = (Serde::<String>::of_type(), Serde::<String>::of_type());
    let mut store = SessionStore::with_headers(options(), WINDOWS.retention_ms, keys, values, backing);
    let window = Window { start: Timestamp::from_millis(1_000), end: Timestamp::from_millis(3_000) };
    let (mut log, key) = (RecordedChangelog::default(), "a".to_owned());
    let value = WithHeaders::new("1".to_owned(), header("x"));
    _ = store.put(&key, window, Some(value.clone()), &by_record(3_000), &mut log).unwrap();
    store.write_back(Some(log.end())).unwrap();
    assert_eq!(store.get(&key, window).unwrap(), Some(&value));
    assert_eq!(store.fetch(&key, Direction::Forward).unwrap()[0].value.headers, header("x"));
    _ = store.put(&key, window, None, &by_record(3_100), &mut log).unwrap();
    assert_eq!(log.records.iter().map(|record| text_of(&record.headers)).collect::<Vec<_>>(), ["x", "record"]);
}

/// The DSL writes no headers, but its rows may have them in the format with headers; and so may a changelog.
fn has_the_format_with_plain_values_too(backing: Backing) {
    let options = StoreOptions { headers: true, ..options() };
    let mut store = KeyValueStore::<String, i64>::new(options, Serde::of_type(), Serde::of_type(), backing);
    let (mut log, key) = (RecordedChangelog::default(), "a".to_owned());
    store.restore_with_headers(b"b", Some(&7_i64.to_be_bytes()), Timestamp::from_millis(5), &header("x")).unwrap();
    store.restored_to(log.end()).unwrap();
    store.put(&key, Some(ValueAndTimestamp::new(1, 10)), &by_record(10), &mut log).unwrap();
    store.write_back(Some(log.end())).unwrap();
    let mut get = |key: &str| store.get(&key.to_owned()).unwrap().map(|row| (row.value, row.timestamp.as_millis()));
    assert_eq!((get("a"), get("b")), (Some((1, 10)), Some((7, 5))));
    store.put(&key, None, &by_record(20), &mut log).unwrap();
    assert_eq!(log.records.iter().map(|record| text_of(&record.headers)).collect::<Vec<_>>(), ["", "record"]);
}

fn options() -> StoreOptions {
    StoreOptions::new("subject", StoreIndex::new(3), "app-subject-changelog")
}

/// One header `h` with this value; none if it is empty.
fn header(value: &str) -> Headers {
    let mut headers = Headers::new();
    if !value.is_empty() {
        headers.add("h", value);
    }
    headers
}

fn text_of(headers: &Headers) -> String {
    String::from_utf8(headers.last("h").unwrap_or_default().to_vec()).unwrap()
}

/// The context of a record with a header of its own.
fn by_record(time: i64) -> RecordContext {
    RecordContext { headers: header("record"), ..RecordContext::at(time) }
}

type Logged = (String, Option<String>, String, i64);

fn owned((key, value, header, time): (&str, Option<&str>, &str, i64)) -> Logged {
    (key.to_owned(), value.map(str::to_owned), header.to_owned(), time)
}

/// A key-value store with its changelog. Updates are by records with a header of their own.
struct Subject {
    store: KeyValueStore<String, Text>,
    log: RecordedChangelog,
}

impl Subject {
    fn open(backing: Backing, change: impl FnOnce(&mut StoreOptions)) -> Self {
        let mut options = options();
        change(&mut options);
        let store = KeyValueStore::with_headers(options, Serde::of_type(), Serde::of_type(), backing);
        Self { store, log: RecordedChangelog::default() }
    }

    fn put(&mut self, key: &str, value: &str, text: &str, time: i64) {
        let value = Some(ValueAndTimestamp::new(WithHeaders::new(value.to_owned(), header(text)), time));
        self.store.put(&key.to_owned(), value, &by_record(time), &mut self.log).unwrap();
    }

    fn delete(&mut self, key: &str, time: i64) {
        self.store.put(&key.to_owned(), None, &by_record(time), &mut self.log).unwrap();
    }

    /// The value of a key, its header and its time.
    fn get(&mut self, key: &str) -> Option<(String, String, i64)> {
        let row = self.store.get(&key.to_owned()).unwrap()?;
        Some((row.value.value.clone(), text_of(&row.value.headers), row.timestamp.as_millis()))
    }

    fn commit(&mut self) {
        self.store.log_dirty(&mut self.log, usize::MAX).unwrap();
        self.store.write_back(Some(self.log.end())).unwrap();
    }

    /// Key, value, header and time of each changelog record.
    fn logged(&self) -> Vec<Logged> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let shown = self.log.records.iter().map(|record| {
            let value = record.value.as_deref().map(text);
            (text(&record.key), value, text_of(&record.headers), record.timestamp.as_millis())
        });
        shown.collect()
    }
}
