//! Topics that other programs write in transactions: they are read to their end, without aborted records.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test with a real broker, in real time")]

#[path = "support/requests.rs"]
mod requests;
mod support;

use std::time::{Duration, Instant};

use millstream_kafka::KafkaLog;
use millstream_log::{AdminRequest, AdminResponse, Fetching, Log, LogEvent, Signal, StartAt};
use millstream_types::{Offset, TopicPartition};
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use requests::{create, now, response, until};
use support::Broker;

const PATIENCE: Duration = Duration::from_secs(120);

/// A producer with an open transaction.
struct Transactions {
    producer: BaseProducer,
    topic: String,
}

impl Transactions {
    fn begin(bootstrap: &str, partition: &TopicPartition) -> Self {
        let topic = partition.topic.to_string();
        let id = format!("writes-{topic}");
        let producer: BaseProducer =
            ClientConfig::new().set("bootstrap.servers", bootstrap).set("transactional.id", id).create().unwrap();
        producer.init_transactions(PATIENCE).unwrap();
        producer.begin_transaction().unwrap();
        Self { producer, topic }
    }

    fn write(&self, values: &[&str]) {
        for value in values {
            let record = BaseRecord::<(), str>::to(&self.topic).partition(0).payload(value);
            self.producer.send(record).map_err(|(error, _)| error).unwrap();
        }
        self.producer.flush(PATIENCE).unwrap();
    }

    fn commit(&self) {
        self.producer.commit_transaction(PATIENCE).unwrap();
        self.producer.begin_transaction().unwrap();
    }

    fn abort(&self) {
        self.producer.abort_transaction(PATIENCE).unwrap();
        self.producer.begin_transaction().unwrap();
    }
}

/// A reader, the records that it has read, and its position.
struct Seen {
    fetcher: Box<dyn Fetching>,
    partition: TopicPartition,
    values: Vec<String>,
    next: Offset,
    end: Offset,
}

impl Seen {
    fn from(log: &KafkaLog, partition: &TopicPartition, start_at: StartAt) -> Self {
        let mut fetcher = log.fetcher("reads", &Signal::new()).unwrap();
        fetcher.assign(&[(partition.clone(), start_at)]);
        let (next, end) = (Offset::ZERO, Offset::ZERO);
        Self { fetcher, partition: partition.clone(), values: Vec::new(), next, end }
    }

    fn poll(&mut self) {
        let mut events = Vec::new();
        self.fetcher.poll(now(), &mut |_| true, &mut events);
        for event in events {
            let chunk = match event {
                LogEvent::Chunk(chunk) => chunk,
                // The broker is slow.
                LogEvent::Stalled(_) | LogEvent::Unavailable(_) => continue,
                other => panic!("{}: {other:?}", self.partition),
            };
            self.values
                .extend(chunk.iter().map(|record| String::from_utf8_lossy(record.value().unwrap()).into_owned()));
            (self.next, self.end) = (chunk.next_offset, chunk.end_offset);
        }
    }

    #[track_caller]
    fn until_at(&mut self, end: i64) -> Vec<String> {
        until(&format!("the reader of {} is at {end}", self.partition), || {
            self.poll();
            (self.next == Offset::new(end)).then_some(())
        });
        assert_eq!(self.end, self.next, "it knows that there is no more");
        std::mem::take(&mut self.values)
    }
}

/// Markers are written a little after a transaction has ended.
#[track_caller]
fn until_ends_at(log: &KafkaLog, partition: &TopicPartition, end: i64) {
    let range = |response| match response {
        AdminResponse::OffsetRanges(ranges) => match &ranges[0].1 {
            Ok((_, end)) => Some(end.number()),
            // Right after it was created, a topic's leaders may not be known.
            Err(error) if error.is_retriable() => None,
            Err(error) => panic!("{error}"),
        },
        other => panic!("{other:?}"),
    };
    let deadline = Instant::now() + PATIENCE;
    while range(response(log, AdminRequest::OffsetRanges(vec![partition.clone()]))).is_none_or(|end_now| end_now < end)
    {
        assert!(Instant::now() < deadline, "{partition} does not end at {end}");
    }
}

#[test]
fn a_topic_that_ends_in_a_marker_is_read_to_its_end() {
    let broker = Broker::shared();
    let log = KafkaLog::new(broker.bootstrap());
    let partition = create(&log, "ends-in-markers", 1);
    let writer = Transactions::begin(broker.bootstrap(), &partition);
    writer.write(&["a", "b", "c"]);
    writer.commit();
    // Three records and a marker.
    until_ends_at(&log, &partition, 4);
    let mut reader = Seen::from(&log, &partition, StartAt::Earliest);
    assert_eq!(reader.until_at(4), ["a", "b", "c"]);

    writer.write(&["x", "y"]);
    writer.abort();
    // Two more, and the marker that aborts them.
    until_ends_at(&log, &partition, 7);
    assert_eq!(reader.until_at(7), [""; 0], "no aborted record is read, and the reader is past them");

    for start in [3, 4, 6, 7] {
        let mut late = Seen::from(&log, &partition, StartAt::Offset(Offset::new(start)));
        assert_eq!(late.until_at(7), [""; 0], "from {start} on there are markers and aborted records only");
    }
    writer.write(&["d"]);
    writer.commit();
    assert_eq!(reader.until_at(9), ["d"]);
    assert_eq!(Seen::from(&log, &partition, StartAt::Earliest).until_at(9), ["a", "b", "c", "d"]);
}

#[test]
fn records_after_an_open_transaction_are_read_when_it_ends() {
    let broker = Broker::shared();
    let log = KafkaLog::new(broker.bootstrap());
    let partition = create(&log, "open-transaction", 1);
    let writer = Transactions::begin(broker.bootstrap(), &partition);
    writer.write(&["a"]);
    writer.commit();
    writer.write(&["b"]);
    let mut reader = Seen::from(&log, &partition, StartAt::Earliest);
    until("what is committed is read", || {
        reader.poll();
        (reader.next == Offset::new(2)).then_some(())
    });
    for _ in 0..100 {
        reader.poll();
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(reader.values, ["a"], "nothing of an open transaction");
    writer.commit();
    assert_eq!(reader.until_at(4), ["a", "b"]);
}
