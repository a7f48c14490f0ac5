//! The conformance suite for key-value stores with any backing.

use millstream_types::{Data, Header, Offset, Serde, Timestamp};

use super::{LoggedView, RecordedChangelog};
use crate::{
    AnyStore, Backing, Cursor, Direction, Flushed, KeyRange, KeyValueStore, Position, RecordContext, StoreError,
    StoreIndex, StoreKind, StoreOptions, ValueAndTimestamp, WindowStore,
};

/// Runs all cases. `open` must return a new, empty backing.
pub fn key_value(open: impl Fn() -> Backing) {
    let cases: [fn(Backing); 21] = [
        puts_gets_and_deletes,
        updates_in_place,
        treats_null_values_as_deletes,
        logs_each_update_without_caching,
        logs_deletes_of_absent_keys_without_caching,
        logs_deletes_of_absent_keys_if_changes_are_not_forwarded,
        reads_by_bytes,
        flushes_once_in_the_order_of_last_update,
        flushes_the_context_of_the_last_writer,
        does_not_forward_keys_that_were_created_and_deleted,
        forwards_a_delete_of_a_row_that_was_not_read,
        returns_old_values_if_configured,
        returns_no_old_values_by_default,
        logs_nothing_with_logging_off,
        has_no_times_if_plain,
        reads_ranges_in_byte_order,
        reads_ranges_across_all_stages_of_updates,
        iterates_while_it_is_written,
        refuses_to_write_back_what_is_not_logged,
        restores_and_dumps,
        clears_and_checks_types,
    ];
    for case in cases {
        case(open());
    }
}

fn puts_gets_and_deletes(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |_| {});
    subject.put("a", 1, 10);
    subject.put("", 0, 0);
    subject.put("b", -1, -5);
    subject.commit();
    subject.put("a", 2, 9);
    subject.delete("b", 11);
    assert_eq!(subject.get("a"), Some((2, 9)), "the later update wins, whatever its time");
    assert_eq!(subject.get(""), Some((0, 0)));
    assert_eq!(subject.get("b"), None);
    subject.commit();
    assert_eq!(subject.get("a"), Some((2, 9)));
    assert_eq!(subject.get("b"), None);
    assert_eq!(subject.count(), 2);
}

fn updates_in_place(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |options| options.caching = true);
    for round in 0..3 {
        for key in ["a", "b", "c", "d", "e", "f"] {
            subject.add(key, 1, round);
        }
        subject.commit();
    }
    assert_eq!(subject.get("f"), Some((3, 2)));
    subject.update("f", 3, |_| None);
    assert_eq!(subject.get("f"), None);
    subject.update("f", 4, |held| {
        assert_eq!(held, None, "a deleted value does not come back");
        Some(ValueAndTimestamp::new(9, 4))
    });
    assert_eq!(subject.get("f"), Some((9, 4)));
}

/// Rule 125.
fn treats_null_values_as_deletes(backing: Backing) {
    let mut subject = Subject::<()>::open(backing, |_| {});
    subject.put("a", (), 1);
    assert_eq!(subject.get("a"), None);
    assert_eq!(subject.log.after(0), [(&b"a"[..], None, 1)]);
}

fn logs_each_update_without_caching(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |_| {});
    subject.put("a", 1, 10);
    subject.add("a", 1, 11);
    subject.put("b", 5, 3);
    subject.delete("a", 12);
    let (one, two, five) = (1_i64.to_be_bytes(), 2_i64.to_be_bytes(), 5_i64.to_be_bytes());
    let expected: [LoggedView<'_>; 4] =
        [(b"a", Some(&one), 10), (b"a", Some(&two), 11), (b"b", Some(&five), 3), (b"a", None, 12)];
    assert_eq!(subject.log.after(0), expected);
    assert!(!subject.store.has_dirty());
    assert_eq!(subject.take_dirty(), []);
}

fn logs_deletes_of_absent_keys_without_caching(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |_| {});
    subject.delete("a", 10);
    subject.update("b", 11, |_| None);
    assert_eq!(subject.log.after(0), [(&b"a"[..], None, 10), (&b"b"[..], None, 11)]);
}

