//! Questions to the cluster, each waited for.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use millstream::kafka::KafkaLog;
use millstream::logs::{
    AdminRequest, AdminResponse, Administration, Log, LogError, LogEvent, NewTopic, OffsetRange, Signal,
};
use millstream::{Topic, TopicPartition};

use super::super::lines::now;
use super::super::{WordCountError, say};

/// Without an answer for so long, a person wants to know what is going on.
const SAY_AFTER: Duration = Duration::from_secs(3);

/// After an answer that may be another one later, the wait before asking again.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// A cluster that answers questions.
pub(super) struct Broker {
    address: String,
    limit: Duration,
    admin: Box<dyn Administration>,
    signal: Signal,
}

impl Broker {
    /// The cluster at this address, which has to answer each question within the limit; whether it is there turns out with the first question.
    ///
    /// # Errors
    /// When librdkafka refuses the settings.
    pub(super) fn connect(log: &KafkaLog, address: &str, limit: Duration) -> Result<Self, WordCountError> {
        let signal = Signal::new();
        let admin = log.admin("wordcount-set-up", &signal).map_err(WordCountError::Kafka)?;
        Ok(Self { address: address.to_owned(), limit, admin, signal })
    }

    /// How many partitions these topics have, in their order.
    ///
    /// # Errors
    /// When one is missing, or the cluster does not answer.
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
    /// When the cluster refuses, or does not answer.
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
        let AdminResponse::CreateTopics(created) = self.ask(&AdminRequest::CreateTopics(topics))? else {
            return Ok(());
        };
        for (topic, result) in created {
            match result {
                // Another copy was quicker.
                Ok(()) | Err(LogError::TopicExists { .. }) => {}
                Err(error) => return Err(WordCountError::NotCreated { topic: topic.to_string(), error }),
            }
        }
        Ok(())
    }

    /// Where these partitions begin and end.
    ///
    /// # Errors
    /// When the cluster refuses, or does not answer.
    pub(super) fn ranges(
        &mut self,
        partitions: Vec<TopicPartition>,
    ) -> Result<Vec<(TopicPartition, OffsetRange)>, WordCountError> {
        let AdminResponse::OffsetRanges(ranges) = self.ask(&AdminRequest::OffsetRanges(partitions))? else {
            return Ok(Vec::new());
        };
        let range = |(partition, range): (_, Result<_, _>)| Ok((partition, range.map_err(WordCountError::Kafka)?));
        ranges.into_iter().map(range).collect()
    }

    fn partition_counts(&mut self, topics: &[&str]) -> Result<Vec<Option<u32>>, WordCountError> {
        let names = topics.iter().map(|topic| Topic::from(*topic)).collect();
        let AdminResponse::PartitionCounts(counts) = self.ask(&AdminRequest::PartitionCounts(names))? else {
            return Ok(vec![None; topics.len()]);
        };
        let count =
            |topic: &&str| counts.iter().find(|(name, _)| name.as_str() == *topic).and_then(|(_, count)| *count);
        Ok(topics.iter().map(count).collect())
    }

    /// Asks until there is an answer, or its time is over.
    fn ask(&mut self, request: &AdminRequest) -> Result<AdminResponse, WordCountError> {
        let begin = Instant::now();
        let (mut reason, mut has_said) = ("no answer".to_owned(), false);
        self.admin.request(request.clone());
        while begin.elapsed() < self.limit {
            match self.hear()? {
                Heard::Answer(answer) => return Ok(answer),
                Heard::NotYet(why) => reason = why.unwrap_or(reason),
                Heard::AskAgain(why) => {
                    reason = why;
                    self.signal.wait(ASK_AGAIN_AFTER);
                    self.admin.request(request.clone());
                }
            }
            if begin.elapsed() > SAY_AFTER && !has_said {
                has_said = true;
                say(&format_args!("no answer from {} yet: {reason}", self.address));
            }
            self.signal.wait(ASK_AGAIN_AFTER);
        }
        Err(WordCountError::NoAnswer { address: self.address.clone(), limit: self.limit, reason })
    }

    /// What there is to hear; `Err` if it is final.
    fn hear(&mut self) -> Result<Heard, WordCountError> {
        let mut events = Vec::new();
        self.admin.poll(now(), &mut events);
        let mut heard = Heard::NotYet(None);
        for event in events {
            match event {
                LogEvent::AdminDone { result: Ok(answer), .. } => return Ok(Heard::Answer(answer)),
                LogEvent::AdminDone { result: Err(error), .. } if error.is_retriable() => {
                    heard = Heard::AskAgain(error.to_string());
                }
                LogEvent::AdminDone { result: Err(error), .. } | LogEvent::Fatal(error) => {
                    return Err(WordCountError::Kafka(error));
                }
                LogEvent::Unavailable(why) if matches!(heard, Heard::NotYet(_)) => heard = Heard::NotYet(Some(why)),
                _ => {}
            }
        }
        Ok(heard)
    }
}

/// What a cluster that was asked may say. It is asked one thing at a time, so an answer is the answer.
enum Heard {
    Answer(AdminResponse),
    NotYet(Option<String>),
    AskAgain(String),
}
