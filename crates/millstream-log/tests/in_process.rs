//! Behaviour of the in-process log beyond the conformance suite.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "these tests use real threads and time")]

mod support;

use std::time::{Duration, Instant};

use millstream_log::in_process::Settings;
use millstream_log::{GroupConfig, InProcessLog, Log, LogError, LogEvent, Signal, StartAt, TopicState};
use millstream_types::{Offset, Partition, RecordBytes, Topic, TopicPartition};
use support::{at, member, poll, poll_producer, put, read_out, reader, send, stored, t0, topic};

fn log() -> InProcessLog {
    let log = InProcessLog::new();
    log.create_topic("t", 2).unwrap();
    log
}

#[test]
fn clones_are_the_same_log() {
    let log = log();
    put(&log.clone(), 1, "k", Some("v"));
    assert_eq!(stored(&log), ["0:k=v"]);
}

#[test]
fn topics_are_described_as_they_were_created() {
    let log = InProcessLog::new();
    let (second, first) = (topic("b", 3, &[("cleanup.policy", "compact"), ("other", "x")]), topic("a", 1, &[]));
    log.create_topic_with(second.clone()).unwrap();
    log.create_topic_with(first.clone()).unwrap();
    assert_eq!(log.topics(), [first, second]);
    assert_eq!((log.partition_count("b"), log.partition_count("c")), (Some(3), None));
    assert_eq!(log.create_topic("a", 1), Err(LogError::TopicExists { topic: Topic::from("a") }));
}

#[test]
fn direct_appends_are_checked() {
    let log = log();
    let append = |topic: &str, number, value: &[u8]| {
        log.append(&TopicPartition::new(topic, number), &RecordBytes::new(at(1), None, Some(value)))
    };
    assert_eq!(append("t", 1, b"v"), Ok(Offset::ZERO));
    assert_eq!(append("t", 1, b"v"), Ok(Offset::new(1)));
    assert!(matches!(append("t", 2, b"v"), Err(LogError::UnknownPartition { .. })));
    assert!(matches!(append("u", 0, b"v"), Err(LogError::UnknownTopic { .. })));
    assert!(matches!(append("t", 0, &[0; 1_048_589]), Err(LogError::RecordTooLarge { limit: Some(1_048_588), .. })));
    assert_eq!(append("t", 0, &[0; 1_048_588]), Ok(Offset::ZERO));
    assert!(matches!(log.records("u"), Err(LogError::UnknownTopic { .. })));
}

#[test]
fn a_topic_may_have_a_limit_of_its_own() {
    let log = InProcessLog::new();
    log.create_topic_with(topic("t", 1, &[("max.message.bytes", "3")])).unwrap();
    let mut producer = log.producer("p", &Signal::new()).unwrap();
    assert!(send(&mut *producer, &t0(), "12") && send(&mut *producer, &t0(), "123"));
    let events = poll_producer(&mut *producer);
    let is_refused = |event: &LogEvent| {
        matches!(event, LogEvent::ProduceFailed { error: LogError::RecordTooLarge { size: 4, limit: Some(3), .. }, .. })
    };
    assert!(is_refused(&events[0]), "{events:?}");
    assert!(matches!(events[1], LogEvent::Acknowledged { up_to: 2 }));
    assert_eq!(stored(&log), ["0:k=12"]);
}

#[test]
fn missing_topics_are_created_only_if_the_settings_say_so() {
    let strict = log();
    let mut producer = strict.producer("p", &Signal::new()).unwrap();
    assert_eq!(producer.topic(&Topic::from("new")), TopicState::Missing);
    assert!(send(&mut *producer, &TopicPartition::new("new", 0), "v"), "taken, and failed by name");
    let events = poll_producer(&mut *producer);
    assert!(matches!(&events[0], LogEvent::ProduceFailed { error: LogError::UnknownTopic { .. }, .. }), "{events:?}");

    let easy = InProcessLog::with_settings(Settings { auto_create_partitions: Some(3), ..Settings::default() });
    let mut producer = easy.producer("p", &Signal::new()).unwrap();
    assert_eq!(producer.topic(&Topic::from("new")), TopicState::Ready { partitions: 3 });
    assert_eq!(easy.partition_count("new"), Some(3));
    assert_eq!(producer.topic(&Topic::from("not a name")), TopicState::Missing);
}

#[test]
fn a_producer_finds_a_topic_created_after_it_was_missing() {
    let log = InProcessLog::new();
    let mut producer = log.producer("p", &Signal::new()).unwrap();
    assert_eq!(producer.topic(&Topic::from("t")), TopicState::Missing);
    log.create_topic("t", 1).unwrap();
    assert_eq!(producer.topic(&Topic::from("t")), TopicState::Ready { partitions: 1 });
}

