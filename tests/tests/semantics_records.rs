//! Records that are empty, huge, invalid, with wrong timestamps, with headers; and the handlers of those that fail.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use millstream::errors::{ErrorHandler, FailureKind, Handlers};
use millstream::test::{RawOutput, TestConfig, TopologyTestDriver};
use millstream::{
    BoxError, Consumed, Data, FixedKeyContext, FixedKeyProcessor, FixedKeyRecord, Headers, KStream, Partition,
    Processor, ProcessorContext, Produced, Record, Repartitioned, Route, SerdeError, StreamsBuilder, TimeWindows,
    TimestampExtractor, Topology, TopologyError, partition_for,
};
use support::{check, dropped, outputs, pipe, uncached};

type Text = Option<String>;
type Built = Result<Topology, TopologyError>;

fn topology(make: impl FnOnce(KStream<Text, Text>)) -> Built {
    let builder = StreamsBuilder::new();
    make(builder.stream("in"));
    builder.build()
}

/// Continues after the failures of one kind, and stops at all others.
fn continuing(choose: impl FnOnce(&mut Handlers) -> &mut ErrorHandler) -> TestConfig {
    let mut handlers = Handlers::default();
    *choose(&mut handlers) = ErrorHandler::Continue;
    TestConfig { handlers, ..uncached() }
}

/// Pipes a record that must stop the task, and everything after it; returns what the driver says.
#[track_caller]
fn stops(topology: Built, config: &TestConfig, input: &str) -> String {
    let driver = TopologyTestDriver::with_config(&topology.unwrap(), config).unwrap();
    let failure = pipe(&driver, input).expect_err("the task must stop").to_string();
    let later = pipe(&driver, "k=1@1").expect_err("a stopped task takes no more").to_string();
    assert!(later.contains(&failure), "{later}");
    assert_eq!(outputs(&driver, |_| true), [""; 0]);
    failure
}

#[test]
fn nulls_and_empty_texts_are_different_things() {
    check(
        topology(|stream| drop(stream.to("out"))),
        &uncached(),
        &[
            ("=@0", &["out =@0"]),
            ("null=@0", &["out null=@0"]),
            ("=null@0", &["out =null@0"]),
            ("null=null@0", &["out null=null@0"]),
        ],
    );
}

#[test]
fn a_plain_type_drops_nulls_at_its_source_and_reports_it() {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").to("out");
    check(
        builder.build(),
        &uncached(),
        &[
            ("k=v@1", &["out k=v@1"]),
            ("null=v@2", &["dropped 1"]),
            ("k=null@3", &["dropped 1"]),
            ("k=@4", &["out k=@4"]),
        ],
    );
}

#[test]
fn a_record_of_a_megabyte_goes_through_stores_and_repartitions_whole() {
    let huge = "x".repeat(1 << 20);
    let built = topology(|stream| {
        let rekeyed = stream.select_key(|_, value| value.as_ref().map(|value| value[..1].to_owned()));
        rekeyed.to_table("t").to_stream().to("out");
    });
    let driver = TopologyTestDriver::new(&built.unwrap()).unwrap();
    driver.input_topic::<String, String>("in").pipe("k", huge.as_str()).unwrap();
    assert!(driver.output_topic::<String, String>("out").read_key_value().unwrap() == ("x".to_owned(), huge.clone()));
    assert!(driver.key_value_store::<String, String>("t").get(&"x".to_owned()).unwrap() == Some(huge));
}

/// Rule 111.
#[test]
fn headers_stay_in_order_with_repeated_names_and_nulls_through_a_repartition() {
    let driver = TopologyTestDriver::new(
        &topology(|stream| drop(stream.select_key(|key, _| key.clone()).repartition("r").to("out"))).unwrap(),
    )
    .unwrap();
    let mut headers = Headers::new();
    for (name, value) in [("b", Some("1")), ("a", None), ("b", Some(""))] {
        let value = value.map(|value| value.as_bytes().to_vec());
        headers.push(millstream::Header { name: name.to_owned(), value });
    }
    driver.pipe_bytes("in", Some(b"k"), Some(b"v"), 1, &headers).unwrap();
    let record = driver.output_topic::<String, String>("out").read_record().unwrap();
    assert_eq!(record.headers, headers);
}

fn timed(extractor: TimestampExtractor<Text, Text>) -> Built {
    let builder = StreamsBuilder::new();
    builder.stream(Consumed::topic("in").timestamps(extractor)).to("out");
    builder.build()
}

