//! Aggregates of several streams: one row for all, each stream with its own function and its own time.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use millstream::{
    BufferConfig, CogroupedKStream, KTable, Materialized, SessionWindows, SlidingWindows, StreamsBuilder, Suppressed,
    TimeWindows, Timestamp, UnlimitedWindows, Windowed,
};
use support::{cached, check, check_refused, uncached};

type Text = Option<String>;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The values of `in` and those of `r`, which have an `r` before them; a value `x` of `in` deletes the row.
fn both(builder: &StreamsBuilder) -> CogroupedKStream<String, Text> {
    let (left, right) = (builder.stream::<Text, Text>("in"), builder.stream::<String, Text>("r"));
    let show = |value: Text| value.unwrap_or_else(|| "_".to_owned());
    left.group_by_key()
        .cogroup(move |_, value: Text, so_far: Text| {
            (value.as_deref() != Some("x")).then(|| so_far.unwrap_or_default() + &show(value))
        })
        .cogroup(&right.group_by_key(), move |_, value, so_far| Some(so_far.unwrap_or_default() + "r" + &show(value)))
}

fn initial() -> Text {
    Some("i".to_owned())
}

/// Writes the windowed keys as texts.
fn write(table: &KTable<Windowed<String>, String>) {
    table.to_stream().select_key(|key: &Windowed<String>, _| key.to_string()).to("out");
}

/// Rule 48: one row for all streams. Rule 30: its time is the latest. Rule 31: a row that is deleted begins anew. Rule 20: null
/// keys and values are dropped.
#[test]
fn all_streams_update_one_row() {
    for config in [uncached(), cached()] {
        let builder = StreamsBuilder::new();
        both(&builder).aggregate("co", initial).to_stream().to("out");
        // Rule 53: with a cache a delete has the time of its record.
        let deleted = if config.cache_bytes_max == 0 { "out k=null@5" } else { "out k=null@4" };
        check(
            builder.build(),
            &config,
            &[
                ("k=1@5 #a", &["out k=i1@5 #a"]),
                ("r: k=2@3 #b", &["out k=i1r2@5 #b"]),
                ("k=null@9", &["dropped 1"]),
                ("r: k=null@9", &["dropped 1"]),
                ("null=3@9", &["dropped 1"]),
                ("k=x@4", &[deleted]),
                ("r: k=4@4", &["out k=ir4@4"]),
            ],
        );
    }
}

/// Rule 48: each stream has its own stream time, although the store is shared. Rule 18: null values are added.
#[test]
fn each_stream_has_its_own_time() {
    let builder = StreamsBuilder::new();
    write(&both(&builder).windowed_by(TimeWindows::of_size_with_no_grace(ms(10))).aggregate("w", initial));
    check(
        builder.build(),
        &uncached(),
        &[
            ("k=1@100", &["out [k@100/110]=i1@100"]),
            ("r: k=2@5", &["out [k@0/10]=ir2@5"]),
            ("k=3@5", &["dropped 1"]),
            ("r: k=null@105", &["out [k@100/110]=i1r_@105"]),
            ("r: k=4@5", &["dropped 1"]),
            ("k=x@101", &["out [k@100/110]=null@105"]),
        ],
    );
}

#[test]
fn sliding_windows_have_the_records_of_all_streams() {
    for config in [uncached(), cached()] {
        let builder = StreamsBuilder::new();
        let windows = SlidingWindows::of_time_difference_and_grace(ms(10), ms(50));
        write(&both(&builder).windowed_by(windows).aggregate("w", initial));
        check(
            builder.build(),
            &config,
            &[
                ("k=1@20", &["out [k@10/20]=i1@20"]),
                ("r: k=2@25", &["out [k@21/31]=ir2@25", "out [k@15/25]=i1r2@25"]),
                ("r: k=null@25", &["dropped 1"]),
            ],
        );
    }
}

/// Rules 39 to 42 with the records of two streams.
#[test]
fn sessions_have_the_records_of_all_streams() {
    let builder = StreamsBuilder::new();
    let windows = SessionWindows::of_inactivity_gap_and_grace(ms(10), ms(100));
    let merge = |_: &String, so_far: Text, other: Text| Some(so_far? + "|" + &other?);
    write(&both(&builder).windowed_by(windows).aggregate("s", initial, merge));
    check(
        builder.build(),
        &uncached(),
        &[
            ("k=1@100 #h", &["out [k@100/100]=i1@100"]),
            ("r: k=2@115", &["out [k@115/115]=ir2@115"]),
            (
                "r: k=null@108",
                &["out [k@100/100]=null@100", "out [k@115/115]=null@115", "out [k@100/115]=i|i1|ir2r_@115"],
            ),
        ],
    );
}

#[test]
fn sessions_are_forwarded_once_with_a_cache() {
    let builder = StreamsBuilder::new();
    let windows = SessionWindows::of_inactivity_gap_with_no_grace(ms(10));
    let merge = |_: &String, so_far: Text, other: Text| Some(so_far? + "|" + &other?);
    write(&both(&builder).windowed_by(windows).aggregate("s", initial, merge));
    let steps: [support::Step<'_>; 2] = [
        ("k=1@100 #h", &["out [k@100/100]=i1@100 #h"]),
        ("r: k=2@105 #g", &["out [k@100/100]=null@100 #g", "out [k@100/105]=i|i1r2@105 #g"]),
    ];
    check(builder.build(), &cached(), &steps);
}