#[test]
fn a_full_batch_is_appended_at_once_and_a_part_of_one_by_a_poll() {
    let log = log();
    let mut producer = log.producer("p", &Signal::new()).unwrap();
    for number in 0..4_100 {
        assert!(send(&mut *producer, &t0(), &number.to_string()));
    }
    assert_eq!(log.offset_range(&t0()).unwrap().1, Offset::new(4_096));
    assert_eq!(producer.acknowledged_offset(&t0()), Some(Offset::new(4_096)));
    poll_producer(&mut *producer);
    assert_eq!(producer.acknowledged_offset(&t0()), Some(Offset::new(4_100)));
    assert_eq!(log.records("t").unwrap().len(), 4_100);
}

#[test]
fn single_appends_are_read_in_few_chunks() {
    let log = log();
    for number in 0..1_000 {
        put(&log, 1, "k", Some(&number.to_string()));
    }
    let mut fetcher = reader(&log, &t0(), StartAt::Earliest);
    let events = poll(&mut *fetcher, 0);
    assert!(matches!(&events[..], [LogEvent::Chunk(chunk)] if chunk.len() == 1_000));
    put(&log, 1, "k", Some("more"));
    assert!(
        matches!(&events[..], [LogEvent::Chunk(chunk)] if chunk.len() == 1_000),
        "a chunk of a reader does not change"
    );
    assert_eq!(read_out(&mut *fetcher).0, ["k=more"]);
}

#[test]
fn the_size_of_joined_chunks_is_limited() {
    let log = log();
    for number in 0..20_000 {
        put(&log, 1, "k", Some(&number.to_string()));
    }
    let mut fetcher = reader(&log, &t0(), StartAt::Earliest);
    let mut records = 0;
    while let [LogEvent::Chunk(chunk)] = &poll(&mut *fetcher, 0)[..] {
        assert!(chunk.buffer_bytes() <= 64 * 1024);
        records += chunk.len();
    }
    assert_eq!(records, 20_000);
}

#[test]
fn a_static_member_is_fenced_by_its_successor() {
    let log = log();
    let config =
        GroupConfig { instance_id: Some("one".to_owned()), ..GroupConfig::new("g", "c", Duration::from_millis(100)) };
    let mut first = log.consumer(&config, &Signal::new()).unwrap();
    first.subscribe(&[Topic::from("t")]);
    assert!(matches!(&poll(&mut *first, 0)[..], [LogEvent::Assigned(all)] if all.len() == 2));
    let mut second = log.consumer(&config, &Signal::new()).unwrap();
    second.subscribe(&[Topic::from("t")]);
    assert!(matches!(&poll(&mut *second, 0)[..], [LogEvent::Assigned(all)] if all.len() == 2));
    first.commit(&[]);
    let fenced = LogError::Fenced { identity: "one".to_owned() };
    match &poll(&mut *first, 0)[..] {
        [LogEvent::CommitDone { result: Err(refused), .. }, LogEvent::Fatal(error)] => {
            assert_eq!((refused, error), (&fenced, &fenced));
        }
        events => panic!("unexpected: {events:?}"),
    }
    assert!(poll(&mut *first, 0).is_empty(), "reported once");
}

#[test]
fn a_loss_is_reported_after_the_pending_response() {
    let log = log();
    let mut member = member(&log, "a");
    assert!(matches!(&poll(&mut *member, 0)[..], [LogEvent::Assigned(all)] if all.len() == 2));
    log.faults().expire("a");
    assert!(poll(&mut *member, 0).is_empty(), "the assignment has no response yet");
    member.finish_rebalance();
    assert!(matches!(&poll(&mut *member, 0)[..], [LogEvent::Lost(all)] if all.len() == 2));
    assert!(poll(&mut *member, 0).is_empty());
    member.finish_rebalance();
    assert!(matches!(&poll(&mut *member, 0)[..], [LogEvent::Assigned(all)] if all.len() == 2));
}

#[test]
fn a_member_gets_a_topic_that_is_created_later() {
    let log = InProcessLog::new();
    let mut member = member(&log, "a");
    assert!(matches!(&poll(&mut *member, 0)[..], [LogEvent::Assigned(none)] if none.is_empty()));
    member.finish_rebalance();
    log.create_topic("t", 1).unwrap();
    assert!(matches!(&poll(&mut *member, 0)[..], [LogEvent::Assigned(all)] if *all == [t0()]));
}

