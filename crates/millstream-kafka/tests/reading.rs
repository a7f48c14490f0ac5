//! What is written is read as it was, however the broker keeps it, and whoever reads: Millstream itself or librdkafka.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

#[path = "support/hands.rs"]
mod hands;
mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use hands::{answer, now, until};
use millstream_kafka::KafkaLog;
use millstream_log::{AdminRequest, Log, LogEvent, NewTopic, Signal, StartAt, TopicState};
use millstream_types::{Header, Headers, Offset, Timestamp, Topic, TopicPartition};
use support::Broker;

/// A record as it is written, and read.
#[derive(Clone, Debug, PartialEq)]
struct Written {
    time: Timestamp,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Headers,
}

/// The first record's time.
const BEGIN: i64 = 1_700_000_000_000;

/// More than one answer to a fetch holds of a partition, in a single record.
const HUGE: usize = 900_000;

fn header(name: &str, value: Option<&[u8]>) -> Header {
    Header { name: name.to_owned(), value: value.map(<[u8]>::to_vec) }
}

/// All kinds of records: out of order in time, without key or value, empty, with headers of one name, and huge ones.
fn records() -> Vec<Written> {
    let of = |number: i64| Written {
        time: Timestamp::from_millis(BEGIN + number * 1_000 % 7_919),
        key: (number % 3 != 0).then(|| format!("key-{number}").into_bytes()),
        value: (number % 5 != 0).then(|| vec![b'a' + (number % 26) as u8; number as usize % 300]),
        headers: match number % 7 {
            0 => [header("trace", Some(b"1")), header("trace", None), header("", Some(b""))].into_iter().collect(),
            _ => Headers::new(),
        },
    };
    let huge = |fill: u8| Written { value: Some(vec![fill; HUGE]), ..of(1) };
    (0..2_000).map(of).chain([huge(b'x'), huge(b'y')]).chain((0..1_000).map(of)).collect()
}

fn create(log: &KafkaLog, name: &str, config: &[(&str, &str)]) -> TopicPartition {
    let config: BTreeMap<_, _> = config.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let topic = NewTopic { name: Topic::from(name), partitions: 1, config };
    let created = answer(log, AdminRequest::CreateTopics(vec![topic]));
    assert!(format!("{created:?}").contains("Ok(())"), "{created:?}");
    TopicPartition::new(name, 0)
}

fn write(log: &KafkaLog, partition: &TopicPartition, records: &[Written]) {
    let signal = Signal::new();
    let mut producer = log.producer("writes", &signal).unwrap();
    let mut events = Vec::new();
    until("the topic is found", || {
        producer.poll(now(), &mut events);
        matches!(producer.topic(&partition.topic), TopicState::Ready { .. }).then_some(())
    });
    for Written { time, key, value, headers } in records {
        let (topic, number) = (&partition.topic, partition.partition);
        while !producer.append(topic, number, *time, key.as_deref(), value.as_deref(), headers) {
            producer.poll(now(), &mut events);
            signal.wait(Duration::from_millis(1));
        }
    }
    producer.flush();
    until("all records are written", || {
        producer.poll(now(), &mut events);
        let is_last =
            |event: &LogEvent| matches!(event, LogEvent::Acknowledged { up_to } if *up_to == records.len() as u64);
        events.iter().any(is_last).then_some(())
    });
}

/// The records from that offset on, as many as that, each at the offset behind the one before.
fn read(log: &KafkaLog, partition: &TopicPartition, from: usize, count: usize) -> Vec<Written> {
    let mut fetcher = log.fetcher("reads", &Signal::new()).unwrap();
    fetcher.assign(&[(partition.clone(), StartAt::Offset(Offset::new(from as i64)))]);
    let (mut read, mut events) = (Vec::new(), Vec::new());
    until(&format!("{count} records of {partition} are read"), || {
        fetcher.poll(now(), &mut |_| true, &mut events);
        for event in events.drain(..) {
            let LogEvent::Chunk(chunk) = event else { panic!("{partition}: {event:?}") };
            for record in chunk.iter() {
                assert_eq!(record.offset().number(), (from + read.len()) as i64, "in order, and without a gap");
                read.push(Written {
                    time: record.timestamp(),
                    key: record.key().map(<[u8]>::to_vec),
                    value: record.value().map(<[u8]>::to_vec),
                    headers: record.headers(),
                });
            }
            assert_eq!(chunk.next_offset.number(), (from + read.len()) as i64);
        }
        (read.len() >= count).then_some(())
    });
    read
}

#[track_caller]
fn check(log: &KafkaLog, partition: &TopicPartition, from: usize, expected: &[Written]) {
    let read = read(log, partition, from, expected.len());
    let differs = read.iter().zip(expected).position(|(read, written)| read != written);
    assert_eq!(differs, None, "{partition} is read from {from} on as it was written");
    assert_eq!(read.len(), expected.len());
}

#[test]
fn records_are_read_as_they_were_written_whatever_compresses_them() {
    let broker = Broker::shared();
    let log = KafkaLog::new(broker.bootstrap());
    let written = records();
    for codec in ["uncompressed", "gzip", "snappy", "lz4", "zstd"] {
        let partition = create(&log, &format!("kept-{codec}"), &[("compression.type", codec)]);
        write(&log, &partition, &written);
        // From the beginning, from the middle of a batch, and from just before the end.
        for from in [0, 1_234, written.len() - 1] {
            check(&log, &partition, from, &written[from..]);
        }
    }
}

#[test]
fn both_readers_read_the_same() {
    let broker = Broker::shared();
    let own = KafkaLog::new(broker.bootstrap());
    let through_librdkafka = own.clone().with("fetch.client", "librdkafka").unwrap();
    let partition = create(&own, "read-by-both", &[]);
    let written = records();
    write(&own, &partition, &written);
    check(&own, &partition, 0, &written);
    check(&through_librdkafka, &partition, 0, &written);
}

#[test]
fn records_have_the_brokers_time_where_the_topic_says_so() {
    let broker = Broker::shared();
    let log = KafkaLog::new(broker.bootstrap());
    let partition = create(&log, "stamped", &[("message.timestamp.type", "LogAppendTime")]);
    let (before, written) = (now(), records());
    write(&log, &partition, &written);
    let after = now();
    for (read, written) in read(&log, &partition, 0, written.len()).iter().zip(&written) {
        assert!((before..=after).contains(&read.time), "{} is between {before} and {after}", read.time);
        assert_eq!(*read, Written { time: read.time, ..written.clone() });
    }
}
