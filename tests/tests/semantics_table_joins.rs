//! Joins of two tables by key: what comes out when, times and headers, and names. The expected results are those of Kafka
//! Streams 4.3.1.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use millstream::{Joined, KTable, Materialized, StreamsBuilder, TimeWindows, Topology, TopologyError};
use support::{Step, cached, check, check_refused, check_with_internal, uncached};

type Texts = KTable<String, String>;
type Built = Result<Topology, TopologyError>;

fn tables(builder: &StreamsBuilder) -> (Texts, Texts) {
    (builder.table("x", "xs"), builder.table("y", "ys"))
}

/// The topology that writes what `join` makes of the tables `x` and `y` to `out`.
fn joined(join: impl FnOnce(&Texts, &Texts) -> Texts) -> Built {
    let builder = StreamsBuilder::new();
    let (x, y) = tables(&builder);
    join(&x, &y).to_stream().to("out");
    builder.build()
}

fn or_null(row: Option<&String>) -> &str {
    row.map_or("null", String::as_str)
}

fn inner(x: &Texts, y: &Texts) -> Texts {
    x.join(y, |_, x, y| format!("{x}+{y}"))
}

fn left(x: &Texts, y: &Texts) -> Texts {
    x.left_join(y, |_, x, y| format!("{x}+{}", or_null(y)))
}

fn outer(x: &Texts, y: &Texts) -> Texts {
    x.outer_join(y, |_, x, y| format!("{}+{}", or_null(x), or_null(y)))
}

/// Rules 64 and 65.
#[test]
fn an_inner_join_deletes_as_often_as_a_side_with_a_row_on_the_other_does() {
    let steps: [Step<'_>; 8] = [
        ("x: k=a@1 #left", &[]),
        ("y: k=b@5 #right", &["out k=a+b@5 #right"]),
        ("x: k=c@3 #left", &["out k=c+b@5 #left"]),
        ("x: k=null@3", &["out k=null@5"]),
        ("x: k=null@9", &["out k=null@9"]),
        ("y: k=null@6", &[]),
        ("x: k=a@7", &[]),
        ("x: null=a@7", &["dropped 1"]),
    ];
    check(joined(inner), &uncached(), &steps);
    check(joined(|x, y| inner(x, y).materialized("j")), &uncached(), &steps);
}

/// Rule 65.
#[test]
fn a_left_join_knows_whether_its_own_side_had_a_row() {
    let steps: [Step<'_>; 7] = [
        ("y: k=b@5", &[]),
        ("x: k=a@1", &["out k=a+b@5"]),
        ("y: k=null@6", &["out k=a+null@6"]),
        ("y: k=null@7", &["out k=a+null@7"]),
        ("x: k=null@2", &["out k=null@2"]),
        ("x: k=null@3", &[]),
        ("y: k=null@3", &[]),
    ];
    check(joined(left), &uncached(), &steps);
    check(joined(|x, y| left(x, y).materialized("j")), &uncached(), &steps);
}

/// Rule 65.
#[test]
fn an_outer_join_has_rows_of_both_sides() {
    let steps: [Step<'_>; 7] = [
        ("x: k=null@1", &[]),
        ("x: k=a@1", &["out k=a+null@1"]),
        ("x: k=null@2", &["out k=null@2"]),
        ("y: k=b@3", &["out k=null+b@3"]),
        ("x: k=null@4", &["out k=null+b@4"]),
        ("y: k=null@4", &["out k=null@4"]),
        ("y: k=null@5", &[]),
    ];
    check(joined(outer), &uncached(), &steps);
    check(joined(|x, y| outer(x, y).materialized("j")), &uncached(), &steps);
}

/// Rule 59.
#[test]
fn a_filter_below_a_join_compares_with_the_row_before() {
    let kept = |x: &Texts, y: &Texts| inner(x, y).filter(|_, pair| !pair.contains('z'));
    let steps: [Step<'_>; 6] = [
        ("x: k=z@1", &[]),
        ("y: k=b@2", &[]),
        ("y: k=c@3", &[]),
        ("x: k=a@4", &["out k=a+c@4"]),
        ("x: k=z@5", &["out k=null@5"]),
        ("x: k=null@6", &[]),
    ];
    check(joined(kept), &uncached(), &steps);
}

