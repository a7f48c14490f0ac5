//! A key-value store beside a sorted map.

use std::collections::BTreeMap;

use millstream_state::conformance::RecordedChangelog;
use millstream_state::{AnyStore, InMemoryEngine, KeyValueStore, RecordContext, StoreOptions, ValueAndTimestamp};
use millstream_types::{Offset, Serde};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Key, backing};

/// How many records the changelog may be ahead of the engine.
pub(crate) const RECORDS_AHEAD_MAX: u64 = 40;

/// A value and its time in milliseconds.
pub(crate) type Held = (i64, i64);

#[derive(Clone, Debug)]
pub(crate) enum Write {
    Put(Key, i64),
    Delete(Key),
    /// Adds; a sum divisible by 3 deletes.
    Add(Key, i64),
}

pub(crate) fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        4 => (key(), 0_i64..50).prop_map(|(key, value)| Write::Put(key, value)),
        3 => key().prop_map(Write::Delete),
        6 => (key(), 0_i64..50).prop_map(|(key, much)| Write::Add(key, much)),
    ]
}

/// Few and short keys, so that steps use the same ones; with the highest byte, so that prefixes have no end.
pub(crate) fn key() -> impl Strategy<Value = Key> {
    vec(prop_oneof![Just(0_u8), Just(b'a'), Just(u8::MAX)], 0..3)
}

/// A store with its disk and changelog, and a sorted map as its model.
pub(crate) struct Subject {
    pub(crate) cache_bytes_max: Option<usize>,
    pub(crate) options: StoreOptions,
    pub(crate) store: KeyValueStore<Key, i64>,
    pub(crate) disk: InMemoryEngine,
    pub(crate) log: RecordedChangelog,
    pub(crate) model: BTreeMap<Key, Held>,
}

impl Subject {
    pub(crate) fn open(cache_bytes_max: Option<usize>, options: StoreOptions) -> Self {
        let disk = InMemoryEngine::new();
        disk.set_unwritten_records_max(RECORDS_AHEAD_MAX);
        let store = open_store(cache_bytes_max, &options, &disk);
        let (log, model) = Default::default();
        Self { cache_bytes_max, options, store, disk, log, model }
    }

    /// Opens the store again, without restoring it: its memory is lost.
    pub(crate) fn reopen(&mut self) {
        self.store = open_store(self.cache_bytes_max, &self.options, &self.disk);
    }

    /// Writes to the store and to the model. Returns the key and its new value.
    pub(crate) fn write<'w>(&mut self, write: &'w Write, time: i64) -> (&'w Key, Option<Held>) {
        let (key, new) = match write {
            Write::Put(key, value) => (key, self.put(key, Some((*value, time)), time)),
            Write::Delete(key) => (key, self.put(key, None, time)),
            Write::Add(key, much) => (key, self.add(key, *much, time)),
        };
        match new {
            Some(held) => self.model.insert(key.clone(), held),
            None => self.model.remove(key),
        };
        (key, new)
    }

    fn put(&mut self, key: &Key, new: Option<Held>, time: i64) -> Option<Held> {
        let value = new.map(|(value, time)| ValueAndTimestamp::new(value, time));
        self.store.put(key, value, &RecordContext::at(time), &mut self.log).unwrap();
        new
    }

    fn add(&mut self, key: &Key, much: i64, time: i64) -> Option<Held> {
        let expected = self.model.get(key).copied();
        let sum = expected.map_or(0, |held| held.0) + much;
        let new = (sum % 3 != 0).then_some((sum, time));
        let update = |held: Option<ValueAndTimestamp<i64>>| {
            assert_eq!(held.map(|held| (held.value, held.timestamp.as_millis())), expected);
            new.map(|(sum, time)| ValueAndTimestamp::new(sum, time))
        };
        self.store.update(key, &RecordContext::at(time), &mut self.log, update).unwrap();
        new
    }

    pub(crate) fn compare_key(&mut self, key: &Key) {
        let held = self.store.get(key).unwrap().map(|held| (held.value, held.timestamp.as_millis()));
        assert_eq!(held, self.model.get(key).copied());
    }

    /// How many records the changelog is ahead of the engine.
    pub(crate) fn records_ahead(&self) -> u64 {
        let written_to = self.store.changelog_offset().unwrap().unwrap_or(Offset::ZERO);
        u64::try_from(self.log.end().number() - written_to.number()).unwrap()
    }
}

fn open_store(
    cache_bytes_max: Option<usize>,
    options: &StoreOptions,
    disk: &InMemoryEngine,
) -> KeyValueStore<Key, i64> {
    KeyValueStore::new(options.clone(), Serde::of_type(), Serde::of_type(), backing(cache_bytes_max, disk))
}
