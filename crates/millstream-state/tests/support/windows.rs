//! A window store beside a sorted map.

use std::collections::BTreeMap;

use millstream_state::conformance::RecordedChangelog;
use millstream_state::{
    InMemoryEngine, RecordContext, StoreOptions, ValueAndTimestamp, WindowOptions, WindowStore, WriteOutcome,
};
use millstream_types::{Serde, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Key, backing};

pub(crate) const RETENTION_MS: i64 = 150_000;
const SEGMENT_MS: i64 = 75_000;

/// A window in the order of an engine: segment, key and start as bytes, start.
pub(crate) type Window = (i64, Vec<u8>, i64);

#[derive(Clone, Debug)]
pub(crate) enum Write {
    Put(Key, i64, i64),
    Delete(Key, i64),
    /// Adds; a sum divisible by 3 deletes.
    Add(Key, i64, i64),
}

/// Writes to windows that start in the first `half_segments`.
pub(crate) fn write(half_segments: i64) -> impl Strategy<Value = Write> {
    let start = move || start(half_segments);
    prop_oneof![
        4 => (key(), start(), 0_i64..50).prop_map(|(key, start, value)| Write::Put(key, start, value)),
        3 => (key(), start()).prop_map(|(key, start)| Write::Delete(key, start)),
        6 => (key(), start(), 0_i64..50).prop_map(|(key, start, much)| Write::Add(key, start, much)),
    ]
}

pub(crate) fn key() -> impl Strategy<Value = Key> {
    vec(prop_oneof![Just(0_u8), Just(b'a')], 0..3)
}

/// The first `half_segments`, in steps that hit the borders of retention and segments.
pub(crate) fn start(half_segments: i64) -> impl Strategy<Value = i64> {
    (0..half_segments, -1_i64..2).prop_map(|(half, off)| (half * SEGMENT_MS / 2 + off).max(0))
}

/// The rows of a store, and its stream time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    pub(crate) rows: BTreeMap<Window, i64>,
    pub(crate) now: i64,
}

impl Model {
    fn new() -> Self {
        Self { rows: BTreeMap::new(), now: -1 }
    }

    /// Whether a window is in a closed segment.
    pub(crate) fn is_closed(&self, window: &Window) -> bool {
        window.0 < segment(self.now - RETENTION_MS)
    }

    pub(crate) fn get(&self, key: &Key, start: i64) -> Option<i64> {
        let is_visible = start > self.now - RETENTION_MS;
        self.rows.get(&window(key, start)).copied().filter(|_| is_visible)
    }

    pub(crate) fn set(&mut self, window: Window, value: Option<i64>) {
        match value {
            Some(value) => self.rows.insert(window, value),
            None => self.rows.remove(&window),
        };
    }

    /// The visible rows that start between two times: key, start and value, in the order of an engine.
    pub(crate) fn visible(&self, from: i64, to: i64) -> Vec<(Key, i64, i64)> {
        let from = from.max(self.now - RETENTION_MS + 1);
        let within = self.rows.iter().filter(|(window, _)| (from..=to).contains(&window.2));
        within.map(|((_, bytes, start), value)| (bytes[..bytes.len() - 12].to_vec(), *start, *value)).collect()
    }
}

/// A store with its disk and changelog, and its model.
pub(crate) struct Subject {
    pub(crate) cache_bytes_max: Option<usize>,
    options: StoreOptions,
    pub(crate) store: WindowStore<Key, i64>,
    pub(crate) disk: InMemoryEngine,
    pub(crate) log: RecordedChangelog,
    pub(crate) model: Model,
}

impl Subject {
    pub(crate) fn open(cache_bytes_max: Option<usize>, options: StoreOptions) -> Self {
        let disk = InMemoryEngine::new();
        disk.set_unwritten_records_max(40);
        let store = open_store(cache_bytes_max, &options, &disk);
        Self { cache_bytes_max, options, store, disk, log: RecordedChangelog::default(), model: Model::new() }
    }

    /// Opens the store again, without restoring it: its memory is lost.
    pub(crate) fn reopen(&mut self) {
        self.store = open_store(self.cache_bytes_max, &self.options, &self.disk);
    }

    /// Writes to the store and to the model, from which closed segments are removed, except windows that are `kept`.
    pub(crate) fn write(
        &mut self,
        write: &Write,
        context: &RecordContext,
        kept: impl Fn(&Window) -> bool,
    ) -> (Window, WriteOutcome) {
        let (key, start, new, outcome) = match write {
            Write::Put(key, start, value) => (key, *start, Some(*value), self.put(key, *start, Some(*value), context)),
            Write::Delete(key, start) => (key, *start, None, self.put(key, *start, None, context)),
            Write::Add(key, start, much) => {
                let new = self.sum(key, *start, *much);
                (key, *start, new, self.add(key, *start, new, context))
            }
        };
        let model = &mut self.model;
        model.now = model.now.max(start);
        let closed = model.clone();
        model.rows.retain(|window, _| !closed.is_closed(window) || kept(window));
        let window = window(key, start);
        assert_eq!(outcome.is_expired(), model.is_closed(&window));
        if !outcome.is_expired() {
            model.set(window.clone(), new);
        }
        (window, outcome)
    }

    fn put(&mut self, key: &Key, start: i64, value: Option<i64>, context: &RecordContext) -> WriteOutcome {
        let held = value.map(|value| ValueAndTimestamp::new(value, context.timestamp));
        self.store.put(key, at(start), held, context, &mut self.log).unwrap()
    }

    fn sum(&self, key: &Key, start: i64, much: i64) -> Option<i64> {
        let sum = self.model.get(key, start).unwrap_or(0) + much;
        (sum % 3 != 0).then_some(sum)
    }

    fn add(&mut self, key: &Key, start: i64, new: Option<i64>, context: &RecordContext) -> WriteOutcome {
        let expected = self.model.get(key, start);
        let update = |held: Option<ValueAndTimestamp<i64>>| {
            assert_eq!(held.map(|held| held.value), expected);
            new.map(|sum| ValueAndTimestamp::new(sum, context.timestamp))
        };
        self.store.update(key, at(start), context, &mut self.log, update).unwrap()
    }

    pub(crate) fn compare_window(&mut self, key: &Key, start: i64) {
        let held = self.store.get(key, at(start)).unwrap().map(|held| held.value);
        assert_eq!(held, self.model.get(key, start));
    }
}

pub(crate) fn open_store(
    cache_bytes_max: Option<usize>,
    options: &StoreOptions,
    disk: &InMemoryEngine,
) -> WindowStore<Key, i64> {
    let windows = WindowOptions { retention_ms: RETENTION_MS, window_size_ms: 1_000 };
    let backing = backing(cache_bytes_max, disk);
    WindowStore::new(options.clone(), windows, Serde::of_type(), Serde::of_type(), backing)
}

pub(crate) fn window(key: &[u8], start: i64) -> Window {
    (segment(start), [key, &start.to_be_bytes(), &[0; 4]].concat(), start)
}

fn segment(start: i64) -> i64 {
    start.max(0) / SEGMENT_MS
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}
