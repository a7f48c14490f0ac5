//! What the tests of the in-process log share.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_log::in_process::StoredRecord;
use millstream_log::{
    Fetching, GroupConfig, GroupConsumer, InProcessLog, Log, LogEvent, NewTopic, Producing, Signal, StartAt,
};
use millstream_types::{MonotonicTime, Offset, RecordBytes, Timestamp, Topic, TopicPartition};

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn topic(name: &str, partitions: u32, config: &[(&str, &str)]) -> NewTopic {
    let config =
        config.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>();
    NewTopic { name: Topic::from(name), partitions, config }
}

pub(crate) fn t0() -> TopicPartition {
    TopicPartition::new("t", 0)
}

/// Appends a record to `t-0`.
pub(crate) fn put(log: &InProcessLog, time: i64, key: &str, value: Option<&str>) -> Offset {
    log.append(&t0(), &RecordBytes::new(at(time), Some(key.as_bytes()), value.map(str::as_bytes))).unwrap()
}

/// Appends a record through a producer.
pub(crate) fn send(producer: &mut dyn Producing, partition: &TopicPartition, value: &str) -> bool {
    producer.append(&partition.topic, partition.partition, &RecordBytes::new(at(1), Some(b"k"), Some(value.as_bytes())))
}

pub(crate) fn poll_producer(producer: &mut dyn Producing) -> Vec<LogEvent> {
    let mut events = Vec::new();
    producer.poll(MonotonicTime::START, &mut events);
    events
}

pub(crate) fn reader(log: &InProcessLog, partition: &TopicPartition, start_at: StartAt) -> Box<dyn Fetching> {
    let mut fetcher = log.fetcher("reader", &Signal::new()).unwrap();
    fetcher.assign(&[(partition.clone(), start_at)]);
    fetcher
}

pub(crate) fn poll(fetcher: &mut (impl Fetching + ?Sized), now: u64) -> Vec<LogEvent> {
    let mut events = Vec::new();
    fetcher.poll(MonotonicTime::START + Duration::from_millis(now), &mut |_| true, &mut events);
    events
}

/// `key=value` of each record read until there are no more, and the offset after them.
pub(crate) fn read_out(fetcher: &mut dyn Fetching) -> (Vec<String>, Option<Offset>) {
    let (mut seen, mut next) = (Vec::new(), None);
    loop {
        let events = poll(fetcher, 0);
        if events.is_empty() {
            return (seen, next);
        }
        for event in events {
            let LogEvent::Chunk(chunk) = event else { panic!("unexpected: {event:?}") };
            seen.extend(chunk.iter().map(|record| text(record.key(), record.value())));
            next = Some(chunk.next_offset);
        }
    }
}

pub(crate) fn text(key: Option<&[u8]>, value: Option<&[u8]>) -> String {
    let show = |part: Option<&[u8]>| part.map_or("null".into(), |bytes| String::from_utf8_lossy(bytes).into_owned());
    format!("{}={}", show(key), show(value))
}

/// `offset:key=value` of each record in `t`.
pub(crate) fn stored(log: &InProcessLog) -> Vec<String> {
    let show =
        |record: StoredRecord| format!("{}:{}", record.offset, text(record.key.as_deref(), record.value.as_deref()));
    log.records("t").unwrap().into_iter().map(show).collect()
}

pub(crate) fn member(log: &InProcessLog, client_id: &str) -> Box<dyn GroupConsumer> {
    let config = GroupConfig::new("g", client_id, Duration::from_millis(100));
    let mut consumer = log.consumer(&config, &Signal::new()).unwrap();
    consumer.subscribe(&[Topic::from("t")]);
    consumer
}
