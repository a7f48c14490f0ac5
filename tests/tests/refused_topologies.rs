//! Programs that compile and cannot work: they are refused when the topology is built or its topics are looked up, with
//! the reason and the remedy.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use millstream::state::KeyValueStore;
use millstream::test::TopologyTestDriver;
use millstream::{
    BoxError, Processor, ProcessorContext, Produced, Record, Serde, SessionWindows, Store, StoreHandle, StreamsBuilder,
    TimeWindows, session_windowed_serde, windowed_serde,
};
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
    check_refused(forgotten, &["store `seen` is connected to no processor", "give its handle to `process`"]);
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

/// The two durations are easily swapped: in Kafka Streams the retention comes first. It refuses a retention that is too short, too.
#[test]
fn a_window_store_that_keeps_windows_for_less_than_their_size_is_refused() {
    let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3_600));
    let said = ["store `counts`", "its retention of 60s is shorter than its windows, 3600s", "the size comes first"];
    check_refused(|builder| _ = builder.add_store(Store::window::<String, i64>("counts", hour, minute)), &said);
    check_refused(
        |builder| _ = builder.add_store(Store::duplicate_window::<String, i64>("counts", hour, minute)),
        &said,
    );
}

/// The session was written as a time window, without its end, and read as one of another key.
#[test]
fn a_sink_of_sessions_that_writes_only_their_starts_is_refused() {
    let sessions = |builder: &StreamsBuilder| {
        let gap = SessionWindows::of_inactivity_gap_with_no_grace(Duration::from_secs(5));
        builder.stream::<String, String>("in").group_by_key().windowed_by(gap).count("counts").to_stream()
    };
    check_refused(
        |builder| drop(sessions(builder).map(|session, count| (session, count)).to("out")),
        &["sink `KSTREAM-SINK-", "sessions", "`Produced::key_serde(session_windowed_serde(…))`"],
    );
    let (keys, second) = (Serde::<String>::of_type, Duration::from_secs(1));
    for serde in [session_windowed_serde(keys()), windowed_serde(keys(), second)] {
        let builder = StreamsBuilder::new();
        let mapped = sessions(&builder).map(|session, count| (session, count));
        mapped.to(Produced::topic("out").key_serde(serde));
        builder.build().unwrap();
    }
    let builder = StreamsBuilder::new();
    sessions(&builder).to("out");
    let windows = TimeWindows::of_size_with_no_grace(second);
    let counts = builder.stream::<String, String>("more").group_by_key().windowed_by(windows).count("windows");
    counts.to_stream().map(|window, count| (window, count)).to("windows");
    builder.build().expect("sessions bring their serde along, and keys of time windows have that of their type");
}
