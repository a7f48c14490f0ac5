//! KIND: user code that fails. An error of a `try_` operator and a panic of any operator reach the processing handler with the
//! record, the node and the cause; if the handler continues, only the record is dropped and everything else stays as it was.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "support/scheduled.rs"]
mod scheduled;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use millstream::errors::{Decision, ErrorHandler, FailureKind, Handlers};
use millstream::test::{TestConfig, TopologyTestDriver};
use millstream::{
    Consumed, KStream, Produced, PunctuationType, Record, Route, StreamsBuilder, TimeWindows, Timestamp,
    TimestampExtractor, Topology,
};
use scheduled::Scheduled;

type Lines = KStream<String, String>;

/// A topology whose operator refuses the value "bad" of the topic `in`.
fn topology(operator: impl FnOnce(&StreamsBuilder, Lines)) -> Topology {
    let builder = StreamsBuilder::new();
    let lines = builder.stream::<String, String>("in");
    operator(&builder, lines);
    builder.build().unwrap()
}

fn number(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}

/// What the handler got: kind, node, text and the value's bytes.
type Failures = Vec<(FailureKind, String, String, Vec<u8>)>;

/// Pipes values in order with a handler that continues; returns the output as text, and the failures that the handler got.
fn piped(topology: &Topology, values: &[&str]) -> (Vec<String>, Failures) {
    let failures: Arc<Mutex<Failures>> = Arc::default();
    let noted = Arc::clone(&failures);
    let processing = ErrorHandler::custom(move |context| {
        let (failure, record) = (context.failure, context.record.unwrap());
        let texts = (failure.node.as_deref().unwrap().to_owned(), failure.detail.clone().unwrap());
        noted.lock().unwrap().push((failure.kind, texts.0, texts.1, record.value.unwrap().to_vec()));
        Decision::Continue
    });
    let handlers = Handlers { processing, ..Handlers::default() };
    let driver = TopologyTestDriver::with_config(
        topology,
        &TestConfig { handlers, cache_bytes_max: 0, ..TestConfig::default() },
    );
    let driver = driver.unwrap();
    let input = driver.input_topic::<String, String>("in");
    for (time, value) in (1..).zip(values) {
        input.pipe_at("k", *value, Timestamp::from_millis(time)).unwrap();
    }
    let outputs = driver.take_all_outputs().into_iter().filter(|output| output.topic.as_str() == "out");
    let text = |bytes: Option<Vec<u8>>| match bytes {
        Some(bytes) if bytes.len() == 8 => i64::from_be_bytes(bytes.try_into().unwrap()).to_string(),
        Some(bytes) => String::from_utf8(bytes).unwrap(),
        None => "null".to_owned(),
    };
    let outputs = outputs.map(|output| text(output.value)).collect();
    let failures = failures.lock().unwrap().clone();
    (outputs, failures)
}

#[track_caller]
fn check(operator: impl FnOnce(&StreamsBuilder, Lines), node: &str, expected: &[&str]) {
    let (outputs, failures) = piped(&topology(operator), &["1", "bad", "2"]);
    assert_eq!(outputs, expected);
    let error = "invalid digit found in string".to_owned();
    assert_eq!(failures, [(FailureKind::Processing, node.to_owned(), error, b"bad".to_vec())]);
}

#[test]
fn every_operator_of_a_stream_has_a_sibling_that_may_fail() {
    check(
        |_, lines| drop(lines.try_map(|k, v| number(&v).map(|n| (k, n))).to("out")),
        "KSTREAM-MAP-0000000001",
        &["1", "2"],
    );
    check(
        |_, lines| drop(lines.try_map_values(|_, v| number(&v)).to("out")),
        "KSTREAM-MAPVALUES-0000000001",
        &["1", "2"],
    );
    check(
        |_, lines| drop(lines.try_filter(|_, v| number(v).map(|n| n > 1)).to("out")),
        "KSTREAM-FILTER-0000000001",
        &["2"],
    );
    check(
        |_, lines| drop(lines.try_filter_not(|_, v| number(v).map(|n| n > 1)).to("out")),
        "KSTREAM-FILTER-0000000001",
        &["1"],
    );
    check(
        |_, lines| drop(lines.try_flat_map(|k, v| number(&v).map(|n| [(k.clone(), n), (k, n * 10)])).to("out")),
        "KSTREAM-FLATMAP-0000000001",
        &["1", "10", "2", "20"],
    );
    check(
        |_, lines| drop(lines.try_flat_map_values(|_, v| number(&v).map(|n| [n, n * 10])).to("out")),
        "KSTREAM-FLATMAPVALUES-0000000001",
        &["1", "10", "2", "20"],
    );
    check(
        |_, lines| drop(lines.try_select_key(|_, v| number(v)).to("out")),
        "KSTREAM-KEY-SELECT-0000000001",
        &["1", "2"],
    );
    check(
        |_, lines| drop(lines.try_peek(|_, v| number(v).map(drop)).to("out")),
        "KSTREAM-PEEK-0000000001",
        &["1", "2"],
    );
    check(|_, lines| drop(lines.try_for_each(|_, v| number(v).map(drop))), "KSTREAM-FOREACH-0000000001", &[]);
    check(
        |_, lines| {
            let branches = lines.split().try_branch("large", |_, v| number(v).map(|n| n > 1)).default_branch("rest");
            branches["large"].to("out");
        },
        "KSTREAM-BRANCH-0000000001",
        &["2"],
    );
}

