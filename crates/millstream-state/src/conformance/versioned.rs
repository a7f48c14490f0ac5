//! The conformance suite for versioned stores with any backing.

use std::time::Duration;

use millstream_types::{Serde, Timestamp};

use super::RecordedChangelog;
use crate::{
    AnyStore, Backing, Direction, KeyRange, PutVersion, StoreError, StoreIndex, StoreKind, StoreOptions,
    VersionedOptions, VersionedStore,
};

/// The history retention of the stores, in segments of 3 seconds.
const RETENTION_MS: i64 = 10_000;

/// Runs all cases. `open` must return a new, empty backing.
pub fn versioned(open: impl Fn() -> Backing) {
    let cases: [fn(Backing); 10] = [
        keeps_the_versions_of_a_key,
        writes_out_of_order,
        deletes_as_of_a_time,
        refuses_what_is_older_than_the_retention,
        keeps_the_latest_version_forever,
        drops_history_by_segments,
        logs_kafka_streams_layout,
        restores_versions,
        takes_times_at_both_ends,
        reads_the_latest_versions_as_bytes,
    ];
    for case in cases {
        case(open());
    }
}

/// A store with its changelog.
struct Subject {
    store: VersionedStore<String, i64>,
    log: RecordedChangelog,
}

/// A version: value, begin, end.
type Version = (i64, i64, Option<i64>);

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn until(millis: i64) -> PutVersion {
    PutVersion::Until(at(millis))
}

impl Subject {
    fn open(backing: Backing) -> Self {
        let options = StoreOptions::new("v", StoreIndex::new(0), "app-v-changelog");
        let versions = VersionedOptions::retaining(Duration::from_millis(RETENTION_MS.unsigned_abs()))
            .with_segment_interval(Duration::from_secs(3));
        let store = VersionedStore::new(options, versions, Serde::of_type(), Serde::of_type(), backing);
        Self { store, log: RecordedChangelog::default() }
    }

    fn put(&mut self, key: &str, value: impl Into<Option<i64>>, time: i64) -> PutVersion {
        self.store.put(&key.to_owned(), value.into(), at(time), &mut self.log).unwrap()
    }

    fn delete(&mut self, key: &str, time: i64) -> Option<Version> {
        let deleted = self.store.delete(&key.to_owned(), at(time), &mut self.log).unwrap()?;
        Some((deleted.value, deleted.timestamp.as_millis(), deleted.valid_to.map(Timestamp::as_millis)))
    }

    fn get(&mut self, key: &str) -> Option<(i64, i64)> {
        let latest = self.store.get(&key.to_owned()).unwrap()?;
        Some((*latest.value, latest.timestamp.as_millis()))
    }

    fn as_of(&mut self, key: &str, time: i64) -> Option<Version> {
        let version = self.store.get_as_of(&key.to_owned(), at(time)).unwrap()?;
        Some((*version.value, version.timestamp.as_millis(), version.valid_to.map(Timestamp::as_millis)))
    }

    fn history(&mut self, key: &str, from: i64, to: i64) -> Vec<Version> {
        let versions = self.store.history(&key.to_owned(), at(from), at(to)).unwrap().into_iter();
        let version = versions
            .map(|version| (version.value, version.timestamp.as_millis(), version.valid_to.map(Timestamp::as_millis)));
        version.collect()
    }

    fn all(&mut self, key: &str) -> Vec<Version> {
        self.history(key, 0, i64::MAX)
    }

    fn commit(&mut self) {
        self.store.write_back(Some(self.log.end())).unwrap();
    }
}

fn keeps_the_versions_of_a_key(backing: Backing) {
    let mut subject = Subject::open(backing);
    assert_eq!(subject.put("a", 1, 1_000), PutVersion::Latest);
    assert_eq!(subject.put("b", 9, 1_500), PutVersion::Latest);
    assert_eq!(subject.put("a", 2, 4_000), PutVersion::Latest);
    subject.commit();
    assert_eq!(subject.put("a", 3, 4_000), PutVersion::Latest, "a version of the same time is replaced");
    assert_eq!(subject.put("a", 4, 4_100), PutVersion::Latest);
    assert_eq!(subject.get("a"), Some((4, 4_100)));
    assert_eq!(subject.as_of("a", 999), None);
    assert_eq!(subject.as_of("a", 1_000), Some((1, 1_000, Some(4_000))));
    assert_eq!(subject.as_of("a", 3_999), Some((1, 1_000, Some(4_000))));
    assert_eq!(subject.as_of("a", 4_000), Some((3, 4_000, Some(4_100))));
    assert_eq!(subject.as_of("a", 9_000), Some((4, 4_100, None)));
    assert_eq!(subject.all("a"), [(1, 1_000, Some(4_000)), (3, 4_000, Some(4_100)), (4, 4_100, None)]);
    assert_eq!(subject.history("a", 0, 999), []);
    assert_eq!(subject.history("a", 2_000, 3_999), [(1, 1_000, Some(4_000))]);
    assert_eq!(subject.history("a", 4_000, 4_000), [(3, 4_000, Some(4_100))]);
    assert_eq!(subject.history("a", 5_000, 4_000), []);
    assert_eq!(subject.all("c"), []);
    assert_eq!(subject.store.kind(), StoreKind::Versioned);
}

