//! KIND: an incomplete response that does not show that it is incomplete.
//!
//! Two instances. `key_value_store(..).get(key)` reads the partitions that are here; for a key of a partition that is elsewhere it
//! gives `Ok(None)`, "there is no such row", although the row exists; `NotHere` comes only when *no* partition of the
//! store is here. During a rebalance the same key flips between a row and "no row". Kafka Streams has `queryMetadataForKey`
//! (and `StoreQueryParameters.withPartition`, `IQv2`'s per-partition results) to distinguish these; here a program cannot.
//! Right: `NotHere`, when the partition that the key belongs to (murmur2 over the store's partition count) is not here.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use millstream::events::{EventSettings, State};
use millstream::logs::InProcessLog;
use millstream::{
    QueryError, RecordBytes, Streams, StreamsBuilder, StreamsConfig, StreamsHandle, TopicPartition, partition_for,
};

const LIMIT: Duration = Duration::from_secs(60);

fn start(log: &InProcessLog) -> StreamsHandle {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").group_by_key().count("n").to_stream().to("out");
    let config =
        StreamsConfig { events: EventSettings { lines: false, ..EventSettings::default() }, ..StreamsConfig::new("a") };
    let streams = Streams::new(builder.build().unwrap(), config).with_log(log.clone()).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    streams
}

#[test]
fn a_key_of_another_instance_is_not_reported_as_missing() {
    let log = InProcessLog::new();
    log.create_topic("in", 4).unwrap();
    log.create_topic("out", 4).unwrap();
    let first = start(&log);
    let keys: Vec<String> = (0..40).map(|number| format!("k{number}")).collect();
    for key in &keys {
        let partition = TopicPartition::new("in", partition_for(key.as_bytes(), 4).number());
        log.append(&partition, &RecordBytes::new(1.into(), Some(key.as_bytes()), Some(b"v"))).unwrap();
    }
    let began = Instant::now();
    while log.records("out").unwrap().len() < keys.len() {
        assert!(began.elapsed() < LIMIT);
        std::thread::sleep(Duration::from_millis(5));
    }
    let second = start(&log);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(first.wait_until(State::Running, LIMIT), State::Running);
    for streams in [&first, &second] {
        for key in &keys {
            match streams.key_value_store::<String, i64>("n").get(key.clone()).wait(LIMIT) {
                Ok(Some(_)) | Err(QueryError::NotHere { .. }) => {}
                other => panic!("{key} is counted, and {} says {other:?}", streams.client_id()),
            }
        }
    }
    first.close_blocking(LIMIT).unwrap();
    second.close_blocking(LIMIT).unwrap();
}
