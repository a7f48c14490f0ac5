//! Windows that are emitted when they close: which, when, in which order, with what time and headers, and after a restart.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::{Duration, Instant};

use millstream::events::{EventSettings, State};
use millstream::logs::InProcessLog;
use millstream::test::{TestConfig, TopologyTestDriver};
use millstream::{
    EmitStrategy, KTable, Materialized, RecordBytes, SessionWindows, SlidingWindows, Streams, StreamsBuilder,
    StreamsConfig, TimeWindows, TopicPartition, Topology, TopologyError, UnlimitedWindows, Windowed,
};
use support::{cached, check, check_refused, outputs, pipe, uncached};

type Text = Option<String>;
type Built = Result<Topology, TopologyError>;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Writes the windowed keys as texts.
fn write<V: millstream::Data>(table: &KTable<Windowed<String>, V>) {
    table.to_stream().select_key(|key: &Windowed<String>, _| key.to_string()).to("out");
}

/// Counts in these windows, each of which is emitted when it closes.
fn final_counts(windows: TimeWindows, store: Materialized<String, i64>) -> Built {
    let builder = StreamsBuilder::new();
    let windowed = builder.stream::<Text, Text>("in").group_by_key().windowed_by(windows);
    write(&windowed.emit_strategy(EmitStrategy::OnWindowClose).count(store));
    builder.build()
}

fn tumbling() -> TimeWindows {
    TimeWindows::of_size_and_grace(ms(10), ms(5))
}

/// Rule 45: windows are emitted once, by start and then by key. Rule 46: with the time of the row and the headers of the record
/// that closes them. Rule 44: also a late record looks for them.
#[test]
fn a_window_is_emitted_once_when_it_is_closed() {
    for config in [uncached(), cached()] {
        check(
            final_counts(tumbling(), Materialized::named("w")),
            &config,
            &[
                ("b=x@1", &[]),
                ("a=x@9 #first", &[]),
                ("a=null@3", &[]),
                ("z=x@14", &[]),
                ("a=x@9 #late, but not too late", &[]),
                ("z=x@15 #closing", &["out [a@0/10]=3@9 #closing", "out [b@0/10]=1@1 #closing"]),
                ("a=x@2", &["dropped 1"]),
                ("null=x@99", &["dropped 1"]),
                ("z=x@24", &[]),
                ("y=x@25", &["out [z@10/20]=2@15"]),
            ],
        );
    }
}

/// Rule 45: a hopping window is emitted when it closes, before the later ones of the same record.
#[test]
fn hopping_windows_are_emitted_one_by_one() {
    let hopping = TimeWindows::of_size_with_no_grace(ms(10)).advance_by(ms(5));
    check(
        final_counts(hopping, Materialized::named("w")),
        &uncached(),
        &[
            ("a=x@7", &[]),
            ("a=x@10", &["out [a@0/10]=1@7"]),
            ("a=x@14", &[]),
            ("a=x@16", &["out [a@5/15]=3@14"]),
            ("a=x@1", &["dropped 1"]),
        ],
    );
}

/// As in Kafka Streams a store without a cache has moved on when it is read, and one with a cache has all windows.
#[test]
fn a_window_past_its_retention_is_lost_without_a_cache() {
    let store = || Materialized::named("w");
    let (early, late) = ("a=x@1", "z=x@100");
    check(final_counts(tumbling(), store()), &uncached(), &[(early, &[]), (late, &[])]);
    check(final_counts(tumbling(), store()), &cached(), &[(early, &[]), (late, &["out [a@0/10]=1@1"])]);
    let kept = final_counts(tumbling(), store().retention(ms(101)));
    check(kept, &uncached(), &[(early, &[]), (late, &["out [a@0/10]=1@1"])]);
}

/// As in Kafka Streams, where the store for emission shows windows a millisecond longer than the one in memory.
#[test]
fn a_window_exactly_at_its_retention_is_there_unless_the_store_is_in_memory() {
    let hopping = tumbling().advance_by(ms(5));
    let store = || Materialized::named("w");
    let steps = |expected| [("a=x@1", &[][..]), ("z=x@15", expected)];
    check(final_counts(hopping, store()), &uncached(), &steps(&["out [a@0/10]=1@1"]));
    check(final_counts(hopping, store().in_memory()), &uncached(), &steps(&[]));
}

