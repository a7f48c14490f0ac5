//! Topics that are deleted or created again while they are written and read.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test with a real broker, in real time")]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use millstream_log::{Fetching, Log, LogError, LogEvent, Producing, Signal, StartAt, TopicState};
use millstream_types::{RecordBytes, Timestamp, Topic, TopicPartition};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;

use crate::TestedLog;
use crate::requests::{create, now, until};
use crate::support::Broker;

/// A log whose clients look topics up again every second.
pub(crate) fn log(broker: &Broker) -> TestedLog {
    TestedLog::new(broker.bootstrap()).with("topic.metadata.refresh.interval.ms", "1000").unwrap()
}

/// Waits for a call of another client, which runs on its own thread.
pub(crate) fn wait<T>(what: &str, future: impl Future<Output = T>) -> T {
    let (mut future, mut context) = (pin!(future), Context::from_waker(Waker::noop()));
    until(what, || match future.as_mut().poll(&mut context) {
        Poll::Ready(response) => Some(response),
        Poll::Pending => None,
    })
}

pub(crate) fn other_admin(broker: &Broker) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", broker.bootstrap()).create().unwrap()
}

fn delete(broker: &Broker, topic: &Topic) {
    let admin = other_admin(broker);
    let deleted = wait("a topic is deleted", admin.delete_topics(&[topic.as_str()], &AdminOptions::new())).unwrap();
    assert!(deleted[0].is_ok(), "{deleted:?}");
}

pub(crate) fn producer(log: &TestedLog, topic: &Topic) -> Box<dyn Producing> {
    let mut producer = log.producer("writes", &Signal::new()).unwrap();
    until_state(&mut *producer, topic, |state| matches!(state, TopicState::Ready { .. }));
    producer
}

pub(crate) fn until_state(producer: &mut dyn Producing, topic: &Topic, is_it: impl Fn(TopicState) -> bool) {
    until(&format!("the producer knows the state of {topic}"), || {
        producer.poll(now(), &mut Vec::new());
        is_it(producer.topic(topic)).then_some(())
    });
}

/// Appends a record, and waits for its result.
pub(crate) fn append(producer: &mut dyn Producing, partition: &TopicPartition, value: &str) -> Result<(), LogError> {
    let at = Timestamp::from_millis(1_700_000_000_000);
    let (topic, number) = (&partition.topic, partition.partition);
    until("a record is taken", || {
        producer.poll(now(), &mut Vec::new());
        producer.append(topic, number, &RecordBytes::new(at, None, Some(value.as_bytes()))).then_some(())
    });
    let mut result = Ok(());
    until("its result is known", || {
        let mut events = Vec::new();
        producer.poll(now(), &mut events);
        events.into_iter().find_map(|event| match event {
            LogEvent::ProduceFailed { error, .. } | LogEvent::Fatal(error) => {
                result = Err(error);
                Some(())
            }
            LogEvent::Acknowledged { up_to } => (up_to == producer.appended()).then_some(()),
            _ => None,
        })
    });
    result
}

/// The next records or the next failure of a reader.
pub(crate) fn next(fetcher: &mut dyn Fetching) -> Result<Vec<String>, LogError> {
    until("a reader reports something", || {
        let mut events = Vec::new();
        fetcher.poll(now(), &mut |_| true, &mut events);
        events.into_iter().find_map(|event| match event {
            LogEvent::Chunk(chunk) if chunk.is_empty() => None,
            LogEvent::Chunk(chunk) => {
                Some(Ok(chunk.iter().map(|record| String::from_utf8_lossy(record.value().unwrap()).into()).collect()))
            }
            LogEvent::FetchFailed { error, .. } | LogEvent::Fatal(error) => Some(Err(error)),
            _ => None,
        })
    })
}

#[test]
fn a_deleted_topic_is_reported_by_its_writer_and_its_reader() {
    let broker = Broker::shared();
    let log = log(&broker);
    let partition = create(&log, "goes", 1);
    let mut producer = producer(&log, &partition.topic);
    assert_eq!(append(&mut *producer, &partition, "before"), Ok(()));
    let mut fetcher = log.fetcher("reads", &Signal::new()).unwrap();
    fetcher.assign(&[(partition.clone(), StartAt::Earliest)]);
    assert_eq!(next(&mut *fetcher), Ok(vec!["before".to_owned()]));

    delete(&broker, &partition.topic);
    let reported = next(&mut *fetcher).unwrap_err();
    let is_named = matches!(&reported, LogError::UnknownTopic { .. } | LogError::UnknownPartition { .. });
    assert!(is_named && reported.to_string().contains("goes"), "{reported:?}");
    until_state(&mut *producer, &partition.topic, |state| state == TopicState::Missing);
    let reported = append(&mut *producer, &partition, "too late").unwrap_err();
    assert_eq!(reported, LogError::UnknownTopic { topic: partition.topic.clone() });

    create(&log, "goes", 1);
    until_state(&mut *producer, &partition.topic, |state| state == TopicState::Ready { partitions: 1 });
    assert_eq!(append(&mut *producer, &partition, "again"), Ok(()), "it writes to the topic of the same name");
    fetcher.assign(&[(partition, StartAt::Earliest)]);
    assert_eq!(next(&mut *fetcher), Ok(vec!["again".to_owned()]));
}

/// A topic that was deleted and created again at once was not noticed: reading continued from the old offset, and skipped as
/// many records of the new topic.
#[test]
fn a_topic_that_is_created_again_is_reported_by_the_reader_of_the_old_one() {
    let broker = Broker::shared();
    let log = log(&broker);
    let partition = create(&log, "anew", 1);
    let append_all = |values: &[&str]| {
        let mut producer = producer(&log, &partition.topic);
        values.iter().for_each(|value| assert_eq!(append(&mut *producer, &partition, value), Ok(())));
    };
    append_all(&["old"]);
    let mut fetcher = log.fetcher("reads", &Signal::new()).unwrap();
    fetcher.assign(&[(partition.clone(), StartAt::Earliest)]);
    assert_eq!(next(&mut *fetcher), Ok(vec!["old".to_owned()]));
    // That another topic is gone is found by looking up both: from then on the reader knows which topic `anew` is.
    let beside = create(&log, "beside-anew", 1);
    fetcher.assign(&[(beside.clone(), StartAt::Earliest)]);
    until("both are read", || {
        let mut events = Vec::new();
        fetcher.poll(now(), &mut |_| true, &mut events);
        events.iter().any(|event| matches!(event, LogEvent::Chunk(chunk) if chunk.partition == beside)).then_some(())
    });
    delete(&broker, &beside.topic);
    assert_eq!(next(&mut *fetcher), Err(LogError::UnknownTopic { topic: beside.topic }));

    delete(&broker, &partition.topic);
    create(&log, "anew", 1);
    append_all(&["missed", "read"]);
    let reported = loop {
        match next(&mut *fetcher) {
            Ok(_) => {}
            // It requested before the new records were written, so the old offset is out of range. A new assignment reads them.
            Err(LogError::OffsetOutOfRange { .. }) => fetcher.assign(&[(partition.clone(), StartAt::Earliest)]),
            Err(error) => break error,
        }
    };
    assert_eq!(reported, LogError::UnknownTopic { topic: partition.topic.clone() });
    fetcher.assign(&[(partition.clone(), StartAt::Earliest)]);
    let mut read = Vec::new();
    while read.len() < 2 {
        read.extend(next(&mut *fetcher).unwrap());
    }
    assert_eq!(read, ["missed", "read"]);
}
