//! Random histories of stores with an undo log beside a sorted map: after a rollback a store is as the last commit left it,
//! in memory, cached and uncached with an engine, however far the engine is behind.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;

use millstream_state::conformance::RecordedChangelog;
use millstream_state::{
    AnyStore, Backing, Direction, InMemoryEngine, KeyRange, KeyValueStore, RecordContext, StoreError, StoreIndex,
    StoreOptions, ValueAndTimestamp,
};
use millstream_types::Serde;
use proptest::collection::vec;
use proptest::prelude::*;
use support::key_value::{Held, Subject, Write, key, write};
use support::{Key, WriteBack, backing, flush_limit};

#[derive(Clone, Debug)]
enum Step {
    Write(Write),
    Get(Key),
    ReadAll,
    Flush(usize),
    Commit(WriteBack),
    RollBack,
    /// Loses the memory, and what is logged and not committed.
    Crash,
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
        let options = StoreOptions::new("undo", StoreIndex::new(0), "undo-changelog");
        let mut subject = Subject::open(cache_bytes_max, StoreOptions { caching, keep_old, ..options });
        subject.store.keep_undo_log(1 << 20).unwrap();
        let mut run = Run { subject, committed: BTreeMap::new(), committed_records: 0 };
        for (step, time) in steps.iter().zip(0_i64..) {
            run.step(step, time);
        }
        run.roll_back();
        run.commit(WriteBack::Always);
        run.crash();
    }
}

fn step() -> impl Strategy<Value = Step> {
    let write_back = prop_oneof![Just(WriteBack::Delayed), Just(WriteBack::IfDue), Just(WriteBack::Always)];
    prop_oneof![
        15 => write().prop_map(Step::Write),
        3 => key().prop_map(Step::Get),
        1 => Just(Step::ReadAll),
        3 => flush_limit().prop_map(Step::Flush),
        4 => write_back.prop_map(Step::Commit),
        3 => Just(Step::RollBack),
        1 => Just(Step::Crash),
    ]
}

struct Run {
    subject: Subject,
    committed: BTreeMap<Key, Held>,
    /// How many records of the changelog are committed.
    committed_records: usize,
}

impl Run {
    fn step(&mut self, step: &Step, time: i64) {
        match step {
            Step::Write(write) => drop(self.subject.write(write, time)),
            Step::Get(key) => self.subject.compare_key(key),
            Step::ReadAll => self.compare(),
            Step::Flush(limit) => drop(self.subject.store.take_dirty(&mut self.subject.log, *limit).unwrap()),
            Step::Commit(write_back) => self.commit(*write_back),
            Step::RollBack => self.roll_back(),
            Step::Crash => self.crash(),
        }
    }

    fn commit(&mut self, write_back: WriteBack) {
        let Subject { store, log, model, .. } = &mut self.subject;
        store.take_dirty(log, usize::MAX).unwrap();
        store.committed().unwrap();
        assert_eq!(store.undo_bytes(), 0, "a committed update cannot be undone");
        self.committed.clone_from(model);
        self.committed_records = log.records.len();
        let is_due = match write_back {
            WriteBack::Delayed => false,
            WriteBack::IfDue => self.subject.store.is_write_back_due(self.subject.records_ahead()),
            WriteBack::Always => true,
        };
        if is_due {
            self.write_back();
        }
    }

    fn write_back(&mut self) {
        let end = self.subject.log.end();
        self.subject.store.write_back(Some(end)).unwrap();
        if self.subject.cache_bytes_max.is_some() {
            let keys: Vec<Key> = self.subject.disk.rows().into_iter().map(|row| row.0).collect();
            assert_eq!(keys, self.subject.model.keys().cloned().collect::<Vec<_>>());
        }
    }

    fn roll_back(&mut self) {
        let disk = self.subject.disk.rows();
        self.subject.store.roll_back();
        self.abort();
        let Subject { store, disk: present, .. } = &self.subject;
        assert_eq!((store.has_dirty(), store.undo_bytes(), present.rows()), (false, 0, disk));
        self.compare();
        if self.subject.cache_bytes_max.is_none() {
            assert_eq!(self.subject.store.len(), self.subject.model.len());
        }
    }

    fn crash(&mut self) {
        self.abort();
        self.subject.reopen();
        self.subject.store.keep_undo_log(1 << 20).unwrap();
        self.subject.log.restore(&mut self.subject.store).unwrap();
        self.compare();
    }

    /// Removes what is logged and not committed, as aborting a transaction does.
    fn abort(&mut self) {
        self.subject.log.records.truncate(self.committed_records);
        self.subject.model.clone_from(&self.committed);
    }

    fn compare(&mut self) {
        let rows = self.subject.store.rows(&KeyRange::all(), Direction::Forward).unwrap();
        let rows = rows.into_iter().map(|row| (row.key, (row.value, row.timestamp.as_millis())));
        let rows: BTreeMap<Key, Held> = rows.collect();
        assert_eq!(rows, self.subject.model);
        rows.keys().for_each(|key| self.subject.compare_key(key));
    }
}

/// A store with an undo log.
fn open_store(
    cache_bytes_max: Option<usize>,
    options: &StoreOptions,
    disk: &InMemoryEngine,
) -> KeyValueStore<Key, i64> {
    let backing = backing(cache_bytes_max, disk);
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
