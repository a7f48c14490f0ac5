//! Aggregates per key and per window: nulls, times, deletes, lateness, caches. The expected results are those of
//! Kafka Streams 4.3.1, from its own test driver.

mod support;

use std::time::Duration;

use millstream::test::TestConfig;
use millstream::{Data, KStream, KTable, StreamsBuilder, TimeWindows, Topology, TopologyError, Windowed};
use support::{cached, check, check_with_internal, uncached};

type Text = Option<String>;
type Built = Result<Topology, TopologyError>;

fn topology(make: impl FnOnce(KStream<Text, Text>)) -> Built {
    let builder = StreamsBuilder::new();
    make(builder.stream("in"));
    builder.build()
}

fn words(stream: &KStream<Text, Text>) -> KStream<Text, String> {
    stream.flat_map_values(|_, value| value.unwrap_or_default().split(' ').map(str::to_owned).collect::<Vec<_>>())
}

/// Writes windowed rows under `key/start`.
fn write<V: Data>(table: &KTable<Windowed<String>, V>) {
    let rows = table.to_stream();
    rows.map(|key, value| (format!("{}/{}", key.key, key.window.start.as_millis()), value)).to("out");
}

fn windows(size_ms: u64, grace_ms: u64) -> TimeWindows {
    TimeWindows::of_size_and_grace(Duration::from_millis(size_ms), Duration::from_millis(grace_ms))
}

/// Rule 17.
#[test]
fn null_keys_and_values_do_not_count() {
    let counted = topology(|stream| drop(stream.group_by_key().count("c").to_stream().to("out")));
    check(
        counted,
        &uncached(),
        &[
            ("null=v@1", &["dropped 1"]),
            ("k=null@2", &["dropped 1"]),
            ("null=null@3", &["dropped 1"]),
            ("=@0", &["out =1@0"]),
            ("=x@0", &["out =2@0"]),
        ],
    );
}

/// Rule 30.
#[test]
fn a_result_has_the_highest_time_of_its_values() {
    let counted = || topology(|stream| drop(stream.group_by_key().count("c").to_stream().to("out")));
    for config in [uncached(), cached()] {
        check_with_internal(
            counted(),
            &config,
            &[
                ("k=a@7 #1", &["test-c-changelog k=1@7", "out k=1@7 #1"]),
                ("k=b@3 #2", &["test-c-changelog k=2@7", "out k=2@7 #2"]),
                ("k=c@9", &["test-c-changelog k=3@9", "out k=3@9"]),
            ],
        );
    }
}

/// Values are concatenated; an "x" deletes the row.
fn erasable() -> Built {
    topology(|stream| {
        let reduced = words(&stream).group_by_key().reduce("r", |a, b| (b != "x").then(|| a + &b));
        reduced.to_stream().to("out");
    })
}

#[test]
fn a_deleted_row_begins_with_the_initial_value() {
    check(
        erasable(),
        &cached(),
        &[
            ("k=a b@10 #1", &["out k=ab@10 #1"]),
            ("k=x@5 #2", &["out k=null@5 #2"]),
            ("k=x@7 #3", &["out k=x@7 #3"]),
            ("k=c@3", &["out k=xc@7"]),
            ("k=x@20 #9", &["out k=null@20 #9"]),
            ("k=x@21", &["out k=x@21"]),
            ("n=a x@30", &[]),
            ("k=x c@1", &["out k=c@1"]),
            ("k=d@40", &["out k=cd@40"]),
        ],
    );
}

#[test]
fn without_a_cache_every_update_is_forwarded_and_a_delete_keeps_the_rows_time() {
    check_with_internal(
        erasable(),
        &uncached(),
        &[
            ("k=a b@10", &["test-r-changelog k=a@10", "out k=a@10", "test-r-changelog k=ab@10", "out k=ab@10"]),
            ("k=x@5", &["test-r-changelog k=null@5", "out k=null@10"]),
            ("k=c@3", &["test-r-changelog k=c@3", "out k=c@3"]),
        ],
    );
}

#[test]
fn an_aggregator_that_gives_none_deletes_and_begins_with_the_initial_value() {
    let summed = topology(|stream| {
        let sum = |_: &String, value: String, sum: Option<i64>| Some(sum? + value.parse::<i64>().ok()?);
        stream.group_by_key().aggregate("s", || Some(100_i64), sum).to_stream().to("out");
    });
    check(
        summed,
        &uncached(),
        &[("k=1@1", &["out k=101@1"]), ("k=?@2", &["out k=null@2"]), ("k=5@1", &["out k=105@1"])],
    );
}

