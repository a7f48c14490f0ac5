//! Changes that `suppress` holds back: when they are forwarded, which, and with what time and headers.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::{Duration, Instant};

use millstream::events::{EventSettings, State};
use millstream::logs::InProcessLog;
use millstream::test::TopologyTestDriver;
use millstream::{
    BufferConfig, KTable, Materialized, RecordBytes, Streams, StreamsBuilder, StreamsConfig, Suppressed, TimeWindows,
    TopicPartition, Topology, TopologyError, Windowed, windowed_serde,
};
use support::{cached, check, check_refused, uncached};

type Built = Result<Topology, TopologyError>;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The topic `in` as a table, whose changes are held back and written to `out`.
fn suppressed(suppressed: Suppressed<String>) -> Built {
    let builder = StreamsBuilder::new();
    builder.table::<String, String>("in", "t").suppress(suppressed).to_stream().to("out");
    builder.build()
}

fn until(limit: u64) -> Suppressed<String> {
    Suppressed::until_time_limit(ms(limit), BufferConfig::unbounded())
}

/// Counts in windows of 10 ms with 5 ms of grace, each forwarded once.
fn final_counts(buffer: BufferConfig) -> Built {
    let windows = TimeWindows::of_size_and_grace(ms(10), ms(5));
    let builder = StreamsBuilder::new();
    let counts = builder.stream::<String, String>("in").group_by_key().windowed_by(windows).count("w");
    let counts = counts.suppress(Suppressed::until_window_closes(buffer));
    counts.to_stream().select_key(|key: &Windowed<String>, _| key.to_string()).to("out");
    builder.build()
}

/// Rules 101, 103 and 106.
#[test]
fn a_window_has_one_result_when_it_is_closed() {
    for config in [uncached(), cached()] {
        check(
            final_counts(BufferConfig::unbounded()),
            &config,
            &[
                ("b=x@1", &[]),
                ("a=x@9 #first", &[]),
                ("a=x@3 #last", &[]),
                ("z=x@14", &[]),
                ("a=x@9 #late, but not too late", &[]),
                ("z=x@15", &["out [a@0/10]=3@9 #late, but not too late", "out [b@0/10]=1@1"]),
                ("a=x@2", &["dropped 1"]),
                ("z=x@1000", &["out [z@10/20]=2@15"]),
            ],
        );
    }
}

/// Rule 106.
#[test]
fn changes_of_one_time_go_by_the_bytes_of_their_keys() {
    check(
        suppressed(until(10)),
        &uncached(),
        &[("c=1@5", &[]), ("a=2@5", &[]), ("b=3@5", &[]), ("z=4@15", &["out a=2@5", "out b=3@5", "out c=1@5"])],
    );
}

/// Rules 102 and 105.
#[test]
fn a_time_limit_counts_from_the_first_change_of_a_key() {
    for config in [uncached(), cached()] {
        check(
            suppressed(until(10)),
            &config,
            &[
                ("a=1@0", &[]),
                ("a=2@9", &[]),
                ("b=x@10", &["out a=2@9"]),
                ("a=3@11", &[]),
                ("a=null@12", &[]),
                ("b=null@20", &["out b=null@20"]),
                ("b=y@30", &["out a=null@12"]),
            ],
        );
    }
}

/// Late changes do not set time back, and one that is later than the limit is forwarded at once.
#[test]
fn a_late_change_waits_by_its_own_time() {
    check(
        suppressed(until(10)),
        &uncached(),
        &[
            ("a=1@100", &[]),
            ("b=1@95", &[]),
            ("c=1@90", &["out c=1@90"]),
            ("d=1@0", &["out d=1@0"]),
            ("e=1@105", &["out b=1@95"]),
        ],
    );
}

#[test]
fn times_at_both_ends_do_not_overflow() {
    let end = i64::MAX;
    check(
        suppressed(Suppressed::until_time_limit(Duration::MAX, BufferConfig::unbounded())),
        &uncached(),
        &[("a=1@0", &[]), (&format!("b=1@{end}"), &["out a=1@0"])],
    );
    check(
        suppressed(until(0)),
        &uncached(),
        &[(&format!("b=1@{end}"), &[&format!("out b=1@{end}")]), ("a=1@0", &["out a=1@0"])],
    );
}

/// Rule 107.
#[test]
fn a_full_buffer_forwards_its_first_changes_early() {
    let one = Suppressed::until_time_limit(ms(1_000), BufferConfig::max_records(1));
    check(
        suppressed(one),
        &uncached(),
        &[("a=1@5", &[]), ("a=2@6", &[]), ("b=1@3", &["out b=1@3"]), ("c=1@9", &["out a=2@6"])],
    );
    let none = Suppressed::until_time_limit(ms(1_000), BufferConfig::max_records(0));
    check(suppressed(none), &uncached(), &[("a=1@5", &["out a=1@5"]), ("a=2@4", &["out a=2@4"])]);
    // A row counts 8 + 20, the topic's name (2), the key and the values.
    let bytes = Suppressed::until_time_limit(ms(1_000), BufferConfig::max_bytes(2 * (30 + 1) + 3));
    check(suppressed(bytes), &uncached(), &[("a=1@5", &[]), ("b=1@6", &[]), ("b=123@7", &["out a=1@5"])]);
}

