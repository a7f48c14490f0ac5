//! Records are written and read unchanged, once and in order, with every compression of the default build; those that are not sent
//! are held back and discarded.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test with a real broker, in real time")]

#[path = "../../millstream-kafka/tests/support/records.rs"]
mod records;
#[path = "../../millstream-kafka/tests/support/requests.rs"]
mod requests;
#[path = "../../millstream-kafka/tests/support/mod.rs"]
mod support;

use std::time::Duration;

use millstream_librdkafka::LibrdkafkaLog;
use millstream_log::{DiscardScope, Log, LogEvent, Sending, Signal, TopicState};
use millstream_types::{Partition, RecordBytes, TopicPartition};
use records::{Written, check, numbered, read, records, write_all};
use requests::{create_with, now, until, wall_clock};
use support::Broker;

#[test]
fn records_are_written_and_read_unchanged_with_every_compression() {
    let broker = Broker::shared();
    let log = LibrdkafkaLog::new(broker.bootstrap());
    let written = records();
    for codec in ["none", "gzip", "snappy", "lz4"] {
        let compressing = log.clone().with("compression.type", codec).unwrap();
        let partition = create_with(&log, &format!("with-{codec}"), 1, &[]);
        write_all(&compressing, &partition, &written);
        // From the beginning, from the middle of a batch, and from just before the end.
        for from in [0, 1_234, written.len() - 1] {
            check(&log, &partition, from, &written[from..]);
        }
    }
}

#[test]
fn records_have_the_brokers_time_with_log_append_time() {
    let broker = Broker::shared();
    let log = LibrdkafkaLog::new(broker.bootstrap());
    let partition = create_with(&log, "stamped", 1, &[("message.timestamp.type", "LogAppendTime")]);
    let (before, written) = (wall_clock(), records());
    write_all(&log, &partition, &written);
    let after = wall_clock();
    for (read, written) in read(&log, &partition, 0, written.len()).iter().zip(&written) {
        assert!((before..=after).contains(&read.time), "{} is between {before} and {after}", read.time);
        assert_eq!(*read, Written { time: read.time, ..written.clone() });
    }
}

/// While the broker is silent, records wait in the client. Those of one partition are discarded, those of the other are held
/// back for a while. librdkafka sends some of both in its first requests.
#[test]
fn records_that_are_not_sent_are_held_back_and_discarded() {
    const RECORDS: usize = 2_000;
    let broker = Broker::start();
    let log = LibrdkafkaLog::new(broker.bootstrap()).with("batch.num.messages", "10").unwrap();
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
    assert!(end <= RECORDS / 2, "librdkafka has sent {end} of {RECORDS} records that were discarded");
    let read = read(&log, &discarded, 0, end);
    assert_eq!(read[..end - 1], records[..end - 1]);
    assert_eq!(read[end - 1], records[0]);
}
