//! Random histories of stores with an undo log beside a sorted map: after a rollback a store is as the last commit left it,
//! in memory, cached and uncached over an engine, however far the engine is behind.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use millstream_state::conformance::RecordedChangelog;
use millstream_state::{
    AnyStore, Backing, Direction, InMemoryEngine, KeyRange, KeyValueStore, RecordContext, StoreError, StoreIndex,
    StoreOptions, ValueAndTimestamp,
};
use millstream_types::{Offset, Serde};
use proptest::collection::vec;
use proptest::prelude::*;

type Key = Vec<u8>;

#[derive(Clone, Debug)]
enum Step {
    Put(Key, i64),
    Delete(Key),
    /// Adds; a sum divisible by 3 deletes.
    Add(Key, i64),
    Get(Key),
    ReadAll,
    /// Of so many keys, or all.
    Flush(usize),
    Commit(Write),
    RollBack,
    /// Loses what is in memory, and what is logged and not committed.
    Crash,
}

/// What a commit brings to the engine.
#[derive(Clone, Copy, Debug)]
enum Write {
    Nothing,
    IfDue,
    All,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rollback_puts_a_store_back_to_its_last_commit(
        cache_bytes_max in prop_oneof![Just(None), Just(Some(0)), Just(Some(400)), Just(Some(100_000))],
        caching in any::<bool>(),
        keep_old in any::<bool>(),
        steps in vec(step(), 0..120),
    ) {
        let mut run = Run::open(cache_bytes_max, caching, keep_old);
        for (step, time) in steps.iter().zip(0_i64..) {
            run.step(step, time);
        }
        run.roll_back();
        run.commit(Write::All);
        run.crash();
    }
}

fn step() -> impl Strategy<Value = Step> {
    let write = prop_oneof![Just(Write::Nothing), Just(Write::IfDue), Just(Write::All)];
    prop_oneof![
        5 => (key(), 0_i64..50).prop_map(|(key, value)| Step::Put(key, value)),
        4 => key().prop_map(Step::Delete),
        6 => (key(), 0_i64..50).prop_map(|(key, much)| Step::Add(key, much)),
        3 => key().prop_map(Step::Get),
        1 => Just(Step::ReadAll),
        3 => prop_oneof![Just(usize::MAX), 0_usize..3].prop_map(Step::Flush),
        4 => write.prop_map(Step::Commit),
        3 => Just(Step::RollBack),
        1 => Just(Step::Crash),
    ]
}

fn key() -> impl Strategy<Value = Key> {
    vec(prop_oneof![Just(0_u8), Just(b'a'), Just(u8::MAX)], 0..3)
}

struct Run {
    cache_bytes_max: Option<usize>,
    options: StoreOptions,
    store: KeyValueStore<Key, i64>,
    disk: InMemoryEngine,
    log: RecordedChangelog,
    model: BTreeMap<Key, i64>,
    committed: BTreeMap<Key, i64>,
    /// How much of the changelog is committed.
    committed_records: usize,
}

impl Run {
    fn open(cache_bytes_max: Option<usize>, caching: bool, keep_old: bool) -> Self {
        let options = StoreOptions::new("undo", StoreIndex::new(0), "undo-changelog");
        let options = StoreOptions { caching, keep_old, ..options };
        let disk = InMemoryEngine::new();
        disk.set_unwritten_records_max(40);
        let store = open_store(cache_bytes_max, &options, &disk);
        let (log, model, committed) = Default::default();
        Self { cache_bytes_max, options, store, disk, log, model, committed, committed_records: 0 }
    }

    fn step(&mut self, step: &Step, time: i64) {
        let context = RecordContext::at(time);
        match step {
            Step::Put(key, value) => {
                let held = Some(ValueAndTimestamp::new(*value, time));
                self.store.put(key, held, &context, &mut self.log).unwrap();
                self.model.insert(key.clone(), *value);
            }
            Step::Delete(key) => {
                self.store.put(key, None, &context, &mut self.log).unwrap();
                self.model.remove(key);
            }
            Step::Add(key, much) => {
                let sum = self.model.get(key).copied().unwrap_or(0) + much;
                let new = (sum % 3 != 0).then_some(sum);
                let update = |_| new.map(|sum| ValueAndTimestamp::new(sum, time));
                self.store.update(key, &context, &mut self.log, update).unwrap();
                match new {
                    Some(sum) => self.model.insert(key.clone(), sum),
                    None => self.model.remove(key),
                };
            }
            Step::Get(key) => {
                let held = self.store.get(key).unwrap().map(|held| held.value);
                assert_eq!(held, self.model.get(key).copied());
            }
            Step::ReadAll => self.compare(),
            Step::Flush(limit) => drop(self.store.take_dirty(&mut self.log, *limit).unwrap()),
            Step::Commit(write) => self.commit(*write),
            Step::RollBack => self.roll_back(),
            Step::Crash => self.crash(),
        }
    }

    fn commit(&mut self, write: Write) {
        self.store.take_dirty(&mut self.log, usize::MAX).unwrap();
        self.store.committed().unwrap();
        assert_eq!(self.store.undo_bytes(), 0, "what is committed cannot be undone");
        self.committed.clone_from(&self.model);
        self.committed_records = self.log.records.len();
        let written_to = self.store.changelog_offset().unwrap().unwrap_or(Offset::ZERO);
        let ahead = u64::try_from(self.log.end().number() - written_to.number()).unwrap();
        let is_due = match write {
            Write::Nothing => false,
            Write::IfDue => self.store.is_write_back_due(ahead),
            Write::All => true,
        };
        if is_due {
            self.store.write_back(Some(self.log.end())).unwrap();
            if self.cache_bytes_max.is_some() {
                let keys: Vec<Key> = self.disk.rows().into_iter().map(|row| row.0).collect();
                assert_eq!(keys, self.model.keys().cloned().collect::<Vec<_>>());
            }
        }
    }