/// As in the caching store of Kafka Streams, which checks whether the key exists only if changes are forwarded.
fn logs_deletes_of_absent_keys_if_changes_are_not_forwarded(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |options| options.caching = true);
    subject.delete("never", 10);
    subject.update("nor this", 11, |_| None);
    subject.put("came", 1, 12);
    subject.delete("came", 13);
    subject.delete("never", 14);
    assert_eq!(subject.log.after(0), [], "the flush logs it");
    let deletes: [LoggedView<'_>; 3] = [(b"nor this", None, 11), (b"came", None, 13), (b"never", None, 14)];
    subject.store.log_dirty(&mut subject.log, 2).unwrap();
    assert_eq!(
        (subject.log.after(0), subject.store.has_dirty()),
        (deletes[..2].to_vec(), true),
        "as many as were asked for"
    );
    subject.store.log_dirty(&mut subject.log, usize::MAX).unwrap();
    assert_eq!(subject.log.after(0), deletes);
    subject.commit();
    assert_eq!((subject.count(), subject.log.after(3)), (0, vec![]));
}

fn reads_by_bytes(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |_| {});
    for (key, value) in [("b", 2), ("a", 1), ("c", 3)] {
        subject.put(key, value, value);
    }
    for _ in 0..2 {
        let row = subject.store.get_raw(b"b").unwrap().unwrap();
        assert_eq!((&*row.key, &*row.value, row.timestamp.as_millis()), (&b"b"[..], &2_i64.to_be_bytes()[..], 2));
        assert_eq!(subject.store.get_raw(b"d").unwrap(), None);
        assert!(subject.store.get_raw(b"\xff").is_err(), "not a key of this store");
        let mut keys = |range: &KeyRange, after: Option<&[u8]>, direction, limit| {
            let rows = subject.store.page_raw(range, after, direction, limit).unwrap();
            rows.into_iter().map(|row| row.key).collect::<Vec<_>>()
        };
        let all = KeyRange::all();
        assert_eq!(keys(&all, None, Direction::Forward, 2), [b"a", b"b"]);
        assert_eq!(keys(&all, Some(b"b"), Direction::Forward, 2), [b"c"]);
        assert_eq!(keys(&all, None, Direction::Backward, 9), [b"c", b"b", b"a"]);
        assert_eq!(keys(&KeyRange::prefix(b"b"), None, Direction::Forward, 9), [b"b"]);
        subject.commit();
    }
}

/// Rules 49 and 50.
fn flushes_once_in_the_order_of_last_update(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |options| options.caching = true);
    for (key, value) in [("a", 1), ("b", 2), ("c", 3), ("a", 4), ("b", 5), ("b", 6)] {
        subject.put(key, value, value);
    }
    assert!(subject.store.has_dirty() && subject.store.dirty_bytes() > 0);
    assert_eq!(subject.log.after(0), [], "nothing is logged before the flush");
    let flushed = subject.take_dirty();
    assert_eq!(
        flushed.iter().map(|change| (&*change.key, change.new)).collect::<Vec<_>>(),
        [("c", Some(3)), ("a", Some(4)), ("b", Some(6))]
    );
    let logged: Vec<_> = subject.log.after(0).iter().map(|record| (record.0.to_vec(), record.2)).collect();
    assert_eq!(logged, [(b"c".to_vec(), 3), (b"a".to_vec(), 4), (b"b".to_vec(), 6)]);
    assert_eq!(subject.take_dirty(), [], "a key is returned once");
    assert!(!subject.store.has_dirty());
    assert_eq!(subject.store.dirty_bytes(), 0);
}

/// Rule 53.
fn flushes_the_context_of_the_last_writer(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |options| options.caching = true);
    subject.put("a", 1, 10);
    let header = Header { name: "trace".to_owned(), value: None };
    let context = RecordContext {
        timestamp: Timestamp::from_millis(30),
        headers: [header].into_iter().collect(),
        position: Some(Position { source: 2, offset: Offset::new(7) }),
    };
    let value = Some(ValueAndTimestamp::new(2, 20));
    subject.store.put(&"a".to_owned(), value, &context, &mut subject.log).unwrap();
    let flushed = subject.take_dirty();
    assert_eq!(flushed[0].context, context);
    assert_eq!(flushed[0].timestamp, Timestamp::from_millis(20), "the value's own time");
    subject.store.put(&"a".to_owned(), None, &context, &mut subject.log).unwrap();
    let flushed = subject.take_dirty();
    assert_eq!((flushed[0].new, flushed[0].timestamp), (None, Timestamp::from_millis(30)), "the record's time");
    assert_eq!(subject.log.after(1), [(&b"a"[..], None, 30)]);
}

