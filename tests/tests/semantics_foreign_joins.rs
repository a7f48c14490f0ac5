//! Joins of two tables by a foreign key: over several partitions, with prefixes of keys, fan-out, errors and names. The
//! expected results are those of Kafka Streams 4.3.1.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::collections::BTreeMap;

use millstream::errors::{ErrorHandler, Handlers};
use millstream::test::{StoreBacking, TestConfig, TopologyTestDriver};
use millstream::{ForeignKeyed, Joined, KTable, Materialized, StreamsBuilder, Timestamp, Topology, TopologyError};
use support::{check, uncached};

type Texts = KTable<String, String>;
type Built = Result<Topology, TopologyError>;

/// The foreign key of the values `KEY|TEXT`.
#[allow(clippy::ptr_arg, reason = "the joins give references to strings")]
fn prefix(_: &String, value: &String) -> Option<String> {
    value.split('|').next().filter(|key| *key != "-").map(str::to_owned)
}

fn inner(with: impl FnOnce(&Texts) -> ForeignKeyed<String, String, String, String>) -> Built {
    let builder = StreamsBuilder::new();
    let (o, p): (Texts, Texts) = (builder.table("o", "os"), builder.table("p", "ps"));
    o.join_foreign(with(&p), |_, o, p| format!("{o}+{p}")).to_stream().to("out");
    builder.build()
}

fn left() -> Built {
    let builder = StreamsBuilder::new();
    let (o, p): (Texts, Texts) = (builder.table("o", "os"), builder.table("p", "ps"));
    let join = |_: &String, o: &String, p: Option<&String>| format!("{o}+{}", p.map_or("null", String::as_str));
    o.left_join_foreign(p.by(prefix), join).to_stream().to("out");
    builder.build()
}

fn partitions(o: u32, p: u32) -> TestConfig {
    TestConfig { partitions: [("o".to_owned(), o), ("p".to_owned(), p)].into(), ..uncached() }
}

/// Rules 92 and 95 to 98.
#[test]
fn a_change_of_either_side_gives_the_rows_that_it_concerns() {
    for config in [uncached(), partitions(3, 2), partitions(1, 5), partitions(4, 1)] {
        check(
            inner(|p| p.by(prefix)),
            &config,
            &[
                ("o: o1=a|1@1 #left", &[]),
                ("p: a=A@5 #right", &["out o1=a|1+A@5 #right"]),
                ("o: o1=a|2@7 #left", &["out o1=a|2+A@7 #left"]),
                ("p: a=B@3", &["out o1=a|2+B@3"]),
                ("p: b=C@4", &[]),
                ("o: o1=b|2@6", &["out o1=b|2+C@6"]),
                ("p: a=D@9", &[]),
                ("p: b=null@10", &["out o1=null@10"]),
                ("p: b=null@11", &["out o1=null@11"]),
                ("o: o1=null@12", &["out o1=null@12"]),
                ("o: o1=null@13", &[]),
                ("p: b=E@14", &[]),
                ("o: o2=-|x@15", &["dropped 1"]),
                ("o: null=b|x@15", &["dropped 1"]),
                ("p: null=b@15", &["dropped 1"]),
            ],
        );
    }
}

/// Rules 95 and 99.
#[test]
fn a_left_join_has_a_result_for_each_row_of_the_left_side() {
    for config in [uncached(), partitions(3, 2)] {
        check(
            left(),
            &config,
            &[
                ("o: o1=a|1@1", &["out o1=a|1+null@1"]),
                ("p: a=A@5", &["out o1=a|1+A@5"]),
                ("o: o1=-|2@6", &["out o1=-|2+null@6"]),
                ("o: o1=-|3@7", &["out o1=-|3+null@7"]),
                ("o: o1=a|4@8", &["out o1=a|4+A@8"]),
                ("p: a=null@9", &["out o1=a|4+null@9"]),
                ("o: o1=null@10", &["out o1=null@10"]),
                ("o: o1=null@11", &[]),
            ],
        );
    }
}

/// Rule 97.
#[test]
fn keys_that_begin_with_others_are_different_keys() {
    check(
        inner(|p| p.by(prefix)),
        &uncached(),
        &[
            ("o: o=a|1@1", &[]),
            ("o: oa=ab|1@1", &[]),
            ("o: =|1@1", &[]),
            ("p: a=A@2", &["out o=a|1+A@2"]),
            ("p: ab=B@3", &["out oa=ab|1+B@3"]),
            ("p: =E@4", &["out =|1+E@4"]),
        ],
    );
}

#[test]
fn a_row_that_many_refer_to_answers_all_in_the_order_of_their_keys() {
    const ROWS: usize = 700;
    for backing in [StoreBacking::InMemory, StoreBacking::Engine { cache_bytes_max: 100 }] {
        let topology = inner(|p| p.by(prefix)).unwrap();
        let driver = TopologyTestDriver::with_config(&topology, &TestConfig { backing, ..uncached() }).unwrap();
        let orders = driver.input_topic::<String, String>("o");
        for number in (0..ROWS).rev() {
            orders.pipe_at(format!("{number:04}"), "a|x", Timestamp::from_millis(1)).unwrap();
        }
        drop(driver.take_all_outputs());
        driver.input_topic::<String, String>("p").pipe_at("a", "A", Timestamp::from_millis(2)).unwrap();
        let outputs = support::outputs(&driver, |topic| topic == "out");
        let expected: Vec<String> = (0..ROWS).map(|number| format!("out {number:04}=a|x+A@2")).collect();
        assert_eq!(outputs, expected);
    }
}

