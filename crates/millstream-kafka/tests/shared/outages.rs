//! Clients during an outage of the broker: they report it, do not block, and continue afterwards.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test with a real broker, in real time")]

use std::time::{Duration, Instant};

use millstream_log::{
    AdminRequest, CommittedOffset, GroupConfig, GroupConsumer, Log, LogEvent, Producing, Signal, StartAt, TopicState,
};
use millstream_types::{Offset, RecordBytes, Timestamp, Topic, TopicPartition};

use crate::TestedLog;
use crate::requests::{AT_ONCE, create, now, request, until};
use crate::support::Broker;

/// A broker that is back is connected to within a second, and loads its groups first; a request from before is given up after
/// ten seconds. A busy machine is allowed more.
const SOON: Duration = Duration::from_secs(60);

fn append(producer: &mut dyn Producing, partition: &TopicPartition, number: usize) -> bool {
    let (at, value) = (Timestamp::from_millis(1_700_000_000_000), number.to_string());
    producer.append(&partition.topic, partition.partition, &RecordBytes::new(at, None, Some(value.as_bytes())))
}

#[test]
fn a_wrong_address_is_reported_and_blocks_no_call() {
    let log = TestedLog::new("127.0.0.1:1");
    let reported = request(&log, AdminRequest::PartitionCounts(vec![Topic::from("any")]));
    let LogEvent::Unavailable(reason) = &reported[0] else { panic!("{reported:?}") };
    assert!(reason.contains("127.0.0.1:1") && reason.contains("bootstrap.servers"), "{reason}");

    let config = GroupConfig::new("group", "member", Duration::from_secs(6));
    let mut consumer = log.consumer(&config, &Signal::new()).unwrap();
    consumer.subscribe(&[Topic::from("any")]);
    consumer
        .commit(&[(TopicPartition::new("any", 0), CommittedOffset { offset: Offset::ZERO, metadata: String::new() })]);
    until("a member reports it", || {
        let mut events = Vec::new();
        consumer.poll(now(), &mut |_| true, &mut events);
        events.iter().any(|event| matches!(event, LogEvent::Unavailable(_))).then_some(())
    });
    let begin = Instant::now();
    consumer.leave();
    assert!(begin.elapsed() < AT_ONCE, "leaving took {:?}", begin.elapsed());
    drop(consumer);
    // Commits, the place in the group, and the client itself have five seconds each.
    assert!(begin.elapsed() < Duration::from_secs(45), "a client that never had a broker ends: {:?}", begin.elapsed());
}

#[test]
fn nothing_is_lost_when_a_broker_is_killed_and_restarted() {
    let broker = Broker::start();
    let log = TestedLog::new(broker.bootstrap());
    let partition = create(&log, "through-a-kill", 1);
    let signal = Signal::new();
    let mut producer = log.producer("writes", &signal).unwrap();
    until("the topic is found", || {
        producer.poll(now(), &mut Vec::new());
        (producer.topic(&partition.topic) == TopicState::Ready { partitions: 1 }).then_some(())
    });
    let mut fetcher = log.fetcher("reads", &signal).unwrap();
    fetcher.assign(&[(partition.clone(), StartAt::Earliest)]);

    let (mut sent, mut acknowledged, mut read) = (0, 0, Vec::new());
    let mut step = |limit: usize| {
        let (mut events, mut is_away_reported) = (Vec::new(), false);
        while sent < limit && append(&mut *producer, &partition, sent) {
            sent += 1;
        }
        producer.poll(now(), &mut events);
        fetcher.poll(now(), &mut |_| true, &mut events);
        for event in events {
            match event {
                LogEvent::Acknowledged { up_to } => acknowledged = up_to,
                LogEvent::Unavailable(_) => is_away_reported = true,
                // Nothing can be fetched while the only broker is down.
                LogEvent::Stalled(_) => {}
                LogEvent::Chunk(chunk) => {
                    read.extend(
                        chunk.iter().map(|record| String::from_utf8_lossy(record.value().unwrap()).into_owned()),
                    );
                }
                other => panic!("{other:?}"),
            }
        }
        (acknowledged, read.len(), is_away_reported)
    };
    until("the first records are passed on", || {
        let (acknowledged, read, _) = step(1_000);
        (acknowledged == 1_000 && read == 1_000).then_some(())
    });
    broker.kill();
    until("the outage is reported", || step(2_000).2.then_some(()));
    broker.restart();
    until("the other records are passed on", || {
        let (acknowledged, read, _) = step(3_000);
        (acknowledged == 3_000 && read == 3_000).then_some(())
    });
    assert_eq!(producer.acknowledged_offset(&partition), Some(Offset::new(3_000)), "nothing was written twice");
    assert_eq!(read, (0..3_000).map(|number| number.to_string()).collect::<Vec<_>>());
}

/// Requested before the outage, with the response in flight, and during the outage.
#[test]
fn committed_offsets_requested_around_an_outage_are_reported_after_it() {
    let broker = Broker::start();
    let log = TestedLog::new(broker.bootstrap());
    let partition = create(&log, "requested-around-an-outage", 1);
    let config = GroupConfig::new("group", "member", Duration::from_secs(45));
    let mut consumer = log.consumer(&config, &Signal::new()).unwrap();
    consumer.subscribe(std::slice::from_ref(&partition.topic));
    let await_event = |consumer: &mut dyn GroupConsumer, what: &str, is_it: &dyn Fn(&LogEvent) -> bool| {
        until(what, || {
            let mut events = Vec::new();
            consumer.poll(now(), &mut |_| true, &mut events);
            events.iter().any(is_it).then_some(())
        });
    };
    await_event(&mut *consumer, "it is a member", &|event| matches!(event, LogEvent::Assigned(_)));
    consumer.finish_rebalance();
    let offset = CommittedOffset { offset: Offset::new(7), metadata: "seven".to_owned() };
    consumer.commit(&[(partition.clone(), offset.clone())]);
    await_event(&mut *consumer, "it has committed", &|event| {
        matches!(event, LogEvent::CommitDone { result: Ok(()), .. })
    });
    let reported = [(partition.clone(), Some(offset))];
    let is_reported = |event: &LogEvent| matches!(event, LogEvent::Committed(committed) if *committed == reported);
    for asked_before in [true, false] {
        if asked_before {
            consumer.fetch_committed(std::slice::from_ref(&partition));
        }
        broker.kill();
        if !asked_before {
            consumer.fetch_committed(std::slice::from_ref(&partition));
        }
        broker.restart();
        let begin = Instant::now();
        await_event(&mut *consumer, "the offsets are reported", &is_reported);
        assert!(
            begin.elapsed() < SOON,
            "requested before the outage: {asked_before}; reported after {:?}",
            begin.elapsed()
        );
    }
}
