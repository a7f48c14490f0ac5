//! Random histories of a store beside a sorted map that does the same naively: what reads see, what is logged and
//! forwarded, and what is left after a crash.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use millstream_state::conformance::RecordedChangelog;
use millstream_state::{
    AnyStore, Backing, Direction, InMemoryEngine, KeyRange, KeyValueStore, RecordContext, StoreIndex, StoreOptions,
    ValueAndTimestamp,
};
use millstream_types::{Offset, Serde, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

/// How many records of the changelog a crash costs at most.
const RECORDS_AHEAD_MAX: i64 = 40;

type Key = Vec<u8>;
type Held = (i64, i64);

#[derive(Clone, Debug)]
enum Step {
    Put(Key, i64),
    Delete(Key),
    /// Adds; a sum divisible by 3 deletes.
    Add(Key, i64),
    Get(Key),
    Range(Option<Key>, Option<Key>, Direction),
    Prefix(Key, Direction),
    /// Of so many keys, or all.
    Flush(usize),
    Commit,
    /// A commit as tasks make it: the engine is written to only when that is due.
    CommitIfDue,
    FailedCommit,
    Crash,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    InMemory,
    OverEngine(usize),
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_store_does_what_a_sorted_map_does(
        shape in prop_oneof![Just(Shape::InMemory), Just(Shape::OverEngine(400)), Just(Shape::OverEngine(100_000))],
        caching in any::<bool>(),
        keep_old in any::<bool>(),
        steps in vec(step(), 0..120),
    ) {
        let mut run = Run::open(shape, caching, keep_old);
        for (step, time) in steps.iter().zip(0_i64..) {
            run.step(step, time);
        }
        run.compare_all();
        run.crash();
        run.compare_all();
    }
}

fn step() -> impl Strategy<Value = Step> {
    let direction = prop_oneof![Just(Direction::Forward), Just(Direction::Backward)];
    let end = || proptest::option::of(key());
    prop_oneof![
        4 => (key(), 0_i64..50).prop_map(|(key, value)| Step::Put(key, value)),
        3 => key().prop_map(Step::Delete),
        6 => (key(), 0_i64..50).prop_map(|(key, much)| Step::Add(key, much)),
        2 => key().prop_map(Step::Get),
        1 => (end(), end(), direction.clone()).prop_map(|(from, to, direction)| Step::Range(from, to, direction)),
        1 => (key(), direction).prop_map(|(prefix, direction)| Step::Prefix(prefix, direction)),
        3 => prop_oneof![Just(usize::MAX), 0_usize..3].prop_map(Step::Flush),
        1 => Just(Step::Commit),
        3 => Just(Step::CommitIfDue),
        1 => Just(Step::FailedCommit),
        1 => Just(Step::Crash),
    ]
}

/// Few and short, so that steps meet; the highest byte, so that prefixes have no end.
fn key() -> impl Strategy<Value = Key> {
    vec(prop_oneof![Just(0_u8), Just(b'a'), Just(u8::MAX)], 0..3)
}

/// A store, its disk and changelog, and the map beside them.
struct Run {
    shape: Shape,
    options: StoreOptions,
    store: KeyValueStore<Key, i64>,
    disk: InMemoryEngine,
    log: RecordedChangelog,
    model: BTreeMap<Key, Held>,
    /// The map as of the last flush.
    flushed: BTreeMap<Key, Held>,
    /// Updated keys, the latest at the end.
    order: Vec<Key>,
}

impl Run {
    fn open(shape: Shape, caching: bool, keep_old: bool) -> Self {
        let options = StoreOptions::new("model", StoreIndex::new(0), "model-changelog");
        let options = StoreOptions { caching, keep_old, ..options };
        let disk = InMemoryEngine::new();
        disk.set_unwritten_records_max(u64::try_from(RECORDS_AHEAD_MAX).unwrap());
        let store = open_store(shape, &options, &disk);
        let (log, model, flushed, order) = Default::default();
        Self { shape, options, store, disk, log, model, flushed, order }
    }

    fn step(&mut self, step: &Step, time: i64) {
        let context = RecordContext::at(time);
        match step {
            Step::Put(key, value) => {
                let value = ValueAndTimestamp::new(*value, time);
                self.store.put(key, Some(value), &context, &mut self.log).unwrap();
                self.written(key, Some((value.value, time)), time);
            }
            Step::Delete(key) => {
                self.store.put(key, None, &context, &mut self.log).unwrap();
                self.written(key, None, time);
            }
            Step::Add(key, much) => self.add(key, *much, time),
            Step::Get(key) => {
                let held = self.store.get(key).unwrap().map(|held| (held.value, held.timestamp.as_millis()));
                assert_eq!(held, self.model.get(key).copied());
            }
            Step::Range(from, to, direction) => {
                self.compare(&KeyRange::between(from.clone(), to.clone()), *direction);
            }
            Step::Prefix(prefix, direction) => self.compare(&KeyRange::prefix(prefix), *direction),
            Step::Flush(limit) => self.flush(*limit),
            Step::Commit => self.commit(),
            Step::CommitIfDue => self.commit_if_due(),
            Step::FailedCommit => self.failed_commit(),
            Step::Crash => self.crash(),
        }
    }

    fn add(&mut self, key: &Key, much: i64, time: i64) {
        let expected = self.model.get(key).copied();
        let sum = expected.map_or(0, |held| held.0) + much;
        let new = (sum % 3 != 0).then_some((sum, time));
        let context = RecordContext::at(time);
        self.store
            .update(key, &context, &mut self.log, |held| {
                assert_eq!(held.map(|held| (held.value, held.timestamp.as_millis())), expected);
                new.map(|(sum, time)| ValueAndTimestamp::new(sum, time))
            })
            .unwrap();
        self.written(key, new, time);
    }

    /// Does to the map what was done to the store; without caching the log has it already.
    fn written(&mut self, key: &Key, new: Option<Held>, time: i64) {
        match new {
            Some(held) => self.model.insert(key.clone(), held),
            None => self.model.remove(key),
        };
        if self.options.caching {
            self.order.retain(|other| other != key);
            self.order.push(key.clone());
        } else {
            let logged = self.log.records.last().expect("an update without caching is logged at once");
            assert_eq!((&logged.key, decoded(logged.value.as_deref())), (key, new.map(|held| held.0)));
            assert_eq!(logged.timestamp, Timestamp::from_millis(time));
        }
    }

    fn flush(&mut self, limit: usize) {
        let seen = self.log.records.len();
        let changes = self.store.take_dirty(&mut self.log, limit).unwrap();
        let changes: Vec<_> = changes.into_iter().map(|change| (change.key, change.old, change.new)).collect();
        let mut expected: Vec<(Key, Option<i64>, Option<i64>)> = Vec::new();
        while expected.len() < limit && !self.order.is_empty() {
            let key = self.order.remove(0);
            let new = self.model.get(&key).copied();
            let old = match new {
                Some(held) => self.flushed.insert(key.clone(), held),
                None => self.flushed.remove(&key),
            };
            if old.is_some() || new.is_some() {
                let old = old.filter(|_| self.options.keep_old);
                expected.push((key, old.map(|held| held.0), new.map(|held| held.0)));
            }
        }
        assert_eq!(changes, expected);
        assert!(!self.order.is_empty() || !self.store.has_dirty(), "a key without a change is not dirty for ever");
        let logged = self.log.records[seen..].iter();
        let logged: Vec<_> = logged.map(|record| (record.key.clone(), decoded(record.value.as_deref()))).collect();
        let expected: Vec<_> = expected.into_iter().map(|(key, _, new)| (key, new)).collect();
        assert_eq!(logged, expected, "what is forwarded is logged, in the same order");
    }

    fn commit(&mut self) {
        self.flush(usize::MAX);
        self.store.write_back(Some(self.log.end())).unwrap();
        self.compare_disk();
    }

    fn commit_if_due(&mut self) {
        self.flush(usize::MAX);
        let written_to = self.store.changelog_offset().unwrap().unwrap_or(Offset::ZERO);
        let ahead = self.log.end().number() - written_to.number();
        if self.store.is_write_back_due(u64::try_from(ahead).unwrap()) {
            self.commit();
        } else if let Shape::OverEngine(bytes_max) = self.shape {
            let unwritten = self.store.unwritten_bytes();
            assert!(ahead < RECORDS_AHEAD_MAX || unwritten == 0, "what a crash costs is bounded");
            assert!(unwritten <= bytes_max, "{unwritten} bytes are unwritten");
        }
    }

    /// A commit whose write fails leaves all as it was, and works when it is tried again.
    fn failed_commit(&mut self) {
        self.flush(usize::MAX);
        if let Shape::OverEngine(_) = self.shape {
            let rows = self.disk.rows();
            self.disk.fail_next_write();
            assert!(self.store.write_back(Some(self.log.end())).is_err());
            assert_eq!(self.disk.rows(), rows);
            self.compare_all();
        }
        self.commit();
    }

    /// Loses what is in memory; the changelog's tail brings back all that was logged.
    fn crash(&mut self) {
        self.store = open_store(self.shape, &self.options, &self.disk);
        self.log.restore(&mut self.store).unwrap();
        self.order.clear();
        self.model.clear();
        for record in &self.log.records {
            match decoded(record.value.as_deref()) {
                Some(value) => self.model.insert(record.key.clone(), (value, record.timestamp.as_millis())),
                None => self.model.remove(&record.key),
            };
        }
        self.flushed.clone_from(&self.model);
        self.compare_disk();
    }

    /// After a commit or restore the engine has exactly the map's rows, in its layout.
    fn compare_disk(&self) {
        if let Shape::OverEngine(_) = self.shape {
            let stored = |held: &Held| [held.1.to_be_bytes(), held.0.to_be_bytes()].concat();
            let expected: Vec<_> = self.model.iter().map(|(key, held)| (key.clone(), stored(held))).collect();
            assert_eq!(self.disk.rows(), expected);
        }
    }

    fn compare_all(&mut self) {
        self.compare(&KeyRange::all(), Direction::Forward);
        if let Shape::InMemory = self.shape {
            assert_eq!(self.store.len(), self.model.len());
        }
    }

    /// Compares a range, read at once and in pages of two.
    fn compare(&mut self, range: &KeyRange, direction: Direction) {
        let within = self.model.iter().filter(|(key, _)| range.contains(key));
        let mut expected: Vec<(Key, Held)> = within.map(|(key, held)| (key.clone(), *held)).collect();
        if direction == Direction::Backward {
            expected.reverse();
        }
        let rows = self.store.rows(range, direction).unwrap();
        let rows: Vec<_> = rows.into_iter().map(|row| (row.key, (row.value, row.timestamp.as_millis()))).collect();
        assert_eq!(rows, expected);
        let mut after: Option<Key> = None;
        for expected in expected.chunks(2) {
            let page = self.store.page(range, after.as_deref(), direction, 2).unwrap();
            assert_eq!(page.iter().map(|row| &row.key).collect::<Vec<_>>(), keys(expected));
            after = page.last().map(|row| row.engine_key.clone());
        }
    }
}

fn open_store(shape: Shape, options: &StoreOptions, disk: &InMemoryEngine) -> KeyValueStore<Key, i64> {
    let backing = match shape {
        Shape::InMemory => Backing::InMemory,
        Shape::OverEngine(cache_bytes_max) => Backing::Engine { engine: Box::new(disk.clone()), cache_bytes_max },
    };
    KeyValueStore::new(options.clone(), Serde::of_type(), Serde::of_type(), backing)
}

fn decoded(value: Option<&[u8]>) -> Option<i64> {
    value.map(|bytes| i64::from_be_bytes(bytes.try_into().expect("the store logs an i64 as eight bytes")))
}

fn keys(rows: &[(Key, Held)]) -> Vec<&Key> {
    rows.iter().map(|(key, _)| key).collect()
}
