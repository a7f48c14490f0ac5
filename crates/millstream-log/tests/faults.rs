//! Fault injection.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use millstream_log::{CommittedOffset, InProcessLog, Log, LogError, LogEvent, Signal, StartAt, TopicState};
use millstream_types::{MonotonicTime, Offset, TopicPartition};
use support::{member, poll, poll_producer, put, read_out, reader, send, stored, t0};

fn log() -> InProcessLog {
    let log = InProcessLog::new();
    log.create_topic("t", 2).unwrap();
    log
}

fn broken() -> LogError {
    LogError::Unavailable { reason: "a test breaks it".to_owned() }
}

/// Lets the members join and get their partitions of `t`, without reading.
fn assign(members: &mut [&mut Box<dyn millstream_log::GroupConsumer>], now: u64) {
    for _ in 0..4 {
        for member in &mut *members {
            if !poll(&mut ***member, now).is_empty() {
                member.finish_rebalance();
            }
        }
    }
}

fn offsets(number: i64) -> Vec<(TopicPartition, CommittedOffset)> {
    vec![(t0(), CommittedOffset { offset: Offset::new(number), metadata: String::new() })]
}

#[test]
fn appends_fail_as_often_as_configured() {
    let log = log();
    log.faults().fail_appends("t", 2, broken());
    let mut producer = log.producer("p", &Signal::new()).unwrap();
    for value in ["1", "2", "3"] {
        assert!(send(&mut *producer, &t0(), value));
    }
    let events = poll_producer(&mut *producer);
    assert_eq!(events.len(), 3, "{events:?}");
    for event in &events[..2] {
        assert!(
            matches!(event, LogEvent::ProduceFailed { partition, error, .. } if *partition == t0() && *error == broken())
        );
    }
    assert!(matches!(events[2], LogEvent::Acknowledged { up_to: 3 }));
    assert_eq!(stored(&log), ["0:k=3"]);
}

#[test]
fn a_full_producer_accepts_and_counts_no_records() {
    let log = log();
    log.faults().refuse_appends();
    let mut producer = log.producer("p", &Signal::new()).unwrap();
    assert!(!send(&mut *producer, &t0(), "1"));
    assert_eq!((producer.appended(), poll_producer(&mut *producer).len()), (0, 0));
    log.faults().accept_appends();
    assert!(send(&mut *producer, &t0(), "1"));
}

#[test]
fn records_for_an_unavailable_topic_are_held_back() {
    let log = log();
    log.create_topic("other", 1).unwrap();
    let mut producer = log.producer("p", &Signal::new()).unwrap();
    assert!(send(&mut *producer, &TopicPartition::new("other", 0), "1"));
    log.faults().make_unavailable("t");
    assert!(send(&mut *producer, &t0(), "2") && send(&mut *producer, &TopicPartition::new("other", 0), "3"));
    assert!(matches!(poll_producer(&mut *producer)[..], [LogEvent::Acknowledged { up_to: 1 }]));
    assert_eq!((stored(&log).len(), log.records("other").unwrap().len()), (0, 2));
    assert_eq!(producer.acknowledged_offset(&t0()), None);
    log.faults().make_available("t");
    assert!(matches!(poll_producer(&mut *producer)[..], [LogEvent::Acknowledged { up_to: 3 }]));
    assert_eq!(stored(&log), ["0:k=2"]);
}

#[test]
fn a_producer_with_held_records_becomes_full() {
    let log = log();
    log.faults().make_unavailable("t");
    let mut producer = log.producer("p", &Signal::new()).unwrap();
    let value = "x".repeat(1_000_000);
    let taken = (0..100).take_while(|_| send(&mut *producer, &t0(), &value)).count();
    assert_eq!(taken, 34, "32 MiB");
    log.faults().make_available("t");
    assert!(matches!(poll_producer(&mut *producer)[..], [LogEvent::Acknowledged { up_to: 34 }]));
    assert!(send(&mut *producer, &t0(), &value));
}

#[test]
fn fetches_wait_until_their_time() {
    let log = log();
    put(&log, 1, "k", Some("v"));
    log.faults().delay_fetches(t0(), MonotonicTime::after_start(Duration::from_millis(500)));
    let mut fetcher = reader(&log, &t0(), StartAt::Earliest);
    assert!(poll(&mut *fetcher, 499).is_empty());
    assert_eq!(poll(&mut *fetcher, 500).len(), 1);
}

