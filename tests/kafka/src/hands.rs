//! Hands on a broker: topics, lines, ends.

use std::collections::BTreeMap;

use millstream::kafka::KafkaLog;
use millstream::logs::{AdminRequest, AdminResponse, Log, LogError, LogEvent, NewTopic, Signal};
use millstream::{Offset, Partition, Timestamp, Topic, TopicPartition};

use crate::PARTITIONS;
use crate::reader::Reader;
use crate::waiting::{now, until};
use crate::writer::Writer;

/// Hands on a broker.
#[derive(Clone, Debug)]
pub struct Hands {
    /// The broker as a log.
    pub log: KafkaLog,
}

impl Hands {
    /// Hands on the broker at this address.
    #[must_use]
    pub fn on(bootstrap: &str) -> Self {
        Self::of(KafkaLog::new(bootstrap))
    }

    /// Hands on this log.
    #[must_use]
    pub const fn of(log: KafkaLog) -> Self {
        Self { log }
    }

    /// Asks an administrator, and again as long as the response is retriable.
    ///
    /// # Panics
    /// When the request fails.
    #[must_use]
    pub fn ask(&self, request: AdminRequest) -> AdminResponse {
        let mut admin = self.log.admin("hands", &Signal::new()).expect("an administrator");
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

    /// Where the partitions of a topic end.
    ///
    /// # Panics
    /// When that is not known.
    #[must_use]
    pub fn ends(&self, topic: &str) -> Vec<Offset> {
        let all: Vec<_> = (0..PARTITIONS).map(|number| TopicPartition::new(topic, number)).collect();
        // A leader may still be on its way to a partition that was just created.
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

    /// Follows the topic `counts` until its latest counts satisfy the caller.
    ///
    /// # Panics
    /// When they never do.
    pub fn read_counts(&self, is_enough: impl Fn(&BTreeMap<String, i64>) -> bool) -> BTreeMap<String, i64> {
        let reader = Reader::start(&self.log, "counts");
        until("all words are counted", || {
            let counts = reader.latest::<i64>();
            is_enough(&counts).then_some(counts)
        })
    }

    /// Follows the topic `counts` until that many words are counted.
    ///
    /// # Panics
    /// When they never are.
    pub fn await_counts(&self, words: i64) -> BTreeMap<String, i64> {
        self.read_counts(|counts| counts.values().sum::<i64>() >= words)
    }
}
