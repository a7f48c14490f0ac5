//! KIND: streams of topics with different partition counts that meet by key without a join.
//!
//! `a.merge(&b).group_by_key().count(..)` was accepted with 3 partitions of `a` and 5 of `b`. A key is then in one partition of
//! `a` and in another of `b`, so two tasks each counted a part of its records, and neither result was right. Kafka Streams
//! accepts it too. Here the counts must be equal, as they must be for a join.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use millstream::test::{TestConfig, TopologyTestDriver};
use millstream::{Consumed, KStream, Materialized, Repartitioned, StreamsBuilder, TimeWindows, Topology};
use millstream_core::{PartitionCounts, TopicName};

type Stream = KStream<String, String>;

/// Declares a topology.
type Declare<'a> = &'a dyn Fn(&StreamsBuilder);

/// The partition counts of the internal topics of what `declare` makes of streams of `a` (3 partitions) and `b` (5), or why
/// there are none.
fn counts(declare: impl FnOnce(&StreamsBuilder)) -> Result<Vec<(String, u32)>, String> {
    let builder = StreamsBuilder::new();
    declare(&builder);
    let topology = builder.build().unwrap();
    let existing = |topic: &TopicName| Some(if &*topic.name == "a" { 3 } else { 5 });
    let counts = PartitionCounts::resolve(topology.subtopologies(), existing).map_err(|error| error.to_string())?;
    let internal = counts.internal_topics(topology.subtopologies(), "app");
    Ok(internal.map(|(topic, count, _)| (topic.to_string(), count)).collect())
}

fn a_and_b(builder: &StreamsBuilder) -> (Stream, Stream) {
    (builder.stream("a"), builder.stream("b"))
}

fn merged(builder: &StreamsBuilder) -> Stream {
    let (a, b) = a_and_b(builder);
    a.merge(&b)
}

#[test]
fn what_makes_rows_of_topics_with_different_counts_is_refused() {
    let second = || TimeWindows::of_size_with_no_grace(Duration::from_secs(1));
    let cases: [(&str, Declare<'_>); 7] = [
        ("a count", &|builder| drop(merged(builder).group_by_key().count("n"))),
        ("a reduce behind operators that keep keys", &|builder| {
            let kept = merged(builder).filter(|_, _| true).map_values(|_, value| value);
            drop(kept.group_by_key().reduce("n", |_, next| next));
        }),
        ("a windowed count", &|builder| drop(merged(builder).group_by_key().windowed_by(second()).count("n"))),
        ("a table", &|builder| drop(merged(builder).to_table("t"))),
        ("a table that is kept further down", &|builder| {
            drop(
                merged(builder)
                    .to_table(Materialized::new())
                    .map_values(|_, value| value.len() as u64)
                    .materialized("t"),
            );
        }),
        ("one source of both", &|builder| {
            drop(builder.stream::<String, String>(Consumed::topics(["a", "b"])).group_by_key().count("n"));
        }),
        ("a merge of more than two", &|builder| {
            let (a, b) = a_and_b(builder);
            drop(builder.stream("c").merge(&b).merge(&a).group_by_key().count("n"));
        }),
    ];
    for (what, declare) in cases {
        let message = counts(declare).expect_err(what);
        let expected =
            ["`a` (3 partitions)", "`b` (5 partitions)", "put `repartition()` before that on one of the streams"];
        expected.iter().for_each(|part| assert!(message.contains(part), "{what}: {message}"));
    }
}

#[test]
fn a_repartition_that_was_given_another_count_is_refused() {
    let message = counts(|builder| {
        let (a, b) = a_and_b(builder);
        drop(a.repartition(Repartitioned::named("wide").partitions(4)).merge(&b).group_by_key().count("n"));
    });
    let message = message.unwrap_err();
    assert!(
        message.contains("`wide-repartition` was given 4 partitions, but is joined with `b` (5 partitions)"),
        "{message}"
    );
}

/// Nothing meets by key there, or a repartition brings keys together first.
#[test]
fn streams_of_different_counts_may_be_merged_where_no_row_is_made_of_them() {
    let cases: [(&str, Declare<'_>); 5] = [
        ("no state", &|builder| drop(merged(builder).map_values(|_, value| value).to("out"))),
        ("a table without a store", &|builder| {
            drop(merged(builder).to_table(Materialized::new()).to_stream().to("out"));
        }),
        ("new keys", &|builder| drop(merged(builder).group_by(|_, value| value.clone()).count("n"))),
        ("one stream repartitioned", &|builder| {
            let (a, b) = a_and_b(builder);
            drop(a.repartition("r").merge(&b).group_by_key().count("n"));
        }),
        ("all repartitioned", &|builder| drop(merged(builder).repartition("r").group_by_key().count("n"))),
    ];
    for (what, declare) in cases {
        let internal = counts(declare).expect(what);
        assert!(internal.iter().all(|(_, count)| *count == 5), "{what}: {internal:?}");
    }
}

fn count_of_both(repartitioned: bool) -> Topology {
    let builder = StreamsBuilder::new();
    let (a, b) = a_and_b(&builder);
    let a = if repartitioned { a.repartition("a-again") } else { a };
    a.merge(&b).group_by_key().count("n").to_stream().to("out");
    builder.build().unwrap()
}

/// The remedy that the error names counts each key once, wherever its records came from.
#[test]
fn a_repartition_brings_the_records_of_a_key_together() {
    let config = TestConfig::default().with_partitions("a", 3).with_partitions("b", 5);
    let error = TopologyTestDriver::with_config(&count_of_both(false), &config).unwrap_err().to_string();
    assert!(error.contains("`a` (3 partitions), `b` (5 partitions)"), "{error}");

    let driver = TopologyTestDriver::with_config(&count_of_both(true), &config).unwrap();
    let keys: Vec<String> = (0..20).map(|number| format!("key-{number}")).collect();
    for key in &keys {
        driver.input_topic::<String, String>("a").pipe(key.as_str(), "1").unwrap();
        driver.input_topic::<String, String>("b").pipe(key.as_str(), "2").unwrap();
    }
    let counted = driver.output_topic::<String, i64>("out").read_all_key_values().unwrap();
    let twice = counted.iter().filter(|(_, count)| *count == 2);
    assert_eq!(twice.count(), keys.len());
}
