//! A backlog that is repartitioned: stream time must not pass the grace of windows.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use millstream_core::{StreamsBuilder, TimeWindows, Topology};
use millstream_log::InProcessLog;
use millstream_observe::events::SkipReason;
use millstream_types::{RecordBytes, Timestamp, TopicPartition};
use support::{LIMIT, config, eventually, run};

const SOURCES: u32 = 4;
const RECORDS: i64 = 4_000;
const BACKLOG_MS: i64 = 30_000;

/// Counts by a new key, in windows of five seconds that stay open for five seconds more.
fn counting() -> Topology {
    let (size, grace) = (Duration::from_secs(5), Duration::from_secs(5));
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("in").group_by(|_, word| word.clone());
    let counts = words.windowed_by(TimeWindows::of_size_and_grace(size, grace)).count("counts");
    counts.to_stream().map(|windowed, count| (windowed.key, count)).to("out");
    builder.build().unwrap()
}

/// Half a minute of records, evenly over the partitions.
fn log_with_backlog() -> InProcessLog {
    let log = InProcessLog::new();
    ["in", "out"].into_iter().for_each(|topic| log.create_topic(topic, SOURCES).unwrap());
    for number in 0..RECORDS {
        let partition = TopicPartition::new("in", u32::try_from(number).unwrap() % SOURCES);
        let time = Timestamp::from_millis(number * BACKLOG_MS / RECORDS);
        let word = format!("w{}", number % 50);
        log.append(&partition, &RecordBytes::new(time, None, Some(word.as_bytes()))).unwrap();
    }
    log
}

/// When one partition was repartitioned before the next, a third of the records came too late for their windows.
#[test]
fn hardly_any_record_of_a_backlog_is_late_after_it_is_repartitioned() {
    let log = log_with_backlog();
    let streams = run(counting(), config("app"), &log);
    let offset = |topic: &str| -> i64 {
        let committed = log.committed("app").into_iter().filter(|(partition, _)| partition.topic.as_str() == topic);
        committed.map(|(_, committed)| committed.offset.number()).sum()
    };
    eventually("all is committed", || offset("in") == RECORDS && offset("app-counts-repartition") == RECORDS);
    let is_fresh = || {
        let metrics = streams.metrics();
        let positions = metrics.tasks.iter().flat_map(|task| &task.partitions).map(|at| at.position.number());
        positions.sum::<i64>() == 2 * RECORDS
    };
    eventually("all is measured", is_fresh);
    let metrics = streams.metrics();
    let nodes = metrics.tasks.iter().flat_map(|task| &task.nodes);
    let late: u64 = nodes.map(|node| node.dropped.of(SkipReason::LateForWindow)).sum();
    let limit = u64::try_from(RECORDS / 20).unwrap();
    streams.close_blocking(LIMIT).unwrap();
    assert!(late <= limit, "{late} of {RECORDS} records were late");
}