/// With a cache, windows that have not been emitted yet are kept, however far stream time goes in the meantime.
#[test]
fn a_cache_keeps_windows_until_the_interval_is_over() {
    let config = TestConfig { emit_interval: Duration::from_secs(1), ..cached() };
    let driver = TopologyTestDriver::with_config(&final_counts(tumbling(), "w".into()).unwrap(), &config).unwrap();
    for input in ["a=x@1", "a=x@500000", "a=x@1000000"] {
        pipe(&driver, input).unwrap();
    }
    driver.advance_wall_clock(Duration::from_secs(1)).unwrap();
    assert_eq!(outputs(&driver, |topic| topic == "out"), [""; 0]);
    pipe(&driver, "a=x@1000001").unwrap();
    let expected = ["out [a@0/10]=1@1", "out [a@500000/500010]=1@500000"];
    assert_eq!(outputs(&driver, |topic| topic == "out"), expected);
}

/// Rule 44: at most once per interval of the wall clock, of which the first record uses up one, and only with a record.
#[test]
fn windows_are_looked_for_once_per_interval() {
    let config = TestConfig { emit_interval: Duration::from_secs(1), ..uncached() };
    let driver = TopologyTestDriver::with_config(&final_counts(tumbling(), "w".into()).unwrap(), &config).unwrap();
    let out = || outputs(&driver, |topic| topic == "out");
    pipe(&driver, "a=x@1").unwrap();
    pipe(&driver, "z=x@15").unwrap();
    driver.advance_wall_clock(ms(999)).unwrap();
    pipe(&driver, "z=x@16").unwrap();
    driver.advance_wall_clock(ms(1)).unwrap();
    assert_eq!(out(), [""; 0], "nothing comes without a record");
    pipe(&driver, "z=x@3").unwrap();
    assert_eq!(out(), ["out [a@0/10]=1@1"], "a late record will do");
}

/// Rule 45: sliding windows are closed when their end, which belongs to them, is past. Rule 46: early records emit nothing.
#[test]
fn sliding_windows_are_emitted_by_start() {
    let builder = StreamsBuilder::new();
    let windows = SlidingWindows::of_time_difference_and_grace(ms(10), ms(20));
    let windowed = builder.stream::<String, String>("in").group_by_key().windowed_by(windows);
    write(&windowed.emit_strategy(EmitStrategy::OnWindowClose).count("w"));
    check(
        builder.build(),
        &cached(),
        &[
            ("a=x@5", &[]),
            ("b=x@12", &[]),
            ("a=x@20", &[]),
            ("a=x@31", &["out [a@0/10]=1@5"]),
            ("a=x@42", &["out [b@2/12]=1@12", "out [a@10/20]=1@20"]),
            ("a=x@43", &[]),
            ("c=x@55", &["out [a@21/31]=1@31"]),
            ("c=x@1", &["dropped 1"]),
        ],
    );
}

/// Sessions that are emitted on close, with a bar before what was merged.
fn final_sessions(store: Materialized<String, String>) -> Built {
    let builder = StreamsBuilder::new();
    let windows = SessionWindows::of_inactivity_gap_and_grace(ms(10), ms(5));
    let windowed = builder.stream::<String, Text>("in").group_by_key().windowed_by(windows);
    let add = |_: &String, value: Text, so_far: String| so_far + value.as_deref().unwrap_or("_");
    let merge = |_: &String, so_far: String, other: String| so_far + "|" + &other;
    write(&windowed.emit_strategy(EmitStrategy::OnWindowClose).aggregate(store, String::new, add, merge));
    builder.build()
}