fn writes_out_of_order(backing: Backing) {
    let mut subject = Subject::open(backing);
    assert_eq!(subject.put("a", 9, 9_000), PutVersion::Latest);
    assert_eq!(subject.put("a", 1, 1_000), until(9_000));
    subject.commit();
    assert_eq!(subject.put("a", 5, 5_000), until(9_000), "the version before moves to an earlier segment");
    assert_eq!(subject.put("a", 2, 2_000), until(5_000));
    assert_eq!(subject.put("a", 6, 8_000), until(9_000));
    assert_eq!(subject.put("a", 7, 8_000), until(9_000));
    subject.commit();
    let expected = [(1, 1_000, 2_000), (2, 2_000, 5_000), (5, 5_000, 8_000), (7, 8_000, 9_000)];
    let expected: Vec<Version> = expected.map(|(value, from, to)| (value, from, Some(to))).to_vec();
    assert_eq!(subject.all("a"), [expected, vec![(9, 9_000, None)]].concat());
}

fn deletes_as_of_a_time(backing: Backing) {
    let mut subject = Subject::open(backing);
    assert_eq!(subject.delete("a", 500), None, "there is none yet");
    assert_eq!(subject.put("a", 1, 100), until(500), "and what comes later ends there");
    assert_eq!(subject.get("a"), None);
    assert_eq!(subject.put("a", 2, 1_000), PutVersion::Latest);
    subject.commit();
    assert_eq!(subject.delete("a", 4_000), Some((2, 1_000, None)));
    assert_eq!(subject.get("a"), None);
    assert_eq!(subject.put("a", None, 7_000), PutVersion::Latest, "a second delete");
    assert_eq!(subject.put("a", 3, 5_000), until(7_000));
    assert_eq!(subject.delete("a", 2_000), Some((2, 1_000, Some(4_000))));
    subject.commit();
    let expected = [(1, 100, Some(500)), (2, 1_000, Some(2_000)), (3, 5_000, Some(7_000))];
    assert_eq!(subject.all("a"), expected);
    assert_eq!(subject.as_of("a", 3_000), None);
    assert_eq!(subject.as_of("a", 4_500), None);
    assert_eq!(subject.put("a", 4, 7_000), PutVersion::Latest, "the delete of the same time is replaced");
    assert_eq!(subject.get("a"), Some((4, 7_000)));
}

/// Rule 69.
fn refuses_what_is_older_than_the_retention(backing: Backing) {
    let mut subject = Subject::open(backing);
    _ = subject.put("a", 1, 20_000);
    assert_eq!(subject.put("b", 2, 10_000), PutVersion::Latest, "as old as the retention");
    assert_eq!(subject.put("b", 3, 9_999), PutVersion::Expired);
    assert_eq!(subject.delete("b", 9_999), None);
    assert_eq!(subject.get("b"), Some((2, 10_000)));
    assert_eq!((subject.store.expired(), subject.store.refused_writes()), (2, 2));
    assert_eq!(subject.log.records.len(), 2, "what is refused is not logged");
    assert_eq!(subject.store.observed_stream_time(), at(20_000));
}

/// Rule 69.
fn keeps_the_latest_version_forever(backing: Backing) {
    let mut subject = Subject::open(backing);
    _ = subject.put("a", 1, 1_000);
    _ = subject.put("b", 2, 1_000_000);
    subject.commit();
    assert_eq!(subject.get("a"), Some((1, 1_000)));
    assert_eq!(subject.as_of("a", 1_500), Some((1, 1_000, None)), "although that is long ago");
    assert_eq!(subject.as_of("a", 999), None);
    assert_eq!(subject.put("a", 3, 1_000_001), PutVersion::Latest);
    assert_eq!(subject.as_of("a", 1_500), None, "now it is no longer the latest");
    assert_eq!(subject.as_of("a", 999_000), Some((1, 1_000, Some(1_000_001))));
}

