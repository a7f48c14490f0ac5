//! Tables: when a change is forwarded, what a cache forwards of several, and its timestamp and headers. The expected
//! results are those of Kafka Streams 4.3.1, from its own test driver.

mod support;

use std::time::Duration;

use millstream::{KTable, Materialized, StreamsBuilder, TimeWindows, Topology, TopologyError};
use support::{cached, check, check_with_internal, uncached};

type Built = Result<Topology, TopologyError>;

/// A topology that writes the table that `make` makes of the topic `in` to `out`.
fn table_of(
    source: Materialized<String, String>,
    make: impl FnOnce(KTable<String, String>) -> KTable<String, String>,
) -> Built {
    let builder = StreamsBuilder::new();
    make(builder.table("in", source)).to_stream().to("out");
    builder.build()
}

#[allow(clippy::ptr_arg, reason = "the closure gets references to strings")]
fn long(_: &String, value: &String) -> bool {
    value.len() > 2
}

/// The changes of a row for a filter: filtered out, passed, filtered out, still filtered out, deleted.
const CHANGES: [&str; 5] = ["k=a@1", "k=aaa@2", "k=b@3", "k=b@4", "k=null@5"];

fn steps<'a>(outputs: [&'a [&'a str]; 5]) -> Vec<support::Step<'a>> {
    CHANGES.into_iter().zip(outputs).collect()
}

/// Rule 60.
#[test]
fn a_filter_without_any_store_deletes_also_rows_that_did_not_exist() {
    let topology = table_of(Materialized::new(), |table| table.filter(long));
    let all_deletes =
        [&["out k=null@1"][..], &["out k=aaa@2"], &["out k=null@3"], &["out k=null@4"], &["out k=null@5"]];
    check(topology, &uncached(), &steps(all_deletes));
}

/// Rules 59 and 60.
#[test]
fn a_filter_below_a_store_forwards_no_deletes_of_rows_that_it_never_forwarded() {
    let quiet = || steps([&[], &["out k=aaa@2"], &["out k=null@3"], &[], &[]]);
    let below_source = || table_of("t".into(), |table| table.filter(long));
    check(below_source(), &uncached(), &quiet());
    check(below_source(), &cached(), &quiet());
    let below_map = || table_of("t".into(), |table| table.map_values(|_, value| value).filter(long));
    check(below_map(), &uncached(), &quiet());
    check(below_map(), &cached(), &quiet());
    let below_filter = table_of("t".into(), |table| table.filter(long).materialized("f"));
    check(below_filter, &uncached(), &quiet());
    let not = table_of("t".into(), |table| table.filter_not(|key, value| !long(key, value)));
    check(not, &uncached(), &quiet());
}

#[test]
fn a_filter_with_only_its_own_store_does_not_know_the_old_row() {
    let topology = table_of(Materialized::new(), |table| table.filter(long).materialized("f"));
    let all_deletes =
        [&["out k=null@1"][..], &["out k=aaa@2"], &["out k=null@3"], &["out k=null@4"], &["out k=null@5"]];
    check(topology, &uncached(), &steps(all_deletes));
}

#[test]
fn a_filter_uses_the_store_of_the_filter_above_it() {
    let twice = |table: KTable<String, String>| table.filter(long).materialized("f").filter(|_, value| value.len() > 3);
    check_with_internal(
        table_of(Materialized::new(), twice),
        &uncached(),
        &[
            ("k=a@1", &[]),
            ("k=aaa@2", &["test-f-changelog k=aaa@2"]),
            ("k=aaaa@2", &["test-f-changelog k=aaaa@2", "out k=aaaa@2"]),
            ("k=b@3", &["test-f-changelog k=null@3", "out k=null@3"]),
            ("k=b@4", &[]),
            ("k=null@5", &[]),
        ],
    );
}

#[test]
fn a_store_that_a_later_join_adds_is_not_used_by_an_earlier_filter() {
    let builder = StreamsBuilder::new();
    let table = builder.table::<String, String>("in", Materialized::new());
    table.filter(long).to_stream().to("out");
    builder.stream::<String, String>("l").join(&table, |_, value, row| value + row).to("joined");
    let all_deletes =
        [&["out k=null@1"][..], &["out k=aaa@2"], &["out k=null@3"], &["out k=null@4"], &["out k=null@5"]];
    check(builder.build(), &uncached(), &steps(all_deletes));
}

/// Rule 32.
#[test]
fn a_filter_on_an_aggregate_compares_with_what_the_aggregate_began_with() {
    let at_most = |limit: i64| {
        let builder = StreamsBuilder::new();
        let counts = builder.stream::<String, String>("in").group_by_key().count("c");
        counts.filter(move |_, count| *count <= limit).to_stream().to("out");
        builder.build()
    };
    check(at_most(0), &uncached(), &[("a=x@1", &["out a=null@1"]), ("a=x@2", &[])]);
    check(at_most(0), &cached(), &[("a=x@1", &[]), ("a=x@2", &[])]);
    let steps: &[support::Step<'_>] = &[("a=x@1", &["out a=1@1"]), ("a=x@2", &["out a=null@2"]), ("a=x@3", &[])];
    check(at_most(1), &uncached(), steps);
    check(at_most(1), &cached(), steps);
}

#[test]
fn a_filter_on_windows_compares_with_what_each_window_began_with() {
    let none_yet = || {
        let builder = StreamsBuilder::new();
        let windows = TimeWindows::of_size_with_no_grace(Duration::from_millis(10));
        let counts = builder.stream::<String, String>("in").group_by_key().windowed_by(windows).count("w");
        counts.filter(|_, count| *count < 1).to_stream().map(|key, count| (key.key, count)).to("out");
        builder.build()
    };
    check(none_yet(), &uncached(), &[("a=x@1", &["out a=null@1"]), ("a=x@2", &[]), ("a=x@11", &["out a=null@11"])]);
    check(none_yet(), &cached(), &[("a=x@1", &[]), ("a=x@2", &[]), ("a=x@11", &[])]);
}

/// Rule 57.
#[test]
fn an_older_update_replaces_a_newer_row() {
    let topology = || table_of("t".into(), |table| table);
    for config in [uncached(), cached()] {
        let steps: &[support::Step<'_>] = &[
            ("k=new@10", &["test-t-changelog k=new@10", "out k=new@10"]),
            ("k=old@5", &["test-t-changelog k=old@5", "out k=old@5"]),
            ("k=same@5", &["test-t-changelog k=same@5", "out k=same@5"]),
            ("k=same@5", &["test-t-changelog k=same@5", "out k=same@5"]),
            ("null=x@6", &["dropped 1"]),
        ];
        check_with_internal(topology(), &config, steps);
    }
}

/// Rule 51.
#[test]
fn a_cache_drops_deletes_of_rows_that_did_not_exist() {
    let topology = || {
        let builder = StreamsBuilder::new();
        builder.stream::<String, Option<String>>("in").to_table("t").to_stream().to("out");
        builder.build()
    };
    check_with_internal(
        topology(),
        &cached(),
        &[
            ("k=null@10", &[]),
            ("k=v@5 #1", &["test-t-changelog k=v@5", "out k=v@5 #1"]),
            ("k=null@7 #2", &["test-t-changelog k=null@7", "out k=null@7 #2"]),
            ("k=null@8", &[]),
        ],
    );
    check_with_internal(
        topology(),
        &uncached(),
        &[
            ("k=null@10", &["test-t-changelog k=null@10", "out k=null@10"]),
            ("k=v@5 #1", &["test-t-changelog k=v@5", "out k=v@5 #1"]),
            ("k=null@7 #2", &["test-t-changelog k=null@7", "out k=null@7 #2"]),
            ("k=null@8", &["test-t-changelog k=null@8", "out k=null@8"]),
        ],
    );
}

/// Rules 53 and 54.
#[test]
fn caches_are_flushed_one_after_the_other_with_the_last_writers_headers() {
    let builder = StreamsBuilder::new();
    let counts = builder.stream::<String, String>("in").group_by_key().count("c");
    counts.map_values(|_, count| count * 10).materialized("m").to_stream().to("out");
    check_with_internal(
        builder.build(),
        &cached(),
        &[
            ("a=x@5 #1", &["test-c-changelog a=1@5", "test-m-changelog a=10@5", "out a=10@5 #1"]),
            ("a=x@3 #2", &["test-c-changelog a=2@5", "test-m-changelog a=20@5", "out a=20@5 #2"]),
        ],
    );
}
