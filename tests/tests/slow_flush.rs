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
use millstream::{Materialized, RecordBytes, Streams, StreamsBuilder, StreamsConfig, TopicPartition};
use waiting::{PATIENCE, wait_until};

const KEYS: usize = 1_000;

fn append(log: &InProcessLog, topic: &str, key: &str) {
    log.append(&TopicPartition::new(topic, 0), &RecordBytes::new(1.into(), Some(key.as_bytes()), Some(b"v"))).unwrap();
}

/// The code behind the cache sends the other task a record, which is processed before the last row is forwarded.
#[test]
fn another_task_of_the_thread_goes_on_during_a_flush_that_takes_long() {
    let log = InProcessLog::new();
    ["in", "out", "ping", "pong"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    (0..KEYS).for_each(|key| append(&log, "in", &key.to_string()));
    let forwarded = Arc::new(AtomicUsize::new(0));
    let responded_after = Arc::new(AtomicUsize::new(0));
    let slow = {
        let (forwarded, log) = (Arc::clone(&forwarded), log.clone());
        move |_: &String, _: &Option<i64>| {
            if forwarded.fetch_add(1, Ordering::SeqCst) == 0 {
                append(&log, "ping", "k");
            }
            std::thread::sleep(Duration::from_millis(3));
        }
    };
    let respond = {
        let (forwarded, responded_after) = (Arc::clone(&forwarded), Arc::clone(&responded_after));
        move |_: &String, _: &String| responded_after.store(forwarded.load(Ordering::SeqCst), Ordering::SeqCst)
    };
    let builder = StreamsBuilder::new();
    let counts = builder.stream::<String, String>("in").group_by_key().count(Materialized::named("counts"));
    counts.to_stream().peek(slow).to("out");
    builder.stream::<String, String>("ping").peek(respond).to("pong");
    let events = EventSettings { lines: false, ..EventSettings::default() };
    let config = StreamsConfig { threads: 1, events, ..StreamsConfig::new("a") };
    let streams = Streams::new(builder.build().unwrap(), config).with_log(log.clone()).start().unwrap();
    wait_until("everything is committed", || {
        log.committed("a").values().map(|committed| committed.offset.number()).sum::<i64>() > KEYS as i64
    });
    drop(streams.close_blocking(Duration::from_secs(10)));
    let responded_after = responded_after.load(Ordering::SeqCst);
    assert!((1..KEYS).contains(&responded_after), "the other task waited for {responded_after} rows");
    assert!(log.records("out").unwrap().len() >= KEYS);
}

/// A full cache was flushed whole within one record, whatever the code behind it cost: no other task, no heartbeat.
#[test]
fn another_task_of_the_thread_goes_on_while_a_full_cache_is_flushed() {
    let log = InProcessLog::new();
    ["in", "out", "ping", "pong"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    let (forwarded, processed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let responded_after = Arc::new(AtomicUsize::new(0));
    let slow = {
        let (forwarded, log) = (Arc::clone(&forwarded), log.clone());
        move |_: &String, _: &Option<i64>| {
            if forwarded.fetch_add(1, Ordering::SeqCst) == 0 {
                append(&log, "ping", "k");
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    let respond = {
        let (forwarded, responded_after) = (Arc::clone(&forwarded), Arc::clone(&responded_after));
        move |_: &String, _: &String| responded_after.store(forwarded.load(Ordering::SeqCst), Ordering::SeqCst)
    };
    let builder = StreamsBuilder::new();
    let counted = Arc::clone(&processed);
    let lines = builder.stream::<String, String>("in").peek(move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let counts = lines.group_by_key().count(Materialized::named("counts"));
    counts.to_stream().peek(slow).to("out");
    builder.stream::<String, String>("ping").peek(respond).to("pong");
    let events = EventSettings { lines: false, ..EventSettings::default() };
    let config = StreamsConfig {
        threads: 1,
        events,
        cache_bytes_max: 2 * 10_000,
        commit_interval: Duration::from_secs(3_600),
        session_timeout: Duration::from_secs(7_200),
        ..StreamsConfig::new("a")
    };
    (0..KEYS).for_each(|key| append(&log, "in", &key.to_string()));
    let streams = Streams::new(builder.build().unwrap(), config).with_log(log.clone()).start().unwrap();
    wait_until("the other task has responded", || responded_after.load(Ordering::SeqCst) > 0);
    wait_until("all is counted", || processed.load(Ordering::SeqCst) == KEYS);
    drop(streams.close_blocking(PATIENCE));
    let (responded_after, forwarded) = (responded_after.load(Ordering::SeqCst), forwarded.load(Ordering::SeqCst));
    assert_eq!(forwarded, KEYS, "each key is forwarded once");
    assert!(responded_after < KEYS / 10, "the other task waited for {responded_after} rows");
    // In the order of their updates, although the flush was interrupted.
    let keys = log.records("out").unwrap().into_iter().map(|record| String::from_utf8(record.key.unwrap()).unwrap());
    assert_eq!(keys.collect::<Vec<_>>(), (0..KEYS).map(|key| key.to_string()).collect::<Vec<_>>());
}
