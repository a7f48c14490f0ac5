//! KIND: a test that never ends.
//!
//! `stream("a").filter(..).to("a")` writes what it reads, so the driver took its own record again, for ever: a test with such a
//! topology hung without a word, as with Kafka Streams' driver. A loop that comes to rest is run to its end; one that does not
//! is an error that names the topics.

#![allow(clippy::unwrap_used, missing_docs)]

use millstream_core::{Produced, StreamsBuilder, Topology};
use millstream_test::{TestConfig, TestError, TopologyTestDriver};

fn built(declare: impl FnOnce(&StreamsBuilder)) -> Topology {
    let builder = StreamsBuilder::new();
    declare(&builder);
    builder.build().unwrap()
}

fn driver(topology: &Topology, loop_records_max: u64) -> TopologyTestDriver {
    TopologyTestDriver::with_config(topology, &TestConfig { loop_records_max, ..TestConfig::default() }).unwrap()
}

/// The names of the topics in the error with which `topology` ends when a record comes to topic `a`.
fn endless(topology: &Topology) -> Vec<String> {
    let driver = driver(topology, 1_000);
    let input = driver.input_topic::<String, u64>("a");
    let error = input.pipe("k", 1).unwrap_err();
    assert!(error.to_string().contains("for one input 1000 records were processed, and it went on"), "{error}");
    assert!(matches!(input.pipe("k", 1), Err(TestError::Stopped { .. })), "what it would do next is not known");
    let TestError::Endless { topics, .. } = error else { panic!("{error}") };
    topics.0
}

#[test]
fn a_loop_that_does_not_come_to_rest_is_an_error() {
    let own = built(|builder| drop(builder.stream::<String, u64>("a").filter(|_, _| true).to("a")));
    assert_eq!(endless(&own), ["a"]);

    let computed = built(|builder| {
        let numbers = builder.stream::<String, u64>("a");
        drop(numbers.to(Produced::computed(|_| "a".into())));
    });
    assert_eq!(endless(&computed), ["a"]);

    let by_way_of_others = built(|builder| {
        builder.stream::<String, u64>("a").to("b");
        builder.stream::<String, u64>("b").group_by(|key, _| key.clone()).count("n").to_stream().to("c");
        let c = builder.stream::<String, i64>("c");
        c.map_values(|_, count| count.unsigned_abs()).to("a");
        c.to("out");
    });
    assert_eq!(endless(&by_way_of_others), ["a", "b", "c", "test-n-repartition"]);
}

/// A retry topic, for example.
#[test]
fn a_loop_that_comes_to_rest_is_run_to_its_end() {
    let counting_down = built(|builder| {
        let numbers = builder.stream::<String, u64>("a");
        numbers.filter(|_, number| *number > 0).map_values(|_, number| number - 1).to("a");
        numbers.filter(|_, number| *number == 0).to("done");
    });
    let driver = driver(&counting_down, 1_000);
    for _ in 0..3 {
        driver.input_topic::<String, u64>("a").pipe("k", 900).unwrap();
    }
    assert_eq!(driver.output_topic::<String, u64>("done").len(), 3, "each input counts for itself");
    assert!(matches!(driver.input_topic::<String, u64>("a").pipe("k", 1_000), Err(TestError::Endless { .. })));
}

/// The limit is for loops: a large fan-out through repartition topics ends by itself.
#[test]
fn a_topology_without_a_loop_has_no_limit() {
    let fan_out = built(|builder| {
        let numbers = builder.stream::<String, u64>("a").flat_map(|_, number| (0..number).map(|n| (n.to_string(), n)));
        numbers.repartition("once").select_key(|_, number| number.to_string()).repartition("twice").to("out");
    });
    let driver = driver(&fan_out, 10);
    driver.input_topic::<String, u64>("a").pipe("k", 500).unwrap();
    assert_eq!(driver.output_topic::<String, u64>("out").len(), 500);
}
