//! Session, sliding and unlimited windows: which record is in which window, merging, late records, the ends of time.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use millstream::{
    Consumed, KStream, Materialized, SessionWindows, SlidingWindows, StreamsBuilder, Topology, TopologyError,
    UnlimitedWindows, session_windowed_serde,
};
use millstream::{KTable, Serde, Windowed};
use support::{cached, check, check_refused, uncached};

type Text = Option<String>;
type Built = Result<Topology, TopologyError>;

fn topology(make: impl FnOnce(&KStream<Text, Text>)) -> Built {
    let builder = StreamsBuilder::new();
    make(&builder.stream("in"));
    builder.build()
}

fn sessions(gap: u64, grace: u64) -> SessionWindows {
    SessionWindows::of_inactivity_gap_and_grace(Duration::from_millis(gap), Duration::from_millis(grace))
}

fn sliding(difference: u64, grace: u64) -> SlidingWindows {
    SlidingWindows::of_time_difference_and_grace(Duration::from_millis(difference), Duration::from_millis(grace))
}

/// Writes the windowed keys as texts.
fn write(table: &KTable<Windowed<String>, String>) {
    table.to_stream().map(|windowed, value| (windowed.to_string(), value)).to("out");
}

/// The values of each session in the order in which they were added, with a bar before those of a merged session.
fn joined_sessions(windows: SessionWindows) -> Built {
    topology(|stream| {
        let add = |_: &String, value: Text, so_far: String| so_far + value.as_deref().unwrap_or("_");
        let merge = |_: &String, so_far: String, other: String| so_far + "|" + &other;
        write(&stream.group_by_key().windowed_by(windows).aggregate("s", || "i".to_owned(), add, merge));
    })
}

/// Rule 39: sessions with `end ≥ t − gap` and `start ≤ t + gap`. Rules 40 and 41: merged in order, the value last, and each
/// merged session is deleted, even if the new one has its bounds.
#[test]
fn a_record_merges_the_sessions_that_are_a_gap_away() {
    // One gap apart on both sides.
    check(
        joined_sessions(sessions(10, 1_000)),
        &uncached(),
        &[
            ("a=1@100", &["out [a@100/100]=i1@100"]),
            ("a=2@111", &["out [a@111/111]=i2@111"]),
            ("a=3@101", &["out [a@100/100]=null@100", "out [a@111/111]=null@111", "out [a@100/111]=i|i1|i23@111"]),
            ("a=4@105", &["out [a@100/111]=null@111", "out [a@100/111]=i|i|i1|i234@111"]),
            ("b=5@105", &["out [b@105/105]=i5@105"]),
            ("a=6@122", &["out [a@122/122]=i6@122"]),
        ],
    );
}

/// Rule 41: only a session of the one time is not deleted. Rule 18: null values are added, null keys are dropped.
#[test]
fn a_record_at_the_only_time_of_a_session_replaces_it() {
    check(
        joined_sessions(sessions(10, 0)),
        &uncached(),
        &[("a=1@5 #x", &["out [a@5/5]=i1@5"]), ("a=null@5", &["out [a@5/5]=i|i1_@5"]), ("null=2@5", &["dropped 1"])],
    );
}

/// Rule 42: late if the merged session ends before stream time less grace and gap.
#[test]
fn a_late_record_that_reaches_an_open_session_is_accepted() {
    check(
        joined_sessions(sessions(10, 5)),
        &uncached(),
        &[
            ("a=1@90", &["out [a@90/90]=i1@90"]),
            ("z=1@105", &["out [z@105/105]=i1@105"]),
            ("b=2@91", &["out [b@91/91]=i2@91"]),
            ("b=3@85", &["out [b@91/91]=null@91", "out [b@85/91]=i|i23@91"]),
            ("c=4@89", &["dropped 1"]),
            ("z=2@106", &["out [z@105/105]=null@105", "out [z@105/106]=i|i12@106"]),
            ("d=5@90", &["dropped 1"]),
        ],
    );
}

#[test]
fn cached_sessions_come_out_once_with_the_headers_of_the_record() {
    let twice = topology(|stream| {
        let windows = sessions(10, 0);
        let twice = stream.flat_map_values(|_, value: Text| vec![value.clone(), value]);
        write(&twice.group_by_key().windowed_by(windows).reduce("s", |so_far, next: Text| so_far + &next.unwrap()));
    });
    check(
        twice,
        &cached(),
        &[("a=1@5 #x", &["out [a@5/5]=11@5 #x"]), ("a=2@7 #y", &["out [a@5/5]=null@5 #y", "out [a@5/7]=1122@7 #y"])],
    );
}

