//! A client of a broker for tests: topics, lines, offsets.

use std::collections::BTreeMap;

use millstream::kafka::KafkaLog;
use millstream::logs::{AdminRequest, AdminResponse, Log, LogError, LogEvent, NewTopic, Signal};
use millstream::{Offset, Partition, Timestamp, Topic, TopicPartition};

use crate::PARTITIONS;
use crate::reader::Reader;
use crate::waiting::{now, until};
use crate::writer::Writer;

/// A client of a broker.
#[derive(Clone, Debug)]
pub struct TestClient {
    /// The broker as a log.
    pub log: KafkaLog,
}

impl TestClient {
    /// A client of the broker at this address.
    #[must_use]
    pub fn on(bootstrap: &str) -> Self {
        Self::of(KafkaLog::new(bootstrap))
    }

    /// A client of this log.
    #[must_use]
    pub const fn of(log: KafkaLog) -> Self {
        Self { log }
    }

    /// Sends an administrative request, and sends it again as long as its error is retriable.
    ///
    /// # Panics
    /// When the request fails.
    #[must_use]
    pub fn ask(&self, request: AdminRequest) -> AdminResponse {
        let mut admin = self.log.admin("test-client", &Signal::new()).expect("an administrator");
        admin.request(request.clone());
        until("an administrator responds", || {
            let mut events = Vec::new();
            admin.poll(now(), &mut events);
            let result = events.into_iter().find_map(|event| match event {
                LogEvent::AdminDone { result, .. } => Some(result),
                _ => None,
            });
            if matches!(&result, Some(Err(error)) if error.is_retriable()) {
                admin.request(request.clone());
                return None;
            }
            result.map(|result| result.expect("a response"))
        })
    }

    /// Creates topics of [`PARTITIONS`] partitions.
    ///
    /// # Panics
    /// When that fails.
    pub fn create(&self, names: &[&str]) {
        names.iter().for_each(|name| self.create_with(name, PARTITIONS));
    }

    /// Creates a topic of this many partitions.
    ///
    /// # Panics
    /// When that fails.
    pub fn create_with(&self, name: &str, partitions: u32) {
        let topic = NewTopic { name: Topic::from(name), partitions, config: BTreeMap::new() };
        let AdminResponse::CreateTopics(created) = self.ask(AdminRequest::CreateTopics(vec![topic])) else {
            panic!("the response to another request");
        };
        assert!(created.iter().all(|(_, result)| result.is_ok()), "{created:?}");
    }

    /// The end offsets of the partitions of a topic.
    ///
    /// # Panics
    /// When they cannot be looked up.
    #[must_use]
    pub fn ends(&self, topic: &str) -> Vec<Offset> {
        let all: Vec<_> = (0..PARTITIONS).map(|number| TopicPartition::new(topic, number)).collect();
        // A partition that was just created may have no leader yet.
        let mut ranges = until(format!("the leaders of {topic} say where its partitions end"), || {
            let AdminResponse::OffsetRanges(ranges) = self.ask(AdminRequest::OffsetRanges(all.clone())) else {
                panic!("another response than to the request");
            };
            let is_retriable = |range: &Result<_, LogError>| range.as_ref().is_err_and(LogError::is_retriable);
            (!ranges.iter().any(|(_, range)| is_retriable(range))).then_some(ranges)
        });
        ranges.sort_by_key(|(partition, _)| partition.partition);
        ranges.into_iter().map(|(_, range)| range.expect("an end").1).collect()
    }

    /// Writes lines, one partition after the other, and waits until all are durable.
    ///
    /// # Panics
    /// When one is refused.
    pub fn write(&self, topic: &str, lines: &[String]) {
        let (mut writer, topic) = (Writer::new(&self.log), Topic::from(topic));
        for (number, line) in (0_u32..).zip(lines) {
            let at = Timestamp::from_millis(1_700_000_000_000 + i64::from(number));
            writer.put(&topic, Partition::new(number % PARTITIONS), at, None, line);
        }
        writer.settle();
    }

    /// Reads the topic `counts` until `is_enough` is true for the latest counts.
    ///
    /// # Panics
    /// When it does not become true in time.
    pub fn read_counts(&self, is_enough: impl Fn(&BTreeMap<String, i64>) -> bool) -> BTreeMap<String, i64> {
        let reader = Reader::start(&self.log, "counts");
        until("all words are counted", || {
            let counts = reader.latest::<i64>();
            is_enough(&counts).then_some(counts)
        })
    }

    /// Reads the topic `counts` until this number of words is counted.
    ///
    /// # Panics
    /// When they are not counted in time.
    pub fn await_counts(&self, words: i64) -> BTreeMap<String, i64> {
        self.read_counts(|counts| counts.values().sum::<i64>() >= words)
    }
}