/// Rule 45: sessions are closed by their end, gap and grace, and emitted by end, start and key. Rule 46: with their end as the time,
/// and the headers of the record that closes them. Rule 47: never cached, so that there are no deletes of merged ones either.
#[test]
fn a_session_is_emitted_once_when_it_is_closed() {
    check(
        final_sessions("s".into()),
        &cached(),
        &[
            ("b=1@95 #x", &[]),
            ("b=2@100", &[]),
            ("a=3@100", &[]),
            ("c=4@90", &[]),
            ("c=null@100", &[]),
            ("z=5@115", &[]),
            ("z=6@116 #y", &["out [c@90/100]=|4_@100 #y", "out [b@95/100]=|12@100 #y", "out [a@100/100]=3@100 #y"]),
            ("a=7@89", &["dropped 1"]),
            ("z=8@50000", &["out [z@115/116]=|56@116"]),
        ],
    );
}

/// A session that is past its retention is found as long as its segment is open, as in Kafka Streams. There a store in memory has
/// lost every session before it is closed; here it has them, too.
#[test]
fn a_session_is_lost_when_its_segment_is_closed() {
    for store in [Materialized::named("s"), Materialized::named("s").in_memory()] {
        check(
            final_sessions(store),
            &uncached(),
            &[("a=1@0", &[]), ("a=2@59999", &["out [a@0/0]=1@0"]), ("a=3@300000", &[])],
        );
    }
}

/// Rule 47.
#[test]
fn unlimited_windows_are_refused() {
    let declare = |builder: &StreamsBuilder| {
        let windowed = builder.stream::<String, String>("in").group_by_key().windowed_by(UnlimitedWindows::of());
        windowed.emit_strategy(EmitStrategy::OnWindowClose).count("w");
    };
    check_refused(declare, &["emit_strategy", "unlimited windows never close"]);
}

const LIMIT: Duration = Duration::from_secs(60);

/// Rule 45: how far emission has come is committed with the offsets, in Kafka Streams' layout.
#[test]
fn a_window_is_not_emitted_again_after_a_restart() {
    let log = InProcessLog::new();
    ["in", "out"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    let run = |records: &[(&str, i64)]| {
        let config = StreamsConfig {
            emit_interval: Duration::ZERO,
            cache_bytes_max: 0,
            events: EventSettings { lines: false, ..EventSettings::default() },
            ..StreamsConfig::new("a")
        };
        let topology = final_counts(tumbling(), "w".into()).unwrap();
        let streams = Streams::new(topology, config).with_log(log.clone()).start().unwrap();
        assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
        for (key, time) in records {
            let record = RecordBytes::new((*time).into(), Some(key.as_bytes()), Some(b"x"));
            log.append(&TopicPartition::new("in", 0), &record).unwrap();
        }
        let (end, began) = (log.records("in").unwrap().len(), Instant::now());
        let read = || log.committed("a").values().map(|committed| committed.offset.number()).sum::<i64>();
        while read() < i64::try_from(end).unwrap() {
            assert!(began.elapsed() < LIMIT, "not all records are committed");
            std::thread::sleep(Duration::from_millis(5));
        }
        streams.close_blocking(LIMIT).unwrap();
        log.records("out").unwrap().len()
    };
    assert_eq!(run(&[("a", 1), ("b", 2), ("z", 15)]), 2, "those of a and b");
    let committed = log.committed("a").into_values().next().unwrap().metadata;
    // Base64 of: 2, the partition time 15, one entry: "w", 10.
    assert_eq!(committed, "AgAAAAAAAAAPAAAAAQAAAAF3AAAAAAAAAAo=");
    assert_eq!(run(&[("z", 16)]), 2, "they do not come again");
    assert_eq!(run(&[("z", 25)]), 3, "and that of z comes");
}

/// What was emitted was known to a task from its first commit on: the second of two restarts in a row had forgotten it.
#[test]
fn nor_after_two_restarts_in_a_row() {
    let topology = final_counts(tumbling(), Materialized::named("w").retention(Duration::from_secs(200))).unwrap();
    let driver = TopologyTestDriver::with_config(&topology, &uncached()).unwrap();
    for record in ["a=x@1", "z=x@100"] {
        pipe(&driver, record).unwrap();
    }
    assert_eq!(outputs(&driver, |topic| topic == "out"), ["out [a@0/10]=1@1"]);
    driver.restart().unwrap();
    driver.restart().unwrap();
    pipe(&driver, "z=x@200").unwrap();
    assert_eq!(outputs(&driver, |topic| topic == "out"), ["out [z@100/110]=1@100"]);
}