#[test]
fn a_reduction_to_nothing_deletes_the_session() {
    let until_x = topology(|stream| {
        let reduce = |so_far: String, next: Text| next.filter(|next| next != "x").map(|next| so_far + &next);
        write(&stream.group_by_key().windowed_by(sessions(10, 0)).reduce("s", reduce));
    });
    check(
        until_x,
        &uncached(),
        &[
            ("a=1@5", &["out [a@5/5]=1@5"]),
            ("a=x@8", &["out [a@5/5]=null@5", "out [a@5/8]=null@8"]),
            ("a=2@9", &["out [a@9/9]=2@9"]),
        ],
    );
}

/// A function that fails leaves the sessions as they were.
#[test]
fn a_failed_aggregation_changes_no_session() {
    use millstream::errors::{ErrorHandler, Handlers};

    let sums = topology(|stream| {
        let add = |_: &String, value: Text, sum: i64| value.unwrap_or_default().parse::<i64>().map(|value| sum + value);
        let windowed = stream.group_by_key().windowed_by(sessions(10, 0));
        let sums = windowed.try_aggregate("s", || 0, add, |_, sum, other| Ok(sum + other));
        write(&sums.map_values(|_, sum| sum.to_string()));
    });
    let handlers = Handlers { processing: ErrorHandler::Continue, ..Handlers::default() };
    let config = millstream::test::TestConfig { handlers, ..uncached() };
    check(
        sums,
        &config,
        &[
            ("a=1@5", &["out [a@5/5]=1@5"]),
            ("a=no@8", &["dropped 1"]),
            ("a=2@9", &["out [a@5/5]=null@5", "out [a@5/9]=3@9"]),
        ],
    );
}

#[test]
fn sessions_reach_both_ends_of_time() {
    for config in [uncached(), cached()] {
        check(
            joined_sessions(SessionWindows::of_inactivity_gap_and_grace(Duration::MAX, Duration::MAX)),
            &config,
            &[
                ("a=1@0", &["out [a@0/0]=i1@0"]),
                (
                    "a=2@9223372036854775807",
                    &["out [a@0/0]=null@0", "out [a@0/9223372036854775807]=i|i12@9223372036854775807"],
                ),
            ],
        );
    }
    check(
        joined_sessions(sessions(1, 0)),
        &uncached(),
        &[
            ("a=1@9223372036854775807", &["out [a@9223372036854775807/9223372036854775807]=i1@9223372036854775807"]),
            (
                "a=2@9223372036854775806",
                &[
                    "out [a@9223372036854775807/9223372036854775807]=null@9223372036854775807",
                    "out [a@9223372036854775806/9223372036854775807]=i|i12@9223372036854775807",
                ],
            ),
            ("a=3@0", &["dropped 1"]),
        ],
    );
}

/// Sessions that begin together are different rows of a table.
#[test]
fn a_materialised_table_of_sessions_keeps_them_apart() {
    let kept = topology(|stream| {
        let counts =
            stream.group_by_key().windowed_by(sessions(10, 0)).count(Materialized::named("s").without_caching());
        let kept = counts.filter(|_, _| true).materialized(Materialized::named("kept").without_caching());
        write(&kept.map_values(|_, count| count.to_string()));
    });
    check(
        kept,
        &uncached(),
        &[
            ("a=1@5", &["out [a@5/5]=1@5"]),
            ("a=2@9", &["out [a@5/5]=null@5", "out [a@5/9]=2@9"]),
            ("a=3@9", &["out [a@5/9]=null@9", "out [a@5/9]=3@9"]),
        ],
    );
}

#[test]
fn a_topic_of_sessions_is_read_with_their_serde() {
    let builder = StreamsBuilder::new();
    let windows = sessions(10, 0);
    builder.stream::<String, String>("in").group_by_key().windowed_by(windows).count("s").to_stream().to("sessions");
    let serde = session_windowed_serde(Serde::<String>::of_type());
    let topic = Consumed::<Windowed<String>, Option<i64>>::topic("sessions").key_serde(serde);
    builder.stream(topic).map(|windowed, count| (windowed.to_string(), count.map(|count| count.to_string()))).to("out");
    let [first, second] = [5, 7].map(|end| format!("sessions 61{end:016x}{:016x}", 5));
    check(
        builder.build(),
        &uncached(),
        &[
            ("a=1@5", &[&format!("{first}=1@5"), "out [a@5/5]=1@5"]),
            ("a=1@7", &[&format!("{first}=null@5"), &format!("{second}=2@7"), "out [a@5/5]=null@5", "out [a@5/7]=2@7"]),
        ],
    );
}

