//! Retention limits the size of a partition.
#![allow(clippy::unwrap_used)]

mod support;

use millstream_log::in_process::Settings;
use millstream_log::{AdminRequest, InProcessLog, Log, LogError, LogEvent, Signal, StartAt};
use millstream_types::Offset;
use support::{poll, put, read_out, reader, send, stored, t0, topic};

fn log_with(config: &[(&str, &str)]) -> InProcessLog {
    let log = InProcessLog::new();
    log.create_topic_with(topic("t", 1, config)).unwrap();
    log
}

/// Writes batches of 50 KB, which are not joined, with increasing times.
fn fill(log: &InProcessLog, batches: i64) {
    let value = "x".repeat(50_000);
    for time in 0..batches {
        put(log, time * 1_000, "k", Some(&value));
    }
}

#[test]
fn without_limits_everything_stays() {
    let log = log_with(&[("cleanup.policy", "delete")]);
    fill(&log, 20);
    assert_eq!(log.offset_range(&t0()).unwrap(), (Offset::ZERO, Offset::new(20)));
}

#[test]
fn bytes_are_bounded_by_dropping_the_oldest_batches() {
    let log = log_with(&[("retention.bytes", "200000")]);
    fill(&log, 50);
    let bytes = log.topic_bytes("t").unwrap();
    assert!((200_000..260_000).contains(&bytes), "{bytes}");
    let (start, end) = log.offset_range(&t0()).unwrap();
    assert_eq!((start, end), (Offset::new(46), Offset::new(50)), "at least what is to be retained");
    let (seen, next) = read_out(&mut *reader(&log, &t0(), StartAt::Earliest));
    assert_eq!((seen.len(), next), (4, Some(Offset::new(50))));
}

#[test]
fn retention_time_is_relative_to_the_newest_record() {
    let log = log_with(&[("retention.ms", "5000")]);
    fill(&log, 3);
    assert_eq!(log.offset_range(&t0()).unwrap().0, Offset::ZERO, "old by the calendar, but not by its own time");
    fill(&log, 20);
    assert_eq!(log.offset_range(&t0()).unwrap().0, Offset::new(3 + 14), "19 s is the newest, 14 s the oldest kept");
}

#[test]
fn the_age_of_joined_appends_is_that_of_the_newest() {
    let log = log_with(&[("retention.ms", "5000")]);
    put(&log, 0, "k", Some("old"));
    put(&log, 98_000, "k", Some("new"));
    let value = "x".repeat(70_000);
    put(&log, 100_000, "k", Some(&value));
    put(&log, 102_000, "k", Some(&value));
    assert_eq!(log.offset_range(&t0()).unwrap().0, Offset::ZERO);
    put(&log, 103_001, "k", Some(&value));
    assert_eq!(log.offset_range(&t0()).unwrap().0, Offset::new(2));
}

#[test]
fn the_last_batch_always_stays() {
    let log = log_with(&[("retention.bytes", "0")]);
    fill(&log, 5);
    assert_eq!(log.offset_range(&t0()).unwrap(), (Offset::new(4), Offset::new(5)));
}

#[test]
fn compacted_topics_may_have_a_retention() {
    let log = InProcessLog::with_settings(Settings { compaction_bytes_min: 1, ..Settings::default() });
    log.create_topic_with(topic("t", 1, &[("cleanup.policy", "compact,delete"), ("retention.ms", "5000")])).unwrap();
    let value = "x".repeat(50_000);
    for time in 0..20 {
        put(&log, time * 1_000, &format!("k{time}"), Some(&value));
    }
    let kept = log.records("t").unwrap();
    assert_eq!(kept.iter().map(|record| record.timestamp.as_millis()).min(), Some(14_000));
}

#[test]
fn a_slow_reader_gets_the_first_offset() {
    let log = log_with(&[("retention.bytes", "100000")]);
    let mut slow = reader(&log, &t0(), StartAt::Earliest);
    fill(&log, 10);
    let events = poll(&mut *slow, 0);
    let [LogEvent::FetchFailed { error: LogError::OffsetOutOfRange { offset, start, end, .. }, .. }] = &events[..]
    else {
        panic!("unexpected: {events:?}")
    };
    assert_eq!((offset.number(), start.number(), end.number()), (0, 8, 10));
    assert!(poll(&mut *slow, 0).is_empty(), "reported once");
}

#[test]
fn deleted_records_free_their_memory_and_offsets_continue() {
    let log = log_with(&[]);
    fill(&log, 10);
    let mut admin = log.admin("admin", &Signal::new()).unwrap();
    admin.request(AdminRequest::DeleteRecords(vec![(t0(), Offset::new(9))]));
    assert!(log.topic_bytes("t").unwrap() < 60_000);
    admin.request(AdminRequest::DeleteRecords(vec![(t0(), Offset::new(10))]));
    assert_eq!(log.topic_bytes("t"), Some(0));
    assert_eq!(put(&log, 1, "k", Some("v")), Offset::new(10));
    assert_eq!(stored(&log), ["10:k=v"]);
}

#[test]
fn records_can_be_deleted_up_to_the_middle_of_a_batch() {
    let log = log_with(&[]);
    let mut producer = log.producer("p", &Signal::new()).unwrap();
    for number in 0..10 {
        assert!(send(&mut *producer, &t0(), &number.to_string()));
    }
    producer.flush();
    let mut admin = log.admin("admin", &Signal::new()).unwrap();
    admin.request(AdminRequest::DeleteRecords(vec![(t0(), Offset::new(7))]));
    put(&log, 1, "k", Some("10"));
    assert_eq!(stored(&log), ["7:k=7", "8:k=8", "9:k=9", "10:k=10"]);
    let (seen, _) = read_out(&mut *reader(&log, &t0(), StartAt::Earliest));
    assert_eq!(seen, ["k=7", "k=8", "k=9", "k=10"]);
}
