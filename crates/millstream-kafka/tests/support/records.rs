//! Writes records of all kinds to a partition, and reads them.
#![allow(dead_code, unreachable_pub, reason = "every test uses its part")]
#![allow(clippy::unwrap_used, reason = "tests with a real broker")]

use std::time::Duration;

use millstream_log::{Log, LogError, LogEvent, Signal, StartAt, TopicState};
use millstream_types::{Header, Headers, Offset, RecordBytes, Timestamp, TopicPartition};

use crate::requests::{now, until};

/// A record as it is written, and read.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    pub time: Timestamp,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Headers,
}

/// The first record's time.
pub const BEGIN: i64 = 1_700_000_000_000;

/// The size of a record that exceeds `max.partition.fetch.bytes`.
const HUGE: usize = 900_000;

fn header(name: &str, value: Option<&[u8]>) -> Header {
    Header { name: name.to_owned(), value: value.map(<[u8]>::to_vec) }
}

/// All kinds of records: out of order in time, without key or value, empty, with headers of one name, and huge ones.
pub fn records() -> Vec<Written> {
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

/// Records with numbers for keys.
pub fn numbered(count: usize) -> Vec<Written> {
    let of = |number: usize| Written {
        time: Timestamp::from_millis(BEGIN + number as i64),
        key: Some(number.to_string().into_bytes()),
        value: Some(vec![b'v'; 100]),
        headers: Headers::new(),
    };
    (0..count).map(of).collect()
}

/// Writes records through a producer of its own, and waits until each of them is written or refused; the reports of those
/// refused.
pub fn write(log: &dyn Log, partition: &TopicPartition, records: &[Written]) -> Vec<LogError> {
    let signal = Signal::new();
    let mut producer = log.producer("writes", &signal).unwrap();
    let mut events = Vec::new();
    until("the topic is found", || {
        producer.poll(now(), &mut events);
        matches!(producer.topic(&partition.topic), TopicState::Ready { .. }).then_some(())
    });
    for Written { time, key, value, headers } in records {
        let (topic, number) = (&partition.topic, partition.partition);
        while !producer.append(
            topic,
            number,
            &RecordBytes::new(*time, key.as_deref(), value.as_deref()).with_headers(headers),
        ) {
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
    let mut refused = Vec::new();
    for event in events {
        match event {
            LogEvent::ProduceFailed { error, .. } => refused.push(error),
            // The broker is slow.
            LogEvent::Unavailable(_) | LogEvent::Acknowledged { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    refused
}

/// Writes records, none of which may be refused.
#[track_caller]
pub fn write_all(log: &dyn Log, partition: &TopicPartition, records: &[Written]) {
    assert_eq!(write(log, partition, records), []);
}

/// Reads `count` records from an offset on, and checks that their offsets have no gaps.
pub fn read(log: &dyn Log, partition: &TopicPartition, from: usize, count: usize) -> Vec<Written> {
    let mut fetcher = log.fetcher("reads", &Signal::new()).unwrap();
    fetcher.assign(&[(partition.clone(), StartAt::Offset(Offset::new(from as i64)))]);
    let (mut read, mut events) = (Vec::new(), Vec::new());
    until(&format!("{count} records of {partition} are read"), || {
        fetcher.poll(now(), &mut |_| true, &mut events);
        for event in events.drain(..) {
            let chunk = match event {
                LogEvent::Chunk(chunk) => chunk,
                // The broker is slow.
                LogEvent::Stalled(_) | LogEvent::Unavailable(_) => continue,
                other => panic!("{partition}: {other:?}"),
            };
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
pub fn check(log: &dyn Log, partition: &TopicPartition, from: usize, expected: &[Written]) {
    let read = read(log, partition, from, expected.len());
    let differs = read.iter().zip(expected).position(|(read, written)| read != written);
    assert_eq!(differs, None, "{partition} is read from {from} on as it was written");
    assert_eq!(read.len(), expected.len());
}
