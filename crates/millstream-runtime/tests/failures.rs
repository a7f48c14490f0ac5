//! Failures of an application: nothing hangs, nothing is lost, everything is reported.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use millstream_core::{StreamsBuilder, Topology};
use millstream_log::{InProcessLog, LogError};
use millstream_observe::events::{EventKind, FailureKind, State, ThreadAction};
use millstream_runtime::{CloseError, Streams, StreamsConfig, StreamsHandle, UncaughtErrors};
use millstream_task::{ErrorHandler, Handlers};
use millstream_types::{Offset, RecordBytes, Timestamp, TopicPartition};
use support::{EventRecorder, LIMIT, config, counting, counts, eventually, feed, feed_words, log, pause, run, total};

/// Copies `words` to `counts`, and panics on the word `bomb` as often as `bombs` says.
fn panicking(bombs: u32) -> Topology {
    let bombs = AtomicU32::new(bombs);
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words");
    let checked = words.map_values(move |_, word| {
        let goes_off = word == "bomb"
            && bombs.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bombs| bombs.checked_sub(1)).is_ok();
        assert!(!goes_off, "the {word} went off");
        word
    });
    checked.to("counts");
    builder.build().unwrap()
}

/// Starts a topology that panics.
fn start_panicking(
    log: &InProcessLog,
    bombs: u32,
    threads: usize,
    errors: UncaughtErrors,
    recorder: &EventRecorder,
) -> StreamsHandle {
    let streams = Streams::new(panicking(bombs), StreamsConfig { threads, ..config("app") })
        .with_log(log.clone())
        .with_uncaught_errors(errors)
        .with_listener(recorder.listener())
        .start()
        .unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    streams
}

/// The words copied to `counts`.
fn copied(log: &InProcessLog) -> usize {
    log.records("counts").unwrap().len()
}

#[test]
fn a_panic_in_user_code_stops_the_application_with_its_message() {
    let (log, recorder) = (log(), EventRecorder::default());
    let streams = start_panicking(&log, 1, 2, UncaughtErrors::default(), &recorder);
    feed(&log, ["a", "bomb", "b"]);
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let failure = streams.failure().unwrap();
    assert_eq!(failure.kind, FailureKind::Panic);
    assert_eq!(failure.detail.as_deref(), Some("the bomb went off"));
    assert_eq!(recorder.messages("task_failed").len(), 1);
    assert!(recorder.messages("thread_failed")[0].ends_with("the application stops."));
    assert_eq!(streams.close_blocking(LIMIT), Err(CloseError::Failed(Some(failure))));
}

#[test]
fn a_thread_that_panics_is_replaced_and_repeats_uncommitted_work() {
    let (log, recorder) = (log(), EventRecorder::default());
    let errors = UncaughtErrors::custom(|failure| match failure.kind {
        FailureKind::Panic => ThreadAction::Replace,
        _ => ThreadAction::StopApplication,
    });
    let streams = start_panicking(&log, 3, 1, errors, &recorder);
    feed(&log, ["a", "bomb", "b", "c"]);
    eventually("all are copied", || copied(&log) >= 4);
    eventually("it was replaced after each", || recorder.messages("thread_replaced").len() == 3);
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    streams.close_blocking(LIMIT).unwrap();
}

#[test]
fn the_other_threads_continue_after_one_stops() {
    let (log, recorder) = (log(), EventRecorder::default());
    let errors = UncaughtErrors::always(ThreadAction::StopThread);
    let streams = start_panicking(&log, 1, 2, errors, &recorder);
    feed(&log, ["a", "bomb", "b", "c"]);
    eventually("the other one copies all", || copied(&log) >= 4);
    eventually("the failure is reported", || recorder.messages("thread_failed").len() == 1);
    eventually("it runs again", || streams.state() == State::Running);
    streams.close_blocking(LIMIT).unwrap();
}

#[test]
fn the_application_fails_when_its_last_thread_stops() {
    let (log, recorder) = (log(), EventRecorder::default());
    let errors = UncaughtErrors::always(ThreadAction::StopThread);
    let streams = start_panicking(&log, 1, 1, errors, &recorder);
    feed(&log, ["bomb"]);
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
}

/// Reads `words` as numbers.
fn numbers() -> Topology {
    let builder = StreamsBuilder::new();
    builder.stream::<Option<String>, i64>("words").to("counts");
    builder.build().unwrap()
}

#[test]
fn a_record_that_cannot_be_read_stops_the_application_by_default() {
    let log = log();
    let streams = run(numbers(), config("app"), &log);
    feed(&log, ["12345678", "poison"]);
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let failure = streams.failure().unwrap();
    assert_eq!(failure.kind, FailureKind::Deserialization);
    assert!(failure.to_string().contains("words-1 at offset 0"), "{failure}");
}

