//! A changed topology with the topics of an earlier one: if records or state would be lost, start-up fails before anything
//! is written, with the reason and what to do; otherwise the application starts.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;

use millstream_core::{Repartitioned, StreamsBuilder, Topology};
use millstream_log::{InProcessLog, NewTopic};
use millstream_observe::events::{FailureKind, State};
use millstream_runtime::{Streams, StreamsConfig, StreamsHandle};
use millstream_state::InMemoryEngine;
use millstream_types::{RecordBytes, Timestamp, TopicPartition};
use support::disk::Disk;
use support::{EventRecorder, LIMIT, PARTITIONS, config, counting, counts, eventually, feed, log, run, total};

/// Counts the values of `words` in a store of this name, by way of a repartition topic of the same name.
fn counting_in(store: &str) -> Topology {
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words");
    words.group_by(|_, word| word.clone()).count(store).to_stream().to("counts");
    builder.build().unwrap()
}

/// Runs the counting topology over three words, and closes it.
fn count_three(log: &InProcessLog) {
    let streams = run(counting(), config("app"), log);
    feed(log, ["a", "b", "a"]);
    eventually("all is counted", || total(log) == 3);
    streams.close_blocking(LIMIT).unwrap();
}

fn start(topology: Topology, config: StreamsConfig, log: &InProcessLog, recorder: &EventRecorder) -> StreamsHandle {
    Streams::new(topology, config).with_log(log.clone()).with_listener(recorder.listener()).start().unwrap()
}

