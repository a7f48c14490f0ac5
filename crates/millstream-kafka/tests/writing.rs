//! Records are written unchanged, once and in order, or refused with the reason.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test with a real broker, in real time")]

#[path = "support/records.rs"]
mod records;
#[path = "support/requests.rs"]
mod requests;
mod support;

use std::time::Duration;

use millstream_kafka::KafkaLog;
use millstream_log::{DiscardScope, Log, LogError, LogEvent, Sending, Signal, TopicState};
use millstream_types::{Partition, RecordBytes, TopicPartition};
use records::{Written, check, numbered, read, records, write, write_all};
use requests::{create_with, now, until, wall_clock};
use support::Broker;

#[test]
fn records_are_written_unchanged_with_every_compression() {
    let broker = Broker::shared();
    let written = records();
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let log = KafkaLog::new(broker.bootstrap()).with("compression.type", codec).unwrap();
        let partition = create_with(&log, &format!("with-{codec}"), 1, &[]);
        write_all(&log, &partition, &written);
        check(&log, &partition, 0, &written);
    }
}

/// A compacted topic accepts no record without a key, and refuses a batch that has one.
#[test]
fn of_a_batch_only_the_records_at_fault_are_refused() {
    let broker = Broker::shared();
    let log = KafkaLog::new(broker.bootstrap());
    let partition = create_with(&log, "compacted", 1, &[("cleanup.policy", "compact")]);
    let mut written = numbered(500);
    let is_at_fault = |number: usize| number % 7 == 3;
    (0..500).filter(|number| is_at_fault(*number)).for_each(|number| written[number].key = None);
    let refused = write(&log, &partition, &written);
    let is_named =
        |error: &LogError| matches!(error, LogError::Unsupported { partition: named, .. } if *named == partition);
    assert!(
        refused.len() == 71 && refused.iter().all(is_named),
        "{} were refused: {:?}",
        refused.len(),
        refused.first()
    );
    assert!(refused[0].to_string().contains("key"), "the broker's message: {}", refused[0]);
    let kept: Vec<Written> = written.into_iter().filter(|record| record.key.is_some()).collect();
    check(&log, &partition, 0, &kept);
}

#[test]
fn a_record_from_the_future_is_refused_if_the_topic_requires_it_and_the_others_are_written() {
    let broker = Broker::shared();
    let log = KafkaLog::new(broker.bootstrap());
    let partition = create_with(&log, "of-the-past", 1, &[("message.timestamp.after.max.ms", "3600000")]);
    let mut written = numbered(100);
    written[40].time = wall_clock().saturating_add(7_200_000);
    let refused = write(&log, &partition, &written);
    assert!(matches!(&refused[..], [LogError::Unsupported { .. }]), "{refused:?}");
    written.remove(40);
    check(&log, &partition, 0, &written);
}

#[test]
fn a_batch_that_is_too_large_for_its_topic_is_written_in_parts() {
    let broker = Broker::shared();
    let log = KafkaLog::new(broker.bootstrap());
    let partition = create_with(&log, "small-batches", 1, &[("max.message.bytes", "2000")]);
    let mut written = numbered(1_000);
    written[321].value = Some(vec![b'x'; 5_000]);
    let refused = write(&log, &partition, &written);
    let is_named = matches!(&refused[..], [LogError::RecordTooLarge { partition: named, size: 5_000.., .. }] if *named == partition);
    assert!(is_named, "{refused:?}");
    written.remove(321);
    check(&log, &partition, 0, &written);
}

/// While the broker is silent, records wait in the client. Those of one partition are discarded, those of the other are held
/// back for a while.
#[test]
fn records_that_are_not_sent_are_held_back_and_discarded() {
    const RECORDS: usize = 2_000;
    let broker = Broker::start();
    let log = KafkaLog::new(broker.bootstrap());
    let kept = create_with(&log, "held-back", 2, &[]);
    let discarded = TopicPartition { partition: Partition::new(1), ..kept.clone() };
    let signal = Signal::new();
    let mut producer = log.producer("holds", &signal).unwrap();
    let mut acknowledged = 0;
    let mut poll = |producer: &mut dyn millstream_log::Producing| {
        let mut events = Vec::new();
        producer.poll(now(), &mut events);
        for event in events {
            match event {
                LogEvent::Acknowledged { up_to } => acknowledged = up_to,
                // The broker is silent.
                LogEvent::Unavailable(_) => {}
                other => panic!("{other:?}"),
            }
        }
        acknowledged
    };
    let records = numbered(RECORDS);
    until("the topic is found", || {
        poll(&mut *producer);
        matches!(producer.topic(&kept.topic), TopicState::Ready { .. }).then_some(())
    });
    let append = |producer: &mut dyn millstream_log::Producing, number: usize, to: &TopicPartition| {
        let Written { time, key, value, .. } = &records[number];
        let record = RecordBytes::new(*time, key.as_deref(), value.as_deref());
        producer.append(&to.topic, to.partition, &record)
    };
    assert!(append(&mut *producer, 0, &kept) && append(&mut *producer, 0, &discarded));
    producer.flush();
    until("the client is connected", || (poll(&mut *producer) == 2).then_some(()));

    broker.suspend();
    for number in 1..RECORDS {
        assert!(append(&mut *producer, number, &kept) && append(&mut *producer, number, &discarded));
    }
    producer.set_sending(Sending::Held);
    producer.discard(DiscardScope::Partitions(std::slice::from_ref(&discarded)));
    broker.resume();
    producer.set_sending(Sending::Allowed);
    producer.flush();
    until("all records are written or discarded", || {
        signal.wait(Duration::from_millis(1));
        (poll(&mut *producer) == producer.appended()).then_some(())
    });
    check(&log, &kept, 0, &records);

    // It is written to again, by records that follow.
    until("there is room", || append(&mut *producer, 0, &discarded).then_some(()));
    producer.flush();
    until("it is written", || (poll(&mut *producer) == producer.appended()).then_some(()));
    let end = producer.acknowledged_offset(&discarded).expect("it was written to").number();
    let end = usize::try_from(end).unwrap();
    assert!(end <= RECORDS / 2, "it has sent {end} of {RECORDS} records that were discarded");
    let read = read(&log, &discarded, 0, end);
    assert_eq!(read[..end - 1], records[..end - 1]);
    assert_eq!(read[end - 1], records[0]);
}