/// Rule 5.
#[test]
fn a_negative_time_stops_the_task_unless_the_source_is_configured_otherwise() {
    let failure = stops(timed(TimestampExtractor::FailOnInvalid), &uncached(), "k=a@-1");
    assert!(failure.contains("TimestampExtractor"), "{failure}");
    let lenient = TestConfig {
        handlers: Handlers {
            deserialization: ErrorHandler::Continue,
            processing: ErrorHandler::Continue,
            production: ErrorHandler::Continue,
            ..Handlers::default()
        },
        ..uncached()
    };
    stops(timed(TimestampExtractor::FailOnInvalid), &lenient, "k=a@-1");
    check(
        timed(TimestampExtractor::SkipInvalid),
        &uncached(),
        &[("k=a@1", &["out k=a@1"]), ("k=b@-1", &["dropped 1"]), ("k=c@0", &["out k=c@0"])],
    );
    check(
        timed(TimestampExtractor::PartitionTimeOnInvalid),
        &uncached(),
        &[("k=a@7", &["out k=a@7"]), ("k=c@3", &["out k=c@3"]), ("k=b@-1", &["out k=b@7"])],
    );
}

/// Rule 4.
#[test]
fn an_extractor_sees_the_record_and_the_highest_time_before_it() {
    let of_value = TimestampExtractor::custom(|record: &Record<Text, Text>, highest| {
        let text = record.value.as_deref().unwrap_or_default();
        if text == "highest" { highest } else { text.parse::<i64>().unwrap_or(-1).into() }
    });
    check(
        timed(of_value),
        &uncached(),
        &[
            ("k=highest@5", &["dropped 1"]),
            ("k=40@5", &["out k=40@40"]),
            ("k=20@5", &["out k=20@20"]),
            ("k=highest@5", &["out k=highest@40"]),
            ("k=no number@5", &["dropped 1"]),
        ],
    );
}

/// A value that must be digits when it is read and must not be 13 when it is written.
#[derive(Clone)]
struct Digits(String);

impl Data for Digits {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        if self.0 == "13" {
            return Err(SerdeError::unwritable("Digits", "13 is not written"));
        }
        self.0.encode(out)
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        let text = String::decode(bytes)?;
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(SerdeError::malformed("Digits", "not all are digits", bytes))
        }
    }
}

fn digits() -> Built {
    let builder = StreamsBuilder::new();
    builder.stream::<Text, Digits>("in").to("out");
    builder.build()
}

/// Rule 115.
#[test]
fn an_invalid_record_stops_the_task_or_is_dropped_as_the_handler_decides() {
    let failure = stops(digits(), &uncached(), "k=poison@1");
    for part in ["the value cannot be read", "record in-0 at offset 0", "not all are digits (6 bytes)"] {
        assert!(failure.contains(part), "`{part}` in: {failure}");
    }
    assert!(!failure.contains("poison"), "texts do not quote records: {failure}");
    check(
        digits(),
        &continuing(|handlers| &mut handlers.deserialization),
        &[("k=1@1", &["out k=1@1"]), ("k=poison@2", &["dropped 1"]), ("k=2@3", &["out k=2@3"])],
    );
}

/// Rule 115.
#[test]
fn a_value_that_cannot_be_written_reaches_the_production_handler() {
    let failure = stops(digits(), &continuing(|handlers| &mut handlers.processing), "k=13@1");
    assert!(failure.contains("13 is not written") && failure.contains("`out`"), "{failure}");
    check(
        digits(),
        &continuing(|handlers| &mut handlers.production),
        &[("k=13@2", &["dropped 1"]), ("k=2@3", &["out k=2@3"])],
    );
}

/// Says where it began, before each value.
struct Where(Option<String>);

impl FixedKeyProcessor<Text, Text, String> for Where {
    fn init(&mut self, context: &mut FixedKeyContext<'_, '_, Text, String>) -> Result<(), BoxError> {
        self.0 = Some(format!("{} {} {}", context.application_id(), context.name(), context.partition()));
        Ok(())
    }

    fn process(
        &mut self,
        context: &mut FixedKeyContext<'_, '_, Text, String>,
        record: FixedKeyRecord<Text, Text>,
    ) -> Result<(), BoxError> {
        assert_eq!(context.origin().map(|origin| origin.partition), Some(context.partition()));
        let text =
            format!("{}: {}", self.0.as_deref().unwrap_or("nowhere"), record.value().as_deref().unwrap_or("null"));
        context.forward(record.with_value(text));
        Ok(())
    }
}

#[test]
fn a_processor_knows_its_partition_before_the_first_record() {
    let topology = topology(|stream| _ = stream.process_values(|| Where(None), "where").to("out")).unwrap();
    let driver = TopologyTestDriver::with_config(&topology, &uncached().with_partitions("in", 3)).unwrap();
    for partition in [2, 0] {
        let record = Record::new(Some("k".to_owned()), Some("v".to_owned()), 1.into());
        driver.input_topic::<Text, Text>("in").pipe_to(partition, record).unwrap();
    }
    assert_eq!(outputs(&driver, |topic| topic == "out"), ["out k=test where 2: v@1", "out k=test where 0: v@1"]);
}

/// Forwards each value, and fails on "bad" after it has forwarded.
struct Fragile;

impl Processor<Text, Text, Text, Text> for Fragile {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, Text>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        let is_bad = record.value.as_deref() == Some("bad");
        context.forward(record);
        if is_bad { Err("this value is bad".into()) } else { Ok(()) }
    }
}