#[test]
fn revoked_partitions_are_not_lost_later() {
    let log = log();
    let mut first = member(&log, "first");
    poll(&mut *first, 0);
    first.finish_rebalance();
    let _second = member(&log, "second");
    assert!(matches!(&poll(&mut *first, 0)[..], [LogEvent::Revoked(one)] if *one == [TopicPartition::new("t", 1)]));
    first.finish_rebalance();
    log.faults().expire("first");
    assert!(matches!(&poll(&mut *first, 0)[..], [LogEvent::Lost(one)] if *one == [t0()]));
}

#[test]
fn a_group_without_a_name_is_refused() {
    let config = GroupConfig::new("", "c", Duration::from_secs(1));
    assert!(matches!(log().consumer(&config, &Signal::new()).err(), Some(LogError::Invalid { .. })));
}

#[test]
fn group_events_raise_the_signals_of_their_members() {
    let log = log();
    let signals = [Signal::new(), Signal::new()];
    let mut members = Vec::new();
    for (name, signal) in ["a", "b"].into_iter().zip(&signals) {
        let config = GroupConfig::new("g", name, Duration::from_secs(1));
        let mut consumer = log.consumer(&config, signal).unwrap();
        consumer.subscribe(&[Topic::from("t")]);
        assert!(signal.wait(Duration::ZERO), "an assignment waits");
        poll(&mut *consumer, 0);
        consumer.finish_rebalance();
        members.push(consumer);
    }
    assert!(signals[0].wait(Duration::ZERO), "a revocation waits");
    poll(&mut *members[0], 0);
    signals[1].wait(Duration::ZERO);
    members[0].finish_rebalance();
    assert!(signals[1].wait(Duration::ZERO), "revoked partitions are free");
}

#[test]
fn threads_write_and_read_one_log_at_once() {
    const EACH: usize = 20_000;
    let log = log();
    let read = |number| {
        let partition = TopicPartition::new("t", number);
        let signal = Signal::new();
        let mut fetcher = log.fetcher("f", &signal).unwrap();
        fetcher.assign(&[(partition, StartAt::Earliest)]);
        let mut offsets = Vec::new();
        while offsets.len() < 2 * EACH {
            let events = poll(&mut *fetcher, 0);
            if events.is_empty() {
                assert!(signal.wait(Duration::from_secs(20)), "{} of {} records came", offsets.len(), 2 * EACH);
            }
            for event in events {
                let LogEvent::Chunk(chunk) = event else { panic!("unexpected: {event:?}") };
                offsets.extend(chunk.iter().map(|record| record.offset().number() as usize));
            }
        }
        offsets
    };
    let write = || {
        let mut producer = log.producer("p", &Signal::new()).unwrap();
        for number in 0..2 * EACH {
            let partition = TopicPartition::new("t", (number % 2) as u32);
            assert!(send(&mut *producer, &partition, "v"));
        }
        poll_producer(&mut *producer);
    };
    std::thread::scope(|scope| {
        let readers = [0, 1].map(|number| scope.spawn(move || read(number)));
        let writers = [0, 1].map(|_| scope.spawn(write));
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        for reader in readers {
            assert!(reader.join().unwrap().into_iter().eq(0..2 * EACH), "every offset once, in order");
        }
    });
}

#[test]
fn a_thousand_partitions_and_hundreds_of_topics_are_cheap() {
    let begin = Instant::now();
    let log = InProcessLog::new();
    log.create_topic("t", 1_000).unwrap();
    (0..300).for_each(|number| log.create_topic(format!("topic-{number}"), 4).unwrap());
    let mut members: Vec<_> = ["a", "b", "c", "d"].map(|name| member(&log, name)).into();
    let mut fetched = 0;
    let mut producer = log.producer("p", &Signal::new()).unwrap();
    for number in 0..1_000 {
        assert!(producer.append(&Topic::from("t"), Partition::new(number), &RecordBytes::new(at(1), None, Some(b"v"))));
    }
    poll_producer(&mut *producer);
    for member in &mut members {
        let [LogEvent::Assigned(partitions)] = &poll(&mut **member, 0)[..] else { panic!("an assignment first") };
        assert_eq!(partitions.len(), 250);
        let starts: Vec<_> = partitions.iter().map(|partition| (partition.clone(), StartAt::Earliest)).collect();
        member.assign(&starts);
        member.finish_rebalance();
        fetched += poll(&mut **member, 0).len();
    }
    assert_eq!(fetched, 1_000);
    assert!(begin.elapsed() < Duration::from_secs(60), "it took {:?}", begin.elapsed());
}
