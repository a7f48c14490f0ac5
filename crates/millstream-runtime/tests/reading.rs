//! Reading: where it starts, in which order, how long a task waits, and which offsets are refreshed.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use millstream_core::{Consumed, ResetPolicy, StreamsBuilder, Topology};
use millstream_log::{InProcessLog, LogError};
use millstream_observe::ManualClock;
use millstream_runtime::{Streams, StreamsConfig, StreamsHandle};
use millstream_types::{RecordBytes, Timestamp, TopicPartition};
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
