//! The driver in user tests.

#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use millstream_core::chain::Decision;
use millstream_core::{Materialized, Record, StreamsBuilder, Topology};
use millstream_observe::events::SkipReason;
use millstream_state::StoreKind;
use millstream_task::{ErrorHandler, Handlers};
use millstream_test::{StoreBacking, TestConfig, TestError, TopologyTestDriver};
use millstream_types::{Headers, Timestamp};

fn upper_case() -> Topology {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("lines").map_values(|_key, line| line.to_uppercase()).to("loud");
    builder.build().unwrap()
}

/// Counts words, through a repartition topic.
fn word_count() -> Topology {
    let builder = StreamsBuilder::new();
    let words = builder
        .stream::<String, String>("lines")
        .flat_map_values(|_key, line: String| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    words.group_by(|_key, word| word.clone()).count(Materialized::named("counts")).to_stream().to("words");
    builder.build().unwrap()
}

fn counted(word: &str, count: i64) -> (String, i64) {
    (word.to_owned(), count)
}

#[test]
fn a_record_goes_through_the_topology_with_its_time_and_headers() {
    let driver = TopologyTestDriver::new(&upper_case()).unwrap();
    let input = driver.input_topic::<String, String>("lines");
    let mut record = Record::new("k".to_owned(), "hello".to_owned(), Timestamp::from_millis(77));
    record.headers.add("trace", "x");
    input.pipe_record(record).unwrap();
    let output = driver.output_topic::<String, String>("loud");
    assert_eq!(output.len(), 1);
    let read = output.read_record().unwrap();
    assert_eq!((read.key.as_str(), read.value.as_str(), read.timestamp.as_millis()), ("k", "HELLO", 77));
    assert_eq!(read.headers.last("trace"), Some(&b"x"[..]));
    assert!(output.is_empty());
}

#[test]
fn words_are_counted_through_a_repartition_topic() {
    let driver = TopologyTestDriver::new(&word_count()).unwrap();
    let lines = driver.input_topic::<String, String>("lines");
    lines.pipe("", "to be or not").unwrap();
    lines.pipe("", "to be").unwrap();
    let words = driver.output_topic::<String, i64>("words").read_all_key_values().unwrap();
    let expected = [("to", 1), ("be", 1), ("or", 1), ("not", 1), ("to", 2), ("be", 2)];
    assert_eq!(words, expected.map(|(word, count)| counted(word, count)));
    let store = driver.key_value_store::<String, i64>("counts");
    assert_eq!(store.get(&"be".to_owned()).unwrap(), Some(2));
    assert_eq!(store.get(&"missing".to_owned()).unwrap(), None);
    assert_eq!(store.all().unwrap(), [("be", 2), ("not", 1), ("or", 1), ("to", 2)].map(|(w, c)| counted(w, c)));
    assert_eq!(driver.store_names(), ["counts"]);
}

#[test]
fn internal_topics_are_read_as_bytes_in_order() {
    let driver = TopologyTestDriver::new(&word_count()).unwrap();
    driver.pipe_bytes("lines", Some(b"k"), Some(b"a"), 5, &Headers::new()).unwrap();
    let outputs = driver.take_all_outputs();
    let seen: Vec<_> = outputs
        .iter()
        .map(|output| (output.topic.as_str(), output.key.as_deref().unwrap(), output.value.as_deref().unwrap()))
        .collect();
    let one: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 1];
    let expected: [(&str, &[u8], &[u8]); 3] =
        [("test-counts-repartition", b"a", b"a"), ("test-counts-changelog", b"a", one), ("words", b"a", one)];
    assert_eq!(seen, expected);
    assert!(outputs.iter().all(|output| output.timestamp == Timestamp::from_millis(5)));
    assert!(driver.take_all_outputs().is_empty());
}