fn drops_history_by_segments(backing: Backing) {
    let mut subject = Subject::open(backing);
    for time in [1_000, 2_000, 4_000, 7_000] {
        _ = subject.put("a", time, time);
    }
    _ = subject.put("b", 0, 13_001);
    subject.commit();
    // Versions that ended before 3 000 are gone: stream time minus retention is 3 001.
    assert_eq!(subject.all("a"), [(2_000, 2_000, Some(4_000)), (4_000, 4_000, Some(7_000)), (7_000, 7_000, None)]);
    assert_eq!(subject.as_of("a", 3_000), None, "although the version is still there");
    assert_eq!(subject.as_of("a", 3_001), Some((2_000, 2_000, Some(4_000))));
    _ = subject.put("b", 0, 100_000);
    subject.commit();
    assert_eq!(subject.all("a"), [(7_000, 7_000, None)]);
    let rows = subject.store.dump(None, usize::MAX).unwrap().len();
    assert_eq!(rows, 2, "the latest versions");
}

fn logs_kafka_streams_layout(backing: Backing) {
    let mut subject = Subject::open(backing);
    _ = subject.put("key", 7, 2_000);
    _ = subject.delete("key", 1_000);
    let seven = 7_i64.to_be_bytes();
    assert_eq!(subject.log.after(0), [(&b"key"[..], Some(&seven[..]), 2_000), (&b"key"[..], None, 1_000)]);
}

/// Rule 70.
fn restores_versions(backing: Backing) {
    let mut source = Subject::open(Backing::InMemory);
    for (key, value, time) in [
        ("a", Some(1), 1_000),
        ("a", Some(2), 30_000),
        ("a", Some(3), 25_000),
        ("b", Some(4), 1_000),
        ("a", None, 29_000),
    ] {
        _ = source.put(key, value, time);
    }
    let mut restored = Subject::open(backing);
    source.log.restore(&mut restored.store).unwrap();
    for key in ["a", "b"] {
        assert_eq!((restored.get(key), restored.all(key)), (source.get(key), source.all(key)));
    }
    assert_eq!(restored.store.observed_stream_time(), at(30_000));
    assert_eq!(restored.store.expired(), 0, "what a restore refuses was counted when it was written");
    if restored.store.has_engine() {
        assert_eq!(restored.store.changelog_offset().unwrap(), Some(source.log.end()));
    }
    assert_eq!(restored.put("a", 5, 28_000), until(29_000));
}

fn takes_times_at_both_ends(backing: Backing) {
    let mut subject = Subject::open(backing);
    _ = subject.put("a", 1, 0);
    _ = subject.put("a", 2, i64::MAX);
    assert_eq!(subject.get("a"), Some((2, i64::MAX)));
    assert_eq!(subject.as_of("a", i64::MAX - 1), Some((1, 0, Some(i64::MAX))));
    assert_eq!(subject.as_of("a", i64::MIN), None);
    assert_eq!(subject.history("a", i64::MIN, i64::MAX).len(), 2);
    assert_eq!(subject.delete("a", i64::MAX), Some((2, i64::MAX, None)));
    let negative = subject.store.put(&"a".to_owned(), Some(1), at(-1), &mut subject.log);
    assert!(matches!(negative, Err(StoreError::NegativeTime { .. })));
}

fn reads_the_latest_versions_as_bytes(backing: Backing) {
    let mut subject = Subject::open(backing);
    for (key, time) in [("b", 1_000), ("a", 2_000), ("c", 3_000), ("b", 4_000)] {
        _ = subject.put(key, time, time);
    }
    _ = subject.delete("c", 5_000);
    subject.commit();
    _ = subject.put("d", 6_000, 6_000);
    let page = |subject: &mut Subject, range: &KeyRange, after: Option<&[u8]>, direction, limit| {
        let rows = subject.store.page_raw(range, after, direction, limit).unwrap();
        rows.into_iter()
            .map(|row| (String::from_utf8(row.key).unwrap(), row.timestamp.as_millis(), row.engine_key))
            .collect::<Vec<_>>()
    };
    let all = page(&mut subject, &KeyRange::all(), None, Direction::Forward, 10);
    let keys: Vec<_> = all.iter().map(|(key, time, _)| (key.as_str(), *time)).collect();
    assert_eq!(keys, [("a", 2_000), ("b", 4_000), ("d", 6_000)]);
    let rest = page(&mut subject, &KeyRange::all(), Some(&all[0].2), Direction::Forward, 1);
    assert_eq!(rest[0].0, "b");
    let back = page(&mut subject, &KeyRange::between(None, Some(b"b".to_vec())), None, Direction::Backward, 10);
    assert_eq!(back.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    let row = subject.store.get_raw(b"b").unwrap().unwrap();
    assert_eq!((row.value, row.timestamp), (4_000_i64.to_be_bytes().to_vec(), at(4_000)));
    assert_eq!(subject.store.get_raw(b"c").unwrap(), None);
}
