//! A store in memory: updates, with an undo log and without, and restoring it.

use millstream_state::{
    AnyStore, Backing, KeyValueStore, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp,
};
use millstream_types::{Serde, Timestamp};

use crate::report::{Measurement, Run, Spent, timed};

const KEYS: u64 = 1_000_000;
const UPDATES: u64 = 2_000_000;
/// Updates between two flushes: what a commit interval of 100 ms sees at a million a second.
const UPDATES_PER_FLUSH: u64 = 100_000;

pub(crate) fn measure() -> Vec<Measurement> {
    vec![
        updates("update of a store in memory, 1 M String keys, i64 values", "350 ns", Undo::Off, |times| {
            times.updating
        }),
        updates("… and logging what is dirty, every 100,000 updates", "–", Undo::Off, |times| times.logging),
        updates("update with an undo log, in memory, 1 M String keys", "–", Undo::On, |times| times.updating),
        updates("… and logging and committing it, every 100,000 updates", "–", Undo::On, |times| times.logging),
        Measurement {
            name: "restore into a store in memory, 1 M keys of 16 bytes",
            target: "500 ns",
            units: KEYS,
            prepare: Box::new(|| {
                let rows: Vec<String> = (0..KEYS).map(key).collect();
                Box::new(move || {
                    let mut store = open(false);
                    let time = timed(|| {
                        for row in &rows {
                            let value = 7_i64.to_be_bytes();
                            store.restore(row.as_bytes(), Some(&value), Timestamp::from_millis(1)).expect("it decodes");
                        }
                    });
                    assert_eq!(store.len() as u64, KEYS, "every key is there");
                    time
                })
            }),
        },
    ]
}

/// Whether the store keeps an undo log.
#[derive(Clone, Copy)]
enum Undo {
    Off,
    On,
}

fn updates(name: &'static str, target: &'static str, undo: Undo, part: fn(Times) -> Spent) -> Measurement {
    let prepare = move || -> Run {
        let (mut store, keys) = (open(true), shuffled_keys());
        if let Undo::On = undo {
            store.keep_undo_log(usize::MAX).expect("nothing is dirty");
        }
        Box::new(move || part(update_all(&mut store, &keys)))
    };
    Measurement { name, target, units: UPDATES, prepare: Box::new(prepare) }
}

fn open(caching: bool) -> KeyValueStore<String, i64> {
    let options = StoreOptions { caching, ..StoreOptions::new("counts", StoreIndex::new(0), "bench-counts-changelog") };
    KeyValueStore::new(options, Serde::of_type(), Serde::of_type(), Backing::InMemory)
}

fn key(number: u64) -> String {
    format!("key-{number:012}")
}

/// Keys in a random order that is the same in every run, one per update, as records bring them.
fn shuffled_keys() -> Vec<String> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..UPDATES).map(|_| key(next() % KEYS)).collect()
}

#[derive(Clone, Copy, Default)]
struct Times {
    updating: Spent,
    logging: Spent,
}

/// Updates every key, and flushes dirty rows regularly.
fn update_all(store: &mut KeyValueStore<String, i64>, keys: &[String]) -> Times {
    let mut times = Times::default();
    for updates in keys.chunks(UPDATES_PER_FLUSH as usize) {
        times.updating += timed(|| updates.iter().for_each(|key| update(store, key)));
        times.logging += timed(|| {
            store.log_dirty(&mut NoChangelog, usize::MAX).expect("a store in memory does not fail");
            store.committed().expect("nothing is dirty");
        });
    }
    times
}

fn update(store: &mut KeyValueStore<String, i64>, key: &String) {
    let updated = store.update(key, &RecordContext::at(1), &mut NoChangelog, |row| {
        Some(ValueAndTimestamp::new(row.map_or(0, |row| row.value) + 1, 1))
    });
    updated.expect("a store in memory does not fail");
}
