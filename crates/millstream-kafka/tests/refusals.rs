//! Requests that a cluster refuses are reported at once, with the name of the topic, group or setting.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test with a real broker, in real time")]

#[path = "support/guarded.rs"]
mod guarded;
#[path = "support/requests.rs"]
mod requests;
mod support;

use guarded::{Guarded, member};
use millstream_kafka::KafkaLog as TestedLog;
use millstream_log::{AdminRequest, Fetching, Log, LogError, LogEvent, NewTopic, Signal, StartAt};
use millstream_types::{Partition, RecordBytes, Timestamp, Topic, TopicPartition};
use requests::{now, request, response, until};

/// The first refusal that a client reports.
fn refusal(what: &str, mut poll: impl FnMut(&mut Vec<LogEvent>)) -> LogError {
    until(&format!("it is reported that {what} is refused"), || {
        let mut events = Vec::new();
        poll(&mut events);
        events.into_iter().find_map(|event| match event {
            LogEvent::Fatal(error)
            | LogEvent::FetchFailed { error, .. }
            | LogEvent::ProduceFailed { error, .. }
            | LogEvent::AdminDone { result: Err(error), .. } => Some(error),
            LogEvent::Assigned(_)
            | LogEvent::AssignmentData { .. }
            | LogEvent::StreamsTasks(_)
            | LogEvent::AssignorFailed(_)
            | LogEvent::SessionTimeout(_)
            | LogEvent::CoordinatorSilent(_)
            | LogEvent::CoordinatorResponds
            | LogEvent::Stalled(_)
            | LogEvent::Unavailable(_) => None,
            // A client may be allowed to look up a partition's range but not to read its records.
            LogEvent::Chunk(chunk) if chunk.is_empty() => None,
            other => panic!("{what}: {other:?}"),
        })
    })
}

#[track_caller]
fn assert_unauthorised(error: LogError, named: &str) {
    let LogError::Unauthorised { reason } = &error else { panic!("{error:?}") };
    assert!(reason.contains(named), "`{error}` does not name {named}");
}

fn refused_reading(fetcher: &mut (impl Fetching + ?Sized), topic: &str) -> LogError {
    fetcher.assign(&[(TopicPartition::new(topic, 0), StartAt::Earliest)]);
    refusal(&format!("reading {topic}"), |events| fetcher.poll(now(), &mut |_| true, events))
}

#[test]
fn a_password_is_accepted_and_a_wrong_one_is_reported() {
    let guarded = Guarded::shared();
    response(&guarded.log("guest"), AdminRequest::PartitionCounts(vec![Topic::from("open")]));
    for (user, password) in [("guest", "guessed"), ("stranger", "stranger-secret")] {
        let log = guarded.log_with(user, password);
        let reported = request(&log, AdminRequest::PartitionCounts(vec![Topic::from("open")]));
        let [LogEvent::AdminDone { result: Err(error), .. }] = &reported[..] else { panic!("{reported:?}") };
        assert_unauthorised(error.clone(), "uthentication failed");
        let mut consumer = member(&log, "open");
        consumer.subscribe(&[Topic::from("open")]);
        let reported = refusal("a member", |events| consumer.poll(now(), &mut |_| true, events));
        assert_unauthorised(reported, "uthentication failed");
    }
}

#[test]
fn a_client_without_a_password_reports_what_may_be_missing() {
    let guarded = Guarded::shared();
    let log = TestedLog::new(guarded.broker.bootstrap());
    let reported = request(&log, AdminRequest::PartitionCounts(vec![Topic::from("open")]));
    let LogEvent::Unavailable(reason) = &reported[0] else { panic!("{reported:?}") };
    assert!(reason.contains("security.protocol"), "{reason}");
}

#[test]
fn an_administrator_reports_which_topic_is_refused() {
    let guarded = Guarded::shared();
    let log = guarded.log("guest");
    let mut admin = log.admin("guest", &Signal::new()).unwrap();
    let mut refused = |request| {
        admin.request(request);
        refusal("a request", |events| admin.poll(now(), events))
    };
    let counts = AdminRequest::PartitionCounts(vec![Topic::from("open"), Topic::from("closed")]);
    assert_unauthorised(refused(counts), "topic `closed`");
    let new = NewTopic { name: Topic::from("new"), partitions: 1, config: [].into() };
    let reported = response(&log, AdminRequest::CreateTopics(vec![new]));
    assert!(format!("{reported:?}").contains("not authorised: topic `new`"), "{reported:?}");
}

#[test]
fn a_reader_reports_which_partition_is_refused() {
    let guarded = Guarded::shared();
    let mut fetcher = guarded.log("guest").fetcher("guest", &Signal::new()).unwrap();
    for topic in ["closed", "read-only"] {
        assert_unauthorised(refused_reading(&mut *fetcher, topic), topic);
    }
}

/// A reader is not a member.
#[test]
fn a_reader_needs_no_permission_for_a_group() {
    let guarded = Guarded::shared();
    let (topic, signal) = (TopicPartition::new("open", 0), Signal::new());
    let mut fetcher = guarded.log("guest").fetcher("guest", &signal).unwrap();
    fetcher.assign(&[(topic.clone(), StartAt::Earliest)]);
    let mut producer = guarded.log("guest").producer("guest", &signal).unwrap();
    until("a record is taken", || {
        producer.poll(now(), &mut Vec::new());
        let at = Timestamp::from_millis(1_700_000_000_000);
        producer.append(&topic.topic, topic.partition, &RecordBytes::new(at, None, Some(b"x"))).then_some(())
    });
    producer.flush();
    until("it is read", || {
        let mut events = Vec::new();
        producer.poll(now(), &mut Vec::new());
        fetcher.poll(now(), &mut |_| true, &mut events);
        events.into_iter().find_map(|event| match event {
            LogEvent::Chunk(chunk) => (chunk.len() == 1).then_some(()),
            LogEvent::Stalled(_) | LogEvent::Unavailable(_) => None,
            other => panic!("{other:?}"),
        })
    });
}

#[test]
fn a_producer_reports_which_topic_is_refused() {
    let guarded = Guarded::shared();
    let mut producer = guarded.log("guest").producer("guest", &Signal::new()).unwrap();
    producer.topic(&Topic::from("closed"));
    let reported = refusal("writing", |events| producer.poll(now(), events));
    assert_unauthorised(reported, "topic `closed`");

    let read_only = Topic::from("read-only");
    until("a record is taken", || {
        producer.poll(now(), &mut Vec::new());
        let at = Timestamp::from_millis(1_700_000_000_000);
        producer.append(&read_only, Partition::new(0), &RecordBytes::new(at, None, Some(b"x"))).then_some(())
    });
    let reported = refusal("writing", |events| producer.poll(now(), events));
    assert_unauthorised(reported, "read-only-0");
}

#[test]
fn a_member_reports_which_group_or_topic_is_refused() {
    let guarded = Guarded::shared();
    let log = guarded.log("guest");
    for (group, topic, named) in [("closed", "open", "group `closed`"), ("open", "closed", "closed")] {
        let mut consumer = member(&log, group);
        consumer.subscribe(&[Topic::from(topic)]);
        let reported = refusal(&format!("{topic} in {group}"), |events| consumer.poll(now(), &mut |_| true, events));
        assert_unauthorised(reported, named);
    }
    let mut consumer = member(&log, "closed");
    consumer.fetch_committed(&[TopicPartition::new("open", 0)]);
    let reported = refusal("committed offsets", |events| consumer.poll(now(), &mut |_| true, events));
    assert_unauthorised(reported, "group `closed`");
}
