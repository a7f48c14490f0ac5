//! Reading: where it starts, in which order, how long a task waits, and which offsets are refreshed.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use millstream_core::{Consumed, ResetPolicy, StreamsBuilder, Topology};
use millstream_log::{AdminRequest, InProcessLog, Log, LogError, Signal};
use millstream_observe::ManualClock;
use millstream_runtime::{Streams, StreamsConfig, StreamsHandle};
use millstream_types::{Offset, RecordBytes, Timestamp, TopicPartition};
use support::{EventRecorder, LIMIT, config, counting, eventually, feed_words, log, pause, run};

/// A log with the topics `left`, `right` and `out`, of one partition each.
fn two_topics() -> InProcessLog {
    let log = InProcessLog::new();
    for topic in ["left", "right", "out"] {
        log.create_topic(topic, 1).unwrap();
    }
    log
}

fn append(log: &InProcessLog, topic: &str, value: &str, time: i64) {
    let partition = TopicPartition::new(topic, 0);
    log.append(&partition, &RecordBytes::new(Timestamp::from_millis(time), None, Some(value.as_bytes()))).unwrap();
}

/// The values in `out`, in order.
fn outputs(log: &InProcessLog) -> Vec<String> {
    let records = log.records("out").unwrap().into_iter();
    records.map(|record| String::from_utf8(record.value.unwrap()).unwrap()).collect()
}

/// Copies `left`, read as `policy` says, and `right`, read as the application is configured, to `out`.
fn copying(policy: ResetPolicy) -> Topology {
    let builder = StreamsBuilder::new();
    builder.stream(Consumed::<Option<String>, String>::topic("left").reset(policy)).to("out");
    builder.stream::<Option<String>, String>("right").to("out");
    builder.build().unwrap()
}

#[track_caller]
fn check_reset(of_source: ResetPolicy, of_application: ResetPolicy, expected: [&str; 3]) {
    let log = two_topics();
    append(&log, "left", "left before", 0);
    append(&log, "right", "right before", 0);
    let settings = || StreamsConfig { reset_policy: of_application, ..config("app") };
    let streams = run(copying(of_source), settings(), &log);
    eventually("what was there is copied", || outputs(&log).len() == 1);
    // The other source begins behind the record that was there.
    eventually("both are read", || {
        let metrics = streams.metrics();
        metrics.tasks.iter().flat_map(|task| &task.partitions).filter(|at| at.position.number() == 1).count() == 2
    });
    append(&log, "left", "left after", 1);
    append(&log, "right", "right after", 1);
    eventually("what comes is copied", || outputs(&log).len() == 3);
    streams.close_blocking(LIMIT).unwrap();
    let mut copied = outputs(&log);
    copied.sort();
    assert_eq!(copied, expected);

    // A committed offset takes precedence over any policy.
    append(&log, "left", "left between", 2);
    let _streams = run(copying(of_source), settings(), &log);
    eventually("what came between is copied", || outputs(&log).len() == 4);
    assert_eq!(outputs(&log)[3], "left between");
}

#[test]
fn a_source_begins_where_its_own_policy_says_and_else_the_applications() {
    let (earliest, latest) = (ResetPolicy::Earliest, ResetPolicy::Latest);
    check_reset(latest, earliest, ["left after", "right after", "right before"]);
    check_reset(earliest, latest, ["left after", "left before", "right after"]);
}

/// The time that the tests of resets by duration take for now.
const NOW: i64 = 1_700_000_000_000;

/// Copies `left`, whose records are from an hour, a minute and a second ago, beginning as `policy` says. Returns what is copied first.
fn first_copied(policy: ResetPolicy, of_application: ResetPolicy) -> String {
    let log = two_topics();
    for (value, age) in [("an hour", 3_600_000), ("a minute", 60_000), ("a second", 1_000)] {
        append(&log, "left", value, NOW - age);
    }
    let _streams = Streams::new(copying(policy), StreamsConfig { reset_policy: of_application, ..config("app") })
        .with_log(log.clone())
        .with_clock(ManualClock::starting_at(Timestamp::from_millis(NOW)))
        .start()
        .unwrap();
    eventually("the first is copied", || !outputs(&log).is_empty());
    outputs(&log).swap_remove(0)
}

#[test]
fn a_reset_by_duration_begins_at_the_first_record_that_is_not_older() {
    let by = |duration| ResetPolicy::ByDuration(duration);
    let first = |policy| first_copied(policy, ResetPolicy::Latest);
    assert_eq!(first(by(Duration::from_secs(3_600))), "an hour", "exactly as old");
    assert_eq!(first(by(Duration::from_millis(3_599_999))), "a minute");
    assert_eq!(first(by(Duration::from_secs(59))), "a second");
    assert_eq!(first(by(Duration::MAX)), "an hour", "longer ago than there was time");
}

