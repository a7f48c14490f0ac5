//! A topic that another program writes in transactions is read to its end, without aborted records. librdkafka passes on no
//! markers: the reader has to ask it for its position to get past them.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test with a real broker, in real time")]

#[path = "../../millstream-kafka/tests/support/requests.rs"]
mod requests;
#[path = "../../millstream-kafka/tests/support/mod.rs"]
mod support;

use millstream_librdkafka::LibrdkafkaLog;
use millstream_log::{Fetching, Log, LogEvent, Signal, StartAt};
use millstream_types::{Offset, TopicPartition};
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use requests::{PATIENCE, create, now, until};
use support::Broker;

fn writer(broker: &Broker) -> BaseProducer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker.bootstrap()).set("transactional.id", "writes");
    let producer: BaseProducer = config.create().unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    producer
}

fn begin(producer: &BaseProducer, partition: &TopicPartition, values: &[&str]) {
    producer.begin_transaction().unwrap();
    for value in values {
        let record = BaseRecord::<(), str>::to(partition.topic.as_str()).partition(0).payload(value);
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(PATIENCE).unwrap();
}

fn reader(log: &LibrdkafkaLog, partition: &TopicPartition, start_at: StartAt) -> Box<dyn Fetching> {
    let mut fetcher = log.fetcher("reads", &Signal::new()).unwrap();
    fetcher.assign(&[(partition.clone(), start_at)]);
    fetcher
}

/// The records up to this offset, where the partition ends.
#[track_caller]
fn until_at(fetcher: &mut dyn Fetching, end: i64) -> Vec<String> {
    let mut values = Vec::new();
    until(&format!("the reader is at {end}"), || {
        let (mut events, mut is_at_end) = (Vec::new(), false);
        fetcher.poll(now(), &mut |_| true, &mut events);
        for event in events {
            let LogEvent::Chunk(chunk) = event else { continue };
            values.extend(chunk.iter().map(|record| String::from_utf8_lossy(record.value().unwrap()).into_owned()));
            is_at_end = chunk.next_offset == Offset::new(end) && chunk.end_offset == chunk.next_offset;
        }
        is_at_end.then_some(())
    });
    values
}

#[test]
fn a_topic_that_ends_in_a_marker_is_read_to_its_end() {
    let broker = Broker::start();
    let log = LibrdkafkaLog::new(broker.bootstrap());
    let partition = create(&log, "ends-in-markers", 1);
    let writer = writer(&broker);
    begin(&writer, &partition, &["a", "b", "c"]);
    writer.commit_transaction(PATIENCE).unwrap();
    let mut early = reader(&log, &partition, StartAt::Earliest);
    assert_eq!(until_at(&mut *early, 4), ["a", "b", "c"], "three records and a marker");

    begin(&writer, &partition, &["x", "y"]);
    writer.abort_transaction(PATIENCE).unwrap();
    begin(&writer, &partition, &["d"]);
    writer.commit_transaction(PATIENCE).unwrap();
    assert_eq!(until_at(&mut *early, 9), ["d"]);
    for start in [3, 4, 6] {
        let mut late = reader(&log, &partition, StartAt::Offset(Offset::new(start)));
        assert_eq!(until_at(&mut *late, 9), ["d"], "from {start} on");
    }
    let mut late = reader(&log, &partition, StartAt::Offset(Offset::new(8)));
    assert_eq!(until_at(&mut *late, 9), [""; 0], "there is a marker only");
}
