//! Commits and the log.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::executor::block_on;
use millstream_core::{StreamsBuilder, Topology};
use millstream_log::InProcessLog;
use millstream_observe::events::{EventKind, State};
use millstream_runtime::{Streams, StreamsConfig};
use millstream_types::{RecordBytes, Timestamp, TopicPartition};
use support::{EventRecorder, LIMIT, PARTITIONS, config, counts, eventually, log, pause, run};

/// How many keys each task has: enough for the next one to wait until they are durable.
const KEYS: usize = 6_000;

const ALL_KEYS: usize = KEYS * PARTITIONS as usize;

/// Counts the keys of `words`, and the processed records in `seen`.
fn counting_keys(seen: &Arc<AtomicUsize>) -> Topology {
    let builder = StreamsBuilder::new();
    let seen = Arc::clone(seen);
    let words = builder.stream::<String, String>("words").peek(move |_, _| _ = seen.fetch_add(1, Ordering::Relaxed));
    words.group_by_key().count("counts").to_stream().to("counts");
    builder.build().unwrap()
}

/// Appends records of these keys to a partition of `words`.
fn feed_keys(log: &InProcessLog, partition: u32, keys: impl Iterator<Item = String>) {
    let partition = TopicPartition::new("words", partition);
    for key in keys {
        log.append(&partition, &RecordBytes::new(Timestamp::from_millis(1), Some(key.as_bytes()), Some(b""))).unwrap();
    }
}

/// Flushing all tasks at once would keep all their rows in memory until the last one is acknowledged.
#[test]
fn a_task_with_much_to_write_is_flushed_alone() {
    let (log, seen) = (log(), Arc::default());
    (0..PARTITIONS).for_each(|number| feed_keys(&log, number, (0..KEYS).map(|key| format!("{number}-{key}"))));
    let settings = StreamsConfig {
        commit_interval: Duration::from_secs(3_600),
        session_timeout: Duration::from_secs(7_200),
        ..config("app")
    };
    let streams = run(counting_keys(&seen), settings, &log);
    eventually("all is processed", || seen.load(Ordering::Relaxed) == ALL_KEYS);

    log.faults().make_unavailable("counts");
    let closing = streams.close();
    let logged = || log.records("app-counts-changelog").unwrap().len();
    eventually("the first task is flushed", || logged() == KEYS);
    pause(Duration::from_millis(50));
    assert_eq!(logged(), KEYS, "the others wait");

    log.faults().make_available("counts");
    block_on(closing).unwrap();
    assert_eq!((logged(), log.records("counts").unwrap().len()), (ALL_KEYS, ALL_KEYS));
    let committed = log.committed("app");
    assert!(committed.values().all(|committed| committed.offset.number() == i64::try_from(KEYS).unwrap()));
}

/// A member that could not reach the log was removed from its group. Its changelog records were written later, after those
/// of the next owner, so that the owner after that restored an older state of a key.
#[test]
fn records_of_a_removed_member_are_not_written_later() {
    let (log, recorder, seen) = (log(), EventRecorder::default(), Arc::default());
    let streams = Streams::new(counting_keys(&seen), StreamsConfig { client_id: Some("app".into()), ..config("app") });
    let streams = streams.with_log(log.clone()).with_listener(recorder.listener()).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    log.faults().make_unavailable("app-counts-changelog");
    feed_keys(&log, 0, (0..8).map(|_| "key".to_owned()));
    eventually("it is read", || seen.load(Ordering::Relaxed) == 8);
    // Long enough for a commit to begin, which cannot end.
    pause(Duration::from_millis(100));
    log.faults().expire("app-StreamThread-1");
    let has_lost = |event: &EventKind| matches!(event, EventKind::Rebalanced { lost, .. } if !lost.is_empty());
    eventually("the partitions are lost", || recorder.has_event(has_lost));
    log.faults().make_available("app-counts-changelog");
    eventually("it is read again", || seen.load(Ordering::Relaxed) == 16);
    streams.close_blocking(LIMIT).unwrap();
    assert_eq!(counts(&log), [("key".to_owned(), 8)].into());
    // By the task that was committed alone. It may need more than one commit.
    let logged: Vec<_> = log.records("app-counts-changelog").unwrap().into_iter().map(|record| record.value).collect();
    assert!(logged.is_sorted_by(|earlier, later| earlier < later), "{logged:?}");
}
