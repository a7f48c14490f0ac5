//! Random histories of a session store beside a sorted map: reads as time passes, logged and forwarded changes, rollbacks to the
//! last commit, and the contents after a crash.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;

use millstream_state::conformance::RecordedChangelog;
use millstream_state::{
    AnyStore, Direction, InMemoryEngine, RecordContext, SessionRange, SessionStore, StoreIndex, StoreOptions,
};
use millstream_types::{Offset, Serde, Timestamp, Window};
use proptest::collection::vec;
use proptest::prelude::*;
use support::{Key, backing, flush_limit};

const RETENTION_MS: i64 = 150_000;
const SEGMENT_MS: i64 = 75_000;

/// A session in the order of an engine: segment, the stored key's bytes, key, start and end.
type Session = (i64, Vec<u8>, Key, i64, i64);

#[derive(Clone, Debug)]
enum Step {
    Put(Key, i64, i64, Option<i64>),
    /// Merges the sessions around a time into one, as the operator of sessions does.
    Merge(Key, i64),
    Find(Key, i64, i64),
    All(Direction),
    Ended(i64, i64),
    Flush(usize),
    Commit,
    RollBack,
    Crash,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_session_store_does_what_a_sorted_map_does(
        cache_bytes_max in prop_oneof![Just(None), Just(Some(0)), Just(Some(400)), Just(Some(4_000)), Just(Some(100_000))],
        caching in any::<bool>(),
        steps in vec(step(), 0..100),
    ) {
        let mut run = Run::start(cache_bytes_max, caching);
        for (step, number) in steps.iter().zip(0_i64..) {
            run.step(step, &RecordContext::at(number));
        }
        run.roll_back();
        run.commit();
        run.compare_all(Direction::Forward);
    }
}

fn key() -> impl Strategy<Value = Key> {
    vec(prop_oneof![Just(0_u8), Just(b'a')], 0..3)
}

/// Times that hit the borders of retention and segments.
fn time() -> impl Strategy<Value = i64> {
    (0..10_i64, -1_i64..2).prop_map(|(half, off)| (half * SEGMENT_MS / 2 + off).max(0))
}

fn step() -> impl Strategy<Value = Step> {
    let direction = prop_oneof![Just(Direction::Forward), Just(Direction::Backward)];
    let length = prop_oneof![Just(0), 0..3_i64, Just(SEGMENT_MS)];
    let value = prop_oneof![1 => Just(None), 2 => (0..50_i64).prop_map(Some)];
    prop_oneof![
        9 => (key(), time(), length, value).prop_map(|(key, start, length, value)| Step::Put(key, start, start + length, value)),
        4 => (key(), time()).prop_map(|(key, time)| Step::Merge(key, time)),
        2 => (key(), time(), time()).prop_map(|(key, end, start)| Step::Find(key, end, start)),
        1 => direction.prop_map(Step::All),
        1 => (time(), time()).prop_map(|(from, to)| Step::Ended(from, to)),
        3 => flush_limit().prop_map(Step::Flush),
        2 => Just(Step::Commit),
        1 => Just(Step::RollBack),
        1 => Just(Step::Crash),
    ]
}

/// The rows and the stream time.
#[derive(Clone)]
struct Model {
    rows: BTreeMap<Session, i64>,
    now: i64,
}

impl Model {
    fn is_closed(&self, end: i64) -> bool {
        segment(end) < segment(self.now - RETENTION_MS)
    }

    /// Sets a row, unless its segment is closed.
    fn put(&mut self, session: Session, value: Option<i64>) {
        self.now = self.now.max(session.4);
        if !self.is_closed(session.4) {
            match value {
                Some(value) => self.rows.insert(session, value),
                None => self.rows.remove(&session),
            };
        }
        let now = self.clone();
        self.rows.retain(|session, _| !now.is_closed(session.4));
    }

    /// The visible rows: key, start, end and value.
    fn visible(&self) -> Vec<(Key, i64, i64, i64)> {
        let visible = self.rows.iter().filter(|(session, _)| session.4 > self.now - RETENTION_MS);
        visible.map(|((_, _, key, start, end), value)| (key.clone(), *start, *end, *value)).collect()
    }
}

struct Run {
    cache_bytes_max: Option<usize>,
    options: StoreOptions,
    store: SessionStore<Key, i64>,
    disk: InMemoryEngine,
    log: RecordedChangelog,
    model: Model,
    committed: Model,
    committed_records: usize,
}

impl Run {
    fn start(cache_bytes_max: Option<usize>, caching: bool) -> Self {
        let options = StoreOptions::new("model", StoreIndex::new(0), "model-changelog");
        let (options, disk) = (StoreOptions { caching, keep_old: true, ..options }, InMemoryEngine::new());
        disk.set_unwritten_records_max(40);
        let store = open(cache_bytes_max, &options, &disk);
        let model = Model { rows: BTreeMap::new(), now: -1 };
        let (log, committed) = (RecordedChangelog::default(), model.clone());
        Self { cache_bytes_max, options, store, disk, log, model, committed, committed_records: 0 }
    }

    fn step(&mut self, step: &Step, context: &RecordContext) {
        match step {
            Step::Put(key, start, end, value) => self.put(key, *start, *end, *value, context),
            Step::Merge(key, time) => self.merge(key, *time, context),
            Step::Find(key, end, start) => drop(self.find(key, *end, *start)),
            Step::All(direction) => self.compare_all(*direction),
            Step::Ended(from, to) => self.compare_ended(*from, *to),
            Step::Flush(limit) => drop(self.store.take_dirty(&mut self.log, *limit).unwrap()),
            Step::Commit => self.commit(),
            Step::RollBack => self.roll_back(),
            Step::Crash => self.crash(),
        }
    }

