//! Topics that are read because they match a pattern: they are found at the start and while the application runs, read from their
//! beginning, and nothing of them is lost or read twice when they appear or go, when tasks move, and when members restart.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_core::{Consumed, Materialized, StreamsBuilder, Topology};
use millstream_log::{InProcessLog, LogError};
use millstream_observe::events::{FailureKind, State};
use millstream_runtime::{Streams, StreamsConfig, StreamsHandle};
use millstream_types::{Offset, RecordBytes, Timestamp, TopicPartition};
use support::{EventRecorder, LIMIT, eventually, pause};

/// Copies the topics that match `in-.*` to `out`.
fn copying() -> Topology {
    let builder = StreamsBuilder::new();
    builder.stream(Consumed::<String, String>::pattern("in-.*").named("read")).to("out");
    builder.build().unwrap()
}

/// Counts the keys of the topics that match `in-.*` into `out`, in a store that is only in memory: its rows are lost with its task.
fn counting_in_memory() -> Topology {
    let builder = StreamsBuilder::new();
    let read = builder.stream(Consumed::<String, String>::pattern("in-.*").named("read"));
    read.group_by_key().count(Materialized::named("counts").without_logging()).to_stream().to("out");
    builder.build().unwrap()
}

/// A log with the topic `out`.
fn log() -> InProcessLog {
    let log = InProcessLog::new();
    log.create_topic("out", 1).unwrap();
    log
}

/// Looks for topics often.
fn config() -> StreamsConfig {
    StreamsConfig { topic_interval: Duration::from_millis(50), ..support::config("app") }
}

/// Looks for topics at the start only.
fn config_without_looking() -> StreamsConfig {
    StreamsConfig { topic_interval: Duration::from_secs(3_600), ..config() }
}

fn start(topology: Topology, config: StreamsConfig, log: &InProcessLog) -> (StreamsHandle, EventRecorder) {
    let recorder = EventRecorder::default();
    let streams =
        Streams::new(topology, config).with_log(log.clone()).with_listener(recorder.listener()).start().unwrap();
    (streams, recorder)
}

fn run(topology: Topology, config: StreamsConfig, log: &InProcessLog) -> (StreamsHandle, EventRecorder) {
    let (streams, recorder) = start(topology, config, log);
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
    (streams, recorder)
}

/// Appends a record with this key and value.
fn append(log: &InProcessLog, topic: &str, partition: u32, key: &str, value: &str) {
    let record = RecordBytes::new(Timestamp::from_millis(7), Some(key.as_bytes()), Some(value.as_bytes()));
    log.append(&TopicPartition::new(topic, partition), &record).unwrap();
}

/// Appends `count` records to each partition of a topic; each value tells where it is from.
fn feed(log: &InProcessLog, topic: &str, count: usize) {
    for partition in 0..log.partition_count(topic).unwrap() {
        (0..count).for_each(|number| append(log, topic, partition, "k", &format!("{topic}-{partition}-{number}")));
    }
}

/// How often each value is in `out`.
fn copies(log: &InProcessLog) -> BTreeMap<String, usize> {
    let mut copies = BTreeMap::new();
    for record in log.records("out").unwrap() {
        *copies.entry(String::from_utf8(record.value.unwrap()).unwrap()).or_default() += 1;
    }
    copies
}

/// Waits until `out` has this many values, and asserts that it has none twice.
#[track_caller]
fn all_copied_once(log: &InProcessLog, count: usize) {
    eventually("everything is copied", || copies(log).len() == count);
    assert!(copies(log).values().all(|copies| *copies == 1), "{:?}", copies(log));
}

/// The last count of each key.
fn counts(log: &InProcessLog) -> BTreeMap<String, i64> {
    let count = |value: Vec<u8>| i64::from_be_bytes(value.try_into().unwrap());
    let records = log.records("out").unwrap().into_iter();
    records.map(|record| (String::from_utf8(record.key.unwrap()).unwrap(), count(record.value.unwrap()))).collect()
}

fn close(streams: &StreamsHandle) {
    streams.close_blocking(LIMIT).unwrap();
}

#[test]
fn topics_that_match_at_the_start_are_read_and_others_are_not() {
    let log = log();
    for topic in ["in-a", "in-b", "other-in-a", "an-in"] {
        log.create_topic(topic, 2).unwrap();
        feed(&log, topic, 3);
    }
    let (streams, _) = run(copying(), config_without_looking(), &log);
    all_copied_once(&log, 12);
    assert!(copies(&log).keys().all(|value| value.starts_with("in-")), "{:?}", copies(&log));
    close(&streams);
}

