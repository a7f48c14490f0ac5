//! Topics for records that go no further: dead letters, with the headers of Kafka Streams (KIP-1034), and records that operators
//! drop, which Kafka Streams only counts.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use millstream::errors::{ErrorHandler, Handlers};
use millstream::test::{RawOutput, TestConfig, TopologyTestDriver};
use millstream::{Consumed, Headers, Produced, Route, StreamsBuilder, TimeWindows, Topology};

/// All handlers continue, and both topics are set.
fn config() -> TestConfig {
    let handlers = Handlers {
        deserialization: ErrorHandler::Continue,
        processing: ErrorHandler::Continue,
        production: ErrorHandler::Continue,
        dead_letters: Some("dead".into()),
        dropped_records: Some("dropped".into()),
    };
    TestConfig { handlers, cache_bytes_max: 0, ..TestConfig::default() }
}

/// Pipes a record with a header, and returns what was written to the topics that are not `out`.
fn written(driver: &TopologyTestDriver, topic: &str, (key, value): (&[u8], &[u8]), time: i64) -> Vec<RawOutput> {
    let mut headers = Headers::new();
    headers.add("trace", "t1");
    driver.pipe_bytes(topic, Some(key), Some(value), time, &headers).unwrap();
    let written = driver.take_all_outputs();
    written.into_iter().filter(|record| ["dead", "dropped"].contains(&record.topic.as_str())).collect()
}

/// The headers as `name=value`, without the trace of an error, which is long.
fn headers_of(record: &RawOutput) -> Vec<String> {
    let shown = record.headers.iter().filter(|header| !header.name.ends_with("stacktrace"));
    let text = |value: &Option<Vec<u8>>| String::from_utf8(value.clone().unwrap()).unwrap();
    shown.map(|header| format!("{}={}", header.name, text(&header.value))).collect()
}

fn single(records: Vec<RawOutput>) -> RawOutput {
    let [record] = <[RawOutput; 1]>::try_from(records).unwrap_or_else(|records| panic!("{records:?}"));
    record
}

fn numbers() -> Topology {
    let builder = StreamsBuilder::new();
    let amounts = builder.stream(Consumed::<String, i64>::topic("in").named("amounts"));
    amounts
        .try_map_values(|_, amount| if amount % 2 == 0 { Ok(amount / 2) } else { Err("odd") })
        .named("half")
        .to(Produced::topic("out")
            .partitioner(|_, amount, _| if *amount > 100 { Route::To(Vec::new()) } else { Route::ByKey }));
    builder.build().unwrap()
}

#[test]
fn what_a_handler_skips_is_a_dead_letter() {
    let driver = TopologyTestDriver::with_config(&numbers(), &config()).unwrap();
    let unreadable = single(written(&driver, "in", (b"k", b"short"), 5));
    assert_eq!((unreadable.topic.as_str(), unreadable.timestamp.as_millis()), ("dead", 5));
    assert_eq!((&*unreadable.key.clone().unwrap(), &*unreadable.value.clone().unwrap()), (&b"k"[..], &b"short"[..]));
    let headers = headers_of(&unreadable);
    assert_eq!(headers[..2], ["trace=t1", "__streams.errors.exception=deserialization"]);
    assert!(headers[2].starts_with("__streams.errors.message=") && headers[2].contains('8'), "{}", headers[2]);
    let place = |offset: i64| {
        let names = ["topic=in".to_owned(), "partition=0".to_owned(), format!("offset={offset}")];
        names.map(|name| format!("__streams.errors.{name}"))
    };
    assert_eq!(headers[3..], place(0));

    let odd = single(written(&driver, "in", (b"k", &7_i64.to_be_bytes()), 6));
    assert_eq!(odd.value, Some(7_i64.to_be_bytes().to_vec()), "the record as it was read");
    let exception = ["trace=t1", "__streams.errors.exception=processing", "__streams.errors.message=odd"];
    assert_eq!(headers_of(&odd)[..3], exception);
    assert_eq!(headers_of(&odd)[3..], place(1));
    let trace = odd.headers.last("__streams.errors.stacktrace").map(|trace| String::from_utf8(trace.to_vec()).unwrap());
    assert!(trace.is_some_and(|trace| trace.contains("half") && trace.contains("odd")));
    assert!(written(&driver, "in", (b"k", &8_i64.to_be_bytes()), 7).is_empty());
}

