//! Random histories of a key-value store with a maximum number of rows, beside a list in the order of use: reads, evictions and
//! their deletes in the changelog, rollbacks, and the contents after a crash.

#![allow(clippy::unwrap_used)]

mod support;

use millstream_state::conformance::RecordedChangelog;
use millstream_state::{
    AnyStore, Backing, Direction, KeyRange, KeyValueStore, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp,
};
use millstream_types::Serde;
use proptest::collection::vec;
use proptest::prelude::*;
use support::Key;
use support::key_value::key;

const ROWS_MAX: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Put(Key, i64),
    Add(Key, i64),
    Delete(Key),
    Get(Key),
    Flush,
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (key(), 0_i64..50).prop_map(|(key, value)| Step::Put(key, value)),
        3 => (key(), 0_i64..50).prop_map(|(key, much)| Step::Add(key, much)),
        1 => key().prop_map(Step::Delete),
        4 => key().prop_map(Step::Get),
        1 => Just(Step::Flush),
        1 => Just(Step::Crash),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_rows_that_were_used_last_are_kept(caching in any::<bool>(), steps in vec(step(), 0..120)) {
        let mut run = Run::new(caching);
        for (step, time) in steps.into_iter().zip(0_i64..) {
            run.step(step, time);
            run.compare();
        }
        run.crash();
        run.compare();
    }
}

/// A store and its changelog, and the rows that it should have, the most recently used one last.
struct Run {
    store: KeyValueStore<Key, i64>,
    log: RecordedChangelog,
    model: Vec<(Key, i64)>,
}

fn open(caching: bool) -> KeyValueStore<Key, i64> {
    let options = StoreOptions::new("lru", StoreIndex::new(0), "lru-changelog");
    let options = StoreOptions { caching, rows_max: Some(ROWS_MAX), ..options };
    KeyValueStore::new(options, Serde::of_type(), Serde::of_type(), Backing::InMemory)
}

impl Run {
    fn new(caching: bool) -> Self {
        Self { store: open(caching), log: RecordedChangelog::default(), model: Vec::new() }
    }

    fn step(&mut self, step: Step, time: i64) {
        let context = RecordContext::at(time);
        match step {
            Step::Put(key, value) => {
                self.store.put(&key, Some(ValueAndTimestamp::new(value, time)), &context, &mut self.log).unwrap();
                used(&mut self.model, key, value);
            }
            Step::Add(key, much) => {
                let add = |held: Option<ValueAndTimestamp<i64>>| {
                    Some(ValueAndTimestamp::new(held.map_or(0, |held| held.value) + much, time))
                };
                self.store.update(&key, &context, &mut self.log, add).unwrap();
                let before = self.model.iter().find(|(held, _)| *held == key).map_or(0, |(_, value)| *value);
                used(&mut self.model, key, before + much);
            }
            Step::Delete(key) => {
                self.store.put(&key, None, &context, &mut self.log).unwrap();
                self.model.retain(|(held, _)| *held != key);
            }
            Step::Get(key) => {
                let held = self.store.get(&key).unwrap().map(|held| held.value);
                let expected = self.model.iter().find(|(held, _)| *held == key).map(|(_, value)| *value);
                assert_eq!(held, expected);
                expected.into_iter().for_each(|value| used(&mut self.model, key.clone(), value));
            }
            Step::Flush => self.store.log_dirty(&mut self.log, usize::MAX).unwrap(),
            Step::Crash => self.crash(),
        }
    }

    /// Opens a new store and restores it. Reads are not in the changelog, so the order of use is that of the writes.
    fn crash(&mut self) {
        self.store.log_dirty(&mut self.log, usize::MAX).unwrap();
        let rows = sorted(&self.model);
        self.store = open(self.store.is_caching());
        self.model.clear();
        self.log.restore(&mut self.store).unwrap();
        for record in &self.log.records {
            self.model.retain(|(held, _)| *held != record.key);
            let value = record.value.as_ref().map(|value| i64::from_be_bytes(value[..].try_into().unwrap()));
            self.model.extend(value.map(|value| (record.key.clone(), value)));
        }
        assert_eq!(sorted(&self.model), rows, "the changelog has the deletes of evicted rows, and no others");
    }

    fn compare(&mut self) {
        let rows = self.store.rows(&KeyRange::all(), Direction::Forward).unwrap();
        let rows: Vec<(Key, i64)> = rows.into_iter().map(|row| (row.key, row.value)).collect();
        assert_eq!(rows, sorted(&self.model));
        assert_eq!(self.store.len(), self.model.len());
    }
}

/// Makes a row the most recently used one, and removes the least recently used one if there are too many.
fn used(model: &mut Vec<(Key, i64)>, key: Key, value: i64) {
    model.retain(|(held, _)| *held != key);
    model.push((key, value));
    if model.len() > ROWS_MAX {
        model.remove(0);
    }
}

fn sorted(model: &[(Key, i64)]) -> Vec<(Key, i64)> {
    let mut rows = model.to_vec();
    rows.sort();
    rows
}

#[test]
fn a_rollback_brings_evicted_rows_back_and_the_limit_still_holds() {
    let mut store = open(false);
    let mut log = RecordedChangelog::default();
    let mut put = |store: &mut KeyValueStore<Key, i64>, key: u8| {
        let value = Some(ValueAndTimestamp::new(i64::from(key), 0));
        store.put(&vec![key], value, &RecordContext::at(0), &mut log).unwrap();
    };
    let keys = |store: &mut KeyValueStore<Key, i64>| -> Vec<u8> {
        let rows = store.rows(&KeyRange::all(), Direction::Forward).unwrap();
        rows.into_iter().map(|row| row.key[0]).collect()
    };
    [1, 2, 3].into_iter().for_each(|key| put(&mut store, key));
    store.keep_undo_log(usize::MAX).unwrap();
    [4, 5].into_iter().for_each(|key| put(&mut store, key));
    assert_eq!(keys(&mut store), [3, 4, 5]);
    store.roll_back();
    assert_eq!(keys(&mut store), [1, 2, 3]);
    store.committed().unwrap();
    put(&mut store, 6);
    assert_eq!(keys(&mut store).len(), ROWS_MAX);
    assert!(keys(&mut store).contains(&6));
}

#[test]
fn a_store_keeps_at_least_the_last_row() {
    let options = StoreOptions::new("lru", StoreIndex::new(0), "lru-changelog");
    let options = StoreOptions { rows_max: Some(0), ..options };
    let mut store = KeyValueStore::<Key, i64>::new(options, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    let mut log = RecordedChangelog::default();
    for key in 0..3_u8 {
        store.put(&vec![key], Some(ValueAndTimestamp::new(1, 0)), &RecordContext::at(0), &mut log).unwrap();
    }
    assert_eq!(store.len(), 1);
    assert!(store.get(&vec![2]).unwrap().is_some());
}