#[test]
fn a_reset_by_duration_begins_at_the_end_if_all_records_are_older() {
    let log = two_topics();
    append(&log, "left", "old", NOW - 2);
    let policy = ResetPolicy::ByDuration(Duration::from_millis(1));
    let clock = ManualClock::starting_at(Timestamp::from_millis(NOW));
    let streams =
        Streams::new(copying(policy), config("app")).with_log(log.clone()).with_clock(clock.clone()).start().unwrap();
    eventually("the position is behind it", || {
        clock.advance(Duration::from_millis(50));
        let metrics = streams.metrics();
        metrics.tasks.iter().flat_map(|task| &task.partitions).any(|at| at.position.number() == 1)
    });
    append(&log, "left", "new", NOW - 2);
    eventually("what is written later is copied, however old", || outputs(&log) == ["new"]);
}

/// After the records of a committed offset were deleted, the policy applies again.
#[test]
fn a_reset_by_duration_applies_when_the_committed_records_are_gone() {
    let log = two_topics();
    let settings = || StreamsConfig { reset_policy: ResetPolicy::ByDuration(Duration::from_secs(59)), ..config("app") };
    let start = || {
        let recorder = EventRecorder::default();
        let builder = StreamsBuilder::new();
        builder.stream::<Option<String>, String>("left").to("out");
        let streams = Streams::new(builder.build().unwrap(), settings())
            .with_log(log.clone())
            .with_clock(ManualClock::starting_at(Timestamp::from_millis(NOW)))
            .with_listener(recorder.listener())
            .start()
            .unwrap();
        (streams, recorder)
    };
    append(&log, "left", "zero", NOW);
    let (streams, _) = start();
    eventually("the first is copied", || outputs(&log) == ["zero"]);
    streams.close_blocking(LIMIT).unwrap();
    for (value, age) in [("one", 2), ("two", 3_600_000), ("three", 60_000), ("four", 1_000)] {
        append(&log, "left", value, NOW - age);
    }
    let left = TopicPartition::new("left", 0);
    let mut admin = log.admin("test", &Signal::new()).unwrap();
    admin.request(AdminRequest::DeleteRecords(vec![(left, Offset::new(2))]));
    let (_streams, recorder) = start();
    eventually("reading resumes", || outputs(&log).len() > 1);
    assert_eq!(outputs(&log), ["zero", "four"]);
    let messages = recorder.messages("offset_out_of_range");
    assert!(messages[0].contains("late enough for the reset policy"), "{messages:?}");
}

/// A task that reads two topics, of which only the second has a record, at time 2.
fn written_to_one_of_two(max_task_idle: Option<Duration>) -> (InProcessLog, StreamsHandle) {
    let log = two_topics();
    let builder = StreamsBuilder::new();
    builder.stream(Consumed::<Option<String>, String>::topics(["left", "right"])).to("out");
    let settings = StreamsConfig { max_task_idle, ..config("app") };
    let streams = run(builder.build().unwrap(), settings, &log);
    append(&log, "right", "2", 2);
    (log, streams)
}

#[test]
fn a_task_waits_for_a_late_producer_for_the_configured_time() {
    let (log, _streams) = written_to_one_of_two(Some(LIMIT * 2));
    pause(Duration::from_millis(300));
    assert_eq!(outputs(&log), [""; 0], "the other topic may still get an older record");
    append(&log, "left", "1", 1);
    append(&log, "left", "3", 3);
    eventually("the rest comes in the order of time", || outputs(&log) == ["1", "2"]);
}

#[test]
fn after_the_wait_the_other_records_are_processed() {
    for max_task_idle in [None, Some(Duration::ZERO), Some(Duration::from_millis(50))] {
        let (log, _streams) = written_to_one_of_two(max_task_idle);
        eventually("the record comes through alone", || outputs(&log) == ["2"]);
    }
}

#[test]
fn unchanged_offsets_are_committed_again_before_they_expire() {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    let (log, recorder) = (log(), EventRecorder::default());
    let clock = ManualClock::starting_at(Timestamp::from_millis(0));
    // The steps of the clock are shorter than half the session, so the membership is not checked.
    let streams = Streams::new(counting(), StreamsConfig { session_timeout: 48 * HOUR, ..config("app") })
        .with_log(log.clone())
        .with_clock(clock.clone())
        .with_listener(recorder.listener())
        .start()
        .unwrap();
    feed_words(&log, 1_000);
    let committed = || log.committed("app").values().map(|committed| committed.offset.number()).sum::<i64>();
    eventually("all is counted and committed", || {
        clock.advance(Duration::from_millis(20));
        committed() == 2_000
    });
    // A failing commit shows that there is one.
    log.faults().fail_commits("app", 2, LogError::Unavailable { reason: "no coordinator".to_owned() });
    clock.advance(HOUR);
    pause(Duration::from_millis(300));
    assert_eq!(recorder.messages("commit_failed"), [""; 0], "there is nothing to commit");
    clock.advance(11 * HOUR);
    eventually("it is committed again, until that succeeds", || {
        clock.advance(Duration::from_millis(20));
        recorder.messages("commit_failed").len() == 2
    });
    streams.close_blocking(LIMIT).unwrap();
    assert_eq!(committed(), 2_000);
}
