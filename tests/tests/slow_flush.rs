//! Slow user code behind a cache: a commit forwards every dirty row, and the thread must be able to do other things meanwhile.
//!
//! With one flush for all rows of a task, 1,000 rows of 3 ms hold the thread up for 3 s: no heartbeat, no other task, no
//! schedule, no query.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "support/waiting.rs"]
mod waiting;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use millstream::events::EventSettings;
use millstream::logs::InProcessLog;
use millstream::{
    Materialized, RecordBytes, Streams, StreamsBuilder, StreamsConfig, StreamsHandle, TopicPartition, Topology,
};
use waiting::{PATIENCE, wait_until};

const KEYS: usize = 1_000;

fn append(log: &InProcessLog, topic: &str, key: &str) {
    log.append(&TopicPartition::new(topic, 0), &RecordBytes::new(1.into(), Some(key.as_bytes()), Some(b"v"))).unwrap();
}

/// An application of two tasks on one thread: one counts the records of `in`, with slow user code behind its cache; the other
/// reads `ping`. The slow code writes a record to `ping` when it gets its first row.
struct SlowFlush {
    log: InProcessLog,
    processed: Arc<AtomicUsize>,
    forwarded: Arc<AtomicUsize>,
    /// How many rows were forwarded when the other task processed its record.
    responded_after: Arc<AtomicUsize>,
}

impl SlowFlush {
    /// With one record of each key in the topic `in`.
    fn new() -> Self {
        let log = InProcessLog::new();
        ["in", "out", "ping", "pong"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
        (0..KEYS).for_each(|key| append(&log, "in", &key.to_string()));
        Self { log, processed: Arc::default(), forwarded: Arc::default(), responded_after: Arc::default() }
    }

    fn start(&self, per_row: Duration, config: StreamsConfig) -> StreamsHandle {
        let events = EventSettings { lines: false, ..EventSettings::default() };
        let config = StreamsConfig { threads: 1, events, ..config };
        Streams::new(self.topology(per_row), config).with_log(self.log.clone()).start().unwrap()
    }

    fn topology(&self, per_row: Duration) -> Topology {
        let builder = StreamsBuilder::new();
        let processed = Arc::clone(&self.processed);
        let lines = builder.stream::<String, String>("in").peek(move |_, _| {
            processed.fetch_add(1, Ordering::SeqCst);
        });
        let (log, forwarded) = (self.log.clone(), Arc::clone(&self.forwarded));
        let slow = move |_: &String, _: &Option<i64>| {
            if forwarded.fetch_add(1, Ordering::SeqCst) == 0 {
                append(&log, "ping", "k");
            }
            std::thread::sleep(per_row);
        };
        lines.group_by_key().count(Materialized::named("counts")).to_stream().peek(slow).to("out");
        let (forwarded, responded_after) = (Arc::clone(&self.forwarded), Arc::clone(&self.responded_after));
        let respond = move |_: &String, _: &String| {
            responded_after.store(forwarded.load(Ordering::SeqCst), Ordering::SeqCst);
        };
        builder.stream::<String, String>("ping").peek(respond).to("pong");
        builder.build().unwrap()
    }

    fn responded_after(&self) -> usize {
        self.responded_after.load(Ordering::SeqCst)
    }
}

/// The record of the other task is processed before the last row is forwarded.
#[test]
fn another_task_of_the_thread_goes_on_during_a_flush_that_takes_long() {
    let flush = SlowFlush::new();
    let streams = flush.start(Duration::from_millis(3), StreamsConfig::new("a"));
    wait_until("everything is committed", || {
        flush.log.committed("a").values().map(|committed| committed.offset.number()).sum::<i64>() > KEYS as i64
    });
    drop(streams.close_blocking(Duration::from_secs(10)));
    let responded_after = flush.responded_after();
    assert!((1..KEYS).contains(&responded_after), "the other task waited for {responded_after} rows");
    assert!(flush.log.records("out").unwrap().len() >= KEYS);
}

/// A full cache was flushed whole within one record, whatever the code behind it cost: no other task, no heartbeat.
#[test]
fn another_task_of_the_thread_goes_on_while_a_full_cache_is_flushed() {
    let flush = SlowFlush::new();
    let config = StreamsConfig {
        cache_bytes_max: 2 * 10_000,
        commit_interval: Duration::from_secs(3_600),
        session_timeout: Duration::from_secs(7_200),
        ..StreamsConfig::new("a")
    };
    let streams = flush.start(Duration::from_millis(2), config);
    wait_until("the other task has responded", || flush.responded_after() > 0);
    wait_until("all is counted", || flush.processed.load(Ordering::SeqCst) == KEYS);
    drop(streams.close_blocking(PATIENCE));
    let (responded_after, forwarded) = (flush.responded_after(), flush.forwarded.load(Ordering::SeqCst));
    assert_eq!(forwarded, KEYS, "each key is forwarded once");
    assert!(responded_after < KEYS / 10, "the other task waited for {responded_after} rows");
    // In the order of their updates, although the flush was interrupted.
    let keys =
        flush.log.records("out").unwrap().into_iter().map(|record| String::from_utf8(record.key.unwrap()).unwrap());
    assert_eq!(keys.collect::<Vec<_>>(), (0..KEYS).map(|key| key.to_string()).collect::<Vec<_>>());
}
