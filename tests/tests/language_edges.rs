//! Programs at the edges of the language: names that no log takes, types that cannot be read back, times at both ends, nulls
//! everywhere. Each works as Kafka Streams has it, or does not build and says why.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use millstream::test::TopologyTestDriver;
use millstream::{
    Branched, Consumed, KStream, Materialized, Produced, Serde, Store, StreamsBuilder, TimeWindows, TopologyBuilder,
    Window, Windowed, windowed_serde,
};
use support::{cached, check, check_refused, uncached};

const LAST: i64 = i64::MAX;

/// Such topics worked in the test driver, and no Kafka cluster has them.
#[test]
fn topics_have_names_that_a_log_takes() {
    let long = "x".repeat(250);
    for (name, reason) in [
        ("", "must not be empty"),
        ("..", "must not be empty, `.` or `..`"),
        ("two words", "only ASCII letters"),
        ("naïve", "only ASCII letters"),
        (long.as_str(), "longer than 249"),
    ] {
        check_refused(|builder| drop(builder.stream::<String, String>(name)), &["not a valid name", reason]);
        check_refused(|builder| drop(builder.table::<String, String>(name, "t")), &["not a valid name", reason]);
        check_refused(|builder| drop(builder.stream::<String, String>("in").to(name)), &["not a valid name", reason]);
        let mut builder = TopologyBuilder::new();
        builder.add_source::<String, String>("source", "in").add_sink::<String, String>("sink", name, ["source"]);
        let message = builder.build().unwrap_err().to_string();
        assert!(message.contains(reason), "{message}");
    }
}

/// The second mention was taken for another topic, and its queue stayed empty.
#[test]
fn a_source_names_each_topic_once() {
    check_refused(
        |builder| drop(builder.stream::<String, String>(Consumed::topics(["a", "b", "a"]))),
        &["source `KSTREAM-SOURCE-0000000000`", "topic 3 of it is `a` again; name it once"],
    );
}

#[test]
fn names_are_given_once() {
    let stream = |builder: &StreamsBuilder| -> KStream<String, String> { builder.stream("in") };
    check_refused(
        |builder| {
            let _ = stream(builder).split().branch("a", |_, _| true).branch("a", |_, _| false).no_default_branch();
        },
        &["two nodes are named `KSTREAM-BRANCH-0000000001a`"],
    );
    check_refused(
        |builder| {
            stream(builder).group_by_key().count("n");
            stream(builder).group_by_key().count("n");
        },
        &["store", "`n`"],
    );
    check_refused(
        |builder| {
            let one = stream(builder);
            one.repartition("r").to("a");
            one.repartition("r").to("b");
        },
        &["`r-repartition"],
    );
}

/// A windowed key is written with its start alone: a topology that had to read it back failed at its first record, and a store in
/// memory when it was restored.
#[test]
fn what_cannot_be_read_is_refused_when_the_topology_is_built() {
    let windowed =
        |key: &String| Windowed { key: key.clone(), window: Window::starting_at(0.into(), Duration::from_secs(1)) };
    let expected = ["`Windowed<String>`", "with `windowed_serde(key_serde, size)`"];
    check_refused(|builder| drop(builder.stream::<Windowed<String>, i64>("in")), &expected);
    check_refused(|builder| drop(builder.table::<Windowed<String>, i64>("in", "t")), &expected);
    check_refused(
        |builder| _ = builder.add_store(Store::key_value::<Windowed<String>, i64>("seen")),
        &["store `seen` has to read `Windowed<String>`"],
    );
    check_refused(
        |builder| {
            let words = builder.stream::<String, String>("in");
            words.group_by(move |key, _| windowed(key)).count("n");
        },
        &expected[1..],
    );
    check_refused(
        |builder| drop(builder.stream::<String, (Windowed<String>, i64)>("in")),
        &["source `KSTREAM-SOURCE-0000000000` has to read `(Windowed<String>, i64)`"],
    );

    let serde = || windowed_serde(Serde::<String>::of_type(), Duration::from_secs(1));
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").map(move |key, value| (windowed(&key), value)).to("out");
    let topic = Consumed::<Option<Windowed<String>>, Option<i64>>::topic("in-windows").key_serde(serde());
    builder.table(topic, Materialized::named("t").key_serde(serde()));
    builder.build().expect("writing needs no size, and reading has one");
}

