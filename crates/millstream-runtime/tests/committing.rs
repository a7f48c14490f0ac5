//! What a commit does with the log.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::executor::block_on;
use millstream_core::StreamsBuilder;
use millstream_runtime::StreamsConfig;
use millstream_types::{Headers, Timestamp, TopicPartition};
use support::{PARTITIONS, config, eventually, log, pause, run};

/// How many keys each task has: enough for the next one to wait until they are durable.
const KEYS: usize = 6_000;

const ALL_KEYS: usize = KEYS * PARTITIONS as usize;

/// All tasks' rows at once would lie in memory until the last of them is acknowledged.
#[test]
fn a_task_with_much_to_write_is_flushed_alone() {
    let log = log();
    for partition in (0..PARTITIONS).map(|number| TopicPartition::new("words", number)) {
        for number in 0..KEYS {
            let key = format!("{partition}-{number}");
            log.append(&partition, Timestamp::from_millis(1), Some(key.as_bytes()), Some(b""), &Headers::new())
                .unwrap();
        }
    }
    let seen = Arc::new(AtomicUsize::new(0));
    let builder = StreamsBuilder::new();
    let words = builder.stream::<String, String>("words");
    let seen_here = Arc::clone(&seen);
    words
        .peek(move |_, _| _ = seen_here.fetch_add(1, Ordering::Relaxed))
        .group_by_key()
        .count("counts")
        .to_stream()
        .to("counts");
    let settings = StreamsConfig {
        commit_interval: Duration::from_secs(3_600),
        session_timeout: Duration::from_secs(7_200),
        ..config("app")
    };
    let streams = run(builder.build().unwrap(), settings, &log);
    eventually("all is processed", || seen.load(Ordering::Relaxed) == ALL_KEYS);

    log.faults().set_available("counts", false);
    let closing = streams.close();
    let logged = || log.records("app-counts-changelog").unwrap().len();
    eventually("the first task is flushed", || logged() == KEYS);
    pause(Duration::from_millis(50));
    assert_eq!(logged(), KEYS, "the others wait");

    log.faults().set_available("counts", true);
    block_on(closing).unwrap();
    assert_eq!((logged(), log.records("counts").unwrap().len()), (ALL_KEYS, ALL_KEYS));
    let committed = log.committed("app");
    assert!(committed.values().all(|committed| committed.offset.number() == i64::try_from(KEYS).unwrap()));
}
