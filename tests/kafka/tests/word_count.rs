//! Words are counted on a real broker: exactly in good order, and without a loss through a kill.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

#[path = "../../../crates/millstream-kafka/tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use millstream::events::{EventSettings, State};
use millstream::{Streams, StreamsConfig, StreamsHandle};
use millstream_kafka_tests::{Hands, PATIENCE, counted, lines, word_count};
use support::Broker;

fn start(hands: &Hands, client: &str) -> StreamsHandle {
    let config = StreamsConfig {
        client_id: Some(client.to_owned()),
        events: EventSettings { lines: false, ..EventSettings::default() },
        session_timeout: Duration::from_secs(6),
        ..StreamsConfig::new("word-count")
    };
    let streams = Streams::new(word_count().unwrap(), config).with_log(hands.log.clone()).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, PATIENCE), State::Running, "{:?}", streams.failure());
    streams
}

#[test]
fn a_million_words_are_counted_exactly() {
    let broker = Broker::start();
    let hands = Hands::on(broker.bootstrap());
    hands.create(&["lines", "counts"]);
    let lines = lines(1_000_000);
    hands.write("lines", &lines);
    let streams = start(&hands, "alone");
    let counts = hands.await_counts(1_000_000);
    streams.close_blocking(PATIENCE).unwrap();
    assert_eq!(counts, counted(&lines));
}

#[test]
fn two_members_share_the_work_and_a_clean_leave_doubles_nothing() {
    let broker = Broker::start();
    let hands = Hands::on(broker.bootstrap());
    hands.create(&["lines", "counts"]);
    let lines = lines(600_000);
    let (early, rest) = lines.split_at(lines.len() / 3);
    let (late, last) = rest.split_at(rest.len() / 2);
    hands.write("lines", early);
    let first = start(&hands, "first");
    let second = start(&hands, "second");
    hands.write("lines", late);
    hands.await_counts(300_000);
    first.close_blocking(PATIENCE).unwrap();
    hands.write("lines", last);
    let counts = hands.await_counts(600_000);
    second.close_blocking(PATIENCE).unwrap();
    assert_eq!(counts, counted(&lines));
}

/// A process of its own, gone when it is dropped.
struct Member(Child);

impl Member {
    fn start(broker: &Broker) -> Self {
        let mut member = Command::new(env!("CARGO_BIN_EXE_member"));
        Self(member.arg(broker.bootstrap()).arg("word-count").stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn killed_members_lose_nothing() {
    let broker = Broker::start();
    let hands = Hands::on(broker.bootstrap());
    hands.create(&["lines", "counts"]);
    let lines = lines(600_000);
    let (early, late) = lines.split_at(lines.len() / 2);
    hands.write("lines", early);
    let killed = Member::start(&broker);
    hands.await_counts(100_000);
    drop(killed);
    let _stays = Member::start(&broker);
    let killed = Member::start(&broker);
    hands.write("lines", late);
    hands.await_counts(400_000);
    drop(killed);
    let expected = counted(&lines);
    let has_all = |counts: &BTreeMap<String, i64>| {
        expected.iter().all(|(word, count)| counts.get(word).is_some_and(|seen| seen >= count))
    };
    let counts = hands.read_counts(has_all);
    assert_eq!(counts.len(), expected.len(), "no word that was never written");
}
