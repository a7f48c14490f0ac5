//! Joins of a stream with a table: what triggers them, nulls, times, and the repartition before. The expected results
//! are those of Kafka Streams 4.3.1, from its own test driver.

mod support;

use millstream::{Materialized, StreamsBuilder, Topology, TopologyError};
use support::{cached, check, check_with_internal, uncached};

type Text = Option<String>;
type Built = Result<Topology, TopologyError>;

fn joined(left: bool, named: bool) -> Built {
    let builder = StreamsBuilder::new();
    let store = if named { Materialized::named("t") } else { Materialized::new() };
    let table = builder.table::<String, String>("t", store);
    let stream = builder.stream::<Text, Text>("in");
    if left {
        stream.left_join(&table, |_, value, row| format!("{value}+{}", row.map_or("null", String::as_str))).to("out");
    } else {
        stream.join(&table, |_, value, row| format!("{value}+{row}")).to("out");
    }
    builder.build()
}

/// Rule 86.
#[test]
fn only_the_stream_triggers_with_its_own_time_and_the_row_of_the_moment() {
    for (named, config) in [(true, uncached()), (false, uncached()), (true, cached()), (false, cached())] {
        check(
            joined(false, named),
            &config,
            &[
                ("k=early@9", &[]),
                ("t: k=T@50 #table", &[]),
                ("k=v@1 #stream", &["out k=v+T@1 #stream"]),
                ("t: k=older@2", &[]),
                ("k=v@60", &["out k=v+older@60"]),
                ("t: k=null@70", &[]),
                ("k=v@80", &[]),
                ("j=v@80", &[]),
            ],
        );
    }
}

/// Rule 22.
#[test]
fn nulls_are_dropped_but_for_a_left_joins_key() {
    check(
        joined(false, true),
        &uncached(),
        &[
            ("null=v@1", &["dropped 1"]),
            ("k=null@1", &["dropped 1"]),
            ("null=null@1", &["dropped 1"]),
            ("t: null=T@1", &["dropped 1"]),
        ],
    );
    check(
        joined(true, true),
        &uncached(),
        &[
            ("null=v@1", &["out null=v+null@1"]),
            ("k=v@1", &["out k=v+null@1"]),
            ("k=null@1", &["dropped 1"]),
            ("null=null@1", &["dropped 1"]),
        ],
    );
}

/// Rule 27.
#[test]
fn null_keys_pass_a_repartition_only_for_a_left_join() {
    let rekeyed = |left: bool| {
        let builder = StreamsBuilder::new();
        let table = builder.table::<String, String>("t", "t");
        let stream = builder.stream::<Text, Text>("in").select_key(|key, _| key.clone());
        if left {
            stream.left_join(&table, |_, value, row| format!("{value}+{row:?}")).to("out");
        } else {
            stream.join(&table, |_, value, row| value + row).to("out");
        }
        builder.build()
    };
    let topic = "test-KSTREAM-KEY-SELECT-0000000003-repartition";
    let passed = |record: &str| format!("{topic} {record}");
    let (null, value) = (passed("null=v@2"), passed("k=null@3"));
    check_with_internal(
        rekeyed(true),
        &uncached(),
        &[("null=v@2", &[&null, "out null=v+None@2"]), ("k=null@3", &[&value, "dropped 1"])],
    );
    check_with_internal(rekeyed(false), &uncached(), &[("null=v@2", &[]), ("k=null@3", &[&value, "dropped 1"])]);
}

/// Found by the differential test (seed 5200309): only the last repartition before the join let them pass.
#[test]
fn null_keys_pass_every_repartition_above_a_left_join() {
    let rekeyed = |left: bool| {
        let builder = StreamsBuilder::new();
        let table = builder.table::<String, String>("t", "t");
        let stream = builder.stream::<Text, Text>("in").repartition("first").select_key(|key, _| key.clone());
        if left {
            stream
                .left_join(&table, |_, value, row| format!("{value}+{}", row.map_or("null", String::as_str)))
                .to("out");
        } else {
            stream.join(&table, |_, value, row| format!("{value}+{row}")).to("out");
        }
        builder.build()
    };
    check(rekeyed(true), &uncached(), &[("null=v@1", &["out null=v+null@1"]), ("k=v@2", &["out k=v+null@2"])]);
    check(rekeyed(false), &uncached(), &[("null=v@1", &[]), ("k=v@2", &[])]);
}

#[test]
fn a_join_sees_a_derived_table_through_the_table_it_comes_from() {
    let builder = StreamsBuilder::new();
    let table = builder.table::<String, String>("t", Materialized::new());
    let long = table.filter(|_, value| value.len() > 2).map_values(|_, value| value.to_uppercase());
    builder.stream::<String, String>("in").join(&long, |_, value, row| value + row).to("out");
    check(
        builder.build(),
        &uncached(),
        &[("t: k=abc@1", &[]), ("k=v@2", &["out k=vABC@2"]), ("t: k=a@3", &[]), ("k=v@4", &[])],
    );
}