fn fragile() -> Built {
    topology(|stream| {
        stream.to("before");
        let wrapped = stream.process(|| Fragile, "outer").process(|| Fragile, "inner");
        wrapped.to("out");
        stream.to("after");
    })
}

/// Rule 116.
#[test]
fn a_processor_that_fails_ends_its_own_branch_and_no_other() {
    let failure = {
        let driver = TopologyTestDriver::new(&fragile().unwrap()).unwrap();
        pipe(&driver, "k=bad@1").expect_err("the task must stop").to_string()
    };
    assert!(failure.contains("node inner") && failure.contains("this value is bad"), "{failure}");
    check(
        fragile(),
        &continuing(|handlers| &mut handlers.processing),
        &[
            ("k=good@1", &["before k=good@1", "out k=good@1", "after k=good@1"]),
            // Both processors fail, each by itself; what they forwarded before stays.
            ("k=bad@2", &["before k=bad@2", "out k=bad@2", "after k=bad@2", "dropped 2"]),
        ],
    );
}

#[test]
fn a_custom_handler_gets_kind_node_and_origin() {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let handler = ErrorHandler::custom(move |context| {
        let (failure, origin) = (context.failure, context.failure.origin.as_ref().unwrap());
        let origin = format!("{}-{} offset {}", origin.topic, origin.partition, origin.offset);
        noted.lock().unwrap().push((failure.kind, failure.node.as_deref().unwrap().to_owned(), origin));
        millstream::errors::Decision::Continue
    });
    let handlers = Handlers { processing: handler, ..Handlers::default() };
    let driver = TopologyTestDriver::with_config(&fragile().unwrap(), &TestConfig { handlers, ..uncached() }).unwrap();
    pipe(&driver, "k=good@1").unwrap();
    pipe(&driver, "k=bad@2").unwrap();
    let of = |node: &str| (FailureKind::Processing, node.to_owned(), "in-0 offset 1".to_owned());
    assert_eq!(*seen.lock().unwrap(), [of("inner"), of("outer")]);
}

#[test]
fn a_partitioner_sends_to_one_to_several_or_to_no_partition() {
    let built = topology(|stream| {
        let choose = |_: &Text, value: &Text, partitions: u32| match value.as_deref() {
            Some("all") => Route::To((0..partitions).map(Partition::new).collect()),
            Some("none") => Route::To(Vec::new()),
            Some("last") => Route::to(partitions - 1),
            _ => Route::ByKey,
        };
        stream.to(Produced::topic("out").partitioner(choose));
    });
    let config = uncached().with_partitions("out", 3);
    let driver = TopologyTestDriver::with_config(&built.unwrap(), &config).unwrap();
    for (value, expected) in [("all", vec![0, 1, 2]), ("none", vec![]), ("last", vec![2])] {
        pipe(&driver, &format!("k={value}@1")).unwrap();
        let partitions: Vec<Partition> = driver.take_all_outputs().iter().map(|record| record.partition).collect();
        assert_eq!(partitions, expected.into_iter().map(Partition::new).collect::<Vec<_>>(), "{value}");
    }
    assert_eq!(dropped(&driver), 1, "a record for no partition is a dropped one");
}

#[test]
fn a_sink_puts_all_windows_of_a_key_together_and_a_repartition_topic_does_not() {
    let built = topology(|stream| {
        let second = TimeWindows::of_size_with_no_grace(Duration::from_secs(1));
        let counts = stream.group_by_key().windowed_by(second).count("counts").to_stream();
        counts.to("out");
        counts.repartition(Repartitioned::named("counts").partitions(8)).for_each(|_, _| ());
    });
    let driver = TopologyTestDriver::with_config(&built.unwrap(), &uncached().with_partitions("out", 8)).unwrap();
    for second in 0..40 {
        pipe(&driver, &format!("k=v@{}", second * 1_000)).unwrap();
    }
    let (out, repartitioned): (Vec<_>, Vec<_>) = driver
        .take_all_outputs()
        .into_iter()
        .filter(|output| !output.topic.as_str().ends_with("changelog"))
        .partition(|output| output.topic.as_str() == "out");
    assert_eq!((out.len(), repartitioned.len()), (40, 40));
    assert!(out.iter().all(|output| output.partition == partition_for(b"k", 8)), "{out:?}");
    let by_all_bytes = |output: &RawOutput| partition_for(output.key.as_ref().unwrap(), 8);
    assert!(repartitioned.iter().all(|output| output.partition == by_all_bytes(output)), "{repartitioned:?}");
}

/// Rule 114.
#[test]
fn a_topic_is_chosen_per_record() {
    check(
        topology(|stream| {
            let topic_of = |record: &Record<Text, Text>| record.key.as_deref().unwrap_or("nokey").into();
            stream.to(Produced::computed(topic_of));
        }),
        &uncached(),
        &[("a=1@1", &["a a=1@1"]), ("null=2@2", &["nokey null=2@2"]), ("a=3@0", &["a a=3@0"])],
    );
}