#[test]
fn a_topic_that_appears_later_is_read_from_its_beginning() {
    let log = log();
    log.create_topic("in-a", 2).unwrap();
    feed(&log, "in-a", 3);
    let (streams, recorder) = run(copying(), config(), &log);
    all_copied_once(&log, 6);
    log.create_topic("in-b", 2).unwrap();
    feed(&log, "in-b", 5);
    all_copied_once(&log, 16);
    feed(&log, "in-a", 0);
    append(&log, "in-a", 1, "k", "late");
    append(&log, "in-b", 1, "k", "later");
    all_copied_once(&log, 18);
    let message = "The topics that match the patterns of the topology have changed: new in-b.";
    assert_eq!(recorder.messages("source_topics_changed"), [message]);
    close(&streams);

    // Offsets of both topics are committed.
    let (streams, _) = run(copying(), config_without_looking(), &log);
    append(&log, "in-a", 0, "k", "last");
    all_copied_once(&log, 19);
    close(&streams);
}

#[test]
fn an_application_starts_without_a_topic_and_reads_those_that_appear() {
    let log = log();
    let (streams, _) = run(copying(), config(), &log);
    log.create_topic("in-a", 1).unwrap();
    feed(&log, "in-a", 4);
    all_copied_once(&log, 4);
    close(&streams);
}

#[test]
fn a_running_task_keeps_its_state_when_topics_appear_and_go() {
    let log = log();
    log.create_topic("in-a", 1).unwrap();
    feed(&log, "in-a", 3);
    let (streams, recorder) = run(counting_in_memory(), config(), &log);
    eventually("the first topic is counted", || counts(&log).get("k") == Some(&3));
    log.create_topic("in-b", 1).unwrap();
    feed(&log, "in-b", 4);
    eventually("the second topic is counted, too", || counts(&log).get("k") == Some(&7));
    log.delete_topic("in-a").unwrap();
    eventually("the deletion is noticed", || recorder.messages("source_topics_changed").len() == 2);
    append(&log, "in-b", 0, "k", "one more");
    eventually("the count goes on", || counts(&log).get("k") == Some(&8));
    assert_eq!(recorder.messages("task_created").len(), 1, "the task was not built again");
    close(&streams);
}

#[test]
fn a_topic_with_more_partitions_makes_more_tasks() {
    let log = log();
    log.create_topic("in-a", 1).unwrap();
    let (streams, _) = run(copying(), config(), &log);
    log.create_topic("in-b", 3).unwrap();
    feed(&log, "in-b", 2);
    all_copied_once(&log, 6);
    assert_eq!(log.partition_count("app-read-assignment"), Some(3));
    log.add_partitions("in-a", 4).unwrap();
    feed(&log, "in-a", 1);
    all_copied_once(&log, 10);
    close(&streams);
}

#[test]
fn members_share_the_tasks_whatever_topics_each_has_seen() {
    let log = log();
    log.create_topic("in-a", 4).unwrap();
    let (looking, _) = run(copying(), config(), &log);
    let (other, _) = run(copying(), config_without_looking(), &log);
    feed(&log, "in-a", 2);
    all_copied_once(&log, 8);
    // Only one of them sees this topic, and reads it in its tasks.
    log.create_topic("in-b", 4).unwrap();
    feed(&log, "in-b", 2);
    eventually("the tasks of one member have read it", || copies(&log).len() == 12);
    pause(Duration::from_millis(200));
    assert_eq!(copies(&log).len(), 12);
    // It has all tasks now.
    close(&other);
    all_copied_once(&log, 16);
    // A member that starts sees both topics, and takes over where the first one was.
    let (started, _) = run(copying(), config_without_looking(), &log);
    feed(&log, "in-b", 0);
    (0..4).for_each(|partition| append(&log, "in-b", partition, "k", &format!("moved-{partition}")));
    all_copied_once(&log, 20);
    close(&looking);
    (0..4).for_each(|partition| append(&log, "in-a", partition, "k", &format!("again-{partition}")));
    all_copied_once(&log, 24);
    close(&started);
}

/// A member that does not know the topic for which another has added tasks looks for it when it gets one of them.
#[test]
fn a_member_that_gets_a_task_of_a_topic_it_has_not_seen_looks_for_the_topic() {
    let log = log();
    log.create_topic("in-a", 1).unwrap();
    let (other, recorder) = run(copying(), config_without_looking(), &log);
    let (looking, _) = run(copying(), config(), &log);
    log.create_topic("in-b", 4).unwrap();
    feed(&log, "in-b", 3);
    all_copied_once(&log, 12);
    assert_eq!(recorder.messages("source_topics_changed").len(), 1, "the other one has seen it, too");
    assert_eq!(recorder.messages("thread_failed"), [""; 0]);
    close(&other);
    close(&looking);
}

#[test]
fn a_deleted_topic_stops_nothing_and_is_read_again_when_it_comes_back() {
    let log = log();
    for topic in ["in-a", "in-b"] {
        log.create_topic(topic, 2).unwrap();
    }
    let (streams, recorder) = run(copying(), config(), &log);
    feed(&log, "in-a", 2);
    feed(&log, "in-b", 2);
    all_copied_once(&log, 8);
    log.delete_topic("in-a").unwrap();
    append(&log, "in-b", 0, "k", "after");
    all_copied_once(&log, 9);
    eventually("the deletion is noticed", || !recorder.messages("source_topics_changed").is_empty());
    log.create_topic("in-a", 2).unwrap();
    append(&log, "in-a", 1, "k", "anew");
    all_copied_once(&log, 10);
    assert_eq!(streams.state(), State::Running);
    assert_eq!(recorder.messages("thread_failed"), [""; 0]);
    let refused = recorder.messages("commit_failed");
    assert!(refused.iter().all(|message| message.contains("in-a")), "{refused:?}");
    close(&streams);
}

