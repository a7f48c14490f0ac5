//! Blocking requests to the cluster.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use millstream::kafka::KafkaLog;
use millstream::logs::{
    AdminRequest, AdminResponse, Administration, Log, LogError, LogEvent, NewTopic, OffsetRange, Signal,
};
use millstream::{Topic, TopicPartition};

use super::super::lines::now;
use super::super::{WordCountError, say};

/// After this time without a response, the reason is printed.
const REPORT_AFTER: Duration = Duration::from_secs(3);

/// The backoff before a request is repeated.
const RETRY_BACKOFF: Duration = Duration::from_millis(500);

/// A cluster, for administrative requests.
pub(super) struct Broker {
    address: String,
    limit: Duration,
    admin: Box<dyn Administration>,
    signal: Signal,
}

impl Broker {
    /// The cluster at this address, which has to respond to each request within the limit; the first request shows whether it
    /// is there.
    ///
    /// # Errors
    /// When settings contradict each other.
    pub(super) fn connect(log: &KafkaLog, address: &str, limit: Duration) -> Result<Self, WordCountError> {
        let signal = Signal::new();
        let admin = log.admin("wordcount-set-up", &signal).map_err(WordCountError::Kafka)?;
        Ok(Self { address: address.to_owned(), limit, admin, signal })
    }

    /// How many partitions these topics have, in their order.
    ///
    /// # Errors
    /// When one is missing, or the cluster does not respond.
    pub(super) fn partitions(&mut self, topics: &[&str]) -> Result<Vec<u32>, WordCountError> {
        let counts = self.partition_counts(topics)?;
        let missing =
            || topics.iter().zip(&counts).filter(|(_, count)| count.is_none()).map(|(topic, _)| (*topic).to_owned());
        match counts.iter().copied().collect() {
            Some(counts) => Ok(counts),
            None => Err(WordCountError::NoTopics { topics: missing().collect(), address: self.address.clone() }),
        }
    }

    /// Creates the source topic, and the output topic, which keeps the last count of each word for good.
    ///
    /// # Errors
    /// When the cluster refuses, or does not respond.
    pub(super) fn create_missing(&mut self, source: &str, output: &str, partitions: u32) -> Result<(), WordCountError> {
        let compact = BTreeMap::from([("cleanup.policy".to_owned(), "compact".to_owned())]);
        let wanted = [(source, BTreeMap::new()), (output, compact)];
        let counts = self.partition_counts(&[source, output])?;
        let missing = wanted.into_iter().zip(counts).filter(|(_, count)| count.is_none());
        let topics: Vec<NewTopic> =
            missing.map(|((name, config), _)| NewTopic { name: Topic::from(name), partitions, config }).collect();
        if topics.is_empty() {
            return Ok(());
        }
        let AdminResponse::CreateTopics(created) = self.request(&AdminRequest::CreateTopics(topics))? else {
            return Ok(());
        };
        for (topic, result) in created {
            match result {
                // Another copy has created it.
                Ok(()) | Err(LogError::TopicExists { .. }) => {}
                Err(error) => return Err(WordCountError::NotCreated { topic: topic.to_string(), error }),
            }
        }
        Ok(())
    }

    /// The offset ranges of these partitions.
    ///
    /// # Errors
    /// When the cluster refuses, or does not respond.
    pub(super) fn ranges(
        &mut self,
        partitions: Vec<TopicPartition>,
    ) -> Result<Vec<(TopicPartition, OffsetRange)>, WordCountError> {
        let AdminResponse::OffsetRanges(ranges) = self.request(&AdminRequest::OffsetRanges(partitions))? else {
            return Ok(Vec::new());
        };
        let range = |(partition, range): (_, Result<_, _>)| Ok((partition, range.map_err(WordCountError::Kafka)?));
        ranges.into_iter().map(range).collect()
    }

    fn partition_counts(&mut self, topics: &[&str]) -> Result<Vec<Option<u32>>, WordCountError> {
        let names = topics.iter().map(|topic| Topic::from(*topic)).collect();
        let AdminResponse::PartitionCounts(counts) = self.request(&AdminRequest::PartitionCounts(names))? else {
            return Ok(vec![None; topics.len()]);
        };
        let count =
            |topic: &&str| counts.iter().find(|(name, _)| name.as_str() == *topic).and_then(|(_, count)| *count);
        Ok(topics.iter().map(count).collect())
    }

    /// Sends a request until there is a final response, or its time is over.
    fn request(&mut self, request: &AdminRequest) -> Result<AdminResponse, WordCountError> {
        let begin = Instant::now();
        let (mut reason, mut is_reported) = ("no response".to_owned(), false);
        self.admin.request(request.clone());
        while begin.elapsed() < self.limit {
            match self.poll()? {
                Progress::Done(response) => return Ok(response),
                Progress::Waiting(why) => reason = why.unwrap_or(reason),
                Progress::Retry(why) => {
                    reason = why;
                    self.signal.wait(RETRY_BACKOFF);
                    self.admin.request(request.clone());
                }
            }
            if begin.elapsed() > REPORT_AFTER && !is_reported {
                is_reported = true;
                say(&format_args!("no response from {} yet: {reason}", self.address));
            }
            self.signal.wait(RETRY_BACKOFF);
        }
        Err(WordCountError::NoResponse { address: self.address.clone(), limit: self.limit, reason })
    }

    /// The state of the request; `Err` after an error that is not retriable.
    fn poll(&mut self) -> Result<Progress, WordCountError> {
        let mut events = Vec::new();
        self.admin.poll(now(), &mut events);
        let mut progress = Progress::Waiting(None);
        for event in events {
            match event {
                LogEvent::AdminDone { result: Ok(response), .. } => return Ok(Progress::Done(response)),
                LogEvent::AdminDone { result: Err(error), .. } if error.is_retriable() => {
                    progress = Progress::Retry(error.to_string());
                }
                LogEvent::AdminDone { result: Err(error), .. } | LogEvent::Fatal(error) => {
                    return Err(WordCountError::Kafka(error));
                }
                LogEvent::Unavailable(why) if matches!(progress, Progress::Waiting(_)) => {
                    progress = Progress::Waiting(Some(why));
                }
                _ => {}
            }
        }
        Ok(progress)
    }
}

/// The state of a request. There is one at a time.
enum Progress {
    Done(AdminResponse),
    /// With the last reason why, if there is one.
    Waiting(Option<String>),
    /// The response was retriable.
    Retry(String),
}
