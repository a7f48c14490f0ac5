//! A thread that sleeps for longer than half its session, and wakes up to others that have its partitions.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use millstream_core::{StreamsBuilder, Topology};
use millstream_log::{InProcessLog, LogError};
use millstream_observe::ManualClock;
use millstream_observe::events::{EventKind, State};
use millstream_runtime::{Streams, StreamsConfig, StreamsHandle};
use millstream_types::{RecordBytes, Timestamp, TopicPartition};
use support::{Ear, LIMIT, config, eventually};

const CHANGELOG: &str = "app-counts-changelog";

/// Puts the thread to sleep that processes the value `sleep`, once, until it is woken.
#[derive(Default)]
struct Bed {
    is_made: AtomicBool,
    is_asleep: Mutex<bool>,
    changed: Condvar,
}

impl Bed {
    fn visit(&self, value: &str) {
        if value != "sleep" || !self.is_made.swap(false, Ordering::SeqCst) {
            return;
        }
        let mut is_asleep = self.is_asleep.lock().unwrap();
        *is_asleep = true;
        while *is_asleep {
            is_asleep = self.changed.wait(is_asleep).unwrap();
        }
    }

    fn is_asleep(&self) -> bool {
        *self.is_asleep.lock().unwrap()
    }

    fn wake(&self) {
        *self.is_asleep.lock().unwrap() = false;
        self.changed.notify_all();
    }
}

fn counting(bed: &Arc<Bed>) -> Topology {
    let bed = Arc::clone(bed);
    let builder = StreamsBuilder::new();
    let words = builder.stream::<String, String>("in").peek(move |_, value| bed.visit(value));
    words.group_by_key().count("counts").to_stream().to("out");
    builder.build().unwrap()
}

fn start(client: &str, log: &InProcessLog, clock: &ManualClock, bed: &Arc<Bed>, ear: &Ear) -> StreamsHandle {
    let settings = StreamsConfig { client_id: Some(client.to_owned()), ..config("app") };
    let streams = Streams::new(counting(bed), settings).with_log(log.clone()).with_clock(clock.clone());
    streams.with_listener(ear.listener()).start().unwrap()
}

fn append(log: &InProcessLog, values: &[&str]) {
    for value in values {
        let (partition, time) = (TopicPartition::new("in", 0), Timestamp::from_millis(1));
        log.append(&partition, &RecordBytes::new(time, Some(b"k"), Some(value.as_bytes()))).unwrap();
    }
}

/// The counts in a topic, in the order in which they were written.
fn counts(log: &InProcessLog, topic: &str) -> Vec<i64> {
    // A row of a changelog begins with its timestamp.
    let count = |value: Vec<u8>| i64::from_be_bytes(value[value.len() - 8..].try_into().unwrap());
    log.records(topic).unwrap().into_iter().map(|record| count(record.value.unwrap())).collect()
}

fn has_lost(event: &EventKind) -> bool {
    matches!(event, EventKind::Rebalanced { lost, .. } if !lost.is_empty())
}

/// Waits until something holds, while time goes by.
fn eventually_by(clock: &ManualClock, what: &str, holds: impl Fn() -> bool) {
    eventually(what, || {
        clock.advance(Duration::from_millis(20));
        holds()
    });
}

