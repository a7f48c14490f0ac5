//! Many tasks with several stores each stay within the one budget of memory.
//!
//! Alone in its program: it looks at the memory of the whole process.

// Linux has a process's memory in a file, and the figures are printed.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::disallowed_macros)]

use std::fs;

use millstream_rocksdb::{RocksDb, RocksDbConfig};
use millstream_state::{Batch, EngineSupplier, StoreSpace, TaskEngines};
use millstream_types::Offset;

const TASKS: usize = 20;
const STORES: usize = 3;
const ROUNDS: u64 = 45;
const ROWS_PER_BATCH: u64 = 400;
const VALUE_BYTES: usize = 100;

const MEMORY_BYTES_MAX: usize = 32 << 20;
/// What the budget does not count: the databases' own tables, threads and open files.
const SLACK_BYTES_PER_STORE: usize = 512 << 10;

#[test]
fn one_setting_bounds_the_memory_of_all_tasks() {
    let directory = tempfile::tempdir().unwrap();
    let rocks = RocksDb::new(RocksDbConfig { memory_bytes_max: MEMORY_BYTES_MAX, ..RocksDbConfig::default() });
    let before = resident_bytes();
    let mut tasks: Vec<TaskEngines> = Vec::new();
    for task in 0..TASKS {
        let directory = directory.path().join(task.to_string());
        fs::create_dir(&directory).unwrap();
        let stores: Vec<_> = (0..STORES).map(|store| StoreSpace::new(store.to_string(), "rows")).collect();
        tasks.push(rocks.open(&directory, &stores).unwrap());
    }
    let opened = resident_bytes().saturating_sub(before);
    let (mut most, mut most_counted) = (0, 0);
    for round in 0..ROUNDS {
        tasks.iter_mut().for_each(|task| write_and_read(task, round));
        most = most.max(resident_bytes().saturating_sub(before));
        most_counted = most_counted.max(rocks.memory_use().bytes);
    }
    let written = TASKS as u64 * STORES as u64 * ROUNDS * ROWS_PER_BATCH * (VALUE_BYTES as u64 + 8);
    let [written_mib, opened_mib, most_mib, counted_mib] =
        [written as usize, opened, most, most_counted].map(|bytes| bytes >> 20);
    println!("MiB: {written_mib} written, {opened_mib} after opening, {most_mib} at most, {counted_mib} counted");
    assert!(written as usize > 3 * MEMORY_BYTES_MAX, "the test writes much more than the budget");
    assert!(most < MEMORY_BYTES_MAX + TASKS * STORES * SLACK_BYTES_PER_STORE, "{most} bytes were resident");
    assert!(most_counted < MEMORY_BYTES_MAX * 9 / 8, "{most_counted} bytes were counted");
}

fn write_and_read(task: &mut TaskEngines, round: u64) {
    for engine in &mut task.engines {
        let mut batch = Batch::new();
        for row in 0..ROWS_PER_BATCH {
            // The same number of rows in each round, each time others, spread over the keys.
            let key = (round * ROWS_PER_BATCH + row).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            batch.put(&key.to_be_bytes(), &[key as u8; VALUE_BYTES]);
        }
        batch.set_changelog_offset(Offset::new(round as i64));
        engine.write(&batch).unwrap();
        for row in (0..=round * ROWS_PER_BATCH).step_by(97) {
            let key = row.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            assert_eq!(engine.get(&key.to_be_bytes()).unwrap(), Some(vec![key as u8; VALUE_BYTES]));
        }
    }
}

fn resident_bytes() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}
