//! A source topic that gets more partitions ends a running application with an error that names the topic. After a restart, the
//! application either names the topics that no longer match, or reads all partitions.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use millstream::events::{EventSettings, FailureKind, State};
use millstream::{Streams, StreamsBuilder, StreamsConfig, StreamsHandle, Topology};
use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::{PARTITIONS, PATIENCE, TestClient, until, word_count};
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;

fn start(id: &str, topology: Topology, client: &TestClient) -> StreamsHandle {
    let config = StreamsConfig {
        events: EventSettings { lines: false, ..EventSettings::default() },
        session_timeout: Duration::from_secs(6),
        ..StreamsConfig::new(id)
    };
    let log = client.log.clone().with("topic.metadata.refresh.interval.ms", "1000").unwrap();
    Streams::new(topology, config).with_log(log).start().unwrap()
}

fn stateless() -> Topology {
    let builder = StreamsBuilder::new();
    builder.stream::<Option<String>, String>("lines").to("counts");
    builder.build().unwrap()
}

fn grow(broker: &Broker, topic: &str, partitions: u32) {
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", broker.bootstrap()).create().unwrap();
    let (new, options) = ([NewPartitions::new(topic, partitions as usize)], AdminOptions::new());
    let (mut grown, mut context) = (pin!(admin.create_partitions(&new, &options)), Context::from_waker(Waker::noop()));
    let grown = until("a topic grows", || match grown.as_mut().poll(&mut context) {
        Poll::Ready(grown) => Some(grown),
        Poll::Pending => None,
    });
    assert!(grown.unwrap()[0].is_ok());
}

#[test]
fn a_topic_that_has_grown_is_told_and_not_left_unread() {
    let broker = Broker::start();
    let client = TestClient::on(broker.bootstrap());
    client.create(&["lines", "counts"]);
    let applications = [("counting", word_count().unwrap()), ("passing", stateless())];
    let running = applications.map(|(id, topology)| start(id, topology, &client));
    for streams in &running {
        assert_eq!(streams.wait_until(State::Running, PATIENCE), State::Running, "{:?}", streams.failure());
    }
    grow(&broker, "lines", PARTITIONS + 1);
    for streams in &running {
        let failure = until("the application ends", || streams.failure());
        assert_eq!(failure.kind, FailureKind::Topology);
        assert!(failure.to_string().contains("`lines`, which had 4 partitions"), "{failure}");
    }
    let again = start("passing", stateless(), &client);
    assert_eq!(again.wait_until(State::Running, PATIENCE), State::Running, "{:?}", again.failure());
    again.close_blocking(PATIENCE).unwrap();
    let misfit = start("counting", word_count().unwrap(), &client);
    let failure = until("the changelog no longer fits", || misfit.failure());
    assert!(failure.to_string().contains("counting-word-counts-"), "{failure}");
}