/// Rule 18.
#[test]
fn null_values_count_in_windows_and_null_keys_do_not_advance_their_time() {
    let counted = topology(|stream| {
        let grouped = stream.group_by_key().windowed_by(windows(10, 0));
        write(&grouped.count("w"));
    });
    check(
        counted,
        &uncached(),
        &[
            ("a=x@1", &["out a/0=1@1"]),
            ("null=x@100", &["dropped 1"]),
            ("a=x@2", &["out a/0=2@2"]),
            ("a=null@3", &["out a/0=3@3"]),
            ("a=x@100", &["out a/100=1@100"]),
            ("a=x@3", &["dropped 1"]),
        ],
    );
}

#[test]
fn a_windowed_reducer_begins_with_null_too() {
    let reduced = || {
        topology(|stream| {
            let reduce = |a: String, b: Text| (b.as_deref() != Some("x")).then(|| a + b.as_deref().unwrap_or("null"));
            write(&stream.group_by_key().windowed_by(windows(10, 0)).reduce("w", reduce));
        })
    };
    let inputs = ["a=null@1", "a=v@2", "a=null@1", "a=x@3", "a=x@2", "a=x@1"];
    let check_outputs = |config: &TestConfig, outputs: [&[&str]; 6]| {
        check(reduced(), config, &inputs.into_iter().zip(outputs).collect::<Vec<_>>());
    };
    let (created, joined, deleted, again): (&[&str], &[&str], &[&str], &[&str]) =
        (&["out a/0=v@2"], &["out a/0=vnull@2"], &["out a/0=null@3"], &["out a/0=x@2"]);
    check_outputs(&uncached(), [&["out a/0=null@1"], created, joined, deleted, again, &["out a/0=null@2"]]);
    check_outputs(&cached(), [&[], created, joined, deleted, again, &["out a/0=null@1"]]);
}

/// Rule 33.
#[test]
fn a_late_record_is_dropped_once_per_closed_window() {
    let hopping = topology(|stream| {
        let windows = windows(10, 5).advance_by(Duration::from_millis(4));
        write(&stream.group_by_key().windowed_by(windows).count("w"));
    });
    check(
        hopping,
        &uncached(),
        &[
            ("a=x@0", &["out a/0=1@0"]),
            ("a=x@9", &["out a/0=2@9", "out a/4=1@9", "out a/8=1@9"]),
            ("a=x@25", &["out a/16=1@25", "out a/20=1@25", "out a/24=1@25"]),
            ("a=x@13", &["out a/12=1@13", "dropped 2"]),
            ("a=x@9", &["dropped 3"]),
        ],
    );
}

/// Rules 50 and 54.
#[test]
fn stores_are_flushed_as_they_were_added_and_keys_as_they_were_updated_last() {
    let twice = topology(|stream| {
        let words = stream
            .flat_map_values(|_, value| value.unwrap_or_default().split(' ').map(str::to_owned).collect::<Vec<_>>());
        // Two aggregations of one record's words, without a repartition in between: all updates fall into one commit.
        let grouped = words.group_by_key();
        grouped.count("b").to_stream().to("out-b");
        grouped.windowed_by(windows(10, 0)).count("a").to_stream().map(|key, count| (key.key, count)).to("out-a");
    });
    check(
        twice,
        &cached(),
        &[("k=x y z@1", &["out-b k=3@1", "out-a k=3@1"]), ("j=x@2", &["out-b j=1@2", "out-a j=1@2"])],
    );
}

/// Rule 112.
#[test]
fn one_repartition_serves_all_aggregations_of_a_named_group() {
    let twice = topology(|stream| {
        let grouped = words(&stream).group_by(|_, word| word.clone()).named("g");
        grouped.count("b").to_stream().to("out-b");
        grouped.count("a").to_stream().to("out-a");
    });
    check_with_internal(
        twice,
        &cached(),
        &[(
            "k=x x@1",
            &[
                "test-g-repartition x=x@1",
                "test-g-repartition x=x@1",
                "test-b-changelog x=1@1",
                "out-b x=1@1",
                "test-a-changelog x=1@1",
                "out-a x=1@1",
                "test-b-changelog x=2@1",
                "out-b x=2@1",
                "test-a-changelog x=2@1",
                "out-a x=2@1",
            ],
        )],
    );
}