#[test]
fn topics_with_several_partitions_have_several_tasks() {
    let config = TestConfig::default().with_partitions("lines", 3);
    let driver = TopologyTestDriver::with_config(&word_count(), &config).unwrap();
    let lines = driver.input_topic::<String, String>("lines");
    for partition in 0..3 {
        let record = Record::new("k".to_owned(), "a b c d".to_owned(), Timestamp::from_millis(1));
        lines.pipe_to(partition, record).unwrap();
    }
    let store = driver.key_value_store::<String, i64>("counts");
    let mut all = store.all().unwrap();
    all.sort();
    assert_eq!(all, [("a", 3), ("b", 3), ("c", 3), ("d", 3)].map(|(word, count)| counted(word, count)));
    let partitions: std::collections::BTreeSet<_> = driver
        .take_all_outputs()
        .iter()
        .filter(|output| output.topic.as_str().ends_with("-repartition"))
        .map(|output| output.partition)
        .collect();
    assert!(partitions.len() > 1, "the words are spread over partitions: {partitions:?}");
    let record = Record::new(String::new(), String::new(), Timestamp::from_millis(1));
    let error = lines.pipe_to(3, record).unwrap_err();
    assert!(error.to_string().contains("no partition 3"), "{error}");
}

#[test]
fn a_store_with_an_engine_has_the_same_contents() {
    let run = |backing| {
        let config = TestConfig { backing, ..TestConfig::default() };
        let driver = TopologyTestDriver::with_config(&word_count(), &config).unwrap();
        let lines = driver.input_topic::<String, String>("lines");
        for line in ["a b c", "b c", "c", "a"] {
            lines.pipe("", line).unwrap();
        }
        let outputs = driver.take_all_outputs();
        (outputs, driver.dump_store("counts").unwrap())
    };
    let in_memory = run(StoreBacking::InMemory);
    assert_eq!(in_memory, run(StoreBacking::Engine { cache_bytes_max: 200 }));
    assert_eq!(in_memory.1.0, StoreKind::TimestampedKeyValue);
    assert_eq!(in_memory.1.1.len(), 3);
}

#[test]
fn errors_about_wrong_names_list_the_existing_ones() {
    let driver = TopologyTestDriver::new(&word_count()).unwrap();
    let error = driver.input_topic::<String, String>("line").pipe("", "x").unwrap_err();
    assert!(matches!(error, TestError::NotAnInput { .. }) && error.to_string().contains("`lines`"), "{error}");
    let error = driver.output_topic::<String, i64>("word").read_value().unwrap_err();
    assert!(matches!(error, TestError::NotAnOutput { .. }) && error.to_string().contains("`words`"), "{error}");
    let error = driver.key_value_store::<String, i64>("count").get(&String::new()).unwrap_err();
    assert!(matches!(error, TestError::UnknownStore { .. }) && error.to_string().contains("`counts`"), "{error}");
    let error = driver.output_topic::<String, i64>("words").read_value().unwrap_err();
    assert!(matches!(error, TestError::NoMoreRecords { .. }), "{error}");
    let error = driver.key_value_store::<String, String>("counts").get(&String::new()).unwrap_err();
    assert!(error.to_string().contains("counts"), "{error}");
}

#[test]
fn a_poison_record_stops_the_driver_with_its_origin() {
    let driver = TopologyTestDriver::new(&upper_case()).unwrap();
    driver.pipe_bytes("lines", Some(b"k"), Some(b"fine"), 1, &Headers::new()).unwrap();
    let error = driver.pipe_bytes("lines", Some(b"k"), Some(&[0xff]), 2, &Headers::new()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("task 0_0") && text.contains("lines-0 at offset 1"), "{text}");
    let error = driver.input_topic::<String, String>("lines").pipe("k", "fine").unwrap_err();
    assert!(matches!(error, TestError::Stopped { .. }), "{error}");
    assert_eq!(driver.output_topic::<String, String>("loud").len(), 1, "what was written stays readable");
}

