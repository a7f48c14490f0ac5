//! Topics that match a pattern on a real broker: they are read when they appear, whatever their number of partitions, by two members
//! that share the tasks; one that is deleted stops nothing; nothing is lost or copied twice.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use millstream::events::{EventSettings, State};
use millstream::logs::{AdminRequest, AdminResponse};
use millstream::{
    Consumed, Partition, Streams, StreamsBuilder, StreamsConfig, StreamsHandle, Timestamp, Topic, Topology,
};
use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::reader::Reader;
use millstream_kafka_tests::writer::Writer;
use millstream_kafka_tests::{PATIENCE, TestClient, until};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;

/// The events of a member, by their names.
type Reported = Arc<Mutex<Vec<(String, String)>>>;

/// Copies all topics that match.
fn topology() -> Topology {
    let builder = StreamsBuilder::new();
    builder.stream(Consumed::<String, String>::pattern("clicks-.*").named("clicks")).to("copies");
    builder.build().unwrap()
}

fn start(client: &TestClient) -> (StreamsHandle, Reported) {
    let config = StreamsConfig {
        events: EventSettings { lines: false, ..EventSettings::default() },
        session_timeout: Duration::from_secs(6),
        topic_interval: Duration::from_millis(500),
        ..StreamsConfig::new("copying")
    };
    let log = client.log.clone().with("topic.metadata.refresh.interval.ms", "1000").unwrap();
    let reported = Reported::default();
    let listener = Arc::clone(&reported);
    let streams = Streams::new(topology(), config).with_log(log).with_listener(move |event| {
        listener.lock().unwrap().push((event.kind.name().to_owned(), event.message()));
    });
    let streams = streams.start().unwrap();
    assert_eq!(streams.wait_until(State::Running, PATIENCE), State::Running, "{:?}", streams.failure());
    (streams, reported)
}

/// Writes records with keys that are their own to every partition of a topic.
fn feed(client: &TestClient, topic: &str, partitions: u32, round: &str) {
    let (mut writer, name) = (Writer::new(&client.log), Topic::from(topic));
    for partition in 0..partitions {
        for number in 0..10_u32 {
            let (at, key) =
                (Timestamp::from_millis(1_700_000_000_000), format!("{topic}-{partition}-{number}-{round}"));
            writer.put(&name, Partition::new(partition), at, Some(&key), "click");
        }
    }
    writer.settle();
}

/// Waits until this many records are copied, and asserts that none is copied twice.
fn all_copied_once(copies: &Reader, count: usize) {
    until(format!("{count} records are copied"), || (copies.rows().len() == count).then_some(()));
    let twice: Vec<_> = copies.rows().into_iter().filter(|(_, row)| row.records != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

fn delete(broker: &Broker, topic: &str) {
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", broker.bootstrap()).create().unwrap();
    let (topics, options) = ([topic], AdminOptions::new());
    let (mut deleted, mut context) = (pin!(admin.delete_topics(&topics, &options)), Context::from_waker(Waker::noop()));
    let deleted = until("a topic is deleted", || match deleted.as_mut().poll(&mut context) {
        Poll::Ready(deleted) => Some(deleted),
        Poll::Pending => None,
    });
    assert!(deleted.unwrap()[0].is_ok());
}

fn of(reported: &Reported, name: &str) -> Vec<String> {
    let reported = reported.lock().unwrap();
    reported.iter().filter(|(event, _)| event == name).map(|(_, message)| message.clone()).collect()
}

#[test]
fn topics_that_match_are_read_as_they_appear_and_go() {
    let broker = Broker::start();
    let client = TestClient::on(broker.bootstrap());
    client.create_with("clicks-eu", 2);
    client.create(&["copies"]);
    feed(&client, "clicks-eu", 2, "first");
    let copies = Reader::start(&client.log, "copies");
    let (first, first_reported) = start(&client);
    all_copied_once(&copies, 20);

    let (second, second_reported) = start(&client);
    client.create_with("clicks-us", 2);
    feed(&client, "clicks-us", 2, "first");
    all_copied_once(&copies, 40);

    // More partitions than there are tasks.
    client.create_with("clicks-asia", 4);
    feed(&client, "clicks-asia", 4, "first");
    all_copied_once(&copies, 80);
    let assignment = vec![Topic::from("copying-clicks-assignment")];
    let AdminResponse::PartitionCounts(counts) = client.ask(AdminRequest::PartitionCounts(assignment)) else {
        panic!("the response to another request")
    };
    assert_eq!(counts[0].1, Some(4));

    // Its records are copied, and their offsets may be committed before or after it is gone.
    feed(&client, "clicks-us", 2, "second");
    all_copied_once(&copies, 100);
    delete(&broker, "clicks-us");
    feed(&client, "clicks-asia", 4, "second");
    all_copied_once(&copies, 140);
    for reported in [&first_reported, &second_reported] {
        until("the deletion is noticed", || {
            of(reported, "source_topics_changed")
                .iter()
                .any(|message| message.contains("deleted clicks-us"))
                .then_some(())
        });
        assert_eq!(of(reported, "thread_failed"), [""; 0]);
    }
    first.close_blocking(PATIENCE).unwrap();
    feed(&client, "clicks-eu", 2, "second");
    all_copied_once(&copies, 160);
    second.close_blocking(PATIENCE).unwrap();

    // All places are committed.
    let (third, _) = start(&client);
    feed(&client, "clicks-asia", 4, "third");
    all_copied_once(&copies, 200);
    third.close_blocking(PATIENCE).unwrap();
}
