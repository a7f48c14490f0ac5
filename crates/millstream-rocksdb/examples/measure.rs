//! Measures a key-value store over RocksDB: 1 M keys of 16 bytes, `i64` values, uniform access.
//!
//! ```text
//! eval "$(scripts/rocksdb-library)"
//! cargo run --release -p millstream-rocksdb --example measure
//! ```
//!
//! Beside the time that passed it prints the processor time of the calling thread and of the whole process, which other
//! work on the machine disturbs less. RocksDB writes and merges its files on threads of its own.

// A measurement reads the clock and prints.
#![allow(clippy::disallowed_macros, clippy::disallowed_methods)]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use millstream_rocksdb::{RocksDb, RocksDbConfig};
use millstream_state::{
    AnyStore, Backing, EngineSupplier, KeyValueStore, NoChangelog, RecordContext, StoreIndex, StoreOptions, StoreSpace,
    ValueAndTimestamp,
};
use millstream_types::{Data, Offset, Serde, Timestamp};

const KEYS: usize = 1_000_000;
/// What a row takes in the cache, about.
const ROW_BYTES: usize = 96;
const UPDATES: usize = 2_000_000;
const KEYS_BETWEEN_LOOKS: usize = 1_000;
/// Commits come by the clock.
const COMMIT_INTERVAL: Duration = Duration::from_millis(100);
/// Changelog records that a restore applies at a time.
const RESTORED_AT_A_TIME: usize = 10_000;
const DUMPED_AT_A_TIME: usize = 10_000;

type Counts = KeyValueStore<String, i64>;
type Bytes = KeyValueStore<String, Vec<u8>>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut keys: Vec<String> = (0..KEYS).map(|number| format!("key-{number:012}")).collect();
    let mut random = Random(7);
    (1..KEYS).rev().for_each(|last| keys.swap(last, random.below(last + 1)));
    println!("{:<26} {:>10} {:>12} {:>12} {:>12}", "µs each", "passed", "this thread", "all threads", "per second");
    for share in [10, 100] {
        measure_updates(&keys, share)?;
    }
    for size in [8, 100] {
        measure_restore(&keys, size)?;
    }
    Ok(())
}

/// Counts random keys, with a commit every 100 ms; all keys are there before the clock starts.
fn measure_updates(keys: &[String], cache_percent: usize) -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let rocks = RocksDb::new(RocksDbConfig::default());
    let mut store: Counts = open(&rocks, directory.path(), ROW_BYTES * KEYS * cache_percent / 100)?;
    let mut offset = 0;
    for keys in keys.chunks(50_000) {
        keys.iter().try_for_each(|key| count(&mut store, key))?;
        commit(&mut store, &mut offset)?;
    }
    let mut random = Random(42);
    // Keys of their own, as a source decodes them.
    let decoded: Vec<String> = (0..UPDATES).map(|_| keys[random.below(KEYS)].clone()).collect();
    let mut watch = Watch::start();
    let (mut last_commit, mut committing, mut commits, mut written) = (Instant::now(), Duration::ZERO, 0, 0);
    for keys in decoded.chunks(KEYS_BETWEEN_LOOKS) {
        keys.iter().try_for_each(|key| count(&mut store, key))?;
        if last_commit.elapsed() >= COMMIT_INTERVAL {
            last_commit = Instant::now();
            written += usize::from(commit(&mut store, &mut offset)?);
            committing += last_commit.elapsed();
            commits += 1;
        }
    }
    commit(&mut store, &mut offset)?;
    watch.report(&format!("update, cache of {cache_percent} %"), UPDATES);
    println!(
        "    {commits} commits, {written} of them written, took {:.0} % of the time",
        100.0 * committing.as_secs_f64() / watch.passed.as_secs_f64()
    );
    assert_eq!(total(&mut store, keys)?, (KEYS + UPDATES) as i64);
    Ok(())
}

