//! KIND: state that a restart restores. A join of two tables, one by a foreign key and a grouping of a table go on after a
//! restart as if there had been none: rows of both sides, subscriptions and aggregates come from their changelogs.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use millstream::events::{EventSettings, State};
use millstream::logs::InProcessLog;
use millstream::{RecordBytes, Streams, StreamsBuilder, StreamsConfig, TopicPartition, Topology, partition_for};

const LIMIT: Duration = Duration::from_secs(60);

fn topology() -> Topology {
    let builder = StreamsBuilder::new();
    let orders = builder.table::<String, String>("orders", "orders");
    let notes = builder.table::<String, String>("notes", "notes");
    let users = builder.table::<String, String>("users", "users");
    orders
        .left_join(&notes, |_, order, note| format!("{order}+{}", note.map_or("null", String::as_str)))
        .to_stream()
        .to("noted");
    let by_user = users.by(|_: &String, order: &String| order.clone());
    orders.join_foreign(by_user, |_, order, user| format!("{order}={user}")).to_stream().to("named");
    orders.group_by(|key, user| (user, key.clone())).count("per-user").to_stream().to("counts");
    builder.build().unwrap()
}

fn config() -> StreamsConfig {
    let events = EventSettings { lines: false, ..EventSettings::default() };
    StreamsConfig { events, threads: 2, ..StreamsConfig::new("app") }
}

/// The last value of each key of a topic; longs as text.
fn rows(log: &InProcessLog, topic: &str) -> BTreeMap<String, Option<String>> {
    let text = |bytes: Vec<u8>| match topic {
        "counts" => i64::from_be_bytes(bytes.try_into().unwrap()).to_string(),
        _ => String::from_utf8(bytes).unwrap(),
    };
    let records = log.records(topic).unwrap().into_iter();
    records.map(|record| (String::from_utf8(record.key.unwrap()).unwrap(), record.value.map(text))).collect()
}

/// Waits until the rows of a topic are these.
#[track_caller]
fn wait_for(log: &InProcessLog, topic: &str, expected: &[(&str, &str)]) {
    let expected: BTreeMap<String, Option<String>> = expected
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value != "null").then(|| (*value).to_owned())))
        .collect();
    let began = Instant::now();
    while rows(log, topic) != expected {
        assert!(began.elapsed() < LIMIT, "{topic}: expected {expected:?}, got {:?}", rows(log, topic));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn tables_go_on_after_a_restart() {
    let log = InProcessLog::new();
    let topics = [("orders", 3), ("notes", 3), ("users", 2), ("noted", 1), ("named", 1), ("counts", 1)];
    topics.iter().for_each(|(topic, partitions)| log.create_topic(*topic, *partitions).unwrap());
    let put = |topic: &str, key: &str, value: Option<&str>, time: i64| {
        let partitions = topics.iter().find(|(name, _)| *name == topic).unwrap().1;
        let partition = partition_for(key.as_bytes(), partitions).number();
        let record = RecordBytes::new(time.into(), Some(key.as_bytes()), value.map(str::as_bytes));
        log.append(&TopicPartition::new(topic, partition), &record).unwrap();
    };
    let start = || {
        let streams = Streams::new(topology(), config()).with_log(log.clone()).start().unwrap();
        assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
        streams
    };

    let streams = start();
    for (number, user) in ["ann", "bob", "ann", "eve"].into_iter().enumerate() {
        put("orders", &format!("o{number}"), Some(user), 1);
    }
    put("users", "ann", Some("Ann"), 1);
    wait_for(&log, "counts", &[("ann", "2"), ("bob", "1"), ("eve", "1")]);
    wait_for(&log, "named", &[("o0", "ann=Ann"), ("o2", "ann=Ann")]);
    let noted = [("o0", "ann+null"), ("o1", "bob+null"), ("o2", "ann+null"), ("o3", "eve+null")];
    wait_for(&log, "noted", &noted);
    streams.close_blocking(LIMIT).unwrap();
    drop(streams);

    let streams = start();
    put("users", "bob", Some("Bob"), 2); // o1 has subscribed before the restart
    put("users", "ann", None, 2);
    put("notes", "o3", Some("urgent"), 2);
    wait_for(&log, "named", &[("o0", "null"), ("o1", "bob=Bob"), ("o2", "null")]);
    wait_for(&log, "noted", &[noted[0], noted[1], noted[2], ("o3", "eve+urgent")]);
    put("orders", "o0", Some("bob"), 3); // moves to another group
    put("orders", "o3", None, 3);
    wait_for(&log, "counts", &[("ann", "1"), ("bob", "2"), ("eve", "0")]);
    wait_for(&log, "named", &[("o0", "bob=Bob"), ("o1", "bob=Bob"), ("o2", "null"), ("o3", "null")]);
    wait_for(&log, "noted", &[("o0", "bob+null"), noted[1], noted[2], ("o3", "null")]);
    streams.close_blocking(LIMIT).unwrap();
}
