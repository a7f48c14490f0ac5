//! A join of two streams goes on after a restart: the records of both sides and those that wait for a match are restored from the
//! changelogs, and records of the same key and time that come later replace none of them.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use millstream::events::{EventSettings, State};
use millstream::logs::{InProcessLog, StoredRecord};
use millstream::{
    JoinWindows, RecordBytes, Streams, StreamsBuilder, StreamsConfig, StreamsHandle, TopicPartition, Topology,
};

const LIMIT: Duration = Duration::from_secs(60);

fn topology() -> Topology {
    let windows = JoinWindows::of_time_difference_and_grace(Duration::from_secs(10), Duration::from_secs(5));
    let builder = StreamsBuilder::new();
    let left = builder.stream::<String, String>("l");
    let right = builder.stream::<String, String>("r");
    let join =
        |_: &String, left: &String, right: Option<&String>| format!("{left}+{}", right.map_or("null", String::as_str));
    left.left_join_stream(right.within(windows).stores("js"), join).to("out");
    builder.build().unwrap()
}

fn start(log: &InProcessLog) -> StreamsHandle {
    let config = StreamsConfig {
        emit_interval: Duration::ZERO,
        events: EventSettings { lines: false, ..EventSettings::default() },
        ..StreamsConfig::new("a")
    };
    let streams = Streams::new(topology(), config).with_log(log.clone()).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    streams
}

fn put(log: &InProcessLog, topic: &str, key: &str, value: &str, time: i64) {
    let record = RecordBytes::new(time.into(), Some(key.as_bytes()), Some(value.as_bytes()));
    log.append(&TopicPartition::new(topic, 0), &record).unwrap();
}

fn wait_for_committed(log: &InProcessLog, count: i64) {
    let began = Instant::now();
    let committed = || log.committed("a").values().map(|committed| committed.offset.number()).sum::<i64>();
    while committed() < count {
        assert!(began.elapsed() < LIMIT, "{} of {count} records are committed", committed());
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn results(log: &InProcessLog) -> Vec<String> {
    let value = |record: StoredRecord| String::from_utf8(record.value.unwrap()).unwrap();
    let records = log.records("out").unwrap().into_iter();
    records
        .map(|record| (record.timestamp.as_millis(), value(record)))
        .map(|(time, value)| format!("{value}@{time}"))
        .collect()
}

#[test]
fn a_join_of_two_streams_goes_on_after_a_restart() {
    let log = InProcessLog::new();
    ["l", "r", "out"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());

    let streams = start(&log);
    put(&log, "l", "k", "a", 1_000);
    put(&log, "l", "k", "b", 1_000);
    put(&log, "l", "j", "alone", 2_000);
    wait_for_committed(&log, 3);
    streams.close_blocking(LIMIT).unwrap();

    let streams = start(&log);
    put(&log, "l", "k", "c", 1_000);
    wait_for_committed(&log, 4);
    put(&log, "r", "k", "r", 1_500);
    wait_for_committed(&log, 5);
    streams.close_blocking(LIMIT).unwrap();
    assert_eq!(results(&log), ["a+r@1500", "b+r@1500", "c+r@1500"]);

    let streams = start(&log);
    put(&log, "r", "x", "late", 600_000);
    wait_for_committed(&log, 6);
    streams.close_blocking(LIMIT).unwrap();
    assert_eq!(results(&log)[3..], ["alone+null@2000"], "those with a match do not come again");
}
