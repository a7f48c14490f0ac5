//! Measures updates and restores of a store in memory with 1 M keys of 16 bytes and `i64` values.
//!
//! ```text
//! cargo run --release -p millstream-state --example update
//! ```

// A measurement reads the clock and prints.
#![allow(clippy::disallowed_macros, clippy::disallowed_methods)]

use std::time::{Duration, Instant};

use millstream_state::{
    AnyStore, Backing, KeyValueStore, NoChangelog, RecordContext, StoreError, StoreIndex, StoreOptions,
    ValueAndTimestamp,
};
use millstream_types::{Serde, Timestamp};

const KEYS: usize = 1_000_000;
const UPDATES: usize = 4_000_000;
const UPDATES_PER_FLUSH: usize = 100_000;
const KEYS_PER_BATCH: usize = 1_000;

/// When updates are logged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Logging {
    AtFlush,
    AtOnce,
}

fn main() -> Result<(), StoreError> {
    let keys: Vec<String> = (0..KEYS).map(|number| format!("key-{number:012}")).collect();
    println!("{:<28} {:>12} {:>14}", "", "each", "per second");
    measure_updates(&keys, Logging::AtFlush)?;
    measure_updates(&keys, Logging::AtOnce)?;
    measure_restore(&keys)
}

/// Counts random keys with regular flushes. All keys exist before the measurement.
fn measure_updates(keys: &[String], logging: Logging) -> Result<(), StoreError> {
    let mut store = open(logging);
    for key in keys {
        count(&mut store, key)?;
    }
    store.take_dirty(&mut NoChangelog, usize::MAX)?;
    let mut random = Random(42);
    let (mut updating, mut flushing, mut forwarded) = (Duration::ZERO, Duration::ZERO, 0);
    for updates in (KEYS_PER_BATCH..=UPDATES).step_by(KEYS_PER_BATCH) {
        // New keys in the processor's cache, as a source decodes them.
        let decoded: Vec<String> = (0..KEYS_PER_BATCH).map(|_| keys[random.below(KEYS)].clone()).collect();
        let start = Instant::now();
        for key in &decoded {
            count(&mut store, key)?;
        }
        updating += start.elapsed();
        if updates % UPDATES_PER_FLUSH == 0 {
            let start = Instant::now();
            forwarded += store.take_dirty(&mut NoChangelog, usize::MAX)?.len();
            flushing += start.elapsed();
        }
    }
    assert_eq!(total(&mut store, keys)?, (KEYS + UPDATES) as i64);
    match logging {
        Logging::AtFlush => {
            report("update, caching", updating, UPDATES);
            report("flush, per dirty key", flushing, forwarded);
        }
        Logging::AtOnce => report("update, logging at once", updating, UPDATES),
    }
    Ok(())
}

/// Restores every key once.
fn measure_restore(keys: &[String]) -> Result<(), StoreError> {
    let mut store = open(Logging::AtFlush);
    let start = Instant::now();
    for (key, number) in keys.iter().zip(0_i64..) {
        store.restore(key.as_bytes(), Some(&number.to_be_bytes()), Timestamp::from_millis(number))?;
    }
    report("restore", start.elapsed(), KEYS);
    assert_eq!(store.len(), KEYS);
    Ok(())
}

fn open(logging: Logging) -> KeyValueStore<String, i64> {
    let caching = logging == Logging::AtFlush;
    let options = StoreOptions { caching, ..StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog") };
    KeyValueStore::new(options, Serde::of_type(), Serde::of_type(), Backing::InMemory)
}

fn count(store: &mut KeyValueStore<String, i64>, key: &String) -> Result<(), StoreError> {
    let context = RecordContext::at(7);
    store.update(key, &context, &mut NoChangelog, |held| {
        Some(ValueAndTimestamp::new(held.map_or(0, |held| held.value) + 1, context.timestamp))
    })
}

fn total(store: &mut KeyValueStore<String, i64>, keys: &[String]) -> Result<i64, StoreError> {
    let mut total = 0;
    for key in keys {
        total += store.get(key)?.map_or(0, |held| held.value);
    }
    Ok(total)
}

fn report(what: &str, took: Duration, times: usize) {
    let each = took.as_secs_f64() / times as f64;
    println!("{what:<28} {:>9.3} µs {:>14.0}", each * 1e6, 1.0 / each);
}

/// A linear congruential generator, which gives the same order in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(self.0) * bound as u128) >> 64) as usize
    }
}
