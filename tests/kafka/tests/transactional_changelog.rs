//! A changelog that another program wrote in transactions is restored to its end: its last offset is a marker's.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::time::Duration;

use millstream::events::{EventSettings, State};
use millstream::{Streams, StreamsConfig, StreamsHandle};
use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::{PARTITIONS, PATIENCE, TestClient, word_count};
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

fn run(client: &TestClient) -> StreamsHandle {
    let config = StreamsConfig {
        events: EventSettings { lines: false, ..EventSettings::default() },
        session_timeout: Duration::from_secs(6),
        ..StreamsConfig::new("transactional")
    };
    let topology = word_count().unwrap();
    let streams = Streams::new(topology, config).with_log(client.log.clone()).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, PATIENCE), State::Running, "{:?}", streams.failure());
    streams
}

/// Counts of a word, one in each partition of the changelog, in one transaction.
fn write(producer: &BaseProducer, word: &str, count: i64) {
    producer.begin_transaction().unwrap();
    for partition in 0..PARTITIONS {
        let (key, value) = (format!("{word}-{partition}"), count.to_be_bytes());
        let record = BaseRecord::to("transactional-word-counts-changelog").partition(partition.cast_signed());
        producer.send(record.key(&key).payload(&value[..]).timestamp(1_700_000_000_000)).unwrap();
    }
    producer.flush(PATIENCE).unwrap();
}

#[test]
fn committed_counts_are_restored_and_aborted_ones_are_not() {
    let broker = Broker::start();
    let client = TestClient::on(broker.bootstrap());
    client.create(&["lines", "counts"]);
    run(&client).close_blocking(PATIENCE).unwrap();

    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker.bootstrap()).set("transactional.id", "writes");
    let producer: BaseProducer = config.create().unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    write(&producer, "kept", 3);
    producer.commit_transaction(PATIENCE).unwrap();
    write(&producer, "kept", 77);
    producer.abort_transaction(PATIENCE).unwrap();
    write(&producer, "never", 1);
    producer.abort_transaction(PATIENCE).unwrap();
    write(&producer, "last", 5);
    producer.commit_transaction(PATIENCE).unwrap();

    let streams = run(&client);
    let counts = streams.key_value_store::<String, i64>("word-counts");
    let count = |word: String| counts.get(word).wait(PATIENCE).unwrap().map(|found| found.value);
    for partition in 0..PARTITIONS {
        let found = ["kept", "never", "last"].map(|word| count(format!("{word}-{partition}")));
        assert_eq!(found, [Some(3), None, Some(5)], "in partition {partition}");
    }
    streams.close_blocking(PATIENCE).unwrap();
}
