//! A thread that is stopped for longer than half its session, so that others may have its partitions afterwards.

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
use support::{EventRecorder, LIMIT, config, eventually};

const CHANGELOG: &str = "app-counts-changelog";

/// Stops the thread that processes the value `sleep`, once, until it is woken.
#[derive(Default)]
struct SleepPoint {
    is_armed: AtomicBool,
    is_asleep: Mutex<bool>,
    changed: Condvar,
}

impl SleepPoint {
    fn pass(&self, value: &str) {
        if value != "sleep" || !self.is_armed.swap(false, Ordering::SeqCst) {
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

fn counting(sleep_point: &Arc<SleepPoint>) -> Topology {
    let sleep_point = Arc::clone(sleep_point);
    let builder = StreamsBuilder::new();
    let words = builder.stream::<String, String>("in").peek(move |_, value| sleep_point.pass(value));
    words.group_by_key().count("counts").to_stream().to("out");
    builder.build().unwrap()
}

fn start(
    client: &str,
    log: &InProcessLog,
    clock: &ManualClock,
    sleep_point: &Arc<SleepPoint>,
    recorder: &EventRecorder,
) -> StreamsHandle {
    let settings = StreamsConfig { client_id: Some(client.to_owned()), ..config("app") };
    let streams = Streams::new(counting(sleep_point), settings).with_log(log.clone()).with_clock(clock.clone());
    streams.with_listener(recorder.listener()).start().unwrap()
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

/// The committed offset of the only partition.
fn committed_offset(log: &InProcessLog) -> Option<i64> {
    log.committed("app").values().map(|committed| committed.offset.number()).next()
}

fn has_lost(event: &EventKind) -> bool {
    matches!(event, EventKind::Rebalanced { lost, .. } if !lost.is_empty())
}

/// Waits until something holds, and advances the clock meanwhile.
fn eventually_by(clock: &ManualClock, what: &str, holds: impl Fn() -> bool) {
    eventually(what, || {
        clock.advance(Duration::from_millis(20));
        holds()
    });
}

/// The stopped thread committed first and handled its loss afterwards: the count 12 followed 20 in the changelog, and was
/// restored by the next owner.
#[test]
fn records_of_a_stopped_thread_never_follow_those_of_its_successor() {
    let log = InProcessLog::new();
    ["in", "out"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    let clock = ManualClock::starting_at(Timestamp::from_millis(1_000));
    let (sleep_point, recorder) = (Arc::new(SleepPoint::default()), EventRecorder::default());
    let sleeper = start("sleeper", &log, &clock, &sleep_point, &recorder);
    append(&log, &["a"; 10]);
    eventually_by(&clock, "ten are counted", || counts(&log, "out").last() == Some(&10));
    eventually_by(&clock, "and committed", || committed_offset(&log) == Some(10));

    sleep_point.is_armed.store(true, Ordering::SeqCst);
    append(&log, &["a", "a", "sleep", "a", "a"]);
    eventually_by(&clock, "it sleeps", || sleep_point.is_asleep());
    // The successor counts on from the changelog what is not committed: some of the first words of the sleeper twice, if it
    // had sent their counts in a turn before.
    let all = counts(&log, CHANGELOG).last().unwrap() + 20 - committed_offset(&log).unwrap();
    log.faults().expire("sleeper-StreamThread-1");
    let successor = start("successor", &log, &clock, &Arc::default(), &EventRecorder::default());
    append(&log, &["a"; 5]);
    eventually_by(&clock, "its successor continues", || counts(&log, "out").last() == Some(&all));

    clock.advance(Duration::from_secs(30));
    sleep_point.wake();
    eventually_by(&clock, "it handles its loss", || recorder.has_event(has_lost));
    append(&log, &["a"; 5]);
    eventually_by(&clock, "all is counted", || counts(&log, "out").last() == Some(&(all + 5)));
    for topic in [CHANGELOG, "out"] {
        let counts = counts(&log, topic);
        assert!(counts.is_sorted(), "{topic} has {counts:?}");
    }
    for streams in [sleeper, successor] {
        assert_ne!(streams.state(), State::Error, "{:?}", streams.failure());
        drop(streams);
    }
}

/// If the group confirms the membership after a pause, the records that were held back are sent.
#[test]
fn a_stopped_thread_that_is_still_a_member_continues() {
    let log = InProcessLog::new();
    ["in", "out"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    let clock = ManualClock::starting_at(Timestamp::from_millis(1_000));
    let (sleep_point, recorder) = (Arc::new(SleepPoint::default()), EventRecorder::default());
    let streams = start("sleeper", &log, &clock, &sleep_point, &recorder);
    sleep_point.is_armed.store(true, Ordering::SeqCst);
    append(&log, &["a", "a", "sleep", "a", "a"]);
    eventually_by(&clock, "it sleeps", || sleep_point.is_asleep());
    clock.advance(Duration::from_secs(30));
    sleep_point.wake();
    eventually_by(&clock, "all is counted", || counts(&log, "out").last() == Some(&5));
    eventually_by(&clock, "and committed", || committed_offset(&log) == Some(5));
    assert_eq!(recorder.messages("commit_failed"), [""; 0]);
    assert_eq!(recorder.messages("task_created").len(), 1, "its task was not built again");
    streams.close_blocking(LIMIT).unwrap();
}

/// After each such record the membership is in doubt. A commit that began only after processing never ended.
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

/// The event of a lost membership comes with a heartbeat, but a refused commit may show the loss before. A member went on
/// writing until the event, and its records followed those of the next owner.
#[test]
fn a_member_whose_commit_is_refused_writes_nothing_more() {
    let log = InProcessLog::new();
    ["in", "out"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    let clock = ManualClock::starting_at(Timestamp::from_millis(1_000));
    let (sleep_point, recorder) = (Arc::default(), EventRecorder::default());
    let streams = start("refused", &log, &clock, &sleep_point, &recorder);
    append(&log, &["a"; 10]);
    eventually_by(&clock, "ten are committed", || committed_offset(&log) == Some(10));

    log.faults().fail_commits("app", u64::MAX, LogError::NotAMember);
    append(&log, &["a"; 5]);
    eventually_by(&clock, "the commit is refused", || !recorder.messages("commit_failed").is_empty());
    let written = counts(&log, CHANGELOG);
    append(&log, &["a"; 5]);
    eventually_by(&clock, "it tries again", || recorder.messages("commit_failed").len() > 2);
    assert_eq!(counts(&log, CHANGELOG), written);

    log.faults().fail_commits("app", 0, LogError::NotAMember);
    eventually_by(&clock, "it continues as a member, from its changelog", || committed_offset(&log) == Some(20));
    assert!(counts(&log, "out").last().is_some_and(|count| *count >= 20), "{:?}", counts(&log, "out"));
    streams.close_blocking(LIMIT).unwrap();
}
