//! Joins with a global table: what triggers them, nulls, times, and what the table reads. The numbers are those of the rules of the
//! reference on Kafka Streams.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use millstream::test::{TestConfig, TopologyTestDriver};
use millstream::{Consumed, Joined, KStream, StreamsBuilder, TimestampExtractor, Topology, TopologyError};
use support::{cached, check, check_refused, outputs, pipe, uncached};

type Text = Option<String>;
type Built = Result<Topology, TopologyError>;

/// The stream `in` joined with the table of `t` by what is before the colon of the value; by null if that is "none".
fn joined(left: bool) -> Built {
    let builder = StreamsBuilder::new();
    let table = builder.global_table::<String, String>("t", "t-store");
    let by =
        table.by(|_: &Text, value: &String| value.split(':').next().filter(|key| *key != "none").map(str::to_owned));
    let stream: KStream<Text, Text> = builder.stream("in");
    let text = |key: &Text, mapped: Option<&String>, value: String, row: Option<&String>| {
        let name = |text: Option<&String>| text.map_or("null", String::as_str).to_owned();
        format!("{}/{}/{value}/{}", name(key.as_ref()), name(mapped), name(row))
    };
    if left {
        stream.left_join_global(by, text).to("out");
    } else {
        stream.join_global(by, move |key, mapped, value, row| text(key, Some(mapped), value, Some(row))).to("out");
    }
    builder.build()
}

/// Rules 88 and 89.
#[test]
fn only_the_stream_triggers_with_its_own_time_and_headers_and_the_row_of_the_moment() {
    for config in [uncached(), cached()] {
        check(
            joined(false),
            &config,
            &[
                ("s=k:early@9", &[]),
                ("t: k=T@50 #table", &[]),
                ("s=k:v@1 #stream", &["out s=s/k/k:v/T@1 #stream"]),
                ("t: k=older@2", &[]),
                ("s=k:v@60", &["out s=s/k/k:v/older@60"]),
                ("t: k=null@70", &[]),
                ("s=k:v@80", &[]),
                ("t: null=x@90", &["dropped 1"]),
            ],
        );
    }
}

/// Rules 23 and 24; as the data of Kafka Streams 4.3.1 show, a left join keeps each record for which a null key is found.
#[test]
fn nulls_are_dropped_where_there_is_no_row_to_look_for() {
    let row = ("t: k=T@1", &[][..]);
    let dropped: &[&str] = &["dropped 1"];
    check(
        joined(false),
        &uncached(),
        &[
            row,
            ("null=k:v@2", &["out null=null/k/k:v/T@2"]),
            ("s=none:v@2", dropped),
            ("null=none:v@2", dropped),
            ("s=null@2", dropped),
            ("s=other:v@2", &[]),
        ],
    );
    check(
        joined(true),
        &uncached(),
        &[
            row,
            ("null=k:v@2", &["out null=null/k/k:v/T@2"]),
            ("s=none:v@2", &["out s=s/null/none:v/null@2"]),
            ("null=none:v@2", &["out null=null/null/none:v/null@2"]),
            ("s=null@2", dropped),
            ("s=other:v@2", &["out s=s/other/other:v/null@2"]),
        ],
    );
}

#[test]
fn every_task_reads_the_rows_of_all_partitions() {
    let config = TestConfig::default().with_partitions("t", 5).with_partitions("in", 3);
    let driver = TopologyTestDriver::with_config(&joined(false).unwrap(), &config).unwrap();
    for number in 0..20 {
        pipe(&driver, &format!("t: k{number}=row{number}@1")).unwrap();
    }
    for number in 0..20 {
        pipe(&driver, &format!("s{number}=k{}:v@2", 19 - number)).unwrap();
        let expected = format!("out s{number}=s{number}/k{0}/k{0}:v/row{0}@2", 19 - number);
        assert_eq!(outputs(&driver, |topic| topic == "out"), [expected]);
    }
    let store = driver.key_value_store::<String, String>("t-store");
    assert_eq!((store.get(&"k7".to_owned()).unwrap().as_deref(), store.all().unwrap().len()), (Some("row7"), 20));
    assert_eq!(driver.store_names(), ["t-store"]);
}

