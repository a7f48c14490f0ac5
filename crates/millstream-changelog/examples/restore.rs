//! Measures how fast a store in memory is restored from a changelog on the in-process log.
//!
//! `cargo run --release -p millstream-changelog --example restore [keys]`

#![expect(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a measurement reads the clock and prints")]

use std::error::Error;
use std::time::Instant;

use millstream_changelog::{Changelogs, Goal, Positions, RestoreEvent, Restorer, TurnLimit};
use millstream_log::{InProcessLog, Log, Signal};
use millstream_state::{AnyStore, Backing, KeyValueStore, StoreIndex, StoreOptions};
use millstream_types::{MonotonicTime, RecordBytes, Serde, TaskId, Timestamp, TopicPartition};

const NOW: Timestamp = Timestamp::from_millis(1_000);

fn main() -> Result<(), Box<dyn Error>> {
    let keys: i64 = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;
    let (log, signal) = (InProcessLog::new(), Signal::new());
    log.create_topic("counts-changelog", 1)?;
    let mut producer = log.producer("writer", &signal)?;
    for key in 0..keys {
        let (topic, value) = ("counts-changelog".into(), key.to_be_bytes());
        let key = format!("key-{key:012}");
        let partition = Default::default();
        assert!(producer.append(&topic, partition, &RecordBytes::new(NOW, Some(key.as_bytes()), Some(&value))));
    }
    producer.flush();

    let options = StoreOptions::new("counts", StoreIndex::new(0), "counts-changelog");
    let mut store: KeyValueStore<String, i64> =
        KeyValueStore::new(options, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    let mut restorer = Restorer::new(log.fetcher("restore", &signal)?, log.admin("restore", &signal)?);
    let (task, partition) = (TaskId::new(0, 0), TopicPartition::new("counts-changelog", 0));
    let changelogs = Changelogs::new([(StoreIndex::new(0), partition)]);
    let started = Instant::now();
    restorer.add(task, &changelogs, std::iter::once(&mut store as &mut dyn AnyStore), Goal::Run, &Positions::default());
    while restorer.is_restoring(task) {
        restorer.poll(MonotonicTime::START);
        while let Some(due) = restorer.next_due() {
            restorer.advance(due, &mut store, MonotonicTime::START, &mut TurnLimit::none());
        }
        for event in restorer.take_events() {
            if let RestoreEvent::Failed(error) = event {
                return Err(error.into());
            }
        }
    }
    let took = started.elapsed();
    assert_eq!(store.len() as i64, keys, "every key is back");
    println!("{keys} keys of 16 bytes: {:.2} million records/s", keys as f64 / took.as_secs_f64() / 1e6);
    Ok(())
}
