//! KIND: a store that refuses an update in silence, and an operator that continues as if it had been made.
//!
//! A record that is late for its window comes after a restart. Its segment is closed, so the window store does not call
//! the update; the operator forwards the untouched `Change { old: None, new: None }`: a null, which deletes the final
//! result of that window in every table and compacted topic behind it. Nothing is counted as dropped.
//! Right: the record is left out and counted (`late_for_window`), as it is when there was no restart. Kafka Streams
//! counts it as dropped in the store (and sends the new count 1, wrong in its own way, but no deletion).
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use millstream::events::{EventSettings, State};
use millstream::logs::InProcessLog;
use millstream::{RecordBytes, Streams, StreamsBuilder, StreamsConfig, TimeWindows, TopicPartition, Topology};

fn topology() -> Topology {
    let windows = TimeWindows::of_size_and_grace(Duration::from_secs(10), Duration::from_secs(5));
    let builder = StreamsBuilder::new();
    let counts = builder.stream::<String, String>("in").group_by_key().windowed_by(windows).count("counts").to_stream();
    counts.map(|window, count| (window.to_string(), count)).to("out");
    builder.build().unwrap()
}

fn config() -> StreamsConfig {
    StreamsConfig {
        cache_bytes_max: 0,
        events: EventSettings { lines: false, ..EventSettings::default() },
        ..StreamsConfig::new("a")
    }
}

/// Rule 2: the operator has lost its stream time, the store has not.
#[test]
fn a_late_record_after_a_restart_deletes_nothing() {
    let log = InProcessLog::new();
    log.create_topic("in", 1).unwrap();
    log.create_topic("out", 1).unwrap();
    let put = |time: i64| {
        log.append(&TopicPartition::new("in", 0), &RecordBytes::new(time.into(), Some(b"k"), Some(b"v"))).unwrap();
    };
    let until_read = |count: i64| {
        let began = Instant::now();
        let is_read = || log.committed("a").values().any(|committed| committed.offset.number() == count);
        while !is_read() {
            assert!(began.elapsed() < Duration::from_secs(60), "not read");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let start = || {
        let streams = Streams::new(topology(), config()).with_log(log.clone()).start().unwrap();
        assert_eq!(streams.wait_until(State::Running, Duration::from_secs(60)), State::Running);
        streams
    };

    let streams = start();
    [1_000, 2_000, 600_000].into_iter().for_each(put);
    until_read(3);
    streams.close_blocking(Duration::from_secs(60)).unwrap();
    drop(streams);

    let streams = start();
    put(4_000); // ten minutes late, with a grace of five seconds
    until_read(4);
    let dropped: u64 =
        streams.metrics().tasks.iter().flat_map(|task| &task.nodes).map(|node| node.dropped.total()).sum();
    streams.close_blocking(Duration::from_secs(60)).unwrap();
    let dropped_at_end: u64 =
        streams.metrics().tasks.iter().flat_map(|task| &task.nodes).map(|node| node.dropped.total()).sum();

    let out = log.records("out").unwrap();
    let deletions: Vec<String> = out
        .iter()
        .filter(|record| record.value.is_none())
        .map(|record| String::from_utf8_lossy(record.key.as_deref().unwrap_or_default()).into_owned())
        .collect();
    assert!(deletions.is_empty(), "the final results of these windows were deleted: {deletions:?}");
    assert_eq!(dropped.max(dropped_at_end), 1, "it is counted as left out");
}