#[test]
fn an_unavailable_topic_gives_no_chunks_and_wakes_its_readers_when_it_is_available() {
    let log = log();
    put(&log, 1, "k", Some("v"));
    let signal = Signal::new();
    let mut fetcher = log.fetcher("f", &signal).unwrap();
    fetcher.assign(&[(t0(), StartAt::Earliest)]);
    log.faults().make_unavailable("t");
    assert!(poll(&mut *fetcher, 0).is_empty());
    signal.wait(Duration::ZERO);
    log.faults().make_available("t");
    assert!(signal.wait(Duration::ZERO));
    assert_eq!(read_out(&mut *fetcher).0, ["k=v"]);
}

#[test]
fn commits_fail_as_often_as_configured() {
    let log = log();
    let mut consumer = member(&log, "a");
    assign(&mut [&mut consumer], 0);
    log.faults().fail_commits("g", 1, broken());
    consumer.commit(&offsets(1));
    consumer.commit(&offsets(2));
    let events = poll(&mut *consumer, 0);
    assert!(matches!(&events[0], LogEvent::CommitDone { token: 1, result: Err(error) } if *error == broken()));
    assert!(matches!(&events[1], LogEvent::CommitDone { token: 2, result: Ok(()) }));
    assert_eq!(log.committed("g")[&t0()].offset, Offset::new(2));
}

#[test]
fn a_frozen_member_is_lost_after_its_session_and_its_commits_are_refused() {
    let log = log();
    let (mut frozen, mut other) = (member(&log, "frozen"), member(&log, "other"));
    assign(&mut [&mut frozen, &mut other], 0);
    log.faults().freeze("frozen");
    frozen.commit(&offsets(7));
    for now in [50, 100] {
        assert!(poll(&mut *frozen, now).is_empty() && poll(&mut *other, now).is_empty());
    }
    assert!(matches!(&poll(&mut *other, 101)[..], [LogEvent::Assigned(gained)] if *gained == [t0()]));
    let events = poll(&mut *frozen, 101);
    assert!(matches!(&events[0], LogEvent::CommitDone { result: Err(LogError::NotAMember), .. }), "{events:?}");
    assert!(matches!(&events[1], LogEvent::Lost(lost) if *lost == [t0()]), "{events:?}");
    assert_eq!(log.committed("g").len(), 0);
}

#[test]
fn a_member_frozen_alone_is_lost_too() {
    let log = log();
    let mut frozen = member(&log, "frozen");
    assign(&mut [&mut frozen], 0);
    log.faults().freeze("frozen");
    assert!(poll(&mut *frozen, 100).is_empty());
    assert!(matches!(&poll(&mut *frozen, 101)[..], [LogEvent::Lost(lost)] if lost.len() == 2));
    frozen.finish_rebalance();
    assert!(matches!(&poll(&mut *frozen, 102)[..], [LogEvent::Assigned(gained)] if gained.len() == 2));
}

#[test]
fn a_thawed_member_continues() {
    let log = log();
    let mut frozen = member(&log, "frozen");
    assign(&mut [&mut frozen], 0);
    log.faults().freeze("frozen");
    frozen.commit(&offsets(7));
    assert!(poll(&mut *frozen, 90).is_empty());
    log.faults().thaw("frozen");
    assert!(matches!(&poll(&mut *frozen, 95)[..], [LogEvent::CommitDone { result: Ok(()), .. }]));
}

#[test]
fn an_expired_member_is_lost_at_once() {
    let log = log();
    let (mut lost, mut other) = (member(&log, "lost"), member(&log, "other"));
    assign(&mut [&mut lost, &mut other], 0);
    log.faults().expire("lost");
    assert!(matches!(&poll(&mut *other, 0)[..], [LogEvent::Assigned(gained)] if *gained == [t0()]));
    assert!(matches!(&poll(&mut *lost, 0)[..], [LogEvent::Lost(gone)] if *gone == [t0()]));
}

#[test]
fn without_faults_nothing_fails() {
    let log = log();
    let mut producer = log.producer("p", &Signal::new()).unwrap();
    assert_eq!(producer.topic(&t0().topic), TopicState::Ready { partitions: 2 });
    assert!(send(&mut *producer, &t0(), "1"));
    assert!(matches!(poll_producer(&mut *producer)[..], [LogEvent::Acknowledged { up_to: 1 }]));
}