/// Asserts that start-up fails with a message that has these parts, and that nothing was written or created.
#[track_caller]
fn refused(topology: Topology, log: &InProcessLog, expected: &[&str]) {
    let before = everything(log);
    let recorder = EventRecorder::default();
    let streams = start(topology, config("app"), log, &recorder);
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let failure = streams.failure().unwrap();
    assert_eq!(failure.kind, FailureKind::Topology);
    let text = failure.to_string();
    for part in expected {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
    assert_eq!(recorder.messages("application_failed"), [format!("The application stops: {text}.")]);
    assert!(recorder.messages("thread_state").is_empty(), "no thread was started");
    assert_eq!(everything(log), before);
}

/// All topics with the number of their records.
fn everything(log: &InProcessLog) -> Vec<(NewTopic, usize)> {
    let records = |topic: &NewTopic| log.records(topic.name.as_str()).unwrap().len();
    log.topics().into_iter().map(|topic| (topic.clone(), records(&topic))).collect()
}

/// Runs the application until it is running, and closes it. Returns its events.
#[track_caller]
fn accepted(topology: Topology, config: StreamsConfig, log: &InProcessLog) -> EventRecorder {
    let recorder = EventRecorder::default();
    let streams = start(topology, config, log, &recorder);
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
    streams.close_blocking(LIMIT).unwrap();
    recorder
}

#[test]
fn a_renamed_store_is_refused() {
    let log = log();
    count_three(&log);
    refused(
        counting_in("words-seen"),
        &log,
        &[
            "store `words-seen` would begin empty",
            "`app-counts-changelog` is left",
            "give it back its name",
            "`new_stores`",
        ],
    );
    let recorder = accepted(counting(), config("app"), &log);
    assert!(recorder.messages("store_begins_empty").is_empty() && recorder.messages("topics_left_over").is_empty());
}

#[test]
fn a_store_that_is_listed_as_new_begins_empty_with_an_event() {
    let log = log();
    count_three(&log);
    let meant = StreamsConfig { new_stores: BTreeSet::from(["words-seen".to_owned()]), ..config("app") };
    let recorder = accepted(counting_in("words-seen"), meant, &log);
    assert!(recorder.messages("store_begins_empty")[0].starts_with("Store words-seen begins empty"));
    let left_over = recorder.messages("topics_left_over");
    assert!(left_over[0].contains("app-counts-changelog, app-counts-repartition"), "{left_over:?}");
    // The changelog exists now, so the store is not new any more.
    let recorder = accepted(counting_in("words-seen"), config("app"), &log);
    assert!(recorder.messages("store_begins_empty").is_empty());
}

#[test]
fn a_store_beside_the_old_ones_begins_empty_with_an_event() {
    let log = log();
    count_three(&log);
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words");
    words.group_by(|_, word| word.clone()).count("counts").to_stream().to("counts");
    words.group_by(|_, word| word.len() as i64).count("lengths");
    let recorder = accepted(builder.build().unwrap(), config("app"), &log);
    assert_eq!(recorder.messages("store_begins_empty").len(), 1, "only the new one");
    assert!(recorder.messages("store_begins_empty")[0].contains("app-lengths-changelog"));
    assert_eq!(recorder.messages("store_begins_empty").len(), 1);
}

#[test]
fn members_that_start_at_once_for_the_first_time_all_start() {
    let log = log();
    feed(&log, ["a", "b", "a"]);
    let recorder = EventRecorder::default();
    let members: Vec<_> = (0..4).map(|_| start(counting(), config("app"), &log, &recorder)).collect();
    for member in &members {
        assert_eq!(member.wait_until(State::Running, LIMIT), State::Running, "{:?}", member.failure());
    }
    eventually("all is counted", || total(&log) == 3);
    members.into_iter().for_each(|member| member.close_blocking(LIMIT).unwrap());
    assert!(recorder.messages("store_begins_empty").is_empty(), "nothing came before the first start");
}

#[test]
fn a_changed_name_of_a_repartition_with_unread_records_is_refused() {
    let log = log();
    count_three(&log);
    let word = |text: &str| (text.as_bytes().to_vec(), Some(text.as_bytes().to_vec()));
    let unread = TopicPartition::new("app-counts-repartition", 1);
    for (key, value) in ["c", "d"].map(word) {
        log.append(&unread, &RecordBytes::new(Timestamp::from_millis(9), Some(&key), value.as_deref())).unwrap();
    }
    let renamed = || {
        let builder = StreamsBuilder::new();
        let words = builder.stream::<Option<String>, String>("words");
        let grouped = words.select_key(|_, word| word.clone()).repartition("by-word").group_by_key();
        grouped.count("counts").to_stream().to("counts");
        builder.build().unwrap()
    };
    refused(
        renamed(),
        &log,
        &["2 unprocessed records of `app-counts-repartition` would be lost", "run the earlier topology until"],
    );
    let streams = run(counting(), config("app"), &log);
    eventually("all is counted", || total(&log) == 5);
    streams.close_blocking(LIMIT).unwrap();
    let recorder = accepted(renamed(), config("app"), &log);
    assert!(recorder.messages("topics_left_over")[0].contains("app-counts-repartition"));
    let streams = run(renamed(), config("app"), &log);
    feed(&log, ["a"]);
    eventually("counting continues", || counts(&log).get("a") == Some(&3));
    streams.close_blocking(LIMIT).unwrap();
}

#[test]
fn topics_of_an_application_whose_name_begins_with_this_ones_are_not_left_over() {
    let log = log();
    count_three(&log);
    let longer = run(counting(), config("app-counts-two"), &log);
    let recorder = accepted(counting(), config("app"), &log);
    assert!(recorder.messages("topics_left_over").is_empty());
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words");
    words.group_by(|_, word| word.clone()).count("counts").to_stream().to("counts");
    words.group_by(|_, word| word.len() as i64).count("lengths");
    accepted(builder.build().unwrap(), config("app"), &log);
    longer.close_blocking(LIMIT).unwrap();
}

#[test]
fn an_input_topic_with_other_partitions_is_refused_with_both_topics_and_both_counts() {
    let log = log();
    count_three(&log);
    log.create_topic("more-words", PARTITIONS + 2).unwrap();
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("more-words");
    words.group_by(|_, word| word.clone()).count("counts").to_stream().to("counts");
    refused(
        builder.build().unwrap(),
        &log,
        &[
            "`app-counts-repartition` has 4, but needs 6, as many as `more-words` has and `app-counts-changelog` has 4, but \
             needs 6, as many as `more-words` has",
            "Give the topics back their partitions, or reset the application",
        ],
    );
}

#[test]
fn another_number_for_a_repartition_is_refused_with_the_operator_that_sets_it() {
    let log = log();
    let counting = |partitions| {
        let builder = StreamsBuilder::new();
        let words = builder.stream::<Option<String>, String>("words").select_key(|_, word| word.clone());
        let repartitioned = words.repartition(Repartitioned::named("by-word").partitions(partitions));
        repartitioned.group_by_key().count("counts").to_stream().to("counts");
        builder.build().unwrap()
    };
    accepted(counting(3), config("app"), &log);
    refused(
        counting(5),
        &log,
        &[
            "`app-by-word-repartition` has 3, but needs 5, as was said where `by-word-repartition` is repartitioned",
            "`app-counts-changelog` has 3, but needs 5, as was said where `by-word-repartition` is repartitioned",
        ],
    );
}

#[test]
fn an_application_with_a_renamed_source_runs_and_reports_the_old_topic() {
    let log = log();
    count_three(&log);
    log.create_topic("more-words", PARTITIONS).unwrap();
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("more-words");
    words.group_by(|_, word| word.clone()).count("counts").to_stream().to("counts");
    let recorder = accepted(builder.build().unwrap(), config("app"), &log);
    let left_over = recorder.messages("offsets_left_over");
    assert!(left_over[0].starts_with("The application used to read words and no longer does"), "{left_over:?}");
}

#[test]
fn a_changelog_that_deletes_is_refused() {
    let log = log();
    let config = [("cleanup.policy".to_owned(), "delete".to_owned())].into();
    log.create_topic_with(NewTopic { name: "app-counts-changelog".into(), partitions: PARTITIONS, config }).unwrap();
    refused(
        counting(),
        &log,
        &["internal topic `app-counts-changelog` has `cleanup.policy` set to `delete`, which loses records"],
    );
}

/// Which of two pipelines is declared first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DeclarationOrder {
    LettersFirst,
    WordsFirst,
}

