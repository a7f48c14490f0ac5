//! Tables whose topics serve as their changelogs (`Optimizations::reuse_source_topics`): what is created, what is restored, and that a
//! crash at any time neither loses nor doubles a row.
//!
//! The rules are Kafka Streams': "reuse.ktable.source.topics: the source topic is used as changelog, no changelog is created; not for
//! tables behind a repartition" (`TableSourceNode`), and "a source topic used as changelog is restored only up to min(end offset,
//! committed offset)" (`StoreChangelogReader`, rule 119 of the list).
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use millstream::errors::{Decision, ErrorHandler, Handlers};
use millstream::events::{EventKind, EventSettings, State};
use millstream::logs::InProcessLog;
use millstream::test::{StoreBacking, TestConfig, TopologyTestDriver};
use millstream::{
    BoxError, Consumed, Materialized, Optimizations, Record, RecordBytes, Streams, StreamsBuilder, StreamsConfig,
    StreamsHandle, TimestampExtractor, TopicPartition, Topology,
};

const LIMIT: Duration = Duration::from_secs(60);

fn optimised() -> StreamsBuilder {
    StreamsBuilder::new().optimize(Optimizations::none().reuse_source_topics())
}

/// Counts the users of each city, and checks the cities.
fn cities(builder: StreamsBuilder, check: impl Fn(&str) -> Result<(), BoxError> + Send + Sync + 'static) -> Topology {
    let users = builder.table::<String, String>("users", "users");
    users.group_by(|user, city| (city, user.clone())).count("per-city").to_stream().to("counts");
    let checked = users
        .to_stream()
        .try_map_values(move |_, city: Option<String>| check(city.as_deref().unwrap_or_default()).map(|()| city));
    checked.to("moves");
    builder.build().unwrap()
}

fn accepting(_: &str) -> Result<(), BoxError> {
    Ok(())
}

#[test]
fn no_changelog_is_created_for_a_table_of_a_topic_but_for_one_behind_a_repartition() {
    let builder = optimised();
    builder.table::<String, String>("a", "kept").to_stream().to("out");
    builder.table::<String, String>("b", Materialized::new()).to_stream().to("out-b");
    builder.table::<String, String>("c", Materialized::named("unlogged").without_logging()).to_stream().to("out-c");
    builder.stream::<String, String>("d").to_table("of-stream").to_stream().to("out-d");
    builder.stream::<String, String>("e").select_key(|_, value| value.clone()).to_table("repartitioned");
    let topology = builder.build().unwrap();
    let stores = topology.subtopologies().iter().flat_map(|part| &part.stores);
    let found: Vec<_> = stores
        .map(|store| {
            let topic = store.source.as_ref().map(|topic| topic.name.to_string());
            (store.name.to_string(), topic, store.changelog.is_some())
        })
        .collect();
    let expected = [
        ("kept", Some("a"), false),
        ("unlogged", Some("c"), false),
        ("of-stream", None, true),
        ("repartitioned", None, true),
    ];
    let expected = expected.map(|(store, topic, logged)| (store.to_owned(), topic.map(str::to_owned), logged));
    assert_eq!(found, expected);
}

#[test]
fn after_a_restart_the_driver_has_the_rows_of_the_topic() {
    for backing in [StoreBacking::InMemory, StoreBacking::Engine { cache_bytes_max: 200 }] {
        let config = TestConfig { backing, ..TestConfig::default() };
        let driver = TopologyTestDriver::with_config(&cities(optimised(), accepting), &config).unwrap();
        let users = driver.input_topic::<String, Option<String>>("users");
        let moves = [("ann", Some("Rome")), ("bob", Some("Oslo")), ("ann", Some("Oslo")), ("eve", Some("Bonn"))];
        for (user, city) in moves.into_iter().chain([("eve", None)]) {
            users.pipe(user, city.map(str::to_owned)).unwrap();
        }
        let rows = || driver.key_value_store::<String, String>("users").all().unwrap();
        let before = rows();
        driver.restart().unwrap();
        assert_eq!(rows(), before);
        assert_eq!(before.len(), 2);
        users.pipe("bob", Some("Rome".to_owned())).unwrap();
        let counts = driver.output_topic::<String, Option<i64>>("counts").read_all_key_values().unwrap();
        let last: BTreeMap<String, Option<i64>> = counts.into_iter().collect();
        let expected = [("Bonn", Some(0)), ("Oslo", Some(1)), ("Rome", Some(1))];
        assert_eq!(last, expected.map(|(city, count)| (city.to_owned(), count)).into());
    }
}