/// Rule 100.
#[test]
fn partitioners_of_both_sides_are_used() {
    // Both tables are written to the partition of the last digit of their keys.
    fn digit(key: &str, partitions: u32) -> u32 {
        key.chars().last().and_then(|digit| digit.to_digit(10)).unwrap_or(0) % partitions
    }
    let topology = inner(|p| {
        p.by(prefix)
            .partitioner(|key: &String, count| digit(key, count))
            .other_partitioner(|key, count| digit(key, count))
    });
    let driver = TopologyTestDriver::with_config(&topology.unwrap(), &partitions(3, 4)).unwrap();
    let pipe = |topic: &str, key: &str, value: &str, count: u32| {
        let record = millstream::test::RawOutput {
            topic: topic.into(),
            partition: millstream::Partition::new(0),
            timestamp: Timestamp::from_millis(1),
            key: Some(key.into()),
            value: Some(value.into()),
            headers: millstream::Headers::new(),
        };
        driver.pipe_raw(&record, Some(digit(key, count))).unwrap();
    };
    for number in 0..10 {
        pipe("o", &format!("o{number}"), &format!("p{}|{number}", 9 - number), 3);
    }
    for number in 0..10 {
        pipe("p", &format!("p{number}"), "P", 4);
    }
    let mut results = support::outputs(&driver, |topic| topic == "out");
    results.sort();
    let expected: Vec<String> = (0..10).map(|number| format!("out o{number}=p{}|{number}+P@1", 9 - number)).collect();
    assert_eq!(results, expected);
}

#[test]
fn a_row_whose_foreign_key_fails_has_none() {
    let handlers = Handlers { processing: ErrorHandler::Continue, ..Handlers::default() };
    let by_number =
        |p: &Texts| p.try_by(|_: &String, value: &String| value[..1].parse::<u8>().map(|number| number.to_string()));
    check(
        inner(by_number),
        &TestConfig { handlers, ..uncached() },
        &[
            ("p: 1=A@1", &[]),
            ("o: o=1|x@2", &["out o=1|x+A@2"]),
            ("o: o=bad@3", &["out o=null@3", "dropped 1"]),
            ("p: 1=B@4", &[]),
            ("o: o=1|y@5", &["out o=1|y+B@5"]),
        ],
    );
}

#[test]
fn a_result_that_fails_leaves_the_one_before() {
    let handlers = Handlers { processing: ErrorHandler::Continue, ..Handlers::default() };
    let builder = StreamsBuilder::new();
    let (o, p): (Texts, Texts) = (builder.table("o", Materialized::new()), builder.table("p", Materialized::new()));
    let join = |_: &String, _: &String, p: &String| p.parse::<i64>();
    o.try_join_foreign(p.by(prefix), join).materialized("j").to_stream().to("out");
    check(
        builder.build(),
        &TestConfig { handlers, ..uncached() },
        &[
            ("o: o=a|1@1", &[]),
            ("p: a=7@2", &["out o=7@2"]),
            ("p: a=x@3", &["dropped 1"]),
            ("p: a=8@4", &["out o=8@4"]),
        ],
    );
}

#[test]
fn a_result_is_kept_only_if_it_is_named_or_looked_up() {
    let describe = |declare: fn(&StreamsBuilder, Texts)| {
        let builder = StreamsBuilder::new();
        let (o, p): (Texts, Texts) = (builder.table("o", "os"), builder.table("p", "ps"));
        let joined = o.join_foreign(Joined::with(&p.by(prefix)).named("j"), |_, o, p| format!("{o}{p}"));
        declare(&builder, joined);
        builder.build().unwrap().describe().to_string()
    };
    let plain = describe(|_, joined| drop(joined.to_stream().to("out")));
    assert!(
        plain.contains("Processor: j-result (stores: [])") && plain.contains("KTABLE-TOSTREAM-0000000018"),
        "{plain}"
    );
    let named = describe(|_, joined| drop(joined.materialized("kept").to_stream().to("out")));
    assert!(named.contains("Processor: j-result (stores: [kept])"), "{named}");
    assert!(named.contains("KTABLE-TOSTREAM-0000000017"), "a named store uses up no index: {named}");
    let looked_up = describe(|builder, joined| {
        builder.stream::<String, String>("s").join(&joined, |_, value, row| value + row).to("out");
    });
    assert!(looked_up.contains("j-result (stores: [KTABLE-FK-JOIN-OUTPUT-STATE-STORE-0000000017])"), "{looked_up}");
}

#[test]
fn the_two_topics_have_the_partitions_of_the_tables() {
    let topology = inner(|p| p.by(prefix)).unwrap();
    let existing = |topic: &millstream_core::TopicName| Some(if &*topic.name == "o" { 3 } else { 5 });
    let counts = millstream_core::PartitionCounts::resolve(topology.subtopologies(), existing);
    let counts: BTreeMap<String, u32> = counts
        .unwrap()
        .internal_topics(topology.subtopologies(), "app")
        .map(|(topic, count, _)| (topic.to_string(), count))
        .collect();
    let of = |part: &str| counts.iter().find(|(topic, _)| topic.contains(part)).map(|(_, count)| *count);
    assert_eq!((of("REGISTRATION"), of("RESPONSE")), (Some(5), Some(3)));
}
