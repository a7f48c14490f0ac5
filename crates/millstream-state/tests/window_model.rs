//! Random histories of a window store beside a sorted map: what reads see as time passes, what is refused, logged and
//! forwarded, and what is left after a crash.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use millstream_state::conformance::RecordedChangelog;
use millstream_state::{
    AnyStore, Backing, Direction, InMemoryEngine, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp,
    WindowOptions, WindowRange, WindowStore, WriteOutcome,
};
use millstream_types::{Offset, Serde, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

type Key = Vec<u8>;
/// A window by the order of the store: segment, key and start as bytes, start.
type Window = (i64, Vec<u8>, i64);

const RETENTION_MS: i64 = 150_000;
const SEGMENT_MS: i64 = 75_000;

#[derive(Clone, Debug)]
enum Step {
    Put(Key, i64, i64),
    Delete(Key, i64),
    /// Adds; a sum divisible by 3 deletes.
    Add(Key, i64, i64),
    Get(Key, i64),
    Fetch(Key, i64, i64),
    FetchAll(i64, i64, Direction),
    /// Of so many windows, or all.
    Flush(usize),
    Commit,
    /// A commit as tasks make it: the engine is written to only when that is due.
    CommitIfDue,
    Crash,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_window_store_does_what_a_sorted_map_does(
        cache_bytes_max in prop_oneof![Just(None), Just(Some(400)), Just(Some(100_000))],
        caching in any::<bool>(),
        steps in vec(step(), 0..100),
    ) {
        let mut run = Run::open(cache_bytes_max, caching);
        for (step, number) in steps.iter().zip(0_i64..) {
            run.step(step, number);
        }
        run.commit();
        run.compare(i64::MIN, i64::MAX, Direction::Forward);
    }
}

fn step() -> impl Strategy<Value = Step> {
    let direction = prop_oneof![Just(Direction::Forward), Just(Direction::Backward)];
    prop_oneof![
        4 => (key(), start(), 0_i64..50).prop_map(|(key, start, value)| Step::Put(key, start, value)),
        3 => (key(), start()).prop_map(|(key, start)| Step::Delete(key, start)),
        6 => (key(), start(), 0_i64..50).prop_map(|(key, start, much)| Step::Add(key, start, much)),
        2 => (key(), start()).prop_map(|(key, start)| Step::Get(key, start)),
        2 => (key(), start(), start()).prop_map(|(key, from, to)| Step::Fetch(key, from, to)),
        1 => (start(), start(), direction).prop_map(|(from, to, direction)| Step::FetchAll(from, to, direction)),
        3 => prop_oneof![Just(usize::MAX), 0_usize..3].prop_map(Step::Flush),
        1 => Just(Step::Commit),
        2 => Just(Step::CommitIfDue),
        1 => Just(Step::Crash),
    ]
}

fn key() -> impl Strategy<Value = Key> {
    vec(prop_oneof![Just(0_u8), Just(b'a')], 0..3)
}

/// A few hundred seconds, in steps that hit the borders of retention and segments.
fn start() -> impl Strategy<Value = i64> {
    (0_i64..8, -1_i64..2).prop_map(|(quarter, off)| (quarter * SEGMENT_MS / 2 + off).max(0))
}

/// A store, its disk and changelog, and the map beside them.
struct Run {
    cache_bytes_max: Option<usize>,
    options: StoreOptions,
    store: WindowStore<Key, i64>,
    disk: InMemoryEngine,
    log: RecordedChangelog,
    /// Stream time.
    now: i64,
    expired: u64,
    model: BTreeMap<Window, i64>,
    flushed: BTreeMap<Window, i64>,
    /// Updated windows, the latest at the end.
    order: Vec<Window>,
}

impl Run {
    fn open(cache_bytes_max: Option<usize>, caching: bool) -> Self {
        let options = StoreOptions::new("model", StoreIndex::new(0), "model-changelog");
        let options = StoreOptions { caching, keep_old: true, ..options };
        let disk = InMemoryEngine::new();
        disk.set_unwritten_records_max(40);
        let store = open_store(cache_bytes_max, &options, &disk);
        let (log, model, flushed, order) = Default::default();
        Self { cache_bytes_max, options, store, disk, log, now: -1, expired: 0, model, flushed, order }
    }

    fn step(&mut self, step: &Step, number: i64) {
        let context = RecordContext::at(number);
        let held = |value| Some(ValueAndTimestamp::new(value, number));
        match step {
            Step::Put(key, start, value) => {
                let outcome = self.store.put(key, at(*start), held(*value), &context, &mut self.log).unwrap();
                self.written(key, *start, Some(*value), outcome);
            }
            Step::Delete(key, start) => {
                let outcome = self.store.put(key, at(*start), None, &context, &mut self.log).unwrap();
                self.written(key, *start, None, outcome);
            }
            Step::Add(key, start, much) => self.add(key, *start, *much, &context),
            Step::Get(key, start) => {
                let got = self.store.get(key, at(*start)).unwrap().map(|held| held.value);
                assert_eq!(got, self.visible(key, *start));
            }
            Step::Fetch(key, from, to) => {
                let rows = self.store.fetch(key, at(*from), at(*to)).unwrap();
                let rows: Vec<_> = rows.into_iter().map(|row| (row.start.as_millis(), row.value)).collect();
                let expected = self.rows(*from, *to).into_iter().filter(|row| row.0 == *key);
                assert_eq!(rows, expected.map(|(_, start, value)| (start, value)).collect::<Vec<_>>());
            }
            Step::FetchAll(from, to, direction) => self.compare(*from, *to, *direction),
            Step::Flush(limit) => self.flush(*limit),
            Step::Commit => self.commit(),
            Step::CommitIfDue => self.commit_if_due(),
            Step::Crash => self.crash(&context),
        }
    }

    fn add(&mut self, key: &Key, start: i64, much: i64, context: &RecordContext) {
        let expected = self.visible(key, start);
        let sum = expected.unwrap_or(0) + much;
        let new = (sum % 3 != 0).then_some(sum);
        let update = |held: Option<ValueAndTimestamp<i64>>| {
            assert_eq!(held.map(|held| held.value), expected);
            new.map(|sum| ValueAndTimestamp::new(sum, context.timestamp))
        };
        let outcome = self.store.update(key, at(start), context, &mut self.log, update).unwrap();
        self.written(key, start, new, outcome);
    }

    /// Does to the map what was done to the store.
    fn written(&mut self, key: &Key, start: i64, new: Option<i64>, outcome: WriteOutcome) {
        self.now = self.now.max(start);
        self.drop_closed();
        assert_eq!(outcome.is_expired(), segment(start) < self.first_live());
        if outcome.is_expired() {
            self.expired += 1;
        } else {
            let window = window(key, start);
            match new {
                Some(value) => self.model.insert(window.clone(), value),
                None => self.model.remove(&window),
            };
            if self.options.caching {
                self.order.retain(|other| *other != window);
                self.order.push(window);
            }
        }
        assert_eq!((self.store.expired(), self.store.observed_stream_time()), (self.expired, at(self.now)));
    }

    /// Closed segments go, but for what waits to be flushed.
    fn drop_closed(&mut self) {
        let (first_live, order) = (self.first_live(), &self.order);
        let keep = |window: &Window| window.0 >= first_live || order.contains(window);
        self.model.retain(|window, _| keep(window));
        self.flushed.retain(|window, _| keep(window));
    }

    fn flush(&mut self, limit: usize) {
        let flushed = self.store.take_dirty(&mut self.log, limit).unwrap();
        let changes: Vec<_> = flushed
            .into_iter()
            .map(|change| (window(&change.key, change.start.as_millis()), change.old, change.new))
            .collect();
        let mut expected = Vec::new();
        while expected.len() < limit && !self.order.is_empty() {
            let window = self.order.remove(0);
            let new = self.model.get(&window).copied();
            let old = match new {
                Some(value) => self.flushed.insert(window.clone(), value),
                None => self.flushed.remove(&window),
            };
            if old.is_some() || new.is_some() {
                expected.push((window, old, new));
            }
        }
        assert_eq!(changes, expected);
        self.drop_closed();
        if self.cache_bytes_max.is_none() && self.order.is_empty() {
            assert_eq!(self.store.len(), self.model.len(), "closed segments leave the memory");
        }
    }

    fn commit(&mut self) {
        self.flush(usize::MAX);
        self.store.write_back(Some(self.log.end())).unwrap();
        if self.cache_bytes_max.is_some() {
            assert_eq!(self.disk.rows().len(), self.model.len(), "closed segments leave the disk");
        }
    }

    fn commit_if_due(&mut self) {
        self.flush(usize::MAX);
        let written_to = self.store.changelog_offset().unwrap().unwrap_or(Offset::ZERO);
        let ahead = self.log.end().number() - written_to.number();
        if self.store.is_write_back_due(u64::try_from(ahead).unwrap()) {
            self.commit();
        }
    }

    /// Loses what is in memory; restores, and then lets a record of the newest window come in.
    fn crash(&mut self, context: &RecordContext) {
        self.store = open_store(self.cache_bytes_max, &self.options, &self.disk);
        self.log.restore(&mut self.store).unwrap();
        self.order.clear();
        self.model.clear();
        self.expired = 0;
        for record in &self.log.records {
            let (key, suffix) = record.key.split_at(record.key.len() - 12);
            let window = window(key, i64::from_be_bytes(suffix[..8].try_into().unwrap()));
            match &record.value {
                Some(value) => self.model.insert(window, i64::from_be_bytes(value[..].try_into().unwrap())),
                None => self.model.remove(&window),
            };
        }
        self.flushed.clone_from(&self.model);
        let (newest, value) = (b"newest".to_vec(), ValueAndTimestamp::new(1, context.timestamp));
        let start = self.now.max(0);
        let outcome = self.store.put(&newest, at(start), Some(value), context, &mut self.log).unwrap();
        self.written(&newest, start, Some(1), outcome);
    }

    fn first_live(&self) -> i64 {
        segment(self.now - RETENTION_MS)
    }

    fn visible(&self, key: &Key, start: i64) -> Option<i64> {
        let is_visible = start > self.now - RETENTION_MS;
        self.model.get(&window(key, start)).copied().filter(|_| is_visible)
    }

    /// The map's rows in the store's order: in memory by start, over an engine by segment, key and start.
    fn rows(&self, from: i64, to: i64) -> Vec<(Key, i64, i64)> {
        let from = from.max(self.now - RETENTION_MS + 1);
        let within = self.model.iter().filter(|(window, _)| (from..=to).contains(&window.2));
        let rows = within.map(|((_, bytes, start), value)| (bytes[..bytes.len() - 12].to_vec(), *start, *value));
        let mut rows: Vec<_> = rows.collect();
        if self.cache_bytes_max.is_none() {
            rows.sort_by_key(|(key, start, _)| (*start, key.clone()));
        }
        rows
    }

    fn compare(&mut self, from: i64, to: i64, direction: Direction) {
        let mut expected = self.rows(from, to);
        if direction == Direction::Backward {
            expected.reverse();
        }
        let range = WindowRange::starting(from, to);
        let mut cursor = WindowStore::cursor(range.clone(), direction);
        let mut rows = Vec::new();
        while let Some(row) = cursor.next(&mut self.store).unwrap() {
            rows.push((row.key, row.start.as_millis(), row.value));
        }
        assert_eq!(rows, expected);
        let first = self.store.page(&range, None, direction, 1).unwrap();
        assert_eq!(first.first().map(|row| &row.key), expected.first().map(|row| &row.0));
    }
}

fn open_store(cache_bytes_max: Option<usize>, options: &StoreOptions, disk: &InMemoryEngine) -> WindowStore<Key, i64> {
    let backing = match cache_bytes_max {
        None => Backing::InMemory,
        Some(cache_bytes_max) => Backing::Engine { engine: Box::new(disk.clone()), cache_bytes_max },
    };
    let windows = WindowOptions { retention_ms: RETENTION_MS, window_size_ms: 1_000 };
    WindowStore::new(options.clone(), windows, Serde::of_type(), Serde::of_type(), backing)
}

fn window(key: &[u8], start: i64) -> Window {
    (segment(start), [key, &start.to_be_bytes(), &[0; 4]].concat(), start)
}

fn segment(start: i64) -> i64 {
    start.max(0) / SEGMENT_MS
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}