#[test]
fn a_stream_looks_rows_up_in_a_join_that_is_not_kept() {
    let looked_up = |kept: bool, join: fn(&Texts, &Texts) -> Texts| {
        let builder = StreamsBuilder::new();
        let (x, y) = tables(&builder);
        let joined = join(&x, &y);
        let joined = if kept { joined.materialized("j") } else { joined };
        let stream = builder.stream::<String, String>("in");
        stream.left_join(&joined, |_, value, row| format!("{value}+{}", or_null(row))).to("out");
        builder.build()
    };
    let check_join = |join: fn(&Texts, &Texts) -> Texts, found: [&str; 3]| {
        let found = found.map(|row| format!("out k={row}@9"));
        let [first, second, third] = found.each_ref().map(|text| [text.as_str()]);
        for kept in [false, true] {
            let steps: [Step<'_>; 6] = [
                ("x: k=a@1", &[]),
                ("k=v@9", &first),
                ("y: k=b@2", &[]),
                ("k=v@9", &second),
                ("x: k=null@3", &[]),
                ("k=v@9", &third),
            ];
            check(looked_up(kept, join), &uncached(), &steps);
        }
    };
    check_join(inner, ["v+null", "v+a+b", "v+null"]);
    check_join(left, ["v+a+null", "v+a+b", "v+null"]);
    check_join(outer, ["v+a+null", "v+a+b", "v+null+b"]);
}

/// Rule 66.
#[test]
fn caches_of_both_sides_and_of_the_join_forward_the_last_row() {
    let cached_join = joined(|x, y| left(x, y).materialized("j"));
    check_with_internal(
        cached_join,
        &cached(),
        &[
            ("x: k=a@1", &["test-xs-changelog k=a@1", "test-j-changelog k=a+null@1", "out k=a+null@1"]),
            ("y: k=b@5", &["test-ys-changelog k=b@5", "test-j-changelog k=a+b@5", "out k=a+b@5"]),
            ("x: k=null@6", &["test-xs-changelog k=null@6", "test-j-changelog k=null@6", "out k=null@6"]),
            ("x: k=null@7", &[]),
        ],
    );
}

#[test]
fn windows_are_joined_by_key_and_window() {
    let builder = StreamsBuilder::new();
    let counts = |topic: &'static str, store: &'static str| {
        let windows = TimeWindows::of_size_with_no_grace(Duration::from_millis(10));
        builder.stream::<String, String>(topic).group_by_key().windowed_by(windows).count(store)
    };
    let (x, y) = (counts("x", "xs"), counts("y", "ys"));
    let both = x.join(&y, |_, x, y| x * 10 + y);
    both.to_stream()
        .map(|window, both| (format!("{}/{}", window.key, window.window.start.as_millis()), both))
        .to("out");
    check(
        builder.build(),
        &uncached(),
        &[
            ("x: k=v@1", &[]),
            ("y: k=v@12", &[]),
            ("y: k=v@3", &["dropped 1"]),
            ("x: k=v@15", &["out k/10=11@15"]),
            ("y: k=v@13", &["out k/10=12@15"]),
        ],
    );
}

#[test]
fn a_join_is_named_before_or_behind() {
    let with_options = joined(|x, y| x.join(Joined::with(y).named("both"), |_, x, y| format!("{x}{y}")));
    let behind = joined(|x, y| x.join(y, |_, x, y| format!("{x}{y}")).named("both"));
    let text = with_options.unwrap().describe().to_string();
    assert_eq!(text, behind.unwrap().describe().to_string());
    for name in ["both-join-this (stores: [ys])", "both-join-other (stores: [xs])", "both (stores: [])"] {
        assert!(text.contains(&format!("Processor: {name}")), "{text}");
    }
}

#[test]
fn a_joined_table_is_kept_once() {
    check_refused(
        |builder| {
            let (x, y) = tables(builder);
            drop(inner(&x, &y).materialized("a").materialized("b"));
        },
        &["the store `b` of `KTABLE-MERGE-0000000004`", "has a store already"],
    );
    let other = StreamsBuilder::new();
    let foreign: Texts = other.table("z", Materialized::new());
    check_refused(
        |builder| drop(inner(&builder.table("x", Materialized::new()), &foreign)),
        &["KTABLE-MERGE-", "two different builders"],
    );
}
