//! Stores with headers (KIP-1271): what a delete is logged with, what is restored, and what the format of the DSL's stores changes.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use millstream::state::{KeyValueStore, SessionStore, WindowStore, WithHeaders};
use millstream::test::{StoreBacking, TestConfig, TopologyTestDriver};
use millstream::{
    BoxError, CogroupedKStream, Data, EmitStrategy, Headers, KTable, Materialized, Processor, ProcessorContext, Record,
    SessionWindows, SlidingWindows, Store, StoreFormat, StoreHandle, StreamsBuilder, TimeWindows, Timestamp, Topology,
    TopologyError, Window, Windowed,
};
use support::{cached, check, check_with_internal, uncached};

type Held = WithHeaders<String>;

/// Puts each record into three stores with its headers, or deletes its rows, and forwards what each had.
struct Remember {
    rows: StoreHandle<KeyValueStore<String, Held>>,
    windows: StoreHandle<WindowStore<String, Held>>,
    sessions: StoreHandle<SessionStore<String, Held>>,
}

const START: Timestamp = Timestamp::from_millis(0);
const SESSION: Window = Window { start: START, end: Timestamp::from_millis(9) };

impl Processor<String, Option<String>, String, String> for Remember {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, String>,
        record: Record<String, Option<String>>,
    ) -> Result<(), BoxError> {
        let Record { key, value, timestamp, headers } = record;
        let held = value.map(|value| WithHeaders::new(value, headers));
        let mut before = Vec::new();
        let mut rows = context.store(self.rows)?;
        before.push(rows.get(&key)?.cloned());
        match held.clone() {
            Some(held) => rows.put(&key, held)?,
            None => rows.delete(&key)?,
        }
        let mut windows = context.store(self.windows)?;
        before.push(windows.get(&key, START)?.cloned());
        match held.clone() {
            Some(held) => windows.put(&key, START, held)?,
            None => windows.delete(&key, START)?,
        }
        let mut sessions = context.store(self.sessions)?;
        before.push(sessions.get(&key, SESSION)?.cloned());
        match held {
            Some(held) => sessions.put(&key, SESSION, held)?,
            None => sessions.remove(&key, SESSION)?,
        }
        for WithHeaders { value, headers } in before.into_iter().flatten() {
            context.forward(Record { key: key.clone(), value, timestamp, headers });
        }
        Ok(())
    }
}

fn remembering() -> Result<Topology, TopologyError> {
    let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
    let builder = StreamsBuilder::new();
    let rows = builder.add_store(Store::key_value_with_headers("rows"));
    let windows = builder.add_store(Store::window_with_headers("windows", second, minute));
    let sessions = builder.add_store(Store::session_with_headers("sessions", minute));
    let stores = millstream::Processed::new().with_store(rows).with_store(windows).with_store(sessions);
    builder.stream("in").process(move || Remember { rows, windows, sessions }, stores).to("out");
    builder.build()
}

/// In `ChangeLoggingTimestampedKeyValueBytesStoreWithHeaders` and its siblings the headers of a value are those that are stored
/// with it, and those of a delete are the record's.
#[test]
fn each_kind_of_store_returns_and_logs_headers() {
    for backing in [StoreBacking::InMemory, StoreBacking::Engine { cache_bytes_max: 0 }] {
        let driver = TopologyTestDriver::with_config(&remembering().unwrap(), &TestConfig { backing, ..uncached() });
        let driver = driver.unwrap();
        let step = |input: &str| {
            support::pipe(&driver, input).unwrap();
            let all = driver.take_all_outputs();
            let logged = all.iter().filter(|record| record.topic.as_str() != "out");
            let headers = |headers: &Headers| headers.last("h").map(|text| String::from_utf8(text.to_vec()).unwrap());
            let logged: Vec<_> = logged.map(|record| headers(&record.headers)).collect();
            let out: Vec<_> = all.iter().filter(|record| record.topic.as_str() == "out").collect();
            (logged, out.iter().map(|record| headers(&record.headers)).collect::<Vec<_>>())
        };
        let three = |header: &str| vec![Some(header.to_owned()); 3];
        assert_eq!(step("k=a@5 #one"), (three("one"), Vec::new()));
        assert_eq!(step("k=b@6"), (vec![None; 3], three("one")));
        assert_eq!(step("k=null@7 #gone"), (three("gone"), vec![None; 3]));
        assert_eq!(step("k=c@8"), (vec![None; 3], Vec::new()));
    }
}