#[test]
fn joins_have_a_sibling_that_may_fail() {
    check(
        |builder, lines| {
            let table = builder.table::<String, String>("rows", "rows");
            lines.try_left_join(&table, |_, v, _| number(&v)).to("out");
        },
        "KSTREAM-LEFTJOIN-0000000003",
        &["1", "2"],
    );
}

#[test]
fn an_aggregation_that_fails_leaves_its_row_as_it_was() {
    check(
        |_, lines| {
            let sums = lines.group_by_key().try_aggregate("sums", || 0, |_, v, sum| number(&v).map(|n| sum + n));
            sums.to_stream().to("out");
        },
        "KSTREAM-AGGREGATE-0000000001",
        &["1", "3"],
    );
    check(
        |_, lines| {
            let add =
                |sum: String, v: String| Ok::<_, std::num::ParseIntError>((number(&sum)? + number(&v)?).to_string());
            lines.group_by_key().try_reduce("sums", add).to_stream().to("out");
        },
        "KSTREAM-REDUCE-0000000001",
        &["1", "3"],
    );
    check(
        |_, lines| {
            let second = TimeWindows::of_size_and_grace(Duration::from_secs(1), Duration::ZERO);
            let sums = lines.group_by_key().windowed_by(second).try_aggregate(
                "sums",
                || 0,
                |_, v, sum| number(&v).map(|n| sum + n),
            );
            sums.to_stream().map(|windowed, sum| (windowed.key, sum)).to("out");
        },
        "KSTREAM-AGGREGATE-0000000001",
        &["1", "3"],
    );
}

#[test]
fn a_row_that_cannot_be_mapped_leaves_the_one_before() {
    check(
        |_, lines| drop(lines.to_table("rows").try_map_values(|_, v| number(&v)).to_stream().to("out")),
        "KTABLE-MAPVALUES-0000000002",
        &["1", "2"],
    );
    check(
        |_, lines| drop(lines.to_table("rows").try_filter(|_, v| number(v).map(|n| n > 0)).to_stream().to("out")),
        "KTABLE-FILTER-0000000002",
        &["1", "2"],
    );
}

/// The row of a group, or with a foreign key, that code panicked on was taken as unchanged: the aggregate kept it, the joined row
/// stayed, and the next change was not subtracted either. It is in no group and has no foreign key, as after an error.
#[test]
fn a_row_whose_group_or_foreign_key_panics_leaves_its_group_and_its_join() {
    let group = |value: String| never_bad(value);
    let counts = topology(|_, lines| {
        let rows = lines.to_table("rows").group_by(move |key, value| (group(value), key.clone()));
        rows.count("counts").to_stream().to("out");
    });
    let (written, failures) = piped(&counts, &["x", "bad", "y"]);
    assert_eq!(written, ["1", "0", "1"], "of x, x and y");
    assert_eq!(failures.len(), 1);

    let builder = StreamsBuilder::new();
    let (left, right) =
        (builder.table::<String, String>("in", "left"), builder.table::<String, String>("rows", "right"));
    let joined = left
        .join_foreign(right.by(|_key: &String, value: &String| never_bad(value.clone())), |_key, value, row| {
            format!("{value}{row}")
        });
    joined.to_stream().map_values(|_key, row| row.unwrap_or_else(|| "gone".to_owned())).to("out");
    let handlers = Handlers { processing: ErrorHandler::Continue, ..Handlers::default() };
    let config = TestConfig { handlers, cache_bytes_max: 0, ..TestConfig::default() };
    let driver = TopologyTestDriver::with_config(&builder.build().unwrap(), &config).unwrap();
    for key in ["x", "y"] {
        driver.input_topic::<String, String>("rows").pipe(key, "!").unwrap();
    }
    for value in ["x", "bad", "y"] {
        driver.input_topic::<String, String>("in").pipe("k", value).unwrap();
    }
    assert_eq!(driver.output_topic::<String, String>("out").read_all_values().unwrap(), ["x!", "gone", "y!"]);
}

