//! Reading ahead does not change results: histories beside the same ones without it.

#![allow(clippy::unwrap_used)]

use millstream_state::conformance::{LoggedRecord, RecordedChangelog};
use millstream_state::{
    AnyStore, Backing, InMemoryEngine, KeyValueStore, PrefetchFrom, RecordContext, StoreIndex, StoreOptions,
    ValueAndTimestamp, WindowOptions, WindowStore,
};
use millstream_types::{Serde, Timestamp};
use proptest::prelude::*;

/// A step of a history. Times and values are small, so that many of them are equal.
#[derive(Clone, Debug)]
enum Step {
    Prefetch(Vec<u8>),
    Update(u8, Option<u8>),
    /// Leaves the row as it is.
    Keep(u8),
    Put(u8, Option<u8>),
    Take(usize),
    Log(usize),
    WriteBack,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (key, value) = (|| 0..6_u8, || proptest::option::of(0..4_u8));
    let step = prop_oneof![
        3 => proptest::collection::vec(key(), 2..6).prop_map(Step::Prefetch),
        3 => (key(), value()).prop_map(|(key, value)| Step::Update(key, value)),
        1 => key().prop_map(Step::Keep),
        2 => (key(), value()).prop_map(|(key, value)| Step::Put(key, value)),
        1 => (1..4_usize).prop_map(Step::Take),
        1 => (1..4_usize).prop_map(Step::Log),
        1 => Just(Step::WriteBack),
    ];
    proptest::collection::vec(step, 1..40)
}

/// A store that can be compared with another one.
trait Compared: AnyStore + Sized {
    fn open(options: StoreOptions, backing: Backing) -> Self;
    fn read_ahead(&mut self, keys: &[u8]);
    fn change(&mut self, key: u8, log: &mut RecordedChangelog, f: impl FnOnce(Option<i64>) -> Option<i64>);
    fn replace(&mut self, key: u8, value: Option<i64>, log: &mut RecordedChangelog);
    fn taken(&mut self, limit: usize, log: &mut RecordedChangelog) -> String;
}

fn held(value: i64) -> ValueAndTimestamp<i64> {
    ValueAndTimestamp::new(value, 1)
}

impl Compared for KeyValueStore<u8, i64> {
    fn open(options: StoreOptions, backing: Backing) -> Self {
        Self::new(options, Serde::of_type(), Serde::of_type(), backing)
    }

    fn read_ahead(&mut self, keys: &[u8]) {
        self.prefetch(keys.iter(), PrefetchFrom::Engine);
    }

    fn change(&mut self, key: u8, log: &mut RecordedChangelog, f: impl FnOnce(Option<i64>) -> Option<i64>) {
        self.update(&key, &RecordContext::at(1), log, |row| f(row.map(|row| row.value)).map(held)).unwrap();
    }

    fn replace(&mut self, key: u8, value: Option<i64>, log: &mut RecordedChangelog) {
        self.put(&key, value.map(held), &RecordContext::at(1), log).unwrap();
    }

    fn taken(&mut self, limit: usize, log: &mut RecordedChangelog) -> String {
        format!("{:?}", self.take_dirty(log, limit).unwrap())
    }
}

/// The window of a key: those of even ones are earlier.
fn start(key: u8) -> Timestamp {
    Timestamp::from_millis(i64::from(key % 2) * 10)
}

impl Compared for WindowStore<u8, i64> {
    fn open(options: StoreOptions, backing: Backing) -> Self {
        let windows = WindowOptions { retention_ms: 1_000, window_size_ms: 10 };
        Self::new(options, windows, Serde::of_type(), Serde::of_type(), backing)
    }

    fn read_ahead(&mut self, keys: &[u8]) {
        self.prefetch(keys.iter().map(|key| (key, start(*key))), PrefetchFrom::Engine);
    }

    fn change(&mut self, key: u8, log: &mut RecordedChangelog, f: impl FnOnce(Option<i64>) -> Option<i64>) {
        let new = |row: Option<ValueAndTimestamp<i64>>| f(row.map(|row| row.value)).map(held);
        _ = self.update(&key, start(key), &RecordContext::at(1), log, new).unwrap();
    }

    fn replace(&mut self, key: u8, value: Option<i64>, log: &mut RecordedChangelog) {
        _ = self.put(&key, start(key), value.map(held), &RecordContext::at(1), log).unwrap();
    }

    fn taken(&mut self, limit: usize, log: &mut RecordedChangelog) -> String {
        format!("{:?}", self.take_dirty(log, limit).unwrap())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ReadAhead {
    Yes,
    No,
}

/// What a history returns and logs, and how many rows are dirty at its end.
fn results<S: Compared>(
    steps: &[Step],
    options: StoreOptions,
    cache_bytes_max: usize,
    read_ahead: ReadAhead,
) -> (Vec<String>, Vec<LoggedRecord>, usize) {
    let engine = InMemoryEngine::new();
    let mut store = S::open(options, Backing::Engine { engine: Box::new(engine), cache_bytes_max });
    let (mut log, mut results) = (RecordedChangelog::default(), Vec::new());
    for step in steps {
        match step {
            Step::Prefetch(keys) if read_ahead == ReadAhead::Yes => store.read_ahead(keys),
            Step::Prefetch(_) => {}
            Step::Update(key, value) => store.change(*key, &mut log, |_| value.map(i64::from)),
            Step::Keep(key) => store.change(*key, &mut log, |row| row),
            Step::Put(key, value) => store.replace(*key, value.map(i64::from), &mut log),
            Step::Take(limit) => results.push(store.taken(*limit, &mut log)),
            Step::Log(limit) => store.log_dirty(&mut log, *limit).unwrap(),
            Step::WriteBack => {
                store.log_dirty(&mut log, usize::MAX).unwrap();
                store.write_back(None).unwrap();
            }
        }
    }
    let mut dirty = 0;
    while store.has_dirty() {
        results.push(store.taken(1, &mut log));
        dirty += 1;
    }
    (results, log.records, dirty)
}

/// Compares a history with and without reading ahead.
fn compare<S: Compared>(steps: &[Step], options: &StoreOptions, cache: usize) -> Result<(), TestCaseError> {
    let [with, without] =
        [ReadAhead::Yes, ReadAhead::No].map(|read_ahead| results::<S>(steps, options.clone(), cache, read_ahead));
    prop_assert_eq!(with, without);
    Ok(())
}

proptest! {
    /// An update that gave no value for a row that was read ahead, and was not there, made it dirty, though nothing had changed. With
    /// caching and without logging this took one of a flush's rows, and room in the cache.
    #[test]
    fn read_ahead_does_not_change_results(steps in steps(), cache in 0..2_000_usize) {
        for (caching, logging) in [(true, true), (true, false), (false, true), (false, false)] {
            for keep_old in [false, true] {
                let options = StoreOptions { caching, logging, keep_old, ..StoreOptions::new("s", StoreIndex::new(0), "c") };
                compare::<KeyValueStore<u8, i64>>(&steps, &options, cache)?;
                compare::<WindowStore<u8, i64>>(&steps, &options, cache)?;
            }
        }
    }
}
