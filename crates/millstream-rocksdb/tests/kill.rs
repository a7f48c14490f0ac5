//! A writing process is killed at random moments, many times: each store on disk is always a prefix of what was written
//! to it, with its own offset.
//!
//! The writer is this test program itself, started again with a directory in its environment. What it writes follows from
//! the number of the batch alone, so the parent knows what a store at any offset must hold.

// A campaign against the clock needs the clock, and its child gets its settings by the environment.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_macros)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::ops::Bound;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use millstream_rocksdb::{RocksDb, RocksDbConfig};
use millstream_state::{Batch, Direction, Engine, EngineSupplier, Operation, StoreSpace};
use millstream_types::Offset;

/// Where the child is to write; its absence makes a process the parent.
const DIRECTORY: &str = "MILLSTREAM_KILL_DIRECTORY";
/// How often the child is killed, and how long that may take.
const KILLS: u64 = 150;
const KILLS_MIN: u64 = 10;
const CAMPAIGN_MAX: Duration = Duration::from_secs(20);
/// Each run of the child takes this long at most after its first batch.
const LIFE_MAX_MS: u64 = 150;
const SEED: u64 = 42;

/// A store is written to a file of its own accord when its changelog is this much ahead.
const UNFLUSHED_RECORDS_MAX: u64 = 2_000;
/// The stores, each with the changelog records that one of its batches stands for: so the first is written to a file
/// after each 10 batches, the second after each 100, the third hardly ever, unless RocksDB wants to. Families flush apart.
const STORES: [(&str, u64); 3] = [("often", 200), ("seldom", 20), ("hardly ever", 1)];

#[test]
fn a_killed_process_leaves_a_prefix_in_every_store() {
    if let Some(directory) = env::var_os(DIRECTORY) {
        write_for_ever(Path::new(&directory));
    }
    let directory = tempfile::tempdir().unwrap();
    let mut random = Random(SEED);
    let mut model = Models::default();
    let (began, mut kills, mut moved) = (Instant::now(), 0, [0; STORES.len()]);
    while kills < KILLS && began.elapsed() < CAMPAIGN_MAX {
        let mut child = start(directory.path());
        thread::sleep(Duration::from_millis(random.below(LIFE_MAX_MS)));
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        for (moved, has_moved) in moved.iter_mut().zip(model.check(directory.path(), kills)) {
            *moved += u64::from(has_moved);
        }
    }
    println!("{kills} kills; stores that were further than at the kill before: {moved:?}");
    assert!(kills >= KILLS_MIN, "only {kills} kills in {CAMPAIGN_MAX:?}");
    assert!(moved[0] > kills / 2, "the store that is often written to files loses little: {moved:?}");
    assert!(moved[0] > moved[2], "families flush apart: {moved:?}");
}

/// Starts the child, and returns when it has written its first batch.
fn start(directory: &Path) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "a_killed_process_leaves_a_prefix_in_every_store", "--nocapture"]);
    let mut child = command.env(DIRECTORY, directory).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let begins = |line: &std::io::Result<String>| line.as_ref().unwrap().contains("first batch written");
    assert!(lines.any(|line| begins(&line)), "the child ended before it wrote");
    child
}

/// The child: continues at the offset of each store, with one batch for each in turn.
fn write_for_ever(directory: &Path) -> ! {
    let mut engines = open(directory);
    let mut batches: Vec<u64> = (0..STORES.len()).map(|store| batches_in(store, &*engines[store])).collect();
    for round in 0_u64.. {
        for (store, engine) in engines.iter_mut().enumerate() {
            engine.write(&batch(store, batches[store])).unwrap();
            batches[store] += 1;
        }
        if round == 0 {
            println!("first batch written");
        }
    }
    unreachable!("the test ends before")
}

fn open(directory: &Path) -> Vec<Box<dyn Engine>> {
    let config = RocksDbConfig { memory_bytes_max: 8 << 20, unflushed_records_max: UNFLUSHED_RECORDS_MAX };
    let spaces: Vec<StoreSpace> = STORES.iter().map(|(name, _)| StoreSpace::new(*name, "rows")).collect();
    RocksDb::new(config).open(directory, &spaces).unwrap().engines
}

/// How many batches a store holds, by its own account.
fn batches_in(store: usize, engine: &dyn Engine) -> u64 {
    let offset = engine.changelog_offset().unwrap().unwrap_or(Offset::ZERO).number().unsigned_abs();
    assert_eq!(offset % STORES[store].1, 0, "an offset that no batch had");
    offset / STORES[store].1
}

/// What batch `number` of a store does: some rows set, some removed, at times a range of them, at times much at once so
/// that RocksDB wants files of its own accord.
fn batch(store: usize, number: u64) -> Batch {
    let mut random = Random(number.wrapping_mul(31).wrapping_add(store as u64));
    let mut batch = Batch::new();
    for _ in 0..=random.below(8) {
        let key = random.below(400).to_be_bytes();
        match random.below(20) {
            0..=2 => batch.delete(&key),
            3 if random.below(10) == 0 => batch.delete_range(&key, &(random.below(400)).to_be_bytes()),
            4 => batch.put(&key, &vec![number as u8; 20_000]),
            _ => batch.put(&key, &number.to_be_bytes()),
        }
    }
    batch.set_changelog_offset(Offset::new(((number + 1) * STORES[store].1) as i64));
    batch
}

/// What the stores must hold, after as many batches each as they were last seen with.
#[derive(Default)]
struct Models {
    stores: [(u64, Rows); STORES.len()],
}

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

impl Models {
    /// Holds what is on disk to what must be there; for each store, whether it is further than the last time.
    fn check(&mut self, directory: &Path, kill: u64) -> [bool; STORES.len()] {
        let engines = open(directory);
        let mut moved = [false; STORES.len()];
        for (store, engine) in engines.iter().enumerate() {
            let (name, found) = (STORES[store].0, batches_in(store, &**engine));
            let (seen, rows) = &mut self.stores[store];
            assert!(found >= *seen, "kill {kill}: store `{name}` lost batches that were in files");
            moved[store] = found > *seen;
            (*seen..found).for_each(|number| apply(&batch(store, number), rows));
            *seen = found;
            let page = engine.page(Bound::Unbounded, Bound::Unbounded, Direction::Forward, usize::MAX).unwrap();
            let expected: Vec<_> = rows.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
            assert!(page == expected, "kill {kill}: store `{name}` is not its first {found} batches");
        }
        moved
    }
}

fn apply(batch: &Batch, rows: &mut Rows) {
    for operation in batch.operations() {
        match operation {
            Operation::Put(key, value) => drop(rows.insert(key.to_vec(), value.to_vec())),
            Operation::Delete(key) => drop(rows.remove(key)),
            Operation::DeleteRange(from, to) => rows.retain(|key, _| &**key < from || &**key >= to),
        }
    }
}

/// A linear congruential generator: the same campaign in every run, but for where the kills strike.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(self.0) * u128::from(bound)) >> 64) as u64
    }
}