fn never_bad(value: String) -> String {
    assert_ne!(value, "bad", "no bad values here");
    value
}

#[test]
fn a_panic_reaches_the_handler_and_leaves_all_nodes_usable() {
    // Merged twice, so that nodes above and below the panic are shared ones.
    let topology = topology(|_, lines| {
        let mapped = lines.merge(&lines).map_values(|_, value| never_bad(value));
        mapped.merge(&mapped).group_by_key().count("counts").to_stream().to("out");
    });
    let (outputs, failures) = piped(&topology, &["1", "bad", "2"]);
    assert_eq!(outputs, ["1", "2", "3", "4", "5", "6", "7", "8"]);
    assert_eq!(failures.len(), 1, "the source's push ends with the panic: {failures:?}");
    let (kind, node, text, value) = &failures[0];
    assert_eq!((*kind, &**value), (FailureKind::Panic, &b"bad"[..]));
    assert!(node.starts_with("KSTREAM-MAPVALUES-"), "{node}");
    assert!(text.contains("no bad values here"), "{text}");
}

#[test]
fn a_panic_of_a_serde_reaches_the_handler() {
    #[derive(Clone)]
    struct Word;
    impl millstream::Data for Word {
        fn encode(&self, out: &mut Vec<u8>) -> Result<(), millstream::SerdeError> {
            out.push(b'w');
            Ok(())
        }
        fn decode(bytes: &[u8]) -> Result<Self, millstream::SerdeError> {
            assert_ne!(bytes, b"bad");
            Ok(Self)
        }
    }
    let builder = StreamsBuilder::new();
    builder.stream::<String, Word>("in").to("out");
    let (outputs, failures) = piped(&builder.build().unwrap(), &["1", "bad", "2"]);
    assert_eq!(outputs, ["w", "w"]);
    assert_eq!((failures[0].0, &*failures[0].1), (FailureKind::Panic, "KSTREAM-SOURCE-0000000000"));
}

#[test]
fn a_panic_during_a_write_to_a_store_stops_the_task_whatever_the_handler_decides() {
    let topology = topology(|_, lines| {
        let reduce = |row: String, value: String| row + &never_bad(value);
        lines.group_by_key().reduce("joined", reduce).to_stream().to("out");
    });
    let handlers = Handlers { processing: ErrorHandler::Continue, ..Handlers::default() };
    let driver = TopologyTestDriver::with_config(&topology, &TestConfig { handlers, ..TestConfig::default() }).unwrap();
    let input = driver.input_topic::<String, String>("in");
    input.pipe("k", "1").unwrap();
    let error = input.pipe("k", "bad").unwrap_err().to_string();
    assert!(error.contains("user code panicked in node KSTREAM-REDUCE-0000000001"), "{error}");
}

#[test]
fn by_default_a_panic_stops_the_task_and_names_node_and_record() {
    let topology = topology(|_, lines| drop(lines.map_values(|_, value| never_bad(value)).to("out")));
    let driver = TopologyTestDriver::new(&topology).unwrap();
    let error = driver.input_topic::<String, String>("in").pipe("k", "bad").unwrap_err().to_string();
    let expected = "user code panicked in node KSTREAM-MAPVALUES-0000000001, record in-0 at offset 0: ";
    assert!(error.contains(expected) && error.contains("no bad values here"), "{error}");
}

/// The filter had failed for the previous row, took that for a row that it had filtered out, and did not forward the delete: the
/// row before stayed in the output for good.
#[test]
fn a_row_that_is_filtered_out_after_one_that_failed_is_deleted() {
    let topology = topology(|_, lines| {
        drop(lines.to_table("rows").try_filter(|_, v| number(v).map(|n| n > 0)).to_stream().to("out"));
    });
    let (outputs, failures) = piped(&topology, &["5", "bad", "0", "7"]);
    assert_eq!((outputs, failures.len()), (vec!["5".to_owned(), "null".to_owned(), "7".to_owned()], 1));
}