/// Restores every key twice, as a changelog has them before it is compacted.
fn measure_restore(keys: &[String], value_bytes: usize) -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let rocks = RocksDb::new(RocksDbConfig::default());
    let mut store: Bytes = open(&rocks, directory.path(), 0)?;
    let (mut offset, value) = (0, vec![7; value_bytes]);
    let mut watch = Watch::start();
    for keys in [keys, keys].into_iter().flat_map(|keys| keys.chunks(RESTORED_AT_A_TIME)) {
        for key in keys {
            store.restore(key.as_bytes(), Some(&value), Timestamp::from_millis(7))?;
        }
        offset += keys.len();
        store.restored_to(Offset::new(offset as i64))?;
    }
    watch.report(&format!("restore, {value_bytes} byte values"), 2 * KEYS);
    drop(store);
    let mut store: Bytes = open(&rocks, directory.path(), 0)?;
    let (mut rows, mut page) = (0, store.dump(None, DUMPED_AT_A_TIME)?);
    while let Some(last) = page.last() {
        rows += page.len();
        page = store.dump(Some(&last.engine_key), DUMPED_AT_A_TIME)?;
    }
    assert_eq!(rows, KEYS);
    Ok(())
}

/// Time: passed, and on the processor by this thread and by all.
struct Watch {
    began: Instant,
    thread: f64,
    all: f64,
    passed: Duration,
}

impl Watch {
    fn start() -> Self {
        Self { began: Instant::now(), thread: thread_seconds(), all: process_seconds(), passed: Duration::ZERO }
    }

    fn report(&mut self, what: &str, times: usize) {
        self.passed = self.began.elapsed();
        let seconds = [self.passed.as_secs_f64(), thread_seconds() - self.thread, process_seconds() - self.all];
        let [passed, thread, all] = seconds.map(|seconds| seconds * 1e6 / times as f64);
        println!("{what:<26} {passed:>10.2} {thread:>12.2} {all:>12.2} {:>12.0}", 1e6 / passed);
    }
}

/// The calling thread's processor time; 0 where the system does not provide it.
fn thread_seconds() -> f64 {
    let status = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    status.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).map_or(0.0, |nanos| nanos / 1e9)
}

/// The processor time of all threads, in steps of 10 ms; 0 where the system does not provide it.
fn process_seconds() -> f64 {
    let status = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = status.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn open<V: Data>(
    rocks: &RocksDb,
    directory: &Path,
    cache_bytes_max: usize,
) -> Result<KeyValueStore<String, V>, Box<dyn Error>> {
    let mut task = rocks.open(directory, &[StoreSpace::new("counts", "app-counts-changelog")])?;
    let engine = task.engines.pop().ok_or("one store was opened")?;
    let options = StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog");
    let options = StoreOptions { caching: true, ..options };
    let backing = Backing::Engine { engine, cache_bytes_max };
    Ok(KeyValueStore::new(options, Serde::of_type(), Serde::of_type(), backing))
}

fn count(store: &mut Counts, key: &String) -> Result<(), Box<dyn Error>> {
    let context = RecordContext::at(7);
    store.update(key, &context, &mut NoChangelog, |held| {
        Some(ValueAndTimestamp::new(held.map_or(0, |held| held.value) + 1, context.timestamp))
    })?;
    Ok(())
}

/// As a task commits; whether the engine was written to.
fn commit(store: &mut Counts, offset: &mut i64) -> Result<bool, Box<dyn Error>> {
    *offset += store.take_dirty(&mut NoChangelog, usize::MAX)?.len() as i64;
    let written_to = store.changelog_offset()?.map_or(0, Offset::number);
    let is_due = store.is_write_back_due((*offset - written_to).unsigned_abs());
    if is_due {
        store.write_back(Some(Offset::new(*offset)))?;
    }
    Ok(is_due)
}

fn total(store: &mut Counts, keys: &[String]) -> Result<i64, Box<dyn Error>> {
    let mut total = 0;
    for key in keys {
        total += store.get(key)?.map_or(0, |held| held.value);
    }
    Ok(total)
}

/// A linear congruential generator: the same order in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(self.0) * bound as u128) >> 64) as usize
    }
}