#[test]
fn a_table_reads_what_the_topology_writes_to_its_topic() {
    let builder = StreamsBuilder::new();
    let table = builder.global_table::<String, String>("t", "t-store");
    let stream = builder.stream::<String, String>("in");
    stream.map_values(|_, value| format!("row {value}")).to("t");
    let by_key = table.by(|key: &String, _: &String| key.clone());
    let seen =
        stream.left_join_global(by_key, |_, _, value, row| format!("{value}: {}", row.map_or("none", |row| row)));
    seen.to("out");
    check(
        builder.build(),
        &uncached(),
        &[
            ("k=a@1", &["t k=row a@1", "out k=a: none@1"]),
            ("k=b@2", &["t k=row b@2", "out k=b: row a@2"]),
            ("t: k=c@2", &[]),
            ("k=d@2", &["t k=row d@2", "out k=d: c@2"]),
        ],
    );
}

/// Rule 89.
#[test]
fn the_time_of_a_row_is_that_of_the_log() {
    let builder = StreamsBuilder::new();
    let extractor = TimestampExtractor::custom(|_, _| 7.into());
    let topic = Consumed::topic("t").timestamps(extractor);
    builder.global_table::<String, String>(topic, "t-store");
    builder.stream::<String, String>("in").to("out");
    let driver = TopologyTestDriver::new(&builder.build().unwrap()).unwrap();
    pipe(&driver, "t: k=v@50").unwrap();
    let row = driver.key_value_store::<String, String>("t-store").get_with_timestamp(&"k".to_owned()).unwrap().unwrap();
    assert_eq!((row.value.as_str(), row.timestamp.as_millis()), ("v", 50));
}

/// Rule 91; and the join changes no keys, so that keys which an operator before has changed are still repartitioned after it.
#[test]
fn a_join_has_the_names_of_kafka_streams_and_repartitions_nothing() {
    let builder = StreamsBuilder::new();
    let table = builder.global_table::<String, String>("t", "t-store");
    let by_key = table.by(|key: &String, _: &String| key.clone());
    let stream = builder.stream::<String, String>("in").select_key(|_, value| value.clone());
    let first = stream.join_global(by_key.clone(), |_, _, _, row| row.clone());
    first.join_global(Joined::with(&by_key).named("second"), |_, _, _, row| row.clone()).group_by_key().count("counts");
    let topology = builder.build().unwrap();
    let text = topology.describe().to_string();
    for part in [
        "Sub-topology: 0 for global store (will not generate tasks)",
        "Processor: KSTREAM-LEFTJOIN-0000000004 (stores: [])\n      --> second",
        "--> counts-repartition-filter\n      <-- KSTREAM-LEFTJOIN-0000000004",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(topology.subtopologies().iter().all(|part| part.copartitioned.is_empty()));
}

#[test]
fn what_cannot_be_a_global_table_is_refused() {
    check_refused(
        |builder| {
            builder.global_table::<String, String>(Consumed::topics(["a", "b"]), "t");
            builder.stream::<String, String>("in").to("out");
        },
        &["global_table", "one topic, but 2 were given"],
    );
    check_refused(
        |builder| {
            builder.global_table::<String, String>("in", "t");
            builder.stream::<String, String>("in").to("out");
        },
        &["topic `in` is read by both"],
    );
    check_refused(
        |builder| {
            let other = StreamsBuilder::new().global_table::<String, String>("t", "t");
            let by_key = other.by(|key: &String, _: &String| key.clone());
            builder.stream::<String, String>("in").join_global(by_key, |_, _, _, row| row.clone()).to("out");
        },
        &["two different builders"],
    );
}
