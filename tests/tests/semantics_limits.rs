//! Limits: the largest timestamp, long topologies, many keys, missing topics and many topics.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use millstream::errors::{ErrorHandler, Handlers};
use millstream::test::{TestConfig, TopologyTestDriver};
use millstream::{
    Consumed, Headers, KStream, Partition, Produced, Record, Repartitioned, Route, StreamsBuilder, TimeWindows,
    TimestampExtractor, Topology, TopologyError, Windowed,
};
use support::{cached, check, check_with_internal, dropped, outputs, pipe, uncached};

type Text = Option<String>;
type Built = Result<Topology, TopologyError>;

fn topology(make: impl FnOnce(KStream<Text, Text>)) -> Built {
    let builder = StreamsBuilder::new();
    make(builder.stream("in"));
    builder.build()
}

/// Rule 124.
#[test]
fn the_last_window_ends_with_time() {
    const LAST: i64 = i64::MAX;
    let windows = TimeWindows::of_size_and_grace(Duration::from_millis(10), Duration::from_millis(5));
    let counted = || {
        topology(|stream| {
            let counts = stream.group_by_key().windowed_by(windows).count("c").to_stream();
            let text = |window: &Windowed<String>| {
                format!("{} {}..{}", window.key, window.window.start.as_millis(), window.window.end.as_millis())
            };
            counts.map(move |window, count| (text(&window), count)).to("out");
        })
    };
    let start = LAST / 10 * 10;
    let out = |count: u8, time: i64| format!("out k {start}..{LAST}={count}@{time}");
    for config in [uncached(), cached()] {
        check(
            counted(),
            &config,
            &[
                ("k=a@5", &["out k 0..10=1@5"]),
                (&format!("k=b@{LAST}"), &[&out(1, LAST)]),
                (&format!("k=c@{}", LAST - 1), &[&out(2, LAST)]),
                ("k=late@6", &["dropped 1"]),
            ],
        );
    }
}

#[test]
fn a_hundred_operators_in_a_row_are_all_applied() {
    let built = topology(|stream| {
        let chain = (0..100).fold(stream, |stream, number| match number % 4 {
            0 => stream.map_values(|_, value| value.map(|value| value + "+")),
            1 => stream.filter(|_, value| value.is_some()),
            2 => stream.peek(|_, _| {}),
            _ => stream.map_values(|_, value| value.map(|value| value + "-")),
        });
        chain.to("out");
    });
    let expected = format!("out k={}@1", "+-".repeat(25));
    check(built, &uncached(), &[("k=@1", &[&expected]), ("k=null@2", &[])]);
}

#[test]
fn ten_thousand_keys_are_counted_each_by_itself() {
    let built = topology(|stream| drop(stream.group_by(|_, value| value.clone()).count("c").to_stream().to("out")));
    let driver = TopologyTestDriver::with_config(&built.unwrap(), &cached().with_partitions("in", 3)).unwrap();
    let input = driver.input_topic::<Text, String>("in");
    for number in 0..20_000 {
        let value = (number % 10_000).to_string();
        input.pipe_to(number % 3, Record::new(None, value, 1.into())).unwrap();
    }
    let counts = driver.key_value_store::<String, i64>("c").all().unwrap();
    assert_eq!(counts.len(), 10_000);
    assert!(counts.iter().all(|(_, count)| *count == 2));
}

#[test]
fn one_stream_of_several_topics_has_the_records_of_each() {
    let builder = StreamsBuilder::new();
    builder.stream(Consumed::<Text, Text>::topics(["a", "b", "c"])).group_by_key().count("n").to_stream().to("out");
    check(
        builder.build(),
        &uncached(),
        &[("a: k=1@1", &["out k=1@1"]), ("b: k=2@9", &["out k=2@9"]), ("c: k=3@5", &["out k=3@9"])],
    );
}

