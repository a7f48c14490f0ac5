//! Versioned tables: what becomes of updates that are older than the row of their key, and what a stream that is joined with such
//! a table sees.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::{Duration, Instant};

use millstream::events::{EventSettings, State};
use millstream::logs::InProcessLog;
use millstream::test::TopologyTestDriver;
use millstream::{
    BufferConfig, Joined, KTable, Materialized, RecordBytes, SessionWindows, Streams, StreamsBuilder, StreamsConfig,
    Suppressed, TimeWindows, TopicPartition, Topology,
};
use support::{cached, check, check_refused, uncached};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The topic `t` as a table that keeps 100 ms of history.
fn table(builder: &StreamsBuilder) -> KTable<String, String> {
    builder.table("t", Materialized::named("v").versioned(ms(100)))
}

/// Rule 67.
#[test]
fn out_of_order_updates_are_sent_on_and_left_out_of_groupings_and_joins() {
    let topology = || {
        let builder = StreamsBuilder::new();
        let versions = table(&builder);
        versions.to_stream().to("out");
        versions.group_by(|_, value| (value.clone(), value)).count("n").to_stream().to("n");
        let other: KTable<String, String> = builder.table("u", "u");
        versions.left_join(&other, |_, value, _: Option<&String>| value.clone()).to_stream().to("j");
        builder.build()
    };
    for config in [uncached(), cached()] {
        check(
            topology(),
            &config,
            &[
                ("t: a=x@10", &["out a=x@10", "j a=x@10", "n x=1@10"]),
                ("t: a=y@5", &["out a=y@5", "dropped 1"]),
                ("t: a=null@6", &["out a=null@6", "dropped 1"]),
                ("t: b=z@200", &["out b=z@200", "j b=z@200", "n z=1@200"]),
                ("t: a=late@99", &["dropped 1"]),
                ("t: a=w@100", &["out a=w@100", "j a=w@100", "n x=0@100", "n w=1@100"]),
            ],
        );
    }
}

/// The row before an older version is not known, so nothing is left out for having been filtered out before.
#[test]
fn a_filter_of_a_versioned_table_forwards_every_delete() {
    let builder = StreamsBuilder::new();
    table(&builder).filter(|_, value| value != "no").to_stream().to("out");
    check(
        builder.build(),
        &uncached(),
        &[("t: a=no@1", &["out a=null@1"]), ("t: a=no@2", &["out a=null@2"]), ("t: a=yes@1", &["out a=yes@1"])],
    );
}

/// A store of its own that is not versioned ends the history: what comes last is the row.
/// Rule 68.
#[test]
fn a_table_with_a_plain_store_below_is_not_versioned() {
    let builder = StreamsBuilder::new();
    let plain = table(&builder).map_values(|_, value| value).materialized("plain");
    plain.group_by(|_, value| (value.clone(), value)).count("n").to_stream().to("n");
    check(builder.build(), &uncached(), &[("t: a=x@10", &["n x=1@10"]), ("t: a=y@5", &["n x=0@10", "n y=1@5"])]);
}

/// Rule 87.
#[test]
fn a_stream_is_joined_with_the_row_as_of_its_time() {
    let builder = StreamsBuilder::new();
    let upper = table(&builder).map_values(|_, value| value.to_uppercase());
    let stream = builder.stream::<String, String>("in");
    stream
        .left_join(&upper, |_, value, row: Option<&String>| format!("{value}+{}", row.map_or("-", |row| row)))
        .to("out");
    check(
        builder.build(),
        &uncached(),
        &[
            ("t: a=x@10", &[]),
            ("t: a=y@20", &[]),
            ("in: a=1@9", &["out a=1+-@9"]),
            ("in: a=2@10", &["out a=2+X@10"]),
            ("in: a=3@19", &["out a=3+X@19"]),
            ("in: a=4@20", &["out a=4+Y@20"]),
            ("t: a=null@15", &[]),
            ("in: a=5@19", &["out a=5+-@19"]),
            ("t: b=z@200", &[]),
            ("in: a=6@99", &["out a=6+Y@99"]),
            ("in: a=7@16", &["out a=7+-@16"]),
        ],
    );
}

/// Joins with a grace period of 10 ms.
fn with_grace() -> Topology {
    let builder = StreamsBuilder::new();
    let versions = table(&builder);
    let stream = builder.stream::<Option<String>, Option<String>>("in");
    let joined = Joined::with(&versions).named("j").grace(ms(10));
    let pair =
        |_: &Option<String>, value: String, row: Option<&String>| format!("{value}+{}", row.map_or("-", |row| row));
    stream.left_join(joined, pair).to("out");
    builder.build().unwrap()
}

/// Rule 88.
#[test]
fn a_record_waits_for_late_rows_until_the_grace_period_is_over() {
    for config in [uncached(), cached()] {
        check(
            Ok(with_grace()),
            &config,
            &[
                ("in: a=1@100 #one", &[]),
                ("t: a=x@95", &[]),
                ("in: null=2@105", &["out null=2+-@105"]),
                ("in: b=null@500", &["dropped 1"]),
                ("in: b=3@109", &[]),
                ("in: b=4@110", &["out a=1+x@100 #one"]),
                ("in: a=5@99", &["out a=5+x@99"]),
                ("in: a=6@100", &["out a=6+x@100"]),
                ("t: b=y@109", &[]),
                ("in: z=7@10000", &["out b=3+y@109", "out b=4+y@110"]),
            ],
        );
    }
}

