//! Programs that compile and cannot work: they are refused when the topology is built or its topics are looked up, with
//! the reason and the remedy.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use millstream::state::KeyValueStore;
use millstream::test::TopologyTestDriver;
use millstream::{BoxError, Processor, ProcessorContext, Record, Store, StoreHandle, StreamsBuilder, TimeWindows};
use millstream_core::{PartitionCounts, TopicName};
use support::check_refused;

/// A `()` key reads any key as null: operators that need keys would drop every record.
#[test]
fn operators_that_need_keys_refuse_a_stream_without_keys() {
    let remedy = "choose keys with `group_by` or `select_key` before it";
    check_refused(|b| drop(b.stream::<(), String>("in").group_by_key().count("n")), &["`group_by_key`", remedy]);
    check_refused(
        |b| drop(b.stream::<Option<()>, String>("in").group_by_key().count("n")),
        &["`group_by_key`", remedy],
    );
    check_refused(|b| drop(b.stream::<String, String>("in").group_by(|_, _| ()).count("n")), &["`group_by`", remedy]);
    check_refused(|b| drop(b.stream::<(), String>("in").to_table("t")), &["`to_table`", remedy]);
    check_refused(|b| drop(b.table::<(), String>("in", "t")), &["KTABLE-SOURCE-0000000001", remedy]);
    check_refused(
        |b| {
            let table = b.stream::<String, String>("rows").map(|_, row| ((), row)).to_table("t");
            drop(b.stream::<(), String>("in").join(&table, |(), value, _| value));
        },
        &["`to_table`", remedy],
    );
}

/// All records of a repartition by `()` keys were dropped.
#[test]
fn a_repartition_refuses_a_stream_without_keys() {
    check_refused(
        |b| drop(b.stream::<(), String>("in").repartition("r").to("out")),
        &["`repartition`", "choose keys with `group_by` or `select_key` before it"],
    );
}

/// A program that needs only keys reads `()` values. Its count dropped every record, and its tables had no rows.
#[test]
fn operators_that_need_values_refuse_a_stream_without_values() {
    let remedy = "take values of another type, such as `Vec<u8>`";
    check_refused(|b| drop(b.stream::<String, ()>("in").group_by_key().count("n")), &["KSTREAM-AGGREGATE-", remedy]);
    check_refused(|b| drop(b.table::<String, ()>("in", "t")), &["KTABLE-SOURCE-", remedy]);
    check_refused(|b| drop(b.stream::<String, Option<()>>("in").to_table("t")), &["KSTREAM-TOTABLE-", remedy]);
    let second = || TimeWindows::of_size_with_no_grace(Duration::from_secs(1));
    check_refused(
        |b| {
            let windowed = b.stream::<String, String>("in").group_by_key().windowed_by(second());
            drop(windowed.aggregate("n", || (), |_, _, ()| ()));
        },
        &["KSTREAM-AGGREGATE-", remedy],
    );
    let builder = StreamsBuilder::new();
    builder.stream::<String, ()>("in").group_by_key().windowed_by(second()).count("n");
    builder.build().expect("a windowed count counts nulls too");
}

#[test]
fn a_stream_without_keys_can_be_given_some() {
    let builder = StreamsBuilder::new();
    builder.stream::<(), String>("in").group_by(|(), word| word.clone()).count("n");
    builder.stream::<(), String>("others").select_key(|(), word| word.clone()).to_table("latest");
    builder.build().unwrap();
}

struct Remember {
    seen: StoreHandle<KeyValueStore<String, String>>,
}

impl Processor<String, String, String, String> for Remember {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, String>,
        record: Record<String, String>,
    ) -> Result<(), BoxError> {
        context.store(self.seen)?.put(&record.key, record.value)?;
        Ok(())
    }
}

#[test]
fn a_store_that_is_connected_to_no_processor_is_refused_when_the_topology_is_built() {
    let forgotten = |builder: &StreamsBuilder| {
        let seen = builder.add_store(Store::key_value("seen"));
        builder.stream("in").process(move || Remember { seen }, ()).to("out");
    };
    check_refused(forgotten, &["store `seen` is connected to no processor", "name it where a processor"]);
}

/// A processor's handle is checked only when it is used; the message names the store.
#[test]
fn a_store_that_is_connected_to_another_processor_is_named() {
    let builder = StreamsBuilder::new();
    let seen = builder.add_store(Store::key_value("seen"));
    builder.stream("in").process(move || Remember { seen }, seen).named("right").to("out");
    builder.stream("other").process(move || Remember { seen }, ()).named("wrong").to("out-2");
    let driver = TopologyTestDriver::new(&builder.build().unwrap()).unwrap();
    driver.input_topic::<String, String>("in").pipe("k", "v").unwrap();
    let error = driver.input_topic::<String, String>("other").pipe("k", "v").unwrap_err().to_string();
    assert!(error.contains("store `seen` is not connected to `wrong`"), "{error}");
}

/// `k` and `x` are both joined with `t1`, so all three need the count of `x`, which is a topic of the user's.
#[test]
fn streams_that_are_joined_by_way_of_a_table_get_equal_counts() {
    let build = |k_first: bool| {
        let builder = StreamsBuilder::new();
        let a = builder.stream::<String, String>("a");
        let (b, x) = (builder.stream::<String, String>("b"), builder.stream::<String, String>("x"));
        let k = a.select_key(|_, value| value.clone()).named("k");
        let t1 = b.select_key(|_, value| value.clone()).to_table("t1");
        let pair = |_: &String, left: String, right: &String| format!("{left}{right}");
        if k_first {
            k.join(&t1, pair).to("out-k");
            x.join(&t1, pair).to("out-x");
        } else {
            x.join(&t1, pair).to("out-x");
            k.join(&t1, pair).to("out-k");
        }
        builder.build().unwrap()
    };
    for topology in [build(true), build(false)] {
        let existing = |topic: &TopicName| match &*topic.name {
            "a" => Some(3),
            "b" => Some(5),
            "x" => Some(8),
            _ => None,
        };
        let counts = PartitionCounts::resolve(topology.subtopologies(), existing).unwrap();
        let internal = counts.internal_topics(topology.subtopologies(), "app");
        let repartitions = internal.filter(|(topic, ..)| topic.as_str().ends_with("-repartition"));
        let found: Vec<(String, u32)> = repartitions.map(|(topic, count, _)| (topic.to_string(), count)).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|(_, count)| *count == 8), "{found:?}");
    }
}