/// The log does not know the old topic any more, and its reader is told: the new one is not read from the place in the old one.
#[test]
fn a_topic_that_is_created_again_at_once_is_read_from_its_beginning() {
    let log = log();
    log.create_topic("in-a", 1).unwrap();
    let (streams, recorder) = run(copying(), config_without_looking(), &log);
    feed(&log, "in-a", 3);
    all_copied_once(&log, 3);
    // A commit that came after it has been created again would be taken for one of the new topic.
    let is_committed = || log.committed("app").values().any(|committed| committed.offset == Offset::new(3));
    eventually("its offsets are committed", is_committed);
    log.delete_topic("in-a").unwrap();
    log.create_topic("in-a", 1).unwrap();
    (0..10).for_each(|number| append(&log, "in-a", 0, "k", &format!("anew-{number}")));
    all_copied_once(&log, 13);
    assert_eq!(recorder.messages("thread_failed"), [""; 0]);
    close(&streams);
}

#[test]
fn all_topics_may_go_and_the_tasks_stay() {
    let log = log();
    log.create_topic("in-a", 2).unwrap();
    let (streams, recorder) = run(counting_in_memory(), config(), &log);
    feed(&log, "in-a", 1);
    eventually("it is counted", || !counts(&log).is_empty());
    log.delete_topic("in-a").unwrap();
    eventually("the deletion is noticed", || !recorder.messages("source_topics_changed").is_empty());
    close(&streams);
    // The assignment topic tells how many tasks there are.
    let (streams, _) = run(counting_in_memory(), config(), &log);
    close(&streams);
}

#[test]
fn internal_topics_are_not_read_by_a_pattern_that_matches_them() {
    let log = log();
    log.create_topic("words", 1).unwrap();
    log.create_topic("app-old-changelog", 1).unwrap();
    log.create_topic("__consumer_offsets", 1).unwrap();
    append(&log, "app-old-changelog", 0, "k", "internal");
    append(&log, "__consumer_offsets", 0, "k", "internal");
    let builder = StreamsBuilder::new();
    let read = builder.stream(Consumed::<String, String>::pattern("[^o].*"));
    read.group_by(|_, value| value.clone()).count("counts").to_stream().to("out");
    let (streams, _) = run(builder.build().unwrap(), config(), &log);
    append(&log, "words", 0, "k", "word");
    eventually("the word is counted", || counts(&log).contains_key("word"));
    pause(Duration::from_millis(300));
    assert_eq!(counts(&log).into_iter().collect::<Vec<_>>(), [("word".to_owned(), 1)]);
    close(&streams);
}

/// Starts an application that cannot run with the present topics. Returns why.
fn failure(topology: Topology, log: &InProcessLog) -> String {
    let (streams, _) = start(topology, config(), log);
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let failure = streams.failure().unwrap();
    assert_eq!(failure.kind, FailureKind::Topology);
    failure.to_string()
}

#[test]
fn two_patterns_that_match_one_topic_are_refused_at_the_start_and_later() {
    let two = || {
        let builder = StreamsBuilder::new();
        builder.stream(Consumed::<String, String>::pattern("in-.*").named("first")).to("out");
        builder.stream(Consumed::<String, String>::pattern(".*-a").named("second")).to("out");
        builder.build().unwrap()
    };
    let expected = "the pattern `in-.*` of source `first` matches topic `in-a`, which source `second` reads too";
    let log = log();
    log.create_topic("in-b", 1).unwrap();
    let (streams, _) = run(two(), config(), &log);
    log.create_topic("in-a", 1).unwrap();
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let later = streams.failure().unwrap().to_string();
    assert!(later.contains(expected), "{later}");
    let text = failure(two(), &log);
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_store_needs_a_topic_that_says_how_many_partitions_it_has() {
    let builder = StreamsBuilder::new();
    let read = builder.stream(Consumed::<String, String>::pattern("in-.*"));
    read.group_by_key().count("counts").to_stream().to("out");
    let text = failure(builder.build().unwrap(), &log());
    assert!(text.contains("no topic matches the pattern `in-.*`"), "{text}");
}

/// A key would be counted in two tasks.
#[test]
fn a_topic_that_does_not_fit_the_state_stops_the_application() {
    let log = log();
    log.create_topic("in-a", 2).unwrap();
    let (streams, _) = run(counting_in_memory(), config(), &log);
    log.create_topic("in-b", 3).unwrap();
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let text = streams.failure().unwrap().to_string();
    assert!(text.contains("`in-a` (2 partitions), `in-b` (3 partitions)"), "{text}");
    assert!(matches!(log.records("in-c"), Err(LogError::UnknownTopic { .. })));
}