#[test]
fn the_test_driver_reads_them_by_type_and_as_bytes() {
    let driver = TopologyTestDriver::with_config(&remembering().unwrap(), &uncached()).unwrap();
    support::pipe(&driver, "k=a@5 #one").unwrap();
    let row = driver.key_value_store::<String, Held>("rows").get(&"k".to_owned()).unwrap().unwrap();
    assert_eq!((row.value.as_str(), row.headers.last("h")), ("a", Some(&b"one"[..])));
    for store in ["rows", "windows", "sessions"] {
        let (_, rows) = driver.dump_store(store).unwrap();
        assert_eq!((&*rows[0].value, rows[0].headers.last("h")), (&b"a"[..], Some(&b"one"[..])), "{store}");
    }
}

fn aggregates(format: StoreFormat) -> Result<Topology, TopologyError> {
    let (second, none) = (Duration::from_secs(1), Duration::ZERO);
    let builder = StreamsBuilder::new().store_format(format);
    let grouped = builder.stream::<String, String>("in").group_by_key();
    let text = |count: Option<i64>| count.unwrap_or(0).to_string();
    grouped.count("n").to_stream().map_values(move |_, count| text(count)).to("rows");
    let windows = TimeWindows::of_size_and_grace(second, none);
    let counts = grouped.windowed_by(windows).count("w").to_stream();
    counts.map(move |key, count| (key.key, text(count))).to("windows");
    let sessions = SessionWindows::of_inactivity_gap_and_grace(second, none);
    let counts = grouped.windowed_by(sessions).count("s").to_stream();
    counts.map(move |key, count| (key.key, text(count))).to("sessions");
    builder.build()
}

/// `SessionCacheFlushListener` of a store with headers forwards those of the row, of which there are none.
#[test]
fn the_format_changes_the_headers_of_cached_sessions_alone() {
    let rows = ["rows k=1@5 #x", "windows k=1@5 #x"];
    let with = [&rows[..], &["sessions k=1@5 #x"]].concat();
    let without = [&rows[..], &["sessions k=1@5"]].concat();
    check(aggregates(StoreFormat::Default), &uncached(), &[("k=a@5 #x", &without)]);
    check(aggregates(StoreFormat::Headers), &uncached(), &[("k=a@5 #x", &without)]);
    check(aggregates(StoreFormat::Default), &cached(), &[("k=a@5 #x", &with)]);
    check(aggregates(StoreFormat::Headers), &cached(), &[("k=a@5 #x", &without)]);
}

#[test]
fn the_dsl_logs_deletes_with_headers_in_the_format_with_headers() {
    let table = |format: StoreFormat| {
        let builder = StreamsBuilder::new().store_format(format);
        builder.table::<String, String>("in", "t").to_stream().to("out");
        builder.build()
    };
    for (format, delete) in
        [(StoreFormat::Default, "test-t-changelog k=null@2"), (StoreFormat::Headers, "test-t-changelog k=null@2 #y")]
    {
        for config in [uncached(), cached()] {
            let steps = [
                ("k=a@1 #x", &["test-t-changelog k=a@1", "out k=a@1 #x"][..]),
                ("k=null@2 #y", &[delete, "out k=null@2 #y"]),
            ];
            check_with_internal(table(format), &config, &steps);
        }
    }
}