    fn roll_back(&mut self) {
        let disk = self.disk.rows();
        self.store.roll_back();
        self.abort();
        assert_eq!((self.store.has_dirty(), self.store.undo_bytes(), self.disk.rows()), (false, 0, disk));
        self.compare();
        if self.cache_bytes_max.is_none() {
            assert_eq!(self.store.len(), self.model.len());
        }
    }

    fn crash(&mut self) {
        self.abort();
        self.store = open_store(self.cache_bytes_max, &self.options, &self.disk);
        self.log.restore(&mut self.store).unwrap();
        self.compare();
    }

    /// Takes back what is logged and not committed, as the log does with a transaction.
    fn abort(&mut self) {
        self.log.records.truncate(self.committed_records);
        self.model.clone_from(&self.committed);
    }

    fn compare(&mut self) {
        let rows = self.store.rows(&KeyRange::all(), Direction::Forward).unwrap();
        let rows: BTreeMap<Key, i64> = rows.into_iter().map(|row| (row.key, row.value)).collect();
        assert_eq!(rows, self.model);
        for (key, value) in &self.model {
            assert_eq!(self.store.get(key).unwrap().map(|held| held.value), Some(*value));
        }
    }
}

fn open_store(
    cache_bytes_max: Option<usize>,
    options: &StoreOptions,
    disk: &InMemoryEngine,
) -> KeyValueStore<Key, i64> {
    let backing = match cache_bytes_max {
        None => Backing::InMemory,
        Some(cache_bytes_max) => Backing::Engine { engine: Box::new(disk.clone()), cache_bytes_max },
    };
    let mut store = KeyValueStore::new(options.clone(), Serde::of_type(), Serde::of_type(), backing);
    store.keep_undo_log(1 << 20).unwrap();
    store
}

fn put(store: &mut KeyValueStore<Key, i64>, key: i64, log: &mut RecordedChangelog) {
    let held = Some(ValueAndTimestamp::new(key, 0));
    store.put(&key.to_be_bytes().to_vec(), held, &RecordContext::at(0), log).unwrap();
}

#[test]
fn a_log_that_reaches_its_bound_asks_for_a_commit() {
    for cache_bytes_max in [None, Some(0), Some(1 << 20)] {
        let options = StoreOptions::new("undo", StoreIndex::new(0), "undo-changelog");
        let mut store = open_store(cache_bytes_max, &options, &InMemoryEngine::new());
        store.keep_undo_log(10_000).unwrap();
        let mut log = RecordedChangelog::default();
        let keys = (0..100_000).find(|&key| {
            put(&mut store, key, &mut log);
            store.is_commit_due()
        });
        assert!(keys.is_some_and(|keys| (50..1_000).contains(&keys)), "{keys:?}");
        (0..10).for_each(|_| put(&mut store, 0, &mut log));
        let bytes = store.undo_bytes();
        (0..10).for_each(|_| put(&mut store, 0, &mut log));
        assert_eq!(store.undo_bytes(), bytes, "a row counts once");
        store.committed().unwrap();
        assert!(!store.is_commit_due());
    }
}

#[test]
fn an_engine_gets_nothing_that_is_not_committed() {
    let engine = InMemoryEngine::new();
    let options = StoreOptions::new("undo", StoreIndex::new(0), "undo-changelog");
    let mut store = open_store(Some(1 << 20), &options, &engine);
    let mut log = RecordedChangelog::default();
    put(&mut store, 1, &mut log);
    let refused = store.write_back(Some(log.end()));
    assert!(matches!(refused, Err(StoreError::Unfinished { updates: 1, .. })), "{refused:?}");
    assert_eq!(engine.rows(), []);
    store.committed().unwrap();
    store.write_back(Some(log.end())).unwrap();
    assert_eq!(engine.rows().len(), 1);
}

#[test]
fn a_store_that_is_dirty_can_neither_be_committed_nor_begin_a_log() {
    let options = StoreOptions { caching: true, ..StoreOptions::new("undo", StoreIndex::new(0), "undo-changelog") };
    let mut store = open_store(None, &options, &InMemoryEngine::new());
    let mut log = RecordedChangelog::default();
    put(&mut store, 1, &mut log);
    assert!(store.committed().is_err());
    assert!(store.keep_undo_log(1).is_err());
    store.log_dirty(&mut log, usize::MAX).unwrap();
    store.committed().unwrap();
    put(&mut store, 1, &mut log);
    put(&mut store, 2, &mut log);
    assert_eq!(store.roll_back(), 2);
    assert_eq!(store.len(), 1);
}

#[test]
fn a_store_without_a_log_is_left_as_it_is() {
    let options = StoreOptions::new("undo", StoreIndex::new(0), "undo-changelog");
    let mut store: KeyValueStore<Key, i64> =
        KeyValueStore::new(options, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    put(&mut store, 1, &mut RecordedChangelog::default());
    assert_eq!((store.undo_bytes(), store.is_commit_due(), store.roll_back(), store.len()), (0, false, 0, 1));
}
