//! Reading from a replica that is nearer than the leader (KIP-392).
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test with real brokers, in real time")]

#[path = "support/records.rs"]
mod records;
#[path = "support/requests.rs"]
mod requests;
mod support;

use std::time::{Duration, Instant};

use millstream_kafka::KafkaLog;
use millstream_log::{Log, LogEvent, Signal, StartAt};
use millstream_types::TopicPartition;

use self::records::{numbered, write_all};
use self::requests::{PATIENCE, create, now};
use self::support::Broker;

/// Many more records than a reader fetches ahead.
const RECORDS: usize = 300_000;

/// A follower knows within this time that all replicas have the records.
const KNOWN_AFTER: Duration = Duration::from_secs(2);

/// Starts a broker of a rack. Neither of the two takes the other for gone while it is suspended.
fn start(start: impl FnOnce(&[&str]) -> Broker, rack: &str) -> Broker {
    start(&[
        &format!("broker.rack={rack}"),
        "replica.selector.class=org.apache.kafka.common.replica.RackAwareReplicaSelector",
        "default.replication.factor=2",
        "broker.session.timeout.ms=300000",
        "replica.lag.time.max.ms=300000",
    ])
}

/// Both partitions have the same records. One of them is led by the second broker, which is suspended once both are being read.
/// Its follower is the first broker, in the rack of the reader.
#[test]
fn a_reader_in_the_rack_of_a_follower_needs_no_leader() {
    let first = start(Broker::start_with, "a");
    let second = start(|settings| first.start_another(settings), "b");
    let log = KafkaLog::new(&format!("{},{}", first.bootstrap(), second.bootstrap()));
    let one = create(&log, "followed", 2);
    let other = TopicPartition::new(one.topic.clone(), 1);
    [&one, &other].iter().for_each(|partition| write_all(&log, partition, &numbered(RECORDS)));
    std::thread::sleep(KNOWN_AFTER);

    let (log, signal) = (log.with("client.rack", "a").unwrap(), Signal::new());
    let mut reader = log.fetcher("reads", &signal).unwrap();
    reader.assign(&[(one, StartAt::Earliest), (other, StartAt::Earliest)]);
    let (begin, mut events, mut read, mut is_suspended) = (Instant::now(), Vec::new(), [0_usize; 2], false);
    while read.iter().any(|read| *read < RECORDS) {
        assert!(begin.elapsed() < PATIENCE, "only {read:?} of {RECORDS} records have come; suspended: {is_suspended}");
        reader.poll(now(), &mut |_| true, &mut events);
        for event in events.drain(..) {
            if let LogEvent::Chunk(chunk) = event {
                let read = &mut read[chunk.partition.partition.number() as usize];
                assert!(chunk.iter().map(|record| record.offset().number() as usize).eq(*read..*read + chunk.len()));
                *read += chunk.len();
            }
        }
        if !is_suspended && read.iter().all(|read| *read > 0) {
            assert!(read.iter().all(|read| *read < RECORDS), "too few records: {read:?}");
            second.suspend();
            is_suspended = true;
        }
        signal.wait(Duration::from_millis(5));
    }
    assert!(is_suspended);
    second.resume();
}