/// A record at the largest time came too late for the window that it was the first of.
#[test]
fn windows_at_both_ends_of_time() {
    let second = || TimeWindows::of_size_with_no_grace(Duration::from_secs(1));
    let counted = |windows: TimeWindows| {
        let builder = StreamsBuilder::new();
        let counted = builder.stream::<String, String>("in").group_by_key().windowed_by(windows).count("n");
        counted
            .to_stream()
            .map(|window, count| (window.key, format!("{}:{}", window.window, count.unwrap())))
            .to("out");
        builder.build()
    };
    let last_start = LAST / 1000 * 1000;
    let last = |count: u8| format!("out k={last_start}/{LAST}:{count}@{LAST}");
    check(
        counted(second()),
        &uncached(),
        &[
            ("k=v@0", &["out k=0/1000:1@0"]),
            (&format!("k=v@{LAST}"), &[&last(1)]),
            (&format!("k=v@{LAST}"), &[&last(2)]),
            ("k=v@0", &["dropped 1"]),
        ],
    );
    let endless = TimeWindows::of_size_with_no_grace(Duration::MAX);
    let forever = |count: u8, time: i64| format!("out k=0/{LAST}:{count}@{time}");
    check(
        counted(endless),
        &uncached(),
        &[
            ("k=v@0", &[&forever(1, 0)]),
            (&format!("k=v@{}", LAST - 1), &[&forever(2, LAST - 1)]),
            ("k=v@5", &[&forever(3, LAST - 1)]),
        ],
    );
}

#[test]
fn a_split_that_is_only_a_default_passes_everything() {
    let builder = StreamsBuilder::new();
    let all = builder.stream::<Option<String>, Option<String>>("in").split().default_branch(Branched::named("rest"));
    all["rest"].to("out");
    check(builder.build(), &uncached(), &[("null=null@0", &["out null=null@0"]), ("k=@1", &["out k=@1"])]);
}

/// Rules 17, 22 and 25: what is null at a grouping, a table, a join, a sink.
#[test]
fn nulls_everywhere() {
    let builder = StreamsBuilder::new();
    let stream = builder.stream::<Option<String>, Option<String>>("in");
    let table = builder.table::<String, String>("rows", "t");
    stream.to("copy");
    stream.join(&table, |_, left, right| format!("{left}+{right}")).to("inner");
    stream.left_join(&table, |_, left, right| format!("{left}+{}", right.map_or("none", |row| row))).to("left");
    stream.group_by(|_, value| value.clone()).count("n").to_stream().to("counts");
    let steps: [support::Step<'_>; 6] = [
        ("rows: k=r@0", &[]),
        ("rows: null=r@1", &["dropped 1"]),
        ("in: k=v@2", &["copy k=v@2", "inner k=v+r@2", "left k=v+r@2", "counts v=1@2"]),
        ("in: null=v@3", &["copy null=v@3", "left null=v+none@3", "counts v=2@3", "dropped 1"]),
        ("in: k=null@4", &["copy k=null@4", "dropped 2"]),
        ("in: null=null@5", &["copy null=null@5", "dropped 2"]),
    ];
    check(builder.build(), &uncached(), &steps);
}

/// A stream that is joined with the table of itself finds its own row if the table is declared first.
#[test]
fn a_stream_joined_with_the_table_of_itself() {
    let builder = StreamsBuilder::new();
    let stream = builder.stream::<String, String>("in");
    let table = stream.to_table("latest");
    stream.join(&table, |_, left, right| format!("{left}+{right}")).to("out");
    check(builder.build(), &cached(), &[("k=a@0", &["out k=a+a@0"]), ("k=b@1", &["out k=b+b@1"])]);
}

#[test]
fn large_values_and_empty_ones() {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").to_table("t").to_stream().to(Produced::topic("out"));
    let driver = TopologyTestDriver::new(&builder.build().unwrap()).unwrap();
    let (input, large) = (driver.input_topic::<String, String>("in"), "x".repeat(500_000));
    for (key, value) in [("", ""), ("", large.as_str()), (large.as_str(), "")] {
        input.pipe(key, value).unwrap();
        let output = driver.output_topic::<String, String>("out");
        assert!(output.read_key_value().unwrap() == (key.to_owned(), value.to_owned()));
    }
    let rows = driver.key_value_store::<String, String>("t");
    assert_eq!(rows.get(&large).unwrap().as_deref(), Some(""));
}
