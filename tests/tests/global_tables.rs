//! Global tables in an application: filled before a task starts, kept up to date, shared by all threads, read again at each start.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use millstream::errors::{ErrorHandler, Handlers};
use millstream::events::{Event, EventKind, EventSettings, State};
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

fn config(threads: usize) -> StreamsConfig {
    StreamsConfig {
        threads,
        events: EventSettings { lines: false, ..EventSettings::default() },
        ..StreamsConfig::new("a")
    }
}

fn started(log: &InProcessLog, threads: usize) -> StreamsHandle {
    Streams::new(topology(), config(threads)).with_log(log.clone()).start().unwrap()
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
/// Rule 90: here the handler is asked for global tables, too.
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

/// The global thread has a producer for them alone. The topics are read again at each start, and so are these records.
#[test]
fn records_that_go_no_further_are_sent_to_their_topics() {
    let log = log_with_topics();
    log.create_topic("dead", 1).unwrap();
    log.create_topic("dropped", 1).unwrap();
    let append = |key: Option<&[u8]>, value: &[u8]| {
        let record = RecordBytes::new(5.into(), key, Some(value));
        log.append(&TopicPartition::new("rates", 2), &record).unwrap();
    };
    append(Some(b"c"), &[0xff]);
    append(None, b"no key");
    append(Some(b"c"), b"7");
    let handlers = Handlers {
        deserialization: ErrorHandler::Continue,
        dead_letters: Some("dead".into()),
        dropped_records: Some("dropped".into()),
        ..Handlers::default()
    };
    let streams = Streams::new(topology(), config(1)).with_handlers(handlers).with_log(log.clone()).start().unwrap();
    let first = |topic: &str| wait_for("it is not sent", || log.records(topic).unwrap().into_iter().next());
    let (dead, dropped) = (first("dead"), first("dropped"));
    assert_eq!(dead.value, Some(vec![0xff]));
    assert_eq!(dead.headers.last("__streams.errors.topic"), Some(&b"rates"[..]));
    assert_eq!(dead.headers.last("__streams.errors.partition"), Some(&b"2"[..]));
    assert_eq!((dropped.key, dropped.value), (None, Some(b"no key".to_vec())));
    assert_eq!(dropped.headers.last("__millstream.dropped.reason"), Some(&b"null_key"[..]));
    assert_eq!(dropped.headers.last("__millstream.dropped.offset"), Some(&b"1"[..]));
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    streams.close_blocking(LIMIT).unwrap();
    assert_eq!((log.records("dead").unwrap().len(), log.records("dropped").unwrap().len()), (1, 1));
}

/// `GlobalStateManagerImpl` of Kafka Streams calls the restore listener for each partition.
#[test]
fn filling_is_reported_as_a_restore() {
    let log = log_with_topics();
    for number in 0..7 {
        put(&log, "rates", 1, &format!("c{number}"), Some("1"));
    }
    let events: Arc<Mutex<Vec<EventKind>>> = Arc::default();
    let seen = Arc::clone(&events);
    let listener = move |event: &Event| seen.lock().unwrap().push(event.kind.clone());
    let streams = Streams::new(topology(), config(1)).with_listener(listener).with_log(log).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    streams.close_blocking(LIMIT).unwrap();
    let of_rates = |kind: &EventKind| match kind {
        EventKind::RestoreStarted { store, changelog, to_offset, .. } if changelog.topic.as_str() == "rates" => {
            Some(format!("{store} from {changelog} to {to_offset}"))
        }
        EventKind::RestoreEnded { store, changelog, records, .. } if changelog.topic.as_str() == "rates" => {
            Some(format!("{store} has {records} of {changelog}"))
        }
        _ => None,
    };
    let mut events: Vec<String> = events.lock().unwrap().iter().filter_map(of_rates).collect();
    events.sort();
    let expected = [
        "rates-store from rates-0 to 0",
        "rates-store from rates-1 to 7",
        "rates-store from rates-2 to 0",
        "rates-store has 0 of rates-0",
        "rates-store has 0 of rates-2",
        "rates-store has 7 of rates-1",
    ];
    assert_eq!(events, expected);
}

/// As in Kafka Streams, an application may have global tables alone, to be queried. It has no stream threads.
#[test]
fn a_topology_of_global_tables_alone_runs() {
    let builder = StreamsBuilder::new();
    builder.global_table::<String, String>("rates", "rates-store");
    let log = log_with_topics();
    put(&log, "rates", 1, "EUR", Some("7"));
    let streams = Streams::new(builder.build().unwrap(), config(2)).with_log(log.clone()).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    let store = streams.key_value_store::<String, String>("rates-store");
    let row = |key: &str| store.get(key.to_owned()).wait(LIMIT).unwrap().map(|row| row.value);
    assert_eq!(row("EUR").as_deref(), Some("7"));
    put(&log, "rates", 1, "EUR", Some("8"));
    wait_for("the row is not updated", || (row("EUR").as_deref() == Some("8")).then_some(()));
    streams.close_blocking(LIMIT).unwrap();
}