/// Without reading the clock the paused thread commits first and handles its loss afterwards: 12 stands behind 20 in the
/// changelog, and whoever restores it counts on from there.
#[test]
fn what_a_sleeper_has_counted_never_stands_behind_what_its_successor_has() {
    let log = InProcessLog::new();
    ["in", "out"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    let clock = ManualClock::starting_at(Timestamp::from_millis(1_000));
    let (bed, ear) = (Arc::new(Bed::default()), Ear::default());
    let sleeper = start("sleeper", &log, &clock, &bed, &ear);
    append(&log, &["a"; 10]);
    eventually_by(&clock, "ten are counted", || counts(&log, "out").last() == Some(&10));
    eventually_by(&clock, "and committed", || log.committed("app").values().any(|at| at.offset.number() == 10));

    bed.is_made.store(true, Ordering::SeqCst);
    append(&log, &["a", "a", "sleep", "a", "a"]);
    eventually_by(&clock, "it sleeps", || bed.is_asleep());
    log.faults().expire("sleeper-StreamThread-1");
    let successor = start("successor", &log, &clock, &Arc::default(), &Ear::default());
    append(&log, &["a"; 5]);
    eventually_by(&clock, "its successor counts on", || counts(&log, "out").last() == Some(&20));

    clock.advance(Duration::from_secs(30));
    bed.wake();
    eventually_by(&clock, "it handles its loss", || ear.heard(has_lost));
    append(&log, &["a"; 5]);
    eventually_by(&clock, "all is counted", || counts(&log, "out").last() == Some(&25));
    for topic in [CHANGELOG, "out"] {
        let counts = counts(&log, topic);
        assert!(counts.is_sorted(), "{topic} has {counts:?}");
    }
    for streams in [sleeper, successor] {
        assert_ne!(streams.state(), State::Error, "{:?}", streams.failure());
        drop(streams);
    }
}

/// A pause that costs nothing: the group confirms the membership, and what was held back is sent.
#[test]
fn a_sleeper_that_is_still_a_member_goes_on_where_it_was() {
    let log = InProcessLog::new();
    ["in", "out"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    let clock = ManualClock::starting_at(Timestamp::from_millis(1_000));
    let (bed, ear) = (Arc::new(Bed::default()), Ear::default());
    let streams = start("sleeper", &log, &clock, &bed, &ear);
    bed.is_made.store(true, Ordering::SeqCst);
    append(&log, &["a", "a", "sleep", "a", "a"]);
    eventually_by(&clock, "it sleeps", || bed.is_asleep());
    clock.advance(Duration::from_secs(30));
    bed.wake();
    eventually_by(&clock, "all is counted", || counts(&log, "out").last() == Some(&5));
    eventually_by(&clock, "and committed", || log.committed("app").values().any(|at| at.offset.number() == 5));
    assert_eq!(ear.messages("commit_failed"), [""; 0]);
    assert_eq!(ear.messages("task_created").len(), 1, "its task was not built again");
    streams.close_blocking(LIMIT).unwrap();
}

/// After each record the membership is in doubt. A commit that waited until it is not, after processing, would wait for ever.
#[test]
fn records_that_each_take_longer_than_half_a_session_are_committed() {
    let log = InProcessLog::new();
    ["in", "out"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    let clock = ManualClock::starting_at(Timestamp::from_millis(1_000));
    let builder = StreamsBuilder::new();
    let slow = clock.clone();
    let words = builder.stream::<String, String>("in").peek(move |_, _| slow.advance(Duration::from_secs(30)));
    words.group_by_key().count("counts").to_stream().to("out");
    let streams = Streams::new(builder.build().unwrap(), config("app")).with_log(log.clone()).with_clock(clock.clone());
    let streams = streams.start().unwrap();
    append(&log, &["a"; 1_000]);
    let is_committed = || log.committed("app").values().any(|at| at.offset.number() > 0);
    eventually_by(&clock, "something is committed while records are left", || {
        assert!(counts(&log, "out").last().is_none_or(|count| *count < 1_000) || is_committed());
        is_committed()
    });
    drop(streams.close_blocking(LIMIT));
}

/// A member hears of its loss by an event, and that may take as long as its client waits for the next heartbeat. The
/// response to a commit may say it before: what is written from then on stands behind what the next owner has written.
#[test]
fn a_member_whose_commit_is_refused_writes_nothing_more() {
    let log = InProcessLog::new();
    ["in", "out"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    let clock = ManualClock::starting_at(Timestamp::from_millis(1_000));
    let (bed, ear) = (Arc::default(), Ear::default());
    let streams = start("refused", &log, &clock, &bed, &ear);
    append(&log, &["a"; 10]);
    eventually_by(&clock, "ten are committed", || log.committed("app").values().any(|at| at.offset.number() == 10));

    log.faults().fail_commits("app", u64::MAX, LogError::NotAMember);
    append(&log, &["a"; 5]);
    eventually_by(&clock, "the commit is refused", || !ear.messages("commit_failed").is_empty());
    let written = counts(&log, CHANGELOG);
    append(&log, &["a"; 5]);
    eventually_by(&clock, "it asks again", || ear.messages("commit_failed").len() > 2);
    assert_eq!(counts(&log, CHANGELOG), written);

    log.faults().fail_commits("app", 0, LogError::NotAMember);
    eventually_by(&clock, "it goes on as a member, from its changelog", || {
        log.committed("app").values().any(|at| at.offset.number() == 20)
    });
    assert!(counts(&log, "out").last().is_some_and(|count| *count >= 20), "{:?}", counts(&log, "out"));
    streams.close_blocking(LIMIT).unwrap();
}
