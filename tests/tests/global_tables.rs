//! Global tables in an application: filled before a task starts, kept up to date, shared by all threads, read again at each start.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use millstream::events::{EventSettings, State};
use millstream::logs::{InProcessLog, StoredRecord};
use millstream::{
    QueryError, RecordBytes, Streams, StreamsBuilder, StreamsConfig, StreamsHandle, TopicPartition, Topology,
};

const LIMIT: Duration = Duration::from_secs(60);

/// Amounts in a currency, which is their key, multiplied by its rate.
fn topology() -> Topology {
    let builder = StreamsBuilder::new();
    let rates = builder.global_table::<String, String>("rates", "rates-store");
    let by_currency = rates.by(|currency: &String, _amount: &String| currency.clone());
    builder
        .stream::<String, String>("amounts")
        .left_join_global(by_currency, |_, currency, amount, rate| {
            format!("{amount} {} at {}", currency.map_or("?", |name| name), rate.map_or("?", |rate| rate))
        })
        .to("out");
    builder.build().unwrap()
}

fn started(log: &InProcessLog, threads: usize) -> StreamsHandle {
    let config = StreamsConfig {
        threads,
        events: EventSettings { lines: false, ..EventSettings::default() },
        ..StreamsConfig::new("a")
    };
    Streams::new(topology(), config).with_log(log.clone()).start().unwrap()
}

fn running(log: &InProcessLog, threads: usize) -> StreamsHandle {
    let streams = started(log, threads);
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    streams
}

fn put(log: &InProcessLog, topic: &str, partition: u32, key: &str, value: Option<&str>) {
    let record = RecordBytes::new(5.into(), Some(key.as_bytes()), value.map(str::as_bytes));
    log.append(&TopicPartition::new(topic, partition), &record).unwrap();
}

fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(began.elapsed() < LIMIT, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The results, once there are `count` of them, sorted.
fn results(log: &InProcessLog, count: usize) -> Vec<String> {
    let value = |record: StoredRecord| String::from_utf8(record.value.unwrap()).unwrap();
    wait_for("results are missing", || {
        let records = log.records("out").unwrap();
        let mut results: Vec<String> = (records.len() >= count).then_some(records)?.into_iter().map(value).collect();
        results.sort();
        Some(results)
    })
}

fn log_with_topics() -> InProcessLog {
    let log = InProcessLog::new();
    log.create_topic("rates", 3).unwrap();
    log.create_topic("amounts", 2).unwrap();
    log.create_topic("out", 1).unwrap();
    log
}

#[test]
fn a_global_table_is_filled_before_the_first_record_and_then_follows_its_topic() {
    let log = log_with_topics();
    for number in 0..1_000 {
        put(&log, "rates", number % 3, &format!("c{number}"), Some(&number.to_string()));
    }
    put(&log, "rates", 1, "gone", Some("1"));
    put(&log, "rates", 1, "gone", None);
    put(&log, "amounts", 0, "c998", Some("5"));
    put(&log, "amounts", 1, "c999", Some("6"));
    put(&log, "amounts", 1, "gone", Some("7"));
    let streams = running(&log, 2);
    assert_eq!(results(&log, 3), ["5 c998 at 998", "6 c999 at 999", "7 gone at ?"]);

    let store = streams.key_value_store::<String, String>("rates-store");
    let row = |key: &str| store.get(key.to_owned()).wait(LIMIT).unwrap().map(|row| row.value);
    assert_eq!((row("c0").as_deref(), row("gone")), (Some("0"), None));
    put(&log, "rates", 0, "c0", Some("new"));
    wait_for("the row is not updated", || (row("c0").as_deref() == Some("new")).then_some(()));
    put(&log, "amounts", 0, "c0", Some("8"));
    assert_eq!(results(&log, 4)[3], "8 c0 at new");
    streams.close_blocking(LIMIT).unwrap();

    let streams = running(&log, 1);
    put(&log, "amounts", 1, "c0", Some("9"));
    assert_eq!(results(&log, 5)[4], "9 c0 at new", "it is read again");
    streams.close_blocking(LIMIT).unwrap();
}

#[test]
fn without_its_topic_the_application_fails_and_says_so() {
    let log = InProcessLog::new();
    log.create_topic("amounts", 1).unwrap();
    log.create_topic("out", 1).unwrap();
    let streams = started(&log, 1);
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let error = streams.wait_until_ended().unwrap_err().to_string();
    assert!(error.contains("the topic `rates` of a global store does not exist"), "{error}");
}

/// Its values are not text, so the deserialization handler stops it.
#[test]
fn a_record_that_cannot_be_read_ends_the_application() {
    let log = log_with_topics();
    let record = RecordBytes::new(5.into(), Some(b"c"), Some(&[0xff]));
    log.append(&TopicPartition::new("rates", 2), &record).unwrap();
    let streams = started(&log, 1);
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let store = streams.key_value_store::<String, String>("rates-store");
    let answer = store.get("c".to_owned()).wait(LIMIT);
    assert!(matches!(answer, Err(QueryError::NotRunning { .. })), "{answer:?}");
}
