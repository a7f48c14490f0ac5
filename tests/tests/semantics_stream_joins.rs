//! Joins of two streams: which records belong together, nulls, records out of order, and when those without a match come. The
//! numbers are those of the rules in section 2.6 of the reference on Kafka Streams.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use millstream::errors::{ErrorHandler, Handlers};
use millstream::test::{TestConfig, TopologyTestDriver};
use millstream::{JoinWindows, KStream, Optimizations, StreamsBuilder, Topology, TopologyError};
use support::{cached, check, check_refused, outputs, pipe, uncached};

type Text = Option<String>;
type Built = Result<Topology, TopologyError>;

#[derive(Clone, Copy)]
enum Kind {
    Inner,
    Left,
    Outer,
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// At most 10 ms apart, with a grace period of 5 ms.
fn near() -> JoinWindows {
    JoinWindows::of_time_difference_and_grace(ms(10), ms(5))
}

fn pair(left: Option<&String>, right: Option<&String>) -> String {
    let text = |value: Option<&String>| value.map_or("null", String::as_str).to_owned();
    format!("{}+{}", text(left), text(right))
}

/// The topic `in` joined with the topic `r`.
fn joined(kind: Kind, windows: JoinWindows) -> Built {
    let builder = StreamsBuilder::new();
    let left: KStream<Text, Text> = builder.stream("in");
    let right: KStream<Text, Text> = builder.stream("r");
    let within = right.within(windows);
    match kind {
        Kind::Inner => left.join_stream(within, |_, left, right| pair(Some(left), Some(right))),
        Kind::Left => left.left_join_stream(within, |_, left, right| pair(Some(left), right)),
        Kind::Outer => left.outer_join_stream(within, |_, left, right| pair(left, right)),
    }
    .to("out");
    builder.build()
}

/// Rules 72 and 73.
#[test]
fn a_pair_is_in_the_window_with_both_bounds_and_has_the_later_time() {
    for config in [uncached(), cached()] {
        check(
            joined(Kind::Inner, near()),
            &config,
            &[
                ("k=l1@100 #left", &[]),
                ("r: k=r1@110 #right", &["out k=l1+r1@110 #right"]),
                ("r: k=r2@111", &[]),
                ("r: k=r3@90 #right", &["out k=l1+r3@100 #right"]),
                ("r: k=r4@89", &[]),
                ("j=x@100", &[]),
                ("k=l2@100 #second", &["out k=l2+r3@100 #second", "out k=l2+r1@110 #second"]),
            ],
        );
    }
}

/// Rule 73, with windows on one side.
#[test]
fn a_window_may_lie_on_one_side() {
    let later = JoinWindows::of_time_difference_and_grace(ms(10), ms(5)).begins_after(ms(5));
    check(
        joined(Kind::Inner, later),
        &uncached(),
        &[
            ("k=l@100", &[]),
            ("r: k=r4@104", &[]),
            ("r: k=r5@105", &["out k=l+r5@105"]),
            ("r: k=r10@110", &["out k=l+r10@110"]),
            ("r: k=r11@111", &[]),
            ("k=late@101", &["out k=late+r10@110", "out k=late+r11@111"]),
        ],
    );
}

/// Rule 74.
#[test]
fn records_of_the_same_key_and_time_all_join_in_the_order_they_came() {
    check(
        joined(Kind::Inner, near()),
        &uncached(),
        &[
            ("r: k=b@5", &[]),
            ("r: k=a@5", &[]),
            ("r: k=b@5", &[]),
            ("k=l1@5", &["out k=l1+b@5", "out k=l1+a@5", "out k=l1+b@5"]),
            ("k=l2@5", &["out k=l2+b@5", "out k=l2+a@5", "out k=l2+b@5"]),
            ("r: k=c@5", &["out k=l1+c@5", "out k=l2+c@5"]),
        ],
    );
}

/// Rule 75: a late record is not kept, but may match.
#[test]
fn a_late_record_is_counted_and_may_match() {
    check(
        joined(Kind::Inner, near()),
        &uncached(),
        &[
            ("k=now@200000", &[]),
            ("k=late@100", &["dropped 1"]),
            ("r: k=r@100", &[]),
            ("k=late@105", &["out k=late+r@105", "dropped 1"]),
            ("r: k=r@200001", &["out k=now+r@200001"]),
        ],
    );
}

/// Rules 20 and 21.
#[test]
fn a_null_key_passes_where_records_without_a_match_are_kept() {
    let dropped: &[&str] = &["dropped 1"];
    check(
        joined(Kind::Inner, near()),
        &uncached(),
        &[("null=l@1", dropped), ("r: null=r@1", dropped), ("k=null@1", dropped), ("null=null@1", dropped)],
    );
    check(
        joined(Kind::Left, near()),
        &uncached(),
        &[
            ("null=l@1 #h", &["out null=l+null@1 #h"]),
            ("r: null=r@1", dropped),
            ("k=null@1", dropped),
            ("r: k=null@1", dropped),
            ("null=null@1", dropped),
        ],
    );
    check(
        joined(Kind::Outer, near()),
        &uncached(),
        &[("null=l@1", &["out null=l+null@1"]), ("r: null=r@1", &["out null=null+r@1"]), ("r: null=null@1", dropped)],
    );
}

/// Rules 76 and 81.
#[test]
fn a_record_without_a_match_comes_when_its_window_and_grace_are_over() {
    for kind in [Kind::Left, Kind::Outer] {
        check(
            joined(kind, near()),
            &uncached(),
            &[
                ("k=l@100 #its own", &[]),
                ("k=l2@115", &[]),
                ("k=l3@116 #of the next", &["out k=l+null@100 #of the next"]),
                ("k=l3@116", &[]),
            ],
        );
    }
    check(
        joined(Kind::Outer, near()),
        &uncached(),
        &[("r: k=r@100", &[]), ("j=l@115", &[]), ("j=l@116", &["out k=null+r@100"])],
    );
}

/// Rule 82.
#[test]
fn a_record_that_is_skipped_advances_the_time_all_the_same() {
    check(
        joined(Kind::Left, near()),
        &uncached(),
        &[
            ("k=l@100", &[]),
            ("k=null@500", &["dropped 1"]),
            ("j=l@489", &["out j=l+null@489"]),
            ("j=l@500", &["out k=l+null@100"]),
        ],
    );
}

/// Rule 78: it is out of order, and its window is over, whatever the grace period. A match that is not late comes all the same.
#[test]
fn a_record_whose_window_is_over_when_it_comes_does_not_wait() {
    check(
        joined(Kind::Left, near()),
        &uncached(),
        &[
            ("r: j=x@200", &[]),
            ("k=l@189", &["out k=l+null@189"]),
            ("k=l@190", &[]),
            ("r: k=r@195", &["out k=l+r@195", "out k=l+r@195"]),
        ],
    );
}

/// Rule 80.
#[test]
fn a_match_removes_all_that_wait_with_its_key_and_time() {
    check(
        joined(Kind::Outer, near()),
        &uncached(),
        &[
            ("k=a@100", &[]),
            ("k=b@100", &[]),
            ("k=c@101", &[]),
            ("r: k=r@90", &["out k=a+r@100", "out k=b+r@100"]),
            ("r: j=x@300", &["out k=c+null@101"]),
        ],
    );
}

/// Rule 79.
#[test]
fn those_without_a_match_come_by_time_then_right_before_left_then_by_key() {
    check(
        joined(Kind::Outer, near()),
        &uncached(),
        &[
            ("b=l1@100", &[]),
            ("a=l2@100", &[]),
            ("a=l3@100", &[]),
            ("r: z=r1@100", &[]),
            ("r: y=r2@99", &[]),
            (
                "q=far@1000",
                &[
                    "out y=null+r2@99",
                    "out z=null+r1@100",
                    "out a=l2+null@100",
                    "out a=l3+null@100",
                    "out b=l1+null@100",
                ],
            ),
        ],
    );
}

/// Rule 77: once per interval of the wall clock.
#[test]
fn those_without_a_match_come_once_per_emit_interval() {
    let config = TestConfig { emit_interval: ms(1_000), ..uncached() };
    let driver = TopologyTestDriver::with_config(&joined(Kind::Left, near()).unwrap(), &config).unwrap();
    let piped = |input: &str| {
        pipe(&driver, input).unwrap();
        outputs(&driver, |topic| topic == "out")
    };
    assert!(piped("k=a@100").is_empty() && piped("r: j=x@200").is_empty());
    driver.advance_wall_clock(ms(999)).unwrap();
    assert!(piped("r: j=x@201").is_empty());
    driver.advance_wall_clock(ms(1)).unwrap();
    assert!(piped("r: j=x@150").is_empty(), "not for a record that is out of order");
    assert_eq!(piped("r: j=x@201"), ["out k=a+null@100"]);
}

/// Rule 77. Seed 5412 of the differential test: it took the time of the next row, 104000, for that of the earliest record that waits, where
/// Kafka Streams had stopped at the second one of `c`, and emitted those of 97000 three seconds late.
#[test]
fn the_time_of_several_records_with_one_key_decides_when_to_look_again() {
    check(
        joined(Kind::Outer, JoinWindows::of_time_difference_and_grace(ms(3_000), ms(20_000))),
        &uncached(),
        &[
            ("r: a=1@93000", &[]),
            ("a=2@97000", &[]),
            ("r: c=3@100744", &[]),
            ("r: c=4@100744", &[]),
            ("a=5@104000", &[]),
            ("a=6@120000", &["out a=null+1@93000"]),
            ("a=7@124000", &["out a=2+null@97000", "out c=null+3@100744", "out c=null+4@100744"]),
        ],
    );
}

#[test]
fn times_at_both_ends_and_endless_windows_do_not_overflow() {
    let endless = JoinWindows::of_time_difference_and_grace(Duration::MAX, Duration::MAX);
    check(
        joined(Kind::Outer, endless),
        &uncached(),
        &[
            ("k=first@0", &[]),
            ("r: k=last@9223372036854775807", &["out k=first+last@9223372036854775807"]),
            ("j=l@9223372036854775807", &[]),
            ("k=l@0", &["out k=l+last@9223372036854775807"]),
        ],
    );
    let none = JoinWindows::of_time_difference_and_grace(Duration::ZERO, ms(1));
    check(
        joined(Kind::Outer, none),
        &uncached(),
        &[
            ("k=l@9223372036854775806", &[]),
            ("r: k=r@9223372036854775806", &["out k=l+r@9223372036854775806"]),
            ("j=l@9223372036854775807", &[]),
            ("r: j=r@9223372036854775807", &["out j=l+r@9223372036854775807"]),
        ],
    );
}

/// The joiner fails for "bad". A record that waits for a match is then skipped once, and does not hold up the others.
#[test]
fn a_failing_joiner_skips_what_it_fails_for() {
    let builder = StreamsBuilder::new();
    let left = builder.stream::<String, String>("in");
    let right = builder.stream::<String, String>("r");
    let join = |_: &String, left: &String, right: Option<&String>| match left.as_str() {
        "bad" => Err("it is bad"),
        _ => Ok(pair(Some(left), right)),
    };
    left.try_left_join_stream(right.within(near()), join).to("out");
    let handlers = Handlers { processing: ErrorHandler::Continue, ..Handlers::default() };
    check(
        builder.build(),
        &TestConfig { handlers, ..uncached() },
        &[
            ("a=bad@100", &[]),
            ("b=good@100", &[]),
            ("r: x=y@300", &["out b=good+null@100", "dropped 1"]),
            ("r: x=z@400", &[]),
            ("c=bad@400", &[]),
            ("c=good@400", &[]),
            ("r: c=r@400", &["dropped 1"]),
            ("r: c=r@401", &["dropped 1"]),
            ("c=good@400", &["out c=good+r@400", "out c=good+r@401"]),
        ],
    );
}

/// Rule 84. The records are drawn by a small generator, the same each time. Their times are even, and those that the stores no longer
/// show are odd: at that very time Kafka Streams leaves out the pair of a record with itself only where there is one store.
#[test]
fn a_stream_joined_with_itself_gives_the_same_with_one_store_and_with_two() {
    let windows = JoinWindows::of_time_difference_and_grace(ms(20), ms(10)).before(ms(6));
    let build = |optimizations: Optimizations| {
        let builder = StreamsBuilder::new().optimize(optimizations);
        let stream: KStream<Text, Text> = builder.stream("in");
        stream.join_stream(stream.within(windows), |_, one, other| pair(Some(one), Some(other))).to("out");
        builder.build().unwrap()
    };
    let (one, two) = (build(Optimizations::all()), build(Optimizations::none()));
    assert_eq!([&one, &two].map(|topology| topology.subtopologies()[0].stores.len()), [1, 2]);
    let drivers = [one, two].map(|topology| TopologyTestDriver::with_config(&topology, &uncached()).unwrap());
    let (mut seed, mut results) = (7_u64, 0);
    for number in 0..400_u64 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (key, late) = ((seed >> 40) % 3, (seed >> 45) % 30 * 2);
        let value = if (seed >> 52).is_multiple_of(9) { "null".to_owned() } else { format!("v{number}") };
        let jump = if number > 200 { 100_000 } else { 0 };
        let record = format!("k{key}={value}@{}", (jump + number * 4).saturating_sub(late));
        drivers.iter().for_each(|driver| pipe(driver, &record).unwrap());
        let [one, two] = drivers.each_ref().map(|driver| outputs(driver, |topic| topic == "out"));
        assert_eq!(one, two, "record {number}, {record}");
        results += one.len();
    }
    assert!(results > 500, "{results}");
}

#[test]
fn what_cannot_be_joined_is_refused() {
    check_refused(
        |builder| {
            let right = builder.stream::<String, String>("r");
            let windows = near().begins_after(ms(11));
            let left = builder.stream::<String, String>("in");
            left.join_stream(right.within(windows), |_, left, _| left.clone()).to("out");
        },
        &["join_stream", "begins 1 ms after its end"],
    );
    check_refused(
        |builder| {
            let right = StreamsBuilder::new().stream::<String, String>("r");
            let left = builder.stream::<String, String>("in");
            left.join_stream(right.within(near()), |_, left, _| left.clone()).to("out");
        },
        &["two different builders"],
    );
    check_refused(
        |builder| {
            let right = builder.stream::<(), String>("r");
            let left = builder.stream::<(), String>("in");
            left.join_stream(right.within(near()), |(), left, _| left.clone()).to("out");
        },
        &["needs keys"],
    );
}