/// Rule 51.
fn does_not_forward_keys_that_were_created_and_deleted(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |options| options.caching = true);
    subject.put("a", 1, 1);
    subject.delete("a", 2);
    subject.add("b", 1, 3);
    subject.update("b", 4, |_| None);
    subject.delete("never", 5);
    assert_eq!(subject.take_dirty(), []);
    assert_eq!(subject.log.after(0), []);
    subject.commit();
    assert_eq!(subject.count(), 0);
}

fn forwards_a_delete_of_a_row_that_was_not_read(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |options| options.caching = true);
    for key in ["a", "b", "c", "d", "e", "f", "g"] {
        subject.put(key, 1, 1);
    }
    subject.commit();
    subject.put("a", 2, 2); // evicted from a small cache by now: the store has not read the old value
    subject.delete("a", 3);
    let flushed = subject.take_dirty();
    assert_eq!(flushed.iter().map(|change| (&*change.key, change.new)).collect::<Vec<_>>(), [("a", None)]);
}

/// Rule 52.
fn returns_old_values_if_configured(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |options| (options.caching, options.keep_old) = (true, true));
    subject.put("a", 1, 1);
    subject.add("a", 1, 2);
    assert_eq!(subject.changes(), [("a".to_owned(), None, Some(2))]);
    subject.commit();
    for key in ["b", "c", "d", "e", "f"] {
        subject.add(key, 1, 3);
    }
    subject.commit();
    subject.put("a", 3, 4);
    subject.put("a", 4, 5);
    assert_eq!(subject.changes(), [("a".to_owned(), Some(2), Some(4))], "as of the flush before");
    subject.delete("a", 6);
    assert_eq!(subject.changes(), [("a".to_owned(), Some(4), None)]);
    subject.put("a", 5, 7);
    assert_eq!(subject.changes(), [("a".to_owned(), None, Some(5))]);
}

/// Rule 52.
fn returns_no_old_values_by_default(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |options| options.caching = true);
    subject.put("a", 1, 1);
    subject.commit();
    subject.put("a", 2, 2);
    assert_eq!(subject.changes(), [("a".to_owned(), None, Some(2))]);
}

fn logs_nothing_with_logging_off(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |options| options.logging = false);
    subject.put("a", 1, 1);
    subject.delete("b", 1);
    subject.store.write_back(None).unwrap();
    assert_eq!(subject.get("a"), Some((1, 1)));
    assert_eq!(subject.log.after(0), []);
}

fn has_no_times_if_plain(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |options| options.timestamped = false);
    assert_eq!(subject.store.kind(), StoreKind::KeyValue);
    let context = RecordContext::at(30);
    let value = Some(ValueAndTimestamp::new(1, 20));
    subject.store.put(&"a".to_owned(), value, &context, &mut subject.log).unwrap();
    assert_eq!(subject.get("a"), Some((1, -1)));
    assert_eq!(subject.log.after(0), [(&b"a"[..], Some(&1_i64.to_be_bytes()[..]), 30)]);
    subject.commit();
    assert_eq!(subject.get("a"), Some((1, -1)));
    assert_eq!(subject.store.dump(None, 9).unwrap()[0].value, 1_i64.to_be_bytes());
}

fn reads_ranges_in_byte_order(backing: Backing) {
    use Direction::{Backward, Forward};
    let mut subject = Subject::<i64>::open(backing, |_| {});
    for key in ["b", "é", "aa", "c", "a", "ab", "b\0"] {
        subject.put(key, 1, 1);
    }
    let of = |from: &str, to: &str| KeyRange::between(Some(from.into()), Some(to.into()));
    let table: [(KeyRange, Direction, &[&str]); 8] = [
        (KeyRange::all(), Forward, &["a", "aa", "ab", "b", "b\0", "c", "é"]),
        (KeyRange::all(), Backward, &["é", "c", "b\0", "b", "ab", "aa", "a"]),
        (of("aa", "b"), Forward, &["aa", "ab", "b"]),
        (of("aa", "b"), Backward, &["b", "ab", "aa"]),
        (of("b", "aa"), Forward, &[]),
        (KeyRange::prefix(b"a"), Forward, &["a", "aa", "ab"]),
        (KeyRange::prefix(b"b"), Backward, &["b\0", "b"]),
        (KeyRange::between(None, Some(b"aa".to_vec())), Forward, &["a", "aa"]),
    ];
    for (range, direction, expected) in table {
        assert_eq!(subject.keys(&range, direction), expected, "{range:?} {direction:?}");
        subject.commit();
        assert_eq!(subject.keys(&range, direction), expected, "{range:?} {direction:?}, written");
    }
    let (from, to) = ("aa".to_owned(), "b".to_owned());
    assert_eq!(subject.store.range_of(Some(&from), Some(&to)).unwrap(), of("aa", "b"));
}

