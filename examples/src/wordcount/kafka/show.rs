//! Shows the counts in the output topic.

use std::collections::HashMap;
use std::time::Duration;

use millstream::kafka::KafkaLog;
use millstream::logs::{Chunk, Log, LogEvent, Signal, StartAt};
use millstream::{Data, Offset, TopicPartition};

use super::super::lines::now;
use super::super::{Arguments, Counts, WordCountError, print};
use super::broker::Broker;

/// How long reading waits for the log's signal.
const WAIT: Duration = Duration::from_millis(100);

/// The last count of each word, as of now.
///
/// # Errors
/// When the topic cannot be read, or holds something else than counts.
pub(super) fn read(
    log: &KafkaLog,
    broker: &mut Broker,
    topic: &str,
    partitions: u32,
) -> Result<Counts, WordCountError> {
    let all = (0..partitions).map(|number| TopicPartition::new(topic, number)).collect();
    let with_records = broker.ranges(all)?.into_iter().filter(|(_, (start, end))| start < end);
    let mut reading = Reading {
        unread: with_records.map(|(partition, (_, end))| (partition, end)).collect(),
        counts: HashMap::new(),
    };
    let signal = Signal::new();
    let mut fetcher = log.fetcher("wordcount-show", &signal).map_err(WordCountError::Kafka)?;
    let from_the_start = reading.unread.keys().map(|partition| (partition.clone(), StartAt::Earliest));
    fetcher.assign(&from_the_start.collect::<Vec<_>>());
    let mut events = Vec::new();
    while !reading.unread.is_empty() {
        fetcher.poll(now(), &mut |_| true, &mut events);
        if events.is_empty() {
            signal.wait(WAIT);
        }
        events.drain(..).try_for_each(|event| reading.take(event))?;
    }
    Ok(reading.counts.into_iter().collect())
}

/// The progress of reading.
struct Reading {
    /// The ends of the partitions that are not read completely yet.
    unread: HashMap<TopicPartition, Offset>,
    counts: HashMap<String, i64>,
}

impl Reading {
    fn take(&mut self, event: LogEvent) -> Result<(), WordCountError> {
        match event {
            LogEvent::Chunk(chunk) => self.take_counts(&chunk),
            LogEvent::FetchFailed { error, .. } | LogEvent::Fatal(error) => Err(WordCountError::Kafka(error)),
            _ => Ok(()),
        }
    }

    fn take_counts(&mut self, chunk: &Chunk) -> Result<(), WordCountError> {
        for record in chunk.iter() {
            let word = String::decode(record.key().unwrap_or_default())?;
            match record.value() {
                Some(count) => self.counts.insert(word, i64::decode(count)?),
                None => self.counts.remove(&word),
            };
        }
        if self.unread.get(&chunk.partition).is_some_and(|end| chunk.next_offset >= *end) {
            self.unread.remove(&chunk.partition);
        }
        Ok(())
    }
}

/// Shows the most frequent words, and writes all of them to a file if one is named.
///
/// # Errors
/// When either cannot be written.
pub(super) fn show(arguments: &Arguments, counts: &Counts) -> Result<(), WordCountError> {
    if let Some(path) = &arguments.counts {
        counts.write_file(path)?;
    }
    print(|out| {
        counts.write_top(out, arguments.top)?;
        counts.write_sum(out)
    })
}