#[test]
fn a_record_that_stops_the_task_is_not_sent() {
    let handlers = Handlers { processing: ErrorHandler::Fail, ..config().handlers };
    let driver = TopologyTestDriver::with_config(&numbers(), &TestConfig { handlers, ..config() }).unwrap();
    driver.input_topic::<String, i64>("in").pipe("k", 7).unwrap_err();
    assert_eq!(driver.output_topic::<String, i64>("dead").len(), 0);
}

#[test]
fn what_an_operator_drops_is_sent_with_the_reason_and_the_place() {
    let builder = StreamsBuilder::new();
    let windows = TimeWindows::of_size_with_no_grace(Duration::from_millis(10)).advance_by(Duration::from_millis(5));
    let input = builder.stream::<Option<String>, String>("in");
    input.group_by_key().windowed_by(windows).count("w").named("per-window").to_stream().to("out");
    let driver = TopologyTestDriver::with_config(&builder.build().unwrap(), &config()).unwrap();
    assert!(written(&driver, "in", (b"k", b"a"), 100).is_empty());
    let late = written(&driver, "in", (b"k", b"b"), 12);
    assert_eq!(late.len(), 2, "once for each window");
    for record in &late {
        assert_eq!((record.topic.as_str(), record.value.as_deref()), ("dropped", Some(&b"b"[..])));
        assert_eq!(record.timestamp.as_millis(), 12);
        let expected = ["reason=late_for_window", "node=per-window", "topic=in", "partition=0", "offset=1"];
        let expected = expected.map(|header| format!("__millstream.dropped.{header}"));
        assert_eq!(headers_of(record), [&["trace=t1".to_owned()][..], &expected].concat());
    }
    driver.pipe_bytes("in", None, Some(b"c"), 101, &Headers::new()).unwrap();
    let without_key = driver.output_topic::<Option<String>, String>("dropped").read_record().unwrap();
    assert_eq!(
        (without_key.key, without_key.headers.last("__millstream.dropped.reason")),
        (None, Some(&b"null_key"[..]))
    );
    assert_eq!(driver.dropped_records().values().sum::<u64>(), 3);
}

#[test]
fn without_topics_records_are_only_counted() {
    let config = TestConfig {
        handlers: Handlers { dead_letters: None, dropped_records: None, ..config().handlers },
        ..config()
    };
    let driver = TopologyTestDriver::with_config(&numbers(), &config).unwrap();
    assert!(written(&driver, "in", (b"k", b"short"), 5).is_empty());
    assert_eq!(driver.dropped_records().values().sum::<u64>(), 1);
}

#[test]
fn global_tables_have_both_too() {
    let builder = StreamsBuilder::new();
    builder.global_table::<String, i64>("rates", "rates");
    builder.stream::<String, String>("in").to("out");
    let driver = TopologyTestDriver::with_config(&builder.build().unwrap(), &config()).unwrap();
    let unreadable = single(written(&driver, "rates", (b"EUR", b"short"), 5));
    assert_eq!((unreadable.topic.as_str(), &*headers_of(&unreadable)[3]), ("dead", "__streams.errors.topic=rates"));
    driver.pipe_bytes("rates", None, Some(&7_i64.to_be_bytes()), 6, &Headers::new()).unwrap();
    let dropped = driver.output_topic::<Option<String>, i64>("dropped").read_record().unwrap();
    assert_eq!((dropped.value, dropped.headers.last("__millstream.dropped.topic")), (7, Some(&b"rates"[..])));
    assert!(written(&driver, "rates", (b"EUR", &8_i64.to_be_bytes()), 7).is_empty());
}