#[test]
fn windows_without_a_length_are_refused() {
    let grouped = |builder: &StreamsBuilder| builder.stream::<String, String>("in").group_by_key();
    check_refused(
        |builder| drop(grouped(builder).windowed_by(sliding(0, 5)).count("w")),
        &["windowed_by", "the time difference of sliding windows must be at least 1 ms"],
    );
    let too_short = || Materialized::named("w").retention(Duration::from_millis(9));
    check_refused(
        |builder| drop(grouped(builder).windowed_by(sessions(5, 5)).count(too_short())),
        &["the retention of store `w`", "the inactivity gap plus its grace"],
    );
    check_refused(
        |builder| drop(grouped(builder).windowed_by(sliding(3, 4)).count(too_short())),
        &["the retention of store `w`", "twice the time difference plus the grace"],
    );
}

fn joined_sliding(windows: SlidingWindows) -> Built {
    topology(|stream| {
        let add = |_: &String, value: String, so_far: String| so_far + &value;
        write(&stream.group_by_key().windowed_by(windows).aggregate("w", String::new, add));
    })
}

/// Rules 36 and 37: left windows, right windows of this record and of the one before, and the window of early records.
#[test]
fn sliding_windows_are_made_by_records() {
    for config in [uncached(), cached()] {
        check(
            joined_sliding(sliding(10, 100)),
            &config,
            &[
                ("a=1@20", &["out [a@10/20]=1@20"]),
                ("a=2@25", &["out [a@21/31]=2@25", "out [a@15/25]=12@25"]),
                // Between both: the right window of 1 gets it, its own right window has 2.
                ("b=1@20", &["out [b@10/20]=1@20"]),
                ("b=2@25", &["out [b@21/31]=2@25", "out [b@15/25]=12@25"]),
                (
                    "b=3@22",
                    &["out [b@21/31]=23@25", "out [b@15/25]=123@25", "out [b@12/22]=13@22", "out [b@23/33]=2@25"],
                ),
                // Exactly the difference apart: both ends are in the window.
                ("a=3@35", &["out [a@26/36]=3@35", "out [a@25/35]=23@35"]),
                ("c=1@3", &["out [c@0/10]=1@3"]),
                ("c=2@7", &["out [c@4/14]=2@7", "out [c@0/10]=12@7"]),
                ("c=3@1", &["out [c@2/12]=12@7", "out [c@0/10]=123@7"]),
            ],
        );
    }
}

/// Rule 19: null values are dropped. Rule 35: a record that is late for all windows is dropped once, otherwise once a window.
#[test]
fn late_records_of_sliding_windows_are_counted_by_window() {
    check(
        joined_sliding(sliding(10, 5)),
        &uncached(),
        &[
            ("a=null@20", &["dropped 1"]),
            ("null=1@20", &["dropped 1"]),
            ("a=1@20", &["out [a@10/20]=1@20"]),
            ("b=1@36", &["out [b@26/36]=1@36"]),
            ("a=2@20", &["dropped 1"]),
            ("a=3@21", &["out [a@21/31]=3@21", "dropped 1"]),
        ],
    );
}

#[test]
fn sliding_windows_reach_both_ends_of_time() {
    check(
        joined_sliding(sliding(1, 0)),
        &uncached(),
        &[
            ("a=1@0", &["out [a@0/1]=1@0"]),
            ("a=2@0", &["out [a@0/1]=12@0"]),
            ("a=3@9223372036854775807", &["out [a@9223372036854775806/9223372036854775807]=3@9223372036854775807"]),
            ("a=4@9223372036854775807", &["out [a@9223372036854775806/9223372036854775807]=34@9223372036854775807"]),
            ("a=5@7", &["dropped 1"]),
        ],
    );
    check(
        joined_sliding(SlidingWindows::of_time_difference_and_grace(Duration::MAX, Duration::MAX)),
        &uncached(),
        &[
            ("a=1@5", &["out [a@0/9223372036854775807]=1@5"]),
            (
                "a=2@9223372036854775807",
                &[
                    "out [a@0/9223372036854775807]=12@9223372036854775807",
                    "out [a@6/9223372036854775807]=2@9223372036854775807",
                ],
            ),
        ],
    );
}

/// Rule 43.
#[test]
fn an_unlimited_window_has_no_record_before_its_start() {
    let since_five = topology(|stream| {
        let windows = UnlimitedWindows::of().start_on(5.into());
        let joined =
            stream.group_by_key().windowed_by(windows).reduce("u", |so_far, next: Text| so_far + &next.unwrap());
        write(&joined);
    });
    check(
        since_five,
        &uncached(),
        &[
            ("a=1@4", &[]),
            ("a=2@5", &["out [a@5/9223372036854775807]=2@5"]),
            ("a=3@9223372036854775807", &["out [a@5/9223372036854775807]=23@9223372036854775807"]),
            ("a=4@6", &["out [a@5/9223372036854775807]=234@9223372036854775807"]),
        ],
    );
}