#[test]
fn a_handler_skips_the_record_and_processing_continues() {
    let (log, recorder) = (log(), EventRecorder::default());
    let handlers = Handlers { deserialization: ErrorHandler::Continue, ..Handlers::default() };
    let streams = Streams::new(numbers(), config("app"))
        .with_log(log.clone())
        .with_handlers(handlers)
        .with_listener(recorder.listener())
        .start()
        .unwrap();
    feed(&log, ["12345678", "poison", "87654321"]);
    eventually("the others are copied", || copied(&log) == 2);
    eventually("the poison record is reported", || recorder.messages("records_skipped").len() == 1);
    streams.close_blocking(LIMIT).unwrap();
    let committed = log.committed("app");
    assert_eq!(committed[&TopicPartition::new("words", 1)].offset, Offset::new(1), "the poison counts as consumed");
}

#[test]
fn a_commit_that_fails_is_repeated() {
    let (log, recorder) = (log(), EventRecorder::default());
    let unavailable = LogError::Unavailable { reason: "no coordinator".to_owned() };
    log.faults().fail_commits("app", 3, unavailable);
    let streams = Streams::new(counting(), config("app"))
        .with_log(log.clone())
        .with_listener(recorder.listener())
        .start()
        .unwrap();
    feed_words(&log, 1000);
    eventually("all is counted", || total(&log) == 1000);
    streams.close_blocking(LIMIT).unwrap();
    assert_eq!(recorder.messages("commit_failed").len(), 3);
    let committed: i64 = (0..4).map(|p| log.committed("app")[&TopicPartition::new("words", p)].offset.number()).sum();
    assert_eq!(committed, 1000);

    let _streams = run(counting(), config("app"), &log);
    feed_words(&log, 100);
    eventually("nothing is counted twice", || total(&log) == 1100);
}

#[test]
fn a_commit_with_a_final_error_fails_the_thread() {
    let log = log();
    log.faults().fail_commits("app", 1, LogError::Unauthorised { reason: "no right to commit".to_owned() });
    // The first commit may come before any record.
    let streams = Streams::new(counting(), config("app")).with_log(log.clone()).start().unwrap();
    feed_words(&log, 100);
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    assert!(streams.failure().unwrap().to_string().contains("no right to commit"));
}

#[test]
fn an_unavailable_output_topic_delays_processing_and_loses_nothing() {
    let log = log();
    let streams = run(counting(), config("app"), &log);
    log.faults().make_unavailable("counts");
    feed_words(&log, 1000);
    pause(Duration::from_millis(200));
    assert_eq!(total(&log), 0);
    let committed = log.committed("app");
    let of_counts = committed.iter().filter(|(partition, _)| partition.topic.as_str() == "app-counts-repartition");
    let consumed: Vec<_> = of_counts.filter(|(_, committed)| committed.offset.number() > 0).collect();
    assert!(consumed.is_empty(), "{consumed:?}");
    log.faults().make_available("counts");
    eventually("all is counted", || total(&log) == 1000);
    streams.close_blocking(LIMIT).unwrap();
    assert!(counts(&log).values().all(|count| *count == 10));
}

#[test]
fn deleted_records_are_reported_and_reading_resumes() {
    let (log, recorder) = (log(), EventRecorder::default());
    let partition = TopicPartition::new("words", 0);
    run(counting(), config("app"), &log).close_blocking(LIMIT).unwrap();
    let append = |word: &str| {
        log.append(&partition, &RecordBytes::new(Timestamp::from_millis(1), None, Some(word.as_bytes()))).unwrap()
    };
    for word in ["a", "b", "c"] {
        append(word);
    }
    run_until(&log, 3);
    for word in ["d", "e", "f"] {
        append(word);
    }
    delete_before(&log, &partition, Offset::new(5));
    let streams = Streams::new(counting(), config("app"))
        .with_log(log.clone())
        .with_listener(recorder.listener())
        .start()
        .unwrap();
    eventually("what is left is counted", || counts(&log).contains_key("f"));
    streams.close_blocking(LIMIT).unwrap();
    assert!(!counts(&log).contains_key("e"));
    let is_reported = |kind: &EventKind| {
        matches!(kind, EventKind::OffsetOutOfRange { from_offset, to_offset, .. }
            if (from_offset.number(), to_offset.map(Offset::number)) == (3, Some(5)))
    };
    assert!(recorder.has_event(is_reported));
}

fn run_until(log: &InProcessLog, count: i64) {
    let streams = run(counting(), config("app"), log);
    eventually("all is counted", || total(log) == count);
    streams.close_blocking(LIMIT).unwrap();
}

fn delete_before(log: &InProcessLog, partition: &TopicPartition, offset: Offset) {
    use millstream_log::{AdminRequest, Log, Signal};
    let mut admin = log.admin("test", &Signal::new()).unwrap();
    admin.request(AdminRequest::DeleteRecords(vec![(partition.clone(), offset)]));
}

/// Rule 122.
#[test]
fn consumed_records_of_a_repartition_topic_are_deleted() {
    let log = log();
    let streams = run(counting(), StreamsConfig { repartition_purge_interval: Duration::ZERO, ..config("app") }, &log);
    feed_words(&log, 1000);
    eventually("all is counted", || total(&log) == 1000);
    eventually("the repartition topic is empty", || log.records("app-counts-repartition").unwrap().is_empty());
    streams.close_blocking(LIMIT).unwrap();
}