#[test]
fn nothing_is_written_to_the_topic() {
    let driver = TopologyTestDriver::new(&cities(optimised(), accepting)).unwrap();
    driver.input_topic::<String, String>("users").pipe("ann", "Rome").unwrap();
    driver.restart().unwrap();
    driver.input_topic::<String, String>("users").pipe("ann", "Oslo").unwrap();
    let written: Vec<String> = driver.take_all_outputs().into_iter().map(|output| output.topic.to_string()).collect();
    assert!(!written.iter().any(|topic| topic == "users" || topic == "test-users-changelog"), "{written:?}");
}

#[test]
fn rows_get_their_time_from_the_extractor_also_when_they_are_restored() {
    let builder = optimised();
    let later = TimestampExtractor::custom(|record: &Record<Option<String>, Option<String>>, _| {
        (record.timestamp.as_millis() + 1_000).into()
    });
    let consumed = Consumed::<Option<String>, Option<String>>::topic("in").timestamps(later);
    builder.table(consumed, "t").to_stream().to("out");
    let driver = TopologyTestDriver::new(&builder.build().unwrap()).unwrap();
    driver.input_topic::<String, String>("in").pipe_at("k", "v", 5).unwrap();
    driver.restart().unwrap();
    let row = driver.key_value_store::<String, String>("t").get_with_timestamp(&"k".to_owned()).unwrap().unwrap();
    assert_eq!(row.timestamp.as_millis(), 1_005);
}

fn config() -> StreamsConfig {
    let events = EventSettings { lines: false, ..EventSettings::default() };
    StreamsConfig { events, ..StreamsConfig::new("app") }
}

