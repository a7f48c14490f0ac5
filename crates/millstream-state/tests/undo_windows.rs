//! Random histories of window stores with an undo log: after a rollback windows that expired since the last commit are
//! there again, and stream time is as it was.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use millstream_state::conformance::RecordedChangelog;
use millstream_state::{
    AnyStore, Backing, InMemoryEngine, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp, WindowOptions,
    WindowStore, WriteOutcome,
};
use millstream_types::{Offset, Serde, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

type Key = Vec<u8>;

const RETENTION_MS: i64 = 150_000;
const SEGMENT_MS: i64 = 75_000;

#[derive(Clone, Debug)]
enum Step {
    Put(Key, i64, i64),
    Delete(Key, i64),
    Add(Key, i64, i64),
    Get(Key, i64),
    ReadAll,
    /// Of so many windows, or all.
    Flush(usize),
    /// With a write-back, or without.
    Commit(bool),
    RollBack,
    Crash,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rollback_brings_expired_windows_back(
        cache_bytes_max in prop_oneof![Just(None), Just(Some(0)), Just(Some(400)), Just(Some(100_000))],
        caching in any::<bool>(),
        steps in vec(step(), 0..100),
    ) {
        let mut run = Run::open(cache_bytes_max, caching);
        for (step, number) in steps.iter().zip(0_i64..) {
            run.step(step, &RecordContext::at(number));
        }
        run.roll_back();
        run.commit(true);
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (key(), start(), 0_i64..50).prop_map(|(key, start, value)| Step::Put(key, start, value)),
        3 => (key(), start()).prop_map(|(key, start)| Step::Delete(key, start)),
        5 => (key(), start(), 0_i64..50).prop_map(|(key, start, much)| Step::Add(key, start, much)),
        2 => (key(), start()).prop_map(|(key, start)| Step::Get(key, start)),
        1 => Just(Step::ReadAll),
        3 => prop_oneof![Just(usize::MAX), 0_usize..3].prop_map(Step::Flush),
        4 => any::<bool>().prop_map(Step::Commit),
        3 => Just(Step::RollBack),
        1 => Just(Step::Crash),
    ]
}

fn key() -> impl Strategy<Value = Key> {
    vec(prop_oneof![Just(0_u8), Just(b'a')], 0..3)
}

/// A few hundred seconds, in steps that hit the borders of retention and segments.
fn start() -> impl Strategy<Value = i64> {
    (0_i64..12, -1_i64..2).prop_map(|(half, off)| (half * SEGMENT_MS / 2 + off).max(0))
}

/// The rows of a store, by key and start, and its stream time.
#[derive(Clone, Debug, PartialEq)]
struct Model {
    rows: BTreeMap<(Key, i64), i64>,
    now: i64,
}

impl Model {
    fn is_visible(&self, start: i64) -> bool {
        start > self.now - RETENTION_MS
    }

    fn get(&self, key: &Key, start: i64) -> Option<i64> {
        self.rows.get(&(key.clone(), start)).copied().filter(|_| self.is_visible(start))
    }

    /// What was given to the store, and whether it took it.
    fn written(&mut self, key: &Key, start: i64, new: Option<i64>, outcome: WriteOutcome) {
        self.now = self.now.max(start);
        let first_open = (self.now - RETENTION_MS).max(0) / SEGMENT_MS;
        assert_eq!(outcome.is_expired(), start / SEGMENT_MS < first_open);
        self.rows.retain(|(_, start), _| start / SEGMENT_MS >= first_open);
        match new {
            _ if outcome.is_expired() => None,
            Some(value) => self.rows.insert((key.clone(), start), value),
            None => self.rows.remove(&(key.clone(), start)),
        };
    }
}

struct Run {
    cache_bytes_max: Option<usize>,
    options: StoreOptions,
    store: WindowStore<Key, i64>,
    disk: InMemoryEngine,
    log: RecordedChangelog,
    model: Model,
    committed: Model,
    /// How much of the changelog is committed.
    committed_records: usize,
}

impl Run {
    fn open(cache_bytes_max: Option<usize>, caching: bool) -> Self {
        let options = StoreOptions::new("undo", StoreIndex::new(0), "undo-changelog");
        let options = StoreOptions { caching, ..options };
        let disk = InMemoryEngine::new();
        let store = open_store(cache_bytes_max, &options, &disk);
        let model = Model { rows: BTreeMap::new(), now: -1 };
        let (log, committed) = (RecordedChangelog::default(), model.clone());
        Self { cache_bytes_max, options, store, disk, log, model, committed, committed_records: 0 }
    }

    fn step(&mut self, step: &Step, context: &RecordContext) {
        match step {
            Step::Put(key, start, value) => self.put(key, *start, Some(*value), context),
            Step::Delete(key, start) => self.put(key, *start, None, context),
            Step::Add(key, start, much) => self.add(key, *start, *much, context),
            Step::Get(key, start) => {
                let held = self.store.get(key, at(*start)).unwrap().map(|held| held.value);
                assert_eq!(held, self.model.get(key, *start));
            }
            Step::ReadAll => self.compare(),
            Step::Flush(limit) => drop(self.store.take_dirty(&mut self.log, *limit).unwrap()),
            Step::Commit(write_back) => self.commit(*write_back),
            Step::RollBack => self.roll_back(),
            Step::Crash => self.crash(context),
        }
    }

    fn put(&mut self, key: &Key, start: i64, value: Option<i64>, context: &RecordContext) {
        let held = value.map(|value| ValueAndTimestamp::new(value, context.timestamp));
        let outcome = self.store.put(key, at(start), held, context, &mut self.log).unwrap();
        self.model.written(key, start, value, outcome);
    }

    fn add(&mut self, key: &Key, start: i64, much: i64, context: &RecordContext) {
        let mut new = None;
        let update = |held: Option<ValueAndTimestamp<i64>>| {
            let sum = held.map_or(0, |held| held.value) + much;
            new = (sum % 3 != 0).then_some(sum);
            new.map(|sum| ValueAndTimestamp::new(sum, context.timestamp))
        };
        let outcome = self.store.update(key, at(start), context, &mut self.log, update).unwrap();
        self.model.written(key, start, new, outcome);
    }

    fn commit(&mut self, write_back: bool) {
        self.store.take_dirty(&mut self.log, usize::MAX).unwrap();
        self.store.committed().unwrap();
        self.committed.clone_from(&self.model);
        self.committed_records = self.log.records.len();
        if write_back {
            self.store.write_back(Some(self.log.end())).unwrap();
            if self.cache_bytes_max.is_some() {
                assert_eq!(self.disk.rows().len(), self.model.rows.len(), "closed segments leave the disk");
            }
        }
    }

    fn roll_back(&mut self) {
        let disk = self.disk.rows();
        self.store.roll_back();
        self.abort();
        assert_eq!((self.store.has_dirty(), self.store.undo_bytes(), self.disk.rows()), (false, 0, disk));
        assert_eq!(self.store.observed_stream_time(), at(self.model.now));
        self.compare();
        if self.cache_bytes_max.is_none() {
            assert_eq!(self.store.len(), self.model.rows.len());
        }
    }

    /// Loses what is in memory; restores, and then lets a record of the newest window come in.
    fn crash(&mut self, context: &RecordContext) {
        self.abort();
        self.store = open_store(self.cache_bytes_max, &self.options, &self.disk);
        self.log.restore(&mut self.store).unwrap();
        let now = self.model.now.max(0);
        self.put(&b"newest".to_vec(), now, Some(1), context);
        self.commit(false);
        self.compare();
    }

    /// Takes back what is logged and not committed, as the log does with a transaction.
    fn abort(&mut self) {
        self.log.records.truncate(self.committed_records);
        self.model.clone_from(&self.committed);
    }

    fn compare(&mut self) {
        let rows = self.store.all().unwrap();
        let rows: BTreeMap<(Key, i64), i64> =
            rows.into_iter().map(|row| ((row.key, row.start.as_millis()), row.value)).collect();
        let model = &self.model;
        let visible = model.rows.iter().filter(|((_, start), _)| model.is_visible(*start));
        assert_eq!(rows, visible.map(|(window, value)| (window.clone(), *value)).collect());
        for ((key, start), value) in &rows {
            assert_eq!(self.store.get(key, at(*start)).unwrap().map(|held| held.value), Some(*value));
            let fetched = self.store.fetch(key, at(*start), at(*start)).unwrap();
            assert_eq!(fetched.into_iter().map(|row| row.value).collect::<Vec<_>>(), [*value]);
        }
    }
}

fn open_store(cache_bytes_max: Option<usize>, options: &StoreOptions, disk: &InMemoryEngine) -> WindowStore<Key, i64> {
    let backing = match cache_bytes_max {
        None => Backing::InMemory,
        Some(cache_bytes_max) => Backing::Engine { engine: Box::new(disk.clone()), cache_bytes_max },
    };
    let windows = WindowOptions { retention_ms: RETENTION_MS, window_size_ms: 1_000 };
    let mut store = WindowStore::new(options.clone(), windows, Serde::of_type(), Serde::of_type(), backing);
    store.keep_undo_log(1 << 20).unwrap();
    store
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A whole segment that expires is moved into the log, and counts there.
#[test]
fn expired_windows_count_towards_the_bound() {
    let options = StoreOptions::new("undo", StoreIndex::new(0), "undo-changelog");
    let mut store = open_store(None, &options, &InMemoryEngine::new());
    let mut log = RecordedChangelog::default();
    let mut put = |store: &mut WindowStore<Key, i64>, number: i64, start: i64| {
        let held = Some(ValueAndTimestamp::new(1, 0));
        let key = number.to_be_bytes().to_vec();
        assert_eq!(store.put(&key, at(start), held, &RecordContext::at(0), &mut log).unwrap(), WriteOutcome::Accepted);
    };
    (0..1_000).for_each(|number| put(&mut store, number, number));
    store.keep_undo_log(10_000).unwrap();
    put(&mut store, 0, 10 * RETENTION_MS);
    assert_eq!(store.len(), 1);
    assert!(store.is_commit_due());
    assert_eq!(store.roll_back(), 1_001);
    assert_eq!((store.len(), store.changelog_offset().unwrap()), (1_000, None::<Offset>));
}