#[test]
fn a_wall_clock_extractor_gives_the_time_of_the_moment() {
    let builder = StreamsBuilder::new();
    builder.stream(Consumed::<Text, Text>::topic("in").timestamps(TimestampExtractor::WallClock)).to("out");
    let config = TestConfig { initial_wall_clock: 500.into(), ..uncached() };
    let driver = TopologyTestDriver::with_config(&builder.build().unwrap(), &config).unwrap();
    pipe(&driver, "k=a@7").unwrap();
    driver.advance_wall_clock(Duration::from_millis(20)).unwrap();
    pipe(&driver, "k=b@-1").unwrap();
    assert_eq!(outputs(&driver, |_| true), ["out k=a@500", "out k=b@520"]);
}

#[test]
fn a_repartition_topic_has_the_partitions_it_was_given_and_its_own_partitioner() {
    let choose = |_: &Text, value: &Text, partitions: u32| match value.as_deref() {
        Some("none") => Route::To(Vec::new()),
        Some("all") => Route::To((0..partitions).map(Partition::new).collect()),
        _ => Route::to(partitions - 1),
    };
    let built = || {
        topology(|stream| {
            drop(stream.repartition(Repartitioned::named("r").partitions(5).partitioner(choose)).to("out"));
        })
    };
    check_with_internal(
        built(),
        &uncached(),
        &[("k=one@1", &["test-r-repartition k=one@1", "out k=one@1"]), ("k=none@1", &["dropped 1"])],
    );
    let driver = TopologyTestDriver::with_config(&built().unwrap(), &uncached()).unwrap();
    pipe(&driver, "k=one@1").unwrap();
    pipe(&driver, "k=all@2").unwrap();
    let written = driver.take_all_outputs();
    let repartitioned = written.iter().filter(|record| record.topic.as_str() == "test-r-repartition");
    let partitions: Vec<u32> = repartitioned.map(|record| record.partition.number()).collect();
    assert_eq!(partitions, [4, 0, 1, 2, 3, 4]);
}

#[test]
fn a_partition_that_does_not_exist_reaches_the_production_handler() {
    let built = topology(|stream| {
        stream.to(Produced::topic("out").partitioner(|_: &Text, _: &Text, partitions| Route::to(partitions)));
    });
    let driver = TopologyTestDriver::with_config(&built.unwrap(), &uncached()).unwrap();
    let failure = pipe(&driver, "k=a@1").expect_err("there is no such partition").to_string();
    assert!(failure.contains("`out` refused a record"), "{failure}");
}

#[test]
fn text_that_is_not_utf_8_cannot_be_read() {
    let built = topology(|stream| drop(stream.to("out"))).unwrap();
    let bad = |driver: &TopologyTestDriver| driver.pipe_bytes("in", Some(b"k"), Some(b"\xff"), 1, &Headers::new());
    let driver = TopologyTestDriver::new(&built).unwrap();
    let failure = bad(&driver).expect_err("it cannot be read").to_string();
    assert!(failure.contains("the value cannot be read") && failure.contains("utf-8"), "{failure}");

    let handlers = Handlers { deserialization: ErrorHandler::Continue, ..Handlers::default() };
    let driver = TopologyTestDriver::with_config(&built, &TestConfig { handlers, ..uncached() }).unwrap();
    bad(&driver).unwrap();
    assert_eq!((dropped(&driver), outputs(&driver, |_| true).len()), (1, 0));
}

#[test]
fn unit_keys_and_values_accept_any_bytes() {
    let builder = StreamsBuilder::new();
    builder.stream::<(), Text>("in").to("out");
    check(builder.build(), &uncached(), &[("k=v@1", &["out null=v@1"]), ("null=v@2", &["out null=v@2"])]);
}

#[test]
fn of_records_of_equal_time_that_of_the_first_source_is_processed_first() {
    let builder = StreamsBuilder::new();
    let first = builder.stream::<Text, Text>("first").map_values(|_, _| "first".to_owned());
    let second = builder.stream::<Text, Text>("second").map_values(|_, _| "second".to_owned());
    second.merge(&first).to("out");
    let input = builder.stream::<Text, Text>("in");
    input.to("second");
    input.to("first");
    let sent = ["second k=v@5", "first k=v@5", "out k=first@5", "out k=second@5"];
    check(builder.build(), &uncached(), &[("k=v@5", &sent)]);
}
