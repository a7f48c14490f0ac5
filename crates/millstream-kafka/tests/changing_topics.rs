//! Topics that are extended, deleted or created again while they are written and read.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test with a real broker, in real time")]

#[path = "support/requests.rs"]
mod requests;
#[path = "shared/changing_topics.rs"]
mod shared;
mod support;

use millstream_kafka::KafkaLog as TestedLog;
use millstream_log::{AdminRequest, AdminResponse, Log, LogError, NewTopic, Signal, StartAt, TopicState};
use millstream_types::{Topic, TopicPartition};
use rdkafka::admin::{AdminOptions, NewPartitions};
use requests::{create, response};
use shared::{append, log, next, other_admin, producer, until_state, wait};
use support::Broker;

#[test]
fn a_producer_notices_that_a_topic_has_grown() {
    let broker = Broker::shared();
    let log = log(&broker);
    let topic = create(&log, "grows", 2).topic;
    let mut producer = producer(&log, &topic);
    let third = TopicPartition::new(&topic, 2);
    let refused = append(&mut *producer, &third, "too early").unwrap_err();
    assert_eq!(refused, LogError::UnknownPartition { partition: third.clone() });

    let grown = [NewPartitions::new(topic.as_str(), 3)];
    let admin = other_admin(&broker);
    wait("a topic grows", admin.create_partitions(&grown, &AdminOptions::new())).unwrap()[0].as_ref().unwrap();
    until_state(&mut *producer, &topic, |state| state == TopicState::Ready { partitions: 3 });
    assert_eq!(append(&mut *producer, &third, "in time"), Ok(()));
    let mut fetcher = log.fetcher("reads", &Signal::new()).unwrap();
    fetcher.assign(&[(third, StartAt::Earliest)]);
    assert_eq!(next(&mut *fetcher), Ok(vec!["in time".to_owned()]));
}

#[test]
fn topics_have_the_requested_number_of_replicas() {
    let broker = Broker::shared();
    let create = |factor: &str, name: &str| {
        let log = log(&broker).with("replication.factor", factor).unwrap();
        let topic = NewTopic { name: Topic::from(name), partitions: 1, config: [].into() };
        match response(&log, AdminRequest::CreateTopics(vec![topic])) {
            AdminResponse::CreateTopics(mut created) => created.remove(0).1,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!([create("-1", "by-default"), create("1", "single")], [Ok(()), Ok(())]);
    let refused = create("2", "double").unwrap_err();
    let is_named = matches!(&refused, LogError::Invalid { reason } if reason.contains("topic `double`"));
    assert!(is_named, "one broker holds no two replicas: {refused:?}");
}