/// The function of a table runs for the old row, too. If it had panicked for that one, the next record was lost as well, and was
/// reported as the cause.
#[test]
fn a_row_that_panicked_does_not_affect_the_next_one() {
    let topology = topology(|_, lines| {
        let is_long = |_: &String, value: &String| never_bad(value.clone()).len() > 1;
        lines.to_table("rows").filter(is_long).to_stream().to("out");
    });
    let (outputs, failures) = piped(&topology, &["55", "bad", "66", "7", "8"]);
    assert_eq!((outputs, failures.len()), (vec!["55".to_owned(), "66".to_owned(), "null".to_owned()], 1));
    assert_eq!(failures[0].3, b"bad");
}

#[test]
fn a_topic_chooser_may_fail() {
    check(
        |_, lines| {
            let number_of = |record: &Record<String, String>| number(&record.value).map(|_| "out".into());
            drop(lines.to(Produced::try_computed(number_of)));
        },
        "KSTREAM-SINK-0000000001",
        &["1", "2"],
    );
}

/// What chooses (a time, a topic, a partition) and what begins an aggregate has no `try_` sibling of its own, or need not be
/// called by it: a panic in it reaches the handler all the same, with the record.
#[test]
fn panics_of_choosers_reach_the_handler_and_drop_one_record() {
    let by_topic = Produced::computed(|record: &Record<String, String>| {
        never_bad(record.value.clone());
        "out".into()
    });
    let by_partition = Produced::topic("out").partitioner(|_: &String, value: &String, _| {
        never_bad(value.clone());
        Route::to(0)
    });
    for sink in [by_topic, by_partition] {
        let (outputs, failures) = piped(&topology(|_, lines| drop(lines.to(sink))), &["1", "bad", "2"]);
        assert_eq!(outputs, ["1", "2"]);
        assert_eq!(
            (failures.len(), failures[0].0, &*failures[0].1),
            (1, FailureKind::Panic, "KSTREAM-SINK-0000000001")
        );
        assert_eq!(failures[0].3, b"bad");
    }
}

#[test]
fn a_panic_of_a_timestamp_extractor_reaches_the_handler() {
    let builder = StreamsBuilder::new();
    let time = TimestampExtractor::custom(|record: &Record<String, String>, _| {
        never_bad(record.value.clone());
        record.timestamp
    });
    builder.stream::<String, String>(Consumed::topic("in").timestamps(time)).to("out");
    let (outputs, failures) = piped(&builder.build().unwrap(), &["1", "bad", "2"]);
    assert_eq!(outputs, ["1", "2"]);
    assert_eq!((failures.len(), failures[0].0, &*failures[0].1), (1, FailureKind::Panic, "KSTREAM-SOURCE-0000000000"));
}

/// `initial` is called during a write to the store, but only when there is no row that its panic could lose. The task stopped
/// without calling the handler.
#[test]
fn a_panic_of_an_initializer_leaves_the_store_as_it_was() {
    let calls = Arc::new(AtomicUsize::new(0));
    let topology = topology(|_, lines| {
        let initial = move || {
            assert!(calls.fetch_add(1, Ordering::Relaxed) > 0, "nothing to begin with");
            0_i64
        };
        lines.group_by_key().aggregate("sums", initial, |_, _, sum| sum + 1).to_stream().to("out");
    });
    let (outputs, failures) = piped(&topology, &["bad", "1", "2"]);
    assert_eq!(outputs, ["1", "2"]);
    assert_eq!(
        (failures.len(), failures[0].0, &*failures[0].1),
        (1, FailureKind::Panic, "KSTREAM-AGGREGATE-0000000001")
    );
}

/// The failure named the node "punctuation".
#[test]
fn a_panic_in_a_punctuation_names_the_processor() {
    let punctual = || Scheduled::new(PunctuationType::StreamTime, Duration::from_secs(1), |_, _| panic!("too early"));
    let topology = topology(|_, lines| drop(lines.process(punctual, "punctual").to("out")));
    let driver = TopologyTestDriver::new(&topology).unwrap();
    let error = driver.input_topic::<String, String>("in").pipe_at("k", "v", 5_000).unwrap_err().to_string();
    assert!(error.contains("user code panicked in node punctual: too early"), "{error}");
}
