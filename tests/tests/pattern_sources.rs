//! Sources that read topics by a pattern, in the test driver, and the patterns that are refused when a topology is built.
//! `crates/millstream-runtime/tests/patterns.rs` has what happens while an application runs.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use millstream::test::{TestConfig, TopologyTestDriver};
use millstream::{Consumed, KStream, StreamsBuilder, TopologyBuilder};
use support::{check, check_refused, uncached};

fn matching(pattern: &str) -> Consumed<String, String> {
    Consumed::pattern(pattern)
}

/// The rule of Kafka Streams' `shouldAddPatternSourceForDslTopology` and `RegexSourceIntegrationTest`.
#[test]
fn every_topic_that_matches_is_read_and_no_other() {
    let builder = StreamsBuilder::new();
    builder.stream(matching("in-[a-z]")).to("out");
    let driver = TopologyTestDriver::new(&builder.build().unwrap()).unwrap();
    for topic in ["in-b", "in-a", "in-b"] {
        driver.input_topic::<String, String>(topic).pipe("k", topic).unwrap();
    }
    let refused = driver.input_topic::<String, String>("in-1").pipe("k", "v").unwrap_err().to_string();
    assert!(refused.contains("the topology reads no topic `in-1`"), "{refused}");
    assert_eq!(driver.output_topic::<String, String>("out").read_all_values().unwrap(), ["in-b", "in-a", "in-b"]);
}

#[test]
fn state_is_kept_over_all_topics_that_match() {
    let builder = StreamsBuilder::new();
    builder.stream(matching("in-.*")).group_by_key().count("counts").to_stream().to("out");
    let steps = [
        ("in-a: k=v@1", &["out k=1@1"][..]),
        ("in-b: k=v@2", &["out k=2@2"]),
        ("in-a: j=v@3", &["out j=1@3"]),
        ("in-c: k=v@4", &["out k=3@4"]),
    ];
    check(builder.build(), &uncached(), &steps);
}

#[test]
fn state_and_places_are_kept_over_a_restart_of_the_driver() {
    let builder = StreamsBuilder::new();
    builder.stream(matching("in-.*")).group_by_key().count("counts").to_stream().to("out");
    let config = TestConfig { cache_bytes_max: 0, ..TestConfig::default() };
    let driver = TopologyTestDriver::with_config(&builder.build().unwrap(), &config).unwrap();
    let pipe = |topic: &str| driver.input_topic::<String, String>(topic).pipe("k", "v").unwrap();
    ["in-a", "in-b"].into_iter().for_each(pipe);
    driver.restart().unwrap();
    ["in-a", "in-b", "in-c"].into_iter().for_each(pipe);
    assert_eq!(driver.output_topic::<String, i64>("out").read_all_values().unwrap(), [1, 2, 3, 4, 5]);
}

/// A topic that the topology writes itself is read, too, as from a log on which it exists.
#[test]
fn a_topic_that_the_topology_writes_is_read_if_it_matches() {
    let builder = StreamsBuilder::new();
    let read = builder.stream(matching("in-.*"));
    read.filter(|_, value| value.len() < 3).map_values(|_, value| value + "+").to("in-again");
    read.to("out");
    check(
        builder.build(),
        &uncached(),
        &[("in-a: k=v@1", &["in-again k=v+@1", "out k=v@1", "in-again k=v++@1", "out k=v+@1", "out k=v++@1"])],
    );
}

#[test]
fn topics_with_several_partitions_are_read_by_a_task_each() {
    let builder = StreamsBuilder::new();
    builder.stream(matching("in-.*")).to("out");
    let config = TestConfig::default().with_partitions("in-a", 1).with_partitions("in-b", 3);
    let driver = TopologyTestDriver::with_config(&builder.build().unwrap(), &config).unwrap();
    let keys: Vec<String> = (0..20).map(|key| key.to_string()).collect();
    for key in &keys {
        driver.input_topic::<String, String>("in-a").pipe(key.clone(), "a").unwrap();
        driver.input_topic::<String, String>("in-b").pipe(key.clone(), "b").unwrap();
    }
    assert_eq!(driver.output_topic::<String, String>("out").read_all_values().unwrap(), ["a", "b"].repeat(20));
}

#[test]
fn the_processor_api_reads_by_pattern() {
    let mut builder = TopologyBuilder::new();
    builder.add_source("read", matching("in-.*"));
    builder.add_sink::<String, String>("write", "out", ["read"]);
    let topology = builder.build().unwrap();
    let text = "    Source: read (topics: in-.*)\n      --> write\n";
    assert!(topology.describe().to_string().contains(text), "{}", topology.describe());
    check(Ok(topology), &uncached(), &[("in-a: k=v@1", &["out k=v@1"])]);

    let mut builder = TopologyBuilder::new();
    builder.add_source("read", matching("in-(.*"));
    let refused = builder.build().unwrap_err().to_string();
    assert!(refused.starts_with("`in-(.*` is not a valid pattern"), "{refused}");
}

/// Kafka Streams: "Pattern … will match a topic that has already been registered by another source.", and the other way round.
#[test]
fn a_topic_is_not_read_by_name_and_by_pattern() {
    let expected = ["the pattern `in-.*`", "matches topic `in-a`", "leave the other source out"];
    check_refused(
        |b| {
            b.stream::<String, String>("in-a").to("out");
            b.stream(matching("in-.*")).to("out");
        },
        &expected,
    );
    check_refused(
        |b| {
            b.stream(matching("in-.*")).to("out");
            b.table::<String, String>("in-a", "rows");
        },
        &expected,
    );
    check_refused(
        |b| {
            b.global_table::<String, String>("in-a", "rows");
            b.stream(matching("in-.*")).to("out");
        },
        &expected,
    );
}

#[test]
fn a_pattern_is_not_read_twice() {
    let twice = |b: &StreamsBuilder| {
        b.stream(matching("in-.*")).to("out");
        b.stream(matching("in-.*")).to("out");
    };
    check_refused(twice, &["pattern `in-.*` is read by both", "use that stream twice"]);
}

#[test]
fn a_pattern_is_not_a_table() {
    let rows = || Consumed::<Option<String>, Option<String>>::pattern("in-.*");
    check_refused(|b| drop(b.table(rows(), "rows")), &["table: it reads topics by name", "`in-.*`", "`to_table`"]);
    check_refused(|b| drop(b.global_table(rows(), "rows")), &["global_table: it reads one topic", "`in-.*`"]);
}

/// The repartition topic of a pattern's stream does not match its own pattern.
#[test]
fn internal_topics_do_not_match() {
    let builder = StreamsBuilder::new();
    let read: KStream<String, String> = builder.stream(matching(".*[^t]"));
    read.group_by(|_, value| value.clone()).count("n").to_stream().to("out");
    check(builder.build(), &uncached(), &[("words: k=v@1", &["out v=1@1"]), ("more: k=v@2", &["out v=2@2"])]);
}