/// Rules 68 and 88.
#[test]
fn what_cannot_work_is_refused() {
    let joined = |grace: u64, versions: Materialized<String, String>| {
        move |builder: &StreamsBuilder| {
            let table: KTable<String, String> = builder.table("t", versions);
            let joined = Joined::with(&table).named("j").grace(ms(grace));
            builder.stream::<String, String>("in").join(joined, |_, value, _| value).to("out");
        }
    };
    check_refused(
        joined(10, Materialized::named("t")),
        &["`j`", "needs a versioned table", "`Materialized::versioned`"],
    );
    let short = Materialized::named("t").versioned(ms(9));
    check_refused(joined(10, short), &["`j`", "10ms", "longer than the table's history retention, 9 ms"]);
    check_refused(
        |builder| drop(table(builder).suppress(Suppressed::until_time_limit(ms(1), BufferConfig::unbounded()))),
        &["KTABLE-SUPPRESS-", "changes of a versioned table cannot be held back"],
    );
    check_refused(
        |builder| {
            let clicks = builder.stream::<String, String>("in").group_by_key();
            drop(clicks.count(Materialized::named("n").versioned(ms(10))));
        },
        &["store `n`", "aggregates and global tables cannot be kept in a versioned store"],
    );
    // These were built with a store that has no history.
    check_refused(
        |builder| {
            let clicks = builder.stream::<String, String>("in").group_by_key();
            let windows = clicks.windowed_by(TimeWindows::of_size_with_no_grace(ms(10)));
            drop(windows.count(Materialized::named("n").versioned(ms(10))));
        },
        &["store `n`", "aggregates and global tables cannot be kept in a versioned store"],
    );
    check_refused(
        |builder| {
            let clicks = builder.stream::<String, String>("in").group_by_key();
            let sessions = clicks.windowed_by(SessionWindows::of_inactivity_gap_with_no_grace(ms(10)));
            drop(sessions.count(Materialized::named("n").versioned(ms(10))));
        },
        &["store `n`", "aggregates and global tables cannot be kept in a versioned store"],
    );
    check_refused(
        |builder| drop(builder.global_table::<String, String>("g", Materialized::named("g").versioned(ms(10)))),
        &["store `g`", "global tables cannot be kept in a versioned store"],
    );
}

#[test]
fn the_history_can_be_read() {
    let builder = StreamsBuilder::new();
    _ = table(&builder);
    let topology = builder.build().unwrap();
    let driver = TopologyTestDriver::with_config(&topology, &uncached()).unwrap();
    for record in ["t: a=x@10", "t: a=z@30", "t: a=y@20"] {
        support::pipe(&driver, record).unwrap();
    }
    let store = driver.versioned_store::<String, String>("v");
    let key = "a".to_owned();
    assert_eq!(store.get(&key).unwrap().map(|version| version.value), Some("z".to_owned()));
    assert_eq!(store.get_as_of(&key, 29).unwrap().map(|version| version.value), Some("y".to_owned()));
    let history = store.history(&key, 15, 29).unwrap().into_iter().map(|version| version.value);
    assert_eq!(history.collect::<Vec<_>>(), ["x", "y"]);
}

/// History and waiting records survive a restart, and the queries of an application read the history.
#[test]
fn versions_and_waiting_records_survive_a_restart() {
    let log = InProcessLog::new();
    for topic in ["in", "t", "out"] {
        log.create_topic(topic, 1).unwrap();
    }
    let put = |topic: &str, value: &str, time: i64| {
        let record = RecordBytes::new(time.into(), Some(b"a"), Some(value.as_bytes()));
        log.append(&TopicPartition::new(topic, 0), &record).unwrap();
    };
    let run = |records: i64| {
        let config = StreamsConfig {
            events: EventSettings { lines: false, ..EventSettings::default() },
            ..StreamsConfig::new("a")
        };
        let streams = Streams::new(with_grace(), config).with_log(log.clone()).start().unwrap();
        assert_eq!(streams.wait_until(State::Running, Duration::from_secs(60)), State::Running);
        let began = Instant::now();
        let read = || log.committed("a").values().map(|committed| committed.offset.number()).sum::<i64>();
        while read() != records {
            assert!(began.elapsed() < Duration::from_secs(60), "not read");
            std::thread::sleep(Duration::from_millis(5));
        }
        let prices = streams.versioned_store::<String, String>("v");
        let as_of = prices.get_as_of("a".to_owned(), 95).wait(Duration::from_secs(60)).unwrap();
        streams.close_blocking(Duration::from_secs(60)).unwrap();
        as_of.map(|version| version.value)
    };
    let joined = || {
        let values =
            log.records("out").unwrap().into_iter().map(|record| String::from_utf8(record.value.unwrap()).unwrap());
        values.collect::<Vec<_>>()
    };
    put("t", "x", 90);
    put("in", "1", 100);
    assert_eq!(run(2).as_deref(), Some("x"));
    assert!(joined().is_empty());
    put("t", "y", 95);
    assert_eq!(run(3).as_deref(), Some("y"));
    put("in", "2", 110);
    assert_eq!(run(4).as_deref(), Some("y"));
    assert_eq!(joined(), ["1+y"]);
}