fn log() -> InProcessLog {
    let log = InProcessLog::new();
    ["users", "counts", "moves"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    log
}

fn put(log: &InProcessLog, user: &[u8], city: Option<&[u8]>) {
    let record = RecordBytes::new(1.into(), Some(user), city);
    log.append(&TopicPartition::new("users", 0), &record).unwrap();
}

fn start(log: &InProcessLog, topology: Topology, config: StreamsConfig, handlers: Handlers) -> StreamsHandle {
    Streams::new(topology, config).with_log(log.clone()).with_handlers(handlers).start().unwrap()
}

/// Where each restore of the table ends, and the number of restored records.
type Restores = Arc<Mutex<Vec<(i64, u64)>>>;

/// As [`start`]; the list gets the offset to which each restore of the table goes, and the number of restored records.
fn start_listening(log: &InProcessLog, config: StreamsConfig) -> (StreamsHandle, Restores) {
    let restores = Restores::default();
    let (listener, end) = (Arc::clone(&restores), Mutex::new(0));
    let streams = Streams::new(cities(optimised(), accepting), config)
        .with_log(log.clone())
        .with_listener(move |event| match &event.kind {
            EventKind::RestoreStarted { store, to_offset, .. } if &**store == "users" => {
                *end.lock().unwrap() = to_offset.number();
            }
            EventKind::RestoreEnded { store, records, .. } if &**store == "users" => {
                listener.lock().unwrap().push((*end.lock().unwrap(), *records));
            }
            _ => {}
        })
        .start()
        .unwrap();
    (streams, restores)
}

/// The rows of these users in the table.
fn rows(streams: &StreamsHandle) -> [Option<String>; 3] {
    let store = streams.key_value_store::<String, String>("users");
    ["ann", "bob", "eve"].map(|user| store.get(user.to_owned()).wait(LIMIT).unwrap().map(|row| row.value))
}

fn row(city: &str) -> Option<String> {
    Some(city.to_owned())
}

#[track_caller]
fn wait_for(what: &str, mut is_met: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_met() {
        assert!(began.elapsed() < LIMIT, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn committed(log: &InProcessLog) -> i64 {
    log.committed("app").get(&TopicPartition::new("users", 0)).map_or(0, |committed| committed.offset.number())
}

#[test]
fn a_crash_before_a_commit_neither_loses_nor_doubles_a_row() {
    let log = log();
    let streams = start(&log, cities(optimised(), accepting), config(), Handlers::default());
    put(&log, b"ann", Some(b"Rome"));
    put(&log, b"bob", Some(b"Rome"));
    wait_for("the first two are committed", || committed(&log) == 2);
    streams.close_blocking(LIMIT).unwrap();

    // They are processed, and then the task fails without a commit.
    put(&log, b"ann", Some(b"Oslo"));
    put(&log, b"eve", Some(b"Oslo"));
    put(&log, b"eve", Some(b"nowhere"));
    let refusing = |city: &str| if city == "nowhere" { Err("no such city".into()) } else { Ok(()) };
    let slow = StreamsConfig { commit_interval: Duration::from_secs(30), ..config() };
    let streams = start(&log, cities(optimised(), refusing), slow, Handlers::default());
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    drop(streams);
    assert_eq!(committed(&log), 2, "nothing more is committed");

    put(&log, b"bob", Some(b"Bonn"));
    let (streams, restores) = start_listening(&log, config());
    wait_for("all is committed", || committed(&log) == 6);
    assert_eq!(*restores.lock().unwrap(), [(2, 2)], "only what was committed is restored, the rest is processed");
    assert_eq!(rows(&streams), [row("Oslo"), row("Bonn"), row("nowhere")]);
    streams.close_blocking(LIMIT).unwrap();
    assert!(log.records("app-users-changelog").is_err(), "there is no changelog");
}

#[test]
fn work_that_the_group_refuses_is_dropped_and_the_table_is_put_back_to_what_is_committed() {
    let log = log();
    let (streams, restores) = start_listening(&log, config());
    put(&log, b"ann", Some(b"Rome"));
    wait_for("the first is committed", || committed(&log) == 1);
    log.faults().fail_commits("app", 2, millstream::logs::LogError::NotAMember);
    put(&log, b"ann", Some(b"Oslo"));
    put(&log, b"bob", Some(b"Oslo"));
    wait_for("all is committed in the end", || committed(&log) == 3);
    put(&log, b"bob", Some(b"Rome"));
    wait_for("and what follows", || committed(&log) == 4);
    assert_eq!(rows(&streams), [row("Oslo"), row("Rome"), None]);
    streams.close_blocking(LIMIT).unwrap();
    let restores = restores.lock().unwrap();
    assert_eq!(restores[0], (0, 0), "at first nothing is committed");
    assert!(restores.len() > 1 && restores[1..].iter().all(|restore| *restore == (1, 1)), "{restores:?}");
}

fn skipping() -> Handlers {
    Handlers { deserialization: ErrorHandler::custom(|_| Decision::Continue), ..Handlers::default() }
}

#[test]
fn a_record_that_was_left_out_is_left_out_when_it_is_restored() {
    let log = log();
    put(&log, b"ann", Some(b"Rome"));
    put(&log, b"bob", Some(&[0xff, 0xfe]));
    put(&log, b"eve", Some(b"Oslo"));
    for round in 0..2 {
        let streams = start(&log, cities(optimised(), accepting), config(), skipping());
        wait_for("all is committed", || committed(&log) == 3 + round);
        assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
        assert_eq!(rows(&streams), [row("Rome"), None, row("Oslo")], "round {round}");
        streams.close_blocking(LIMIT).unwrap();
        put(&log, b"ann", Some(b"Rome"));
    }

    // Without the handler the record is named.
    let streams = start(&log, cities(optimised(), accepting), config(), Handlers::default());
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let failure = streams.failure().unwrap().to_string();
    for part in ["users-0", "offset 1", "value cannot be read"] {
        assert!(failure.contains(part), "{failure}");
    }
}