#[test]
fn a_handler_skips_a_poison_record() {
    let handlers = Handlers {
        deserialization: ErrorHandler::custom(|context| {
            if context.failure.to_string().contains("value") { Decision::Continue } else { Decision::Fail }
        }),
        ..Handlers::default()
    };
    let config = TestConfig { handlers, ..TestConfig::default() };
    let driver = TopologyTestDriver::with_config(&upper_case(), &config).unwrap();
    driver.pipe_bytes("lines", Some(b"k"), Some(&[0xff]), 2, &Headers::new()).unwrap();
    driver.input_topic::<String, String>("lines").pipe("k", "fine").unwrap();
    assert_eq!(driver.output_topic::<String, String>("loud").read_value().unwrap(), "FINE");
    assert_eq!(driver.dropped_records(), [(SkipReason::Deserialization, 1)].into());
    assert!(
        driver.pipe_bytes("lines", Some(&[0xff]), Some(b"v"), 3, &Headers::new()).is_err(),
        "the key is another matter"
    );
}

#[test]
fn nulls_are_skipped_by_plain_types_and_kept_by_options() {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("plain").to("plain-out");
    builder.stream::<Option<String>, Option<String>>("maybe").to("maybe-out");
    let driver = TopologyTestDriver::new(&builder.build().unwrap()).unwrap();
    for topic in ["plain", "maybe"] {
        driver.pipe_bytes(topic, None, Some(b"v"), 1, &Headers::new()).unwrap();
        driver.pipe_bytes(topic, Some(b"k"), None, 1, &Headers::new()).unwrap();
        driver.pipe_bytes(topic, Some(b""), Some(b""), 1, &Headers::new()).unwrap();
    }
    let plain = driver.output_topic::<String, String>("plain-out");
    assert_eq!(plain.read_all_key_values().unwrap(), [(String::new(), String::new())], "empty is not null");
    let maybe = driver.output_topic::<Option<String>, Option<String>>("maybe-out").read_all_key_values().unwrap();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(maybe, [(None, text("v")), (text("k"), None), (text(""), text(""))]);
    assert_eq!(driver.dropped_records(), [(SkipReason::NullKey, 1), (SkipReason::NullValue, 1)].into());
}

#[test]
fn the_wall_clock_advances_only_by_calls() {
    let config = TestConfig { initial_wall_clock: Timestamp::from_millis(1_000_000), ..TestConfig::default() };
    let driver = TopologyTestDriver::with_config(&upper_case(), &config).unwrap();
    let lines = driver.input_topic::<String, String>("lines");
    lines.pipe("k", "a").unwrap();
    driver.advance_wall_clock(Duration::from_millis(250)).unwrap();
    lines.pipe("k", "b").unwrap();
    let records = driver.output_topic::<String, String>("loud").read_all_records().unwrap();
    let times: Vec<_> = records.iter().map(|record| record.timestamp.as_millis()).collect();
    assert_eq!(times, [1_000_000, 1_000_250]);
    assert_eq!(driver.wall_clock(), Timestamp::from_millis(1_000_250));
}

#[test]
fn a_record_that_the_log_refuses_is_an_error() {
    let driver = TopologyTestDriver::new(&upper_case()).unwrap();
    let error = driver.input_topic::<String, String>("lines").pipe("k", "x".repeat(2_000_000)).unwrap_err();
    assert!(matches!(error, TestError::Log(_)), "{error}");
    driver.input_topic::<String, String>("lines").pipe("k", "x").unwrap();
    assert_eq!(driver.output_topic::<String, String>("loud").len(), 1);
}

#[test]
fn one_record_may_lead_to_more_records_than_a_chunk_has() {
    let driver = TopologyTestDriver::new(&word_count()).unwrap();
    let line = "word ".repeat(10_000);
    driver.input_topic::<String, String>("lines").pipe("", line.as_str()).unwrap();
    assert_eq!(driver.key_value_store::<String, i64>("counts").get(&"word".to_owned()).unwrap(), Some(10_000));
}

#[test]
fn the_metrics_have_the_counts() {
    let driver = TopologyTestDriver::new(&word_count()).unwrap();
    driver.input_topic::<String, String>("lines").pipe("", "a b c").unwrap();
    let metrics = driver.metrics();
    assert_eq!(metrics.tasks.len(), 2);
    assert_eq!(metrics.records_in(), 4, "one line, three words");
    assert_eq!(metrics.tasks[1].stores[0].entries, 3);
    assert_eq!(metrics.lag(), 0);
    assert!(driver.produced_topic_names().iter().any(|topic| topic == "test-counts-changelog"));
}
