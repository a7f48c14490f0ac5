//! A versioned store against a model, with crashes, rollbacks and restores, in memory and over engines.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_state::conformance::RecordedChangelog;
use millstream_state::{
    AnyStore, Backing, InMemoryEngine, PutVersion, StoreIndex, StoreOptions, VersionedOptions, VersionedStore,
};
use millstream_types::{Serde, Timestamp};

const RETENTION_MS: i64 = 1_000;
const SEGMENT_MS: i64 = 300;
const STEPS: usize = 600;

type Key = String;
type Store = VersionedStore<Key, i64>;

/// A version: value, begin, end.
type Version = (i64, i64, Option<i64>);

/// Every version that was written, deletes among them, and stream time.
#[derive(Clone, Default)]
struct Model {
    versions: BTreeMap<Key, BTreeMap<i64, Option<i64>>>,
    now: i64,
    /// Stream time of the store with these versions, also if that of a reopened store is behind it.
    latest: i64,
}

impl Model {
    fn put(&mut self, key: &Key, value: Option<i64>, time: i64) -> PutVersion {
        if time < self.now - RETENTION_MS {
            return PutVersion::Expired;
        }
        self.now = self.now.max(time);
        self.latest = self.latest.max(time);
        let versions = self.versions.entry(key.clone()).or_default();
        versions.insert(time, value);
        match versions.range(time + 1..).next() {
            Some((next, _)) => PutVersion::Until(Timestamp::from_millis(*next)),
            None => PutVersion::Latest,
        }
    }

    /// The versions of a key that are there for certain.
    fn history(&self, key: &Key) -> Vec<Version> {
        let Some(versions) = self.versions.get(key) else { return Vec::new() };
        let ends = versions.keys().skip(1).map(|end| Some(*end)).chain([None]);
        let all = versions.iter().zip(ends).filter_map(|((from, value), end)| Some(((*value)?, *from, end)));
        all.filter(|version| self.is_kept(version)).collect()
    }

    /// Whether a version ended within the retention. Others are kept until their segment closes.
    fn is_kept(&self, (_, _, end): &Version) -> bool {
        end.is_none_or(|end| end > self.latest - RETENTION_MS)
    }

    fn as_of(&self, key: &Key, time: i64) -> Option<Version> {
        let valid = self.history(key).into_iter().rev().find(|(_, from, _)| *from <= time);
        let valid = valid.filter(|(_, _, end)| end.is_none_or(|end| end > time))?;
        (valid.2.is_none() || time >= self.now - RETENTION_MS).then_some(valid)
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33).cast_signed() % bound
    }
}

fn open(disk: Option<(&InMemoryEngine, usize)>) -> Store {
    let versions = VersionedOptions::retaining(Duration::from_millis(RETENTION_MS.unsigned_abs()))
        .with_segment_interval(Duration::from_millis(SEGMENT_MS.unsigned_abs()));
    let backing = match disk {
        Some((disk, cache_bytes_max)) => Backing::Engine { engine: Box::new(disk.clone()), cache_bytes_max },
        None => Backing::InMemory,
    };
    let options = StoreOptions::new("v", StoreIndex::new(0), "app-v-changelog");
    VersionedStore::new(options, versions, Serde::of_type(), Serde::of_type(), backing)
}

fn versions_of(store: &mut Store, key: &Key) -> Vec<Version> {
    let history = store.history(key, Timestamp::from_millis(0), Timestamp::from_millis(i64::MAX)).unwrap();
    let version = |version: millstream_state::VersionedRecord<i64>| {
        (version.value, version.timestamp.as_millis(), version.valid_to.map(Timestamp::as_millis))
    };
    history.into_iter().map(version).collect()
}

/// Whether an undo log is kept, and some commits are rolled back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Undo {
    Kept,
    None,
}

fn run(cache_bytes_max: Option<usize>, undo: Undo, seed: u64) {
    let (mut random, disk) = (Random(seed), InMemoryEngine::new());
    let on_disk = cache_bytes_max.map(|bytes| (&disk, bytes));
    let (mut store, mut log) = (open(on_disk), RecordedChangelog::default());
    let (mut model, mut committed) = (Model::default(), (Model::default(), 0));
    if undo == Undo::Kept {
        store.keep_undo_log(usize::MAX).unwrap();
    }
    for step in 0..STEPS {
        let key = format!("k{}", random.below(4));
        match random.below(20) {
            0..14 => {
                let mut time = (model.now + random.below(260) - 130).max(0);
                if random.below(12) == 0 || time < model.latest - RETENTION_MS {
                    time = (model.now - RETENTION_MS - 1).max(0);
                }
                let value = (random.below(4) > 0).then_some(i64::try_from(step).unwrap());
                let expected = model.put(&key, value, time);
                let got = store.put(&key, value, Timestamp::from_millis(time), &mut log).unwrap();
                assert_eq!(got, expected, "step {step}: {key} at {time}");
            }
            14..16 => {
                let time = (model.latest - random.below(RETENTION_MS)).max(0);
                let got = store.get_as_of(&key, Timestamp::from_millis(time)).unwrap();
                let got = got.map(|version| {
                    (*version.value, version.timestamp.as_millis(), version.valid_to.map(Timestamp::as_millis))
                });
                assert_eq!(got, model.as_of(&key, time), "step {step}: {key} as of {time}");
            }
            16..18 => {
                store.committed().unwrap();
                store.write_back(Some(log.end())).unwrap();
                committed = (model.clone(), log.records.len());
            }
            18 if undo == Undo::Kept => {
                store.roll_back();
                model = committed.0.clone();
                log.records.truncate(committed.1);
            }
            _ => {
                store = open(on_disk);
                log.restore(&mut store).unwrap();
                store.get(&key).unwrap();
                model.now = store.observed_stream_time().as_millis().max(0);
                assert!(model.now <= model.latest && (on_disk.is_some() || model.now == model.latest));
                committed = (model.clone(), log.records.len());
                if undo == Undo::Kept {
                    store.keep_undo_log(usize::MAX).unwrap();
                }
            }
        }
        let mut got = versions_of(&mut store, &key);
        got.retain(|version| model.is_kept(version));
        assert_eq!(got, model.history(&key), "seed {seed}, step {step}: {key}");
    }
}

#[test]
fn a_store_in_memory_has_the_versions_of_the_model() {
    (0..4).for_each(|seed| run(None, Undo::None, seed));
    (0..4).for_each(|seed| run(None, Undo::Kept, seed));
}

#[test]
fn a_store_over_an_engine_has_the_versions_of_the_model() {
    for cache_bytes_max in [0, 400, 1 << 20] {
        (0..2).for_each(|seed| run(Some(cache_bytes_max), Undo::None, seed));
        (0..2).for_each(|seed| run(Some(cache_bytes_max), Undo::Kept, seed));
    }
}