    fn put(&mut self, key: &Key, start: i64, end: i64, value: Option<i64>, context: &RecordContext) {
        let outcome = self.store.put(key, window(start, end), value, context, &mut self.log).unwrap();
        self.model.put(session(key, start, end), value);
        assert_eq!(outcome.is_expired(), self.model.is_closed(end));
        assert_eq!(self.store.observed_stream_time(), at(self.model.now));
    }

    fn merge(&mut self, key: &Key, time: i64, context: &RecordContext) {
        let (mut start, mut end, mut sum) = (time, time, 1);
        for (from, to, value) in self.find(key, time - 40_000, time + 40_000) {
            (start, end, sum) = (start.min(from), end.max(to), sum + value);
            self.put(key, from, to, None, context);
        }
        self.put(key, start, end, Some(sum), context);
    }

    /// The sessions of a key, compared in both directions.
    fn find(&mut self, key: &Key, earliest_end: i64, latest_start: i64) -> Vec<(i64, i64, i64)> {
        let mut expected: Vec<_> = self.model.visible().into_iter().filter(|row| row.0 == *key).collect();
        expected.retain(|(_, start, end, _)| *end >= earliest_end && *start <= latest_start);
        let is_in_memory = self.cache_bytes_max.is_none();
        expected.sort_by_key(|(_, start, end, _)| (*end, if is_in_memory { -start } else { *start }));
        let mut expected: Vec<_> = expected.into_iter().map(|(_, start, end, value)| (start, end, value)).collect();
        for direction in [Direction::Backward, Direction::Forward] {
            let rows = self.store.find(key, at(earliest_end), at(latest_start), direction).unwrap();
            let found = rows.iter().map(|row| (row.window.start.as_millis(), row.window.end.as_millis(), row.value));
            let found: Vec<_> = found.collect();
            expected.reverse();
            assert_eq!(found, expected);
        }
        expected
    }

    fn compare_all(&mut self, direction: Direction) {
        let mut expected = self.model.visible();
        if self.cache_bytes_max.is_none() {
            expected.sort_by_key(|(key, start, end, _)| (*end, key.clone(), -start));
        }
        if direction == Direction::Backward {
            expected.reverse();
        }
        let mut cursor = SessionStore::cursor(SessionRange::all(), direction);
        let mut rows = Vec::new();
        while let Some(row) = cursor.next(&mut self.store).unwrap() {
            rows.push((row.key, row.window.start.as_millis(), row.window.end.as_millis(), row.value));
        }
        assert_eq!(rows, expected);
        for (key, start, end, value) in rows {
            assert_eq!(self.store.get(&key, window(start, end)).unwrap(), Some(&value));
        }
    }

    fn compare_ended(&mut self, from: i64, to: i64) {
        let rows = self.store.ended(at(from), at(to)).unwrap();
        let ended: Vec<_> = rows.iter().map(|row| (row.window.end.as_millis(), row.key.clone(), row.value)).collect();
        let rows = self.model.rows.iter().filter(|(session, _)| (from..=to).contains(&session.4));
        let mut expected: Vec<_> =
            rows.map(|(session, value)| (session.4, session.2.clone(), session.3, *value)).collect();
        expected.sort_by_key(|(end, key, start, _)| (*end, *start, key.clone()));
        assert_eq!(ended, expected.into_iter().map(|(end, key, _, value)| (end, key, value)).collect::<Vec<_>>());
    }

    fn commit(&mut self) {
        self.store.take_dirty(&mut self.log, usize::MAX).unwrap();
        self.store.committed().unwrap();
        self.store.write_back(Some(self.log.end())).unwrap();
        self.committed.clone_from(&self.model);
        self.committed_records = self.log.records.len();
        let held = if self.cache_bytes_max.is_some() { self.disk.rows().len() } else { self.store.len() };
        assert_eq!(held, self.model.rows.len(), "closed segments are removed");
    }

    fn roll_back(&mut self) {
        self.store.roll_back();
        self.abort();
        assert_eq!((self.store.has_dirty(), self.store.observed_stream_time()), (false, at(self.model.now)));
        self.compare_all(Direction::Forward);
    }

    /// Loses the memory, restores, and puts a session at the newest time.
    fn crash(&mut self) {
        self.abort();
        self.store = open(self.cache_bytes_max, &self.options, &self.disk);
        self.log.restore(&mut self.store).unwrap();
        let now = self.model.now.max(0);
        self.put(&b"newest".to_vec(), now, now, Some(1), &RecordContext::at(now));
        self.commit();
        assert_eq!(self.store.changelog_offset().unwrap().is_some(), self.cache_bytes_max.is_some());
        self.compare_all(Direction::Forward);
    }

    /// Removes what is logged and not committed, as aborting a transaction does.
    fn abort(&mut self) {
        self.log.records.truncate(self.committed_records);
        assert_eq!(self.log.end(), Offset::new(i64::try_from(self.committed_records).unwrap()));
        self.model.clone_from(&self.committed);
    }
}

fn open(cache_bytes_max: Option<usize>, options: &StoreOptions, disk: &InMemoryEngine) -> SessionStore<Key, i64> {
    let backing = backing(cache_bytes_max, disk);
    let mut store = SessionStore::new(options.clone(), RETENTION_MS, Serde::of_type(), Serde::of_type(), backing);
    store.keep_undo_log(1 << 20).unwrap();
    store
}

fn session(key: &Key, start: i64, end: i64) -> Session {
    let bytes = [key, &end.to_be_bytes()[..], &start.to_be_bytes()].concat();
    (segment(end), bytes, key.clone(), start, end)
}

fn segment(end: i64) -> i64 {
    end.max(0) / SEGMENT_MS
}

fn window(start: i64, end: i64) -> Window {
    Window { start: at(start), end: at(end) }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}