/// Rule 43.
#[test]
fn unlimited_windows_have_everything_from_their_start_on() {
    let builder = StreamsBuilder::new();
    let since = UnlimitedWindows::of().start_on(Timestamp::from_millis(50));
    let windowed = both(&builder).windowed_by(since);
    windowed.aggregate("w", initial).to_stream().map(|key, value| (key.key, value)).to("out");
    check(
        builder.build(),
        &uncached(),
        &[("k=1@49", &[]), ("k=2@50", &["out k=i2@50"]), ("r: k=3@49", &[]), ("r: k=4@60", &["out k=i2r4@60"])],
    );
}

/// Old values reach what is below: an aggregation by another key subtracts them.
#[test]
fn a_group_of_the_table_subtracts_the_row_before() {
    for config in [uncached(), cached()] {
        let builder = StreamsBuilder::new();
        let lengths =
            both(&builder).aggregate("co", initial).group_by(|_, value| (value.len().to_string(), value.clone()));
        lengths.count("lengths").to_stream().to("out");
        let first = if config.cache_bytes_max == 0 { vec!["out 1=null@5", "out 2=1@5"] } else { vec!["out 2=1@5"] };
        check(builder.build(), &config, &[("k=1@5", &first), ("r: k=2@6", &["out 2=0@6", "out 4=1@6"])]);
    }
}

/// The grace of the windows is known below, so the table can be suppressed until they close.
#[test]
fn the_table_can_be_suppressed_until_windows_close() {
    let builder = StreamsBuilder::new();
    let windowed = both(&builder).windowed_by(TimeWindows::of_size_and_grace(ms(10), ms(5)));
    let table = windowed.aggregate("w", initial);
    write(&table.suppress(Suppressed::until_window_closes(BufferConfig::unbounded())));
    check(builder.build(), &uncached(), &[("k=1@1", &[]), ("r: k=2@2", &[]), ("z=1@15", &["out [k@0/10]=i1r2@2"])]);
}

#[test]
fn a_function_that_fails_leaves_the_row_as_it_was() {
    let builder = StreamsBuilder::new();
    let sums = builder.stream::<String, String>("in").group_by_key();
    let sums = sums.try_cogroup(|_, value: String, sum: i64| value.parse::<i64>().map(|value| sum + value));
    sums.aggregate("sums", || 0).to_stream().map_values(|_, sum| sum.map(|sum| sum.to_string())).to("out");
    let driver = millstream::test::TopologyTestDriver::new(&builder.build().unwrap()).unwrap();
    support::pipe(&driver, "k=4@1").unwrap();
    let error = support::pipe(&driver, "k=four@2").unwrap_err().to_string();
    assert!(error.contains("COGROUPKSTREAM-AGGREGATE-") && error.contains("invalid digit"), "{error}");
    assert_eq!(driver.key_value_store::<String, i64>("sums").get(&"k".to_owned()).unwrap(), Some(4));
}

#[test]
fn a_name_is_given_to_all_operators() {
    let builder = StreamsBuilder::new();
    both(&builder).aggregate(Materialized::new(), initial).named("co").to_stream().to("out");
    let text = builder.build().unwrap().describe().to_string();
    for name in ["Processor: co-cogroup-agg-0 (", "Processor: co-cogroup-agg-1 (", "Processor: co-cogroup-merge ("] {
        assert!(text.contains(name), "`{name}` is missing in\n{text}");
    }
    assert!(text.contains("stores: [COGROUPKSTREAM-AGGREGATE-STATE-STORE-0000000002]"), "{text}");
}

/// All aggregations of a cogroup share the repartitions of its streams, which is named after the first store.
#[test]
fn aggregations_share_repartitions() {
    let builder = StreamsBuilder::new();
    let by_value = builder.stream::<String, String>("in").group_by(|_, value| value.clone());
    let counts = by_value.cogroup(|_, _, count: i64| count + 1);
    counts.aggregate("all", || 0);
    counts.windowed_by(UnlimitedWindows::of()).aggregate("windowed", || 0);
    let text = builder.build().unwrap().describe().to_string();
    assert_eq!(text.matches("Sink: all-repartition-sink").count(), 1, "{text}");
    assert!(!text.contains("windowed-repartition"), "{text}");
}

#[test]
fn what_cannot_be_told_apart_is_refused() {
    let twice = |builder: &StreamsBuilder| {
        let grouped = builder.stream::<String, String>("in").group_by_key();
        let count = |_: &String, _: String, count: i64| count + 1;
        grouped.cogroup(count).cogroup(&grouped, count).aggregate("co", || 0);
    };
    check_refused(twice, &["cogroup", "added twice", "group_by_key"]);
    let unnamed = |builder: &StreamsBuilder| {
        let group = |topic: &str| builder.stream::<String, String>(topic).group_by(|_, value| value.clone());
        let count = |_: &String, _: String, count: i64| count + 1;
        group("in").cogroup(count).cogroup(&group("r"), count).aggregate("co", || 0);
    };
    check_refused(unnamed, &["named after the store", "group_by(..).named(..)"]);
    let other = StreamsBuilder::new();
    let two_builders = |builder: &StreamsBuilder| {
        let count = |_: &String, _: String, count: i64| count + 1;
        let grouped = builder.stream::<String, String>("in").group_by_key();
        grouped
            .cogroup(count)
            .cogroup(&other.stream::<String, String>("r").group_by_key(), count)
            .aggregate("co", || 0);
    };
    check_refused(two_builders, &["cogroup"]);
}