/// The numbers of the sub-topologies change; topics and groups do not depend on them.
#[test]
fn other_numbers_of_sub_topologies_change_nothing() {
    let log = log();
    log.create_topic("letters", PARTITIONS).unwrap();
    let both = |order: DeclarationOrder| {
        let builder = StreamsBuilder::new();
        let letters = |builder: &StreamsBuilder| {
            builder.stream::<Option<String>, String>("letters").group_by(|_, text| text.clone()).count("letters-seen");
        };
        if order == DeclarationOrder::LettersFirst {
            letters(&builder);
        }
        let words = builder.stream::<Option<String>, String>("words");
        words.group_by(|_, word| word.clone()).count("counts").to_stream().to("counts");
        if order == DeclarationOrder::WordsFirst {
            letters(&builder);
        }
        builder.build().unwrap()
    };
    let streams = run(both(DeclarationOrder::LettersFirst), config("app"), &log);
    feed(&log, ["a", "b", "a"]);
    eventually("all is counted", || total(&log) == 3);
    streams.close_blocking(LIMIT).unwrap();
    let streams = run(both(DeclarationOrder::WordsFirst), config("app"), &log);
    feed(&log, ["a"]);
    eventually("counting continues", || counts(&log).get("a") == Some(&3));
    streams.close_blocking(LIMIT).unwrap();
}

/// Counts the lengths of `words`, in the store in which the words were counted.
fn counting_lengths() -> Topology {
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words");
    words.group_by(|_, word| word.len() as i64).count("counts");
    builder.build().unwrap()
}

/// Asserts that restoring fails with a message that has these parts, whatever the backing of the store.
#[track_caller]
fn refused_by_type(log: &InProcessLog, streams: &StreamsHandle, recorder: &EventRecorder, expected: &[&str]) {
    let before = everything(log);
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let failure = streams.failure().unwrap();
    let text = failure.to_string();
    assert_eq!(failure.kind, FailureKind::Store, "{text}");
    for part in expected {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
    assert_eq!((recorder.messages("task_failed").len(), recorder.messages("application_failed").len()), (1, 1));
    assert_eq!(everything(log), before);
}

#[test]
fn a_changelog_of_other_types_is_refused_at_its_first_record() {
    let log = log();
    count_three(&log);
    let recorder = EventRecorder::default();
    let streams = start(counting_lengths(), config("app"), &log, &recorder);
    let expected = [
        "store `counts` cannot be restored from app-counts-changelog-",
        "the record at offset 0 was not written for a KeyValueStore<i64, i64>: store `counts`: i64 takes 8 bytes, but 1 came",
        "Give the store back the types and serdes",
    ];
    refused_by_type(&log, &streams, &recorder, &expected);
    let place = streams.failure().unwrap().origin.unwrap();
    assert_eq!((place.topic.as_str(), place.offset.number()), ("app-counts-changelog", 0), "an alert names it, too");
    accepted(counting(), config("app"), &log);
}

#[test]
fn an_engine_takes_nothing_of_other_types_and_keeps_what_it_has() {
    let log = log();
    let disk = Disk::new();
    let start = |topology: Topology, recorder: &EventRecorder| {
        let streams = Streams::new(topology, config("app")).with_log(log.clone()).with_listener(recorder.listener());
        disk.behind(streams).start().unwrap()
    };
    let rows = || disk.engines().iter().map(InMemoryEngine::rows).collect::<Vec<_>>();
    count_three(&log);
    let recorder = EventRecorder::default();
    let streams = start(counting_lengths(), &recorder);
    let expected = ["the record at offset 0 was not written for a KeyValueStore<i64, i64>"];
    refused_by_type(&log, &streams, &recorder, &expected);
    assert!(rows().iter().all(Vec::is_empty));

    let streams = start(counting(), &EventRecorder::default());
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
    streams.close_blocking(LIMIT).unwrap();
    let kept = rows();
    assert_eq!(kept.iter().flatten().count(), 2);
    let recorder = EventRecorder::default();
    let streams = start(counting_lengths(), &recorder);
    let expected = ["keys String, values i64, not a timestamped key-value store, keys i64, values i64"];
    refused_by_type(&log, &streams, &recorder, &expected);
    assert_eq!(rows(), kept);
}

#[test]
fn records_of_a_repartition_topic_of_other_types_are_named() {
    let log = log();
    accepted(counting_lengths(), config("app"), &log);
    let partition = TopicPartition::new("app-counts-repartition", 2);
    log.append(&partition, &RecordBytes::new(Timestamp::from_millis(9), Some(b"c"), Some(b"c"))).unwrap();
    let streams = start(counting_lengths(), config("app"), &log, &EventRecorder::default());
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let failure = streams.failure().unwrap();
    assert_eq!(failure.kind, FailureKind::Deserialization);
    assert!(
        failure.to_string().contains("record app-counts-repartition-2 at offset 0: the key cannot be read"),
        "{failure}"
    );
}