/// Kafka Streams has no stores with headers in memory for its DSL: a delete is logged without headers there (4.4.0, run).
#[test]
fn a_table_in_memory_has_one_format() {
    for config in [uncached(), cached()] {
        let builder = StreamsBuilder::new().store_format(StoreFormat::Headers);
        builder.table::<String, String>("in", Materialized::named("t").in_memory()).to_stream().to("out");
        let steps = [
            ("k=a@1 #x", &["test-t-changelog k=a@1", "out k=a@1 #x"][..]),
            ("k=null@2 #y", &["test-t-changelog k=null@2", "out k=null@2 #y"]),
        ];
        check_with_internal(builder.build(), &config, &steps);
    }
}

type Text = Option<String>;

const FORMATS: [StoreFormat; 2] = [StoreFormat::Default, StoreFormat::Headers];

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Writes the windowed keys as texts.
fn write<V: Data>(table: &KTable<Windowed<String>, V>) {
    table.to_stream().select_key(|key: &Windowed<String>, _| key.to_string()).to("out");
}

/// Builds the same with each format, and pipes the steps without and with a cache: the results are those of Kafka Streams 4.4.0.
#[track_caller]
fn check_both(declare: impl Fn(&StreamsBuilder), steps: &[support::Step<'_>]) {
    for (format, config) in FORMATS.iter().flat_map(|format| [(format, uncached()), (format, cached())]) {
        let builder = StreamsBuilder::new().store_format(*format);
        declare(&builder);
        check(builder.build(), &config, steps);
    }
}

#[test]
fn windows_that_are_emitted_on_close_have_the_headers_of_the_record_that_closes_them() {
    check_both(
        |builder| {
            let windows = TimeWindows::of_size_and_grace(ms(10), ms(5));
            let windowed = builder.stream::<String, String>("in").group_by_key().windowed_by(windows);
            write(&windowed.emit_strategy(EmitStrategy::OnWindowClose).count("w"));
        },
        &[
            ("b=x@1", &[]),
            ("a=x@9 #first", &[]),
            ("z=x@14", &[]),
            ("a=x@9 #late", &[]),
            ("z=x@15 #closing", &["out [a@0/10]=2@9 #closing", "out [b@0/10]=1@1 #closing"]),
            ("z=x@24", &[]),
            ("y=x@25", &["out [z@10/20]=2@15"]),
        ],
    );
}

#[test]
fn sliding_windows_and_sessions_that_are_emitted_on_close_do_too() {
    check_both(
        |builder| {
            let windows = SlidingWindows::of_time_difference_and_grace(ms(10), ms(20));
            let windowed = builder.stream::<String, String>("in").group_by_key().windowed_by(windows);
            write(&windowed.emit_strategy(EmitStrategy::OnWindowClose).count("w"));
        },
        &[
            ("a=x@15 #a", &[]),
            ("b=x@22 #b", &[]),
            ("a=x@30", &[]),
            ("a=x@51 #c", &["out [a@5/15]=1@15 #c", "out [b@12/22]=1@22 #c", "out [a@20/30]=1@30 #c"]),
            ("c=x@75 #d", &["out [a@41/51]=1@51 #d"]),
        ],
    );
    check_both(
        |builder| {
            let windows = SessionWindows::of_inactivity_gap_and_grace(ms(10), ms(5));
            let windowed = builder.stream::<String, String>("in").group_by_key().windowed_by(windows);
            write(&windowed.emit_strategy(EmitStrategy::OnWindowClose).reduce("s", |a, b| a + &b));
        },
        &[
            ("b=1@95 #x", &[]),
            ("b=2@100", &[]),
            ("a=3@100", &[]),
            ("z=6@116 #y", &["out [b@95/100]=12@100 #y", "out [a@100/100]=3@100 #y"]),
            ("z=8@50000", &["out [z@116/116]=6@116"]),
        ],
    );
}

/// The values of `in` and those of `r`, which have an `r` before them; a value `x` of `in` deletes the row.
fn both(builder: &StreamsBuilder) -> CogroupedKStream<String, Text> {
    let (left, right) = (builder.stream::<String, String>("in"), builder.stream::<String, String>("r"));
    left.group_by_key()
        .cogroup(|_, value: String, so_far: Text| (value != "x").then(|| so_far.unwrap_or_default() + &value))
        .cogroup(&right.group_by_key(), |_, value: String, so_far| Some(so_far.unwrap_or_default() + "r" + &value))
}

fn initial() -> Text {
    Some("i".to_owned())
}

#[test]
fn cogroups_have_the_same_results_with_both_formats() {
    check_both(
        |builder| _ = both(builder).aggregate("co", initial).to_stream().to("out"),
        &[
            ("k=1@5 #a", &["out k=i1@5 #a"]),
            ("r: k=2@3 #b", &["out k=i1r2@5 #b"]),
            ("k=x@5 #c", &["out k=null@5 #c"]),
            ("r: k=4@4", &["out k=ir4@4"]),
            ("k=5@6 #d", &["out k=ir45@6 #d"]),
        ],
    );
    check_both(
        |builder| write(&both(builder).windowed_by(TimeWindows::of_size_with_no_grace(ms(10))).aggregate("w", initial)),
        &[
            ("k=1@100 #a", &["out [k@100/110]=i1@100 #a"]),
            ("r: k=2@105 #b", &["out [k@100/110]=i1r2@105 #b"]),
            ("k=x@105 #c", &["out [k@100/110]=null@105 #c"]),
            ("r: k=4@103", &["out [k@100/110]=ir4@103"]),
            ("k=5@119 #d", &["out [k@110/120]=i5@119 #d"]),
        ],
    );
    check_both(
        |builder| {
            let windows = SlidingWindows::of_time_difference_and_grace(ms(10), ms(50));
            write(&both(builder).windowed_by(windows).aggregate("w", initial));
        },
        &[
            ("k=1@20 #a", &["out [k@10/20]=i1@20 #a"]),
            ("r: k=2@25 #b", &["out [k@21/31]=ir2@25 #b", "out [k@15/25]=i1r2@25 #b"]),
            ("k=3@26", &["out [k@21/31]=ir23@26", "out [k@26/36]=i3@26", "out [k@16/26]=i1r23@26"]),
        ],
    );
}

/// Sessions are the exception: those of a store with headers have none, cached or not, and in memory there is no such store.
#[test]
fn sessions_of_cogroups_and_of_streams_have_headers_only_from_a_cache_without_the_format() {
    let shown: [support::Step<'_>; 3] = [
        ("k=1@100 #h", &["out [k@100/100]=i1@100 #h"]),
        ("r: k=2@105 #g", &["out [k@100/100]=null@100 #g", "out [k@100/105]=i|i1r2@105 #g"]),
        ("k=3@120 #f", &["out [k@120/120]=i3@120 #f"]),
    ];
    let hidden: [support::Step<'_>; 3] = [
        ("k=1@100 #h", &["out [k@100/100]=i1@100"]),
        ("r: k=2@105 #g", &["out [k@100/100]=null@100", "out [k@100/105]=i|i1r2@105"]),
        ("k=3@120 #f", &["out [k@120/120]=i3@120"]),
    ];
    let topology = |format, store: Materialized<String, String>| {
        let builder = StreamsBuilder::new().store_format(format);
        let windows = SessionWindows::of_inactivity_gap_and_grace(ms(10), ms(100));
        let merge = |_: &String, so_far: Text, other: Text| Some(so_far? + "|" + &other?);
        write(&both(&builder).windowed_by(windows).aggregate(store, initial, merge));
        builder.build()
    };
    let on_disk = || Materialized::named("s");
    for format in FORMATS {
        check(topology(format, on_disk()), &uncached(), &hidden);
        check(topology(format, on_disk().in_memory()), &uncached(), &hidden);
        check(topology(format, on_disk().in_memory()), &cached(), &shown);
    }
    check(topology(StoreFormat::Default, on_disk()), &cached(), &shown);
    check(topology(StoreFormat::Headers, on_disk()), &cached(), &hidden);
}