/// Rule 107.
#[test]
fn a_full_buffer_that_may_not_emit_early_fails() {
    let topology = final_counts(BufferConfig::max_records(1).shut_down_when_full()).unwrap();
    let driver = TopologyTestDriver::with_config(&topology, &uncached()).unwrap();
    support::pipe(&driver, "a=1@0").unwrap();
    let error = support::pipe(&driver, "b=1@0").unwrap_err().to_string();
    assert!(error.contains("2 of at most 1 records"), "{error}");
}

/// A window whose row was deleted has no result; a deleted row that waits for a time has one.
/// Rule 105.
#[test]
fn the_result_of_a_deleted_window_is_left_out() {
    let builder = StreamsBuilder::new();
    let windows = TimeWindows::of_size_with_no_grace(ms(10));
    let sums = builder
        .stream::<String, String>("in")
        .group_by_key()
        .windowed_by(windows)
        .reduce("w", |_, next: String| (next != "delete").then_some(next));
    let closed = sums.suppress(Suppressed::until_window_closes(BufferConfig::unbounded()));
    closed.to_stream().select_key(|key: &Windowed<String>, _| key.to_string()).to("out");
    check(
        builder.build(),
        &uncached(),
        &[("a=1@0", &[]), ("a=delete@1", &[]), ("b=1@2", &[]), ("c=1@10", &["out [b@0/10]=1@2"])],
    );
}

/// Whoever looks up rows of a suppressed table sees what was forwarded.
/// Rule 108.
#[test]
fn a_join_sees_the_rows_that_were_forwarded() {
    let builder = StreamsBuilder::new();
    let table: KTable<String, String> = builder.table("t", "t");
    let calm = table.suppress(until(10)).map_values(|_, value| value + "!");
    builder
        .stream::<String, String>("in")
        .left_join(&calm, |_, value, row: Option<&String>| format!("{value}+{}", row.map_or("none", String::as_str)))
        .to("out");
    check(
        builder.build(),
        &uncached(),
        &[
            ("t: a=1@0", &[]),
            ("in: a=x@0", &["out a=x+none@0"]),
            ("t: a=2@5", &[]),
            ("t: b=1@10", &[]),
            ("in: a=x@1", &["out a=x+2!@1"]),
            ("t: a=3@11", &[]),
            ("in: a=x@2", &["out a=x+2!@2"]),
            ("t: a=null@12", &[]),
            ("in: a=x@3", &["out a=x+2!@3"]),
        ],
    );
}

/// The rows before are those of the table, so that a filter below knows what it has forwarded.
#[test]
fn a_suppressed_table_sends_the_rows_before() {
    let builder = StreamsBuilder::new();
    let table: KTable<String, String> = builder.table("in", Materialized::new());
    table.suppress(until(0)).filter(|_, value| value != "x").to_stream().to("out");
    check(
        builder.build(),
        &uncached(),
        &[("a=x@0", &[]), ("a=y@1", &["out a=y@1"]), ("a=x@2", &["out a=null@2"]), ("a=x@3", &[])],
    );
}

/// Rule 103.
#[test]
fn windows_cannot_be_awaited_where_there_are_none() {
    check_refused(
        |builder| {
            let topic =
                millstream::Consumed::topic("in").key_serde(windowed_serde(millstream::Serde::of_type(), ms(10)));
            let table: KTable<Windowed<String>, String> = builder.table(topic, "t");
            drop(table.suppress(Suppressed::until_window_closes(BufferConfig::unbounded())));
        },
        &["KTABLE-SUPPRESS-", "no operator above it defines windows", "`until_time_limit`"],
    );
}

/// What waits survives a restart, and is forwarded by the time of the records after it.
/// Rule 110.
#[test]
fn changes_that_wait_survive_a_restart() {
    let log = InProcessLog::new();
    for topic in ["in", "out"] {
        log.create_topic(topic, 1).unwrap();
    }
    let put = |key: &str, time: i64| {
        let record = RecordBytes::new(time.into(), Some(key.as_bytes()), Some(b"v"));
        log.append(&TopicPartition::new("in", 0), &record).unwrap();
    };
    let run = |records: i64| {
        let config = StreamsConfig {
            events: EventSettings { lines: false, ..EventSettings::default() },
            ..StreamsConfig::new("a")
        };
        let streams = Streams::new(suppressed(until(10)).unwrap(), config).with_log(log.clone()).start().unwrap();
        assert_eq!(streams.wait_until(State::Running, Duration::from_secs(60)), State::Running);
        let began = Instant::now();
        while !log.committed("a").values().any(|committed| committed.offset.number() == records) {
            assert!(began.elapsed() < Duration::from_secs(60), "not read");
            std::thread::sleep(Duration::from_millis(5));
        }
        streams.close_blocking(Duration::from_secs(60)).unwrap();
    };
    let forwarded = || {
        let records = log.records("out").unwrap().into_iter();
        let key = |bytes: Option<Vec<u8>>| String::from_utf8(bytes.unwrap()).unwrap();
        records.map(|record| (key(record.key), record.timestamp.as_millis())).collect::<Vec<_>>()
    };
    put("b", 4);
    put("a", 3);
    run(2);
    assert_eq!(forwarded(), []);
    put("c", 13);
    run(3);
    assert_eq!(forwarded(), [("a".to_owned(), 3)]);
    put("c", 14);
    run(4);
    assert_eq!(forwarded(), [("a".to_owned(), 3), ("b".to_owned(), 4)]);
}
