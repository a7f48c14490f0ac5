//! Random histories of a window store that keeps duplicates beside a list of its values: reads as time passes, commits,
//! rollbacks, and the contents after a crash.

#![allow(clippy::unwrap_used)]

mod support;

use millstream_state::conformance::RecordedChangelog;
use millstream_state::{
    AnyStore, DuplicateWindowStore, InMemoryEngine, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp,
    WindowOptions,
};
use millstream_types::Serde;
use proptest::collection::vec;
use proptest::prelude::*;
use support::windows::{RETENTION_MS, at, key, start};
use support::{Key, backing};

const SEGMENT_MS: i64 = RETENTION_MS / 2;
const HALF_SEGMENTS: i64 = 8;

#[derive(Clone, Debug)]
enum Step {
    Put(Key, i64, Option<i64>),
    Fetch(Key, i64, i64),
    Commit,
    RollBack,
    Crash,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_store_of_duplicates_does_what_a_list_does(
        cache_bytes_max in prop_oneof![Just(None), Just(Some(0)), Just(Some(400)), Just(Some(4_000)), Just(Some(100_000))],
        undoes in any::<bool>(),
        steps in vec(step(), 0..100),
    ) {
        let mut run = Run::open(cache_bytes_max, undoes);
        for step in &steps {
            run.step(step);
        }
        for key in [&b""[..], b"a", b"\0", b"a\0"] {
            run.compare(&key.to_vec(), i64::MIN, i64::MAX);
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let start = || start(HALF_SEGMENTS);
    prop_oneof![
        12 => (key(), start(), prop_oneof![4 => (0_i64..9).prop_map(Some), 1 => Just(None)])
            .prop_map(|(key, start, value)| Step::Put(key, start, value)),
        4 => (key(), start(), start()).prop_map(|(key, from, to)| Step::Fetch(key, from, to)),
        2 => Just(Step::Commit),
        1 => Just(Step::RollBack),
        1 => Just(Step::Crash),
    ]
}

/// Each value with its key and window start, in the order of puts, and stream time.
#[derive(Clone, Default)]
struct Model {
    values: Vec<(Key, i64, i64)>,
    now: Option<i64>,
}

impl Model {
    /// Adds a value, unless its segment is closed. Returns whether it was refused.
    fn put(&mut self, key: &Key, start: i64, value: i64) -> bool {
        let now = self.now.map_or(start, |now| now.max(start));
        self.now = Some(now);
        let first_open = (now - RETENTION_MS).max(0) / SEGMENT_MS;
        self.values.retain(|(_, start, _)| start / SEGMENT_MS >= first_open);
        let is_closed = start / SEGMENT_MS < first_open;
        if !is_closed {
            self.values.push((key.clone(), start, value));
        }
        is_closed
    }

    fn fetch(&self, key: &Key, from: i64, to: i64) -> Vec<(i64, i64)> {
        let from = self.now.map_or(from, |now| from.max(now - RETENTION_MS + 1));
        let found = self.values.iter().filter(|(other, start, _)| other == key && (from..=to).contains(start));
        let mut found: Vec<(i64, i64)> = found.map(|(_, start, value)| (*start, *value)).collect();
        found.sort_by_key(|(start, _)| *start);
        found
    }
}

struct Run {
    cache_bytes_max: Option<usize>,
    undoes: bool,
    disk: InMemoryEngine,
    store: DuplicateWindowStore<Key, i64>,
    log: RecordedChangelog,
    model: Model,
    committed: (Model, usize),
}

impl Run {
    fn open(cache_bytes_max: Option<usize>, undoes: bool) -> Self {
        let disk = InMemoryEngine::new();
        let (store, log) = (open_store(cache_bytes_max, &disk), RecordedChangelog::default());
        let mut run = Self {
            cache_bytes_max,
            undoes,
            disk,
            store,
            log,
            model: Model::default(),
            committed: (Model::default(), 0),
        };
        run.keep_undo_log();
        run
    }

    fn keep_undo_log(&mut self) {
        if self.undoes {
            self.store.keep_undo_log(1 << 20).unwrap();
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Put(key, start, value) => self.put(key, *start, *value),
            Step::Fetch(key, from, to) => self.compare(key, *from, *to),
            Step::Commit => self.commit(),
            Step::RollBack if self.undoes => self.roll_back(),
            Step::RollBack => {}
            Step::Crash => self.crash(),
        }
    }

    fn put(&mut self, key: &Key, start: i64, value: Option<i64>) {
        let held = value.map(|value| ValueAndTimestamp::new(value, start));
        let outcome = self.store.put(key, at(start), held, &RecordContext::at(start), &mut self.log).unwrap();
        let is_refused = value.is_some_and(|value| self.model.put(key, start, value));
        assert_eq!(outcome.is_expired(), is_refused);
    }

    fn compare(&mut self, key: &Key, from: i64, to: i64) {
        let rows = self.store.fetch(key, at(from), at(to)).unwrap();
        let rows: Vec<_> = rows.into_iter().map(|row| (row.start.as_millis(), row.value)).collect();
        assert_eq!(rows, self.model.fetch(key, from, to));
    }

    fn commit(&mut self) {
        if self.undoes {
            self.store.committed().unwrap();
        }
        self.store.write_back(Some(self.log.end())).unwrap();
        self.committed = (self.model.clone(), self.log.records.len());
    }

    /// Aborts a transaction: its records stay in the changelog, but are not read.
    fn roll_back(&mut self) {
        self.store.roll_back();
        self.model = self.committed.0.clone();
        self.log.records[self.committed.1..].iter_mut().for_each(|record| record.store = StoreIndex::new(99));
    }

    /// Loses the memory, and restores what is in the changelog.
    fn crash(&mut self) {
        self.store = open_store(self.cache_bytes_max, &self.disk);
        self.log.restore(&mut self.store).unwrap();
        let values = std::mem::take(&mut self.model).values;
        values.iter().for_each(|(key, start, value)| _ = self.model.put(key, *start, *value));
        let read = self.log.records.iter().filter(|record| record.store == self.store.index());
        let last = read.filter(|record| record.value.is_some()).map(|record| {
            i64::from_be_bytes(record.key[record.key.len() - 12..record.key.len() - 4].try_into().unwrap())
        });
        self.model.now = last.max();
        self.keep_undo_log();
        if self.undoes {
            self.store.committed().unwrap();
        }
        self.committed = (self.model.clone(), self.log.records.len());
        // An engine does not know the time of the newest row exactly, only its segment.
        if let Some(now) = self.model.now {
            self.put(&b"newest".to_vec(), now, Some(0));
            self.commit();
        }
    }
}

fn open_store(cache_bytes_max: Option<usize>, disk: &InMemoryEngine) -> DuplicateWindowStore<Key, i64> {
    let windows = WindowOptions { retention_ms: RETENTION_MS, window_size_ms: 1_000 };
    let options = StoreOptions::new("model", StoreIndex::new(0), "model-changelog");
    let backing = backing(cache_bytes_max, disk);
    DuplicateWindowStore::keeping_duplicates(options, windows, Serde::of_type(), Serde::of_type(), backing)
}