fn reads_ranges_across_all_stages_of_updates(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |options| options.caching = true);
    let keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
    for key in keys {
        subject.put(key, 1, 1);
    }
    subject.commit();
    assert_eq!(subject.keys(&KeyRange::all(), Direction::Forward), keys);
    subject.delete("b", 2);
    subject.delete("c", 2);
    subject.put("d", 2, 2);
    subject.take_dirty();
    subject.delete("d", 3);
    subject.put("c", 3, 3);
    subject.put("cc", 3, 3);
    assert_eq!(subject.keys(&KeyRange::all(), Direction::Forward), ["a", "c", "cc", "e", "f", "g", "h"]);
    assert_eq!(subject.keys(&KeyRange::all(), Direction::Backward), ["h", "g", "f", "e", "cc", "c", "a"]);
    let page = subject.store.page(&KeyRange::all(), Some(b"a"), Direction::Forward, 2).unwrap();
    let values: Vec<_> = page.iter().map(|row| (&*row.key, row.value, row.timestamp.as_millis())).collect();
    assert_eq!(values, [("c", 3, 3), ("cc", 3, 3)], "a page continues after deleted rows until it is full");
    let page = subject.store.page(&KeyRange::all(), Some(b"c"), Direction::Backward, 1).unwrap();
    assert_eq!(page[0].engine_key, b"a");
    assert_eq!(subject.store.page(&KeyRange::all(), None, Direction::Forward, 0).unwrap(), []);
    subject.commit();
    assert_eq!(subject.keys(&KeyRange::all(), Direction::Forward), ["a", "c", "cc", "e", "f", "g", "h"]);
}

fn iterates_while_it_is_written(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |_| {});
    let names: Vec<String> = (100..700).map(|number| number.to_string()).collect();
    for name in &names {
        subject.put(name, 1, 1);
    }
    subject.commit();
    let mut cursor: Cursor<KeyValueStore<String, i64>> = KeyValueStore::cursor(KeyRange::all(), Direction::Forward);
    let mut seen = Vec::new();
    while let Some(row) = cursor.next(&mut subject.store).unwrap() {
        subject.delete(&row.key, 2);
        subject.put(&format!("0{}", row.key), 1, 2); // before the cursor
        seen.push(row.key);
    }
    assert_eq!(seen, names);
    assert!(cursor.next(&mut subject.store).unwrap().is_none(), "an ended cursor stays ended");
    assert_eq!(subject.keys(&KeyRange::all(), Direction::Forward).len(), names.len());
}

fn refuses_to_write_back_what_is_not_logged(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |options| options.caching = true);
    subject.put("a", 1, 1);
    let refused = subject.store.write_back(Some(Offset::new(1)));
    assert!(matches!(refused, Err(StoreError::Unfinished { updates: 1, .. })), "{refused:?}");
    subject.store.log_dirty(&mut subject.log, usize::MAX).unwrap();
    subject.store.write_back(Some(Offset::new(1))).unwrap();
    assert_eq!(subject.store.unwritten_bytes(), 0);
}

fn restores_and_dumps(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |options| options.caching = true);
    let store: &mut dyn AnyStore = &mut subject.store;
    store.restore(b"b", Some(&2_i64.to_be_bytes()), Timestamp::from_millis(20)).unwrap();
    store.restore(b"a", Some(&1_i64.to_be_bytes()), Timestamp::from_millis(-3)).unwrap();
    store.restore(b"c", Some(&3_i64.to_be_bytes()), Timestamp::from_millis(30)).unwrap();
    store.restored_to(Offset::new(3)).unwrap();
    store.restore(b"a", Some(&9_i64.to_be_bytes()), Timestamp::from_millis(0)).unwrap();
    store.restore(b"c", None, Timestamp::from_millis(31)).unwrap();
    store.restore(b"never", None, Timestamp::from_millis(32)).unwrap();
    store.restored_to(Offset::new(6)).unwrap();
    assert!(!store.has_dirty());
    let rows = store.dump(None, 9).unwrap();
    let dumped: Vec<_> = rows.iter().map(|row| (&*row.key, &*row.value, row.timestamp.as_millis())).collect();
    assert_eq!(dumped, [(&b"a"[..], &9_i64.to_be_bytes()[..], 0), (b"b", &2_i64.to_be_bytes(), 20)]);
    assert_eq!(store.dump(Some(&rows[0].engine_key), 1).unwrap()[0], rows[1]);
    assert_eq!(subject.get("a"), Some((9, 0)));
    assert_eq!(subject.count(), 2);
    subject.add("b", 1, 40);
    assert_eq!(subject.get("b"), Some((3, 40)), "restored rows are updated like any other");
}

fn clears_and_checks_types(backing: Backing) {
    let mut subject = Subject::<i64>::open(backing, |options| options.caching = true);
    subject.put("a", 1, 1);
    subject.commit();
    subject.put("b", 1, 1);
    subject.store.clear().unwrap();
    assert_eq!((subject.get("a"), subject.get("b"), subject.count()), (None, None, 0));
    assert!(!subject.store.has_dirty());
    assert_eq!(subject.store.changelog_offset().unwrap(), None);
    let store: &mut dyn AnyStore = &mut subject.store;
    assert!(store.downcast_mut::<KeyValueStore<String, i64>>().is_ok());
    let wrong = store.downcast_mut::<WindowStore<String, i64>>().err();
    assert!(matches!(wrong, Some(StoreError::WrongType { .. })), "{wrong:?}");
}

/// A store with its changelog, and helpers. Contexts have the time of the value.
struct Subject<V: Data> {
    store: KeyValueStore<String, V>,
    log: RecordedChangelog,
}

impl<V: Data> Subject<V> {
    fn open(backing: Backing, change: impl FnOnce(&mut StoreOptions)) -> Self {
        let mut options = StoreOptions::new("subject", StoreIndex::new(3), "app-subject-changelog");
        change(&mut options);
        let store = KeyValueStore::new(options, Serde::of_type(), Serde::of_type(), backing);
        Self { store, log: RecordedChangelog::default() }
    }

    fn put(&mut self, key: &str, value: V, time: i64) {
        let value = Some(ValueAndTimestamp::new(value, time));
        self.store.put(&key.to_owned(), value, &RecordContext::at(time), &mut self.log).unwrap();
    }

    fn delete(&mut self, key: &str, time: i64) {
        self.store.put(&key.to_owned(), None, &RecordContext::at(time), &mut self.log).unwrap();
    }

    fn update(
        &mut self,
        key: &str,
        time: i64,
        f: impl FnOnce(Option<ValueAndTimestamp<V>>) -> Option<ValueAndTimestamp<V>>,
    ) {
        self.store.update(&key.to_owned(), &RecordContext::at(time), &mut self.log, f).unwrap();
    }

    fn get(&mut self, key: &str) -> Option<(V, i64)> {
        let held = self.store.get(&key.to_owned()).unwrap();
        held.map(|held| (held.value.clone(), held.timestamp.as_millis()))
    }

    fn take_dirty(&mut self) -> Vec<Flushed<String, V>> {
        self.store.take_dirty(&mut self.log, usize::MAX).unwrap()
    }

    fn changes(&mut self) -> Vec<(String, Option<V>, Option<V>)> {
        self.take_dirty().into_iter().map(|change| (change.key, change.old, change.new)).collect()
    }

    /// The number of rows, which engines need not count exactly.
    fn count(&mut self) -> usize {
        self.store.dump(None, usize::MAX).unwrap().len()
    }

    /// Commits, as the runtime does.
    fn commit(&mut self) {
        self.store.log_dirty(&mut self.log, usize::MAX).unwrap();
        self.store.write_back(Some(self.log.end())).unwrap();
    }

    fn keys(&mut self, range: &KeyRange, direction: Direction) -> Vec<String> {
        self.store.rows(range, direction).unwrap().into_iter().map(|row| row.key).collect()
    }
}

impl Subject<i64> {
    fn add(&mut self, key: &str, much: i64, time: i64) {
        let add = |held: Option<ValueAndTimestamp<i64>>| {
            Some(ValueAndTimestamp::new(held.map_or(0, |held| held.value) + much, time))
        };
        self.update(key, time, add);
    }
}
