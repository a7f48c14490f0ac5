//! The counts that the output topic holds.

use std::collections::HashMap;
use std::time::Duration;

use millstream::kafka::KafkaLog;
use millstream::log::{Log, LogEvent, Signal, StartAt};
use millstream::{Data, Offset, TopicPartition};

use super::super::lines::now;
use super::super::{Arguments, Counts, WordCountError, print};
use super::broker::Broker;

/// How long reading waits before it looks again; the log wakes it earlier.
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
    let ranges = broker.ranges(all)?;
    let mut unread: HashMap<TopicPartition, Offset> = HashMap::new();
    unread.extend(
        ranges.into_iter().filter(|(_, (start, end))| start < end).map(|(partition, (_, end))| (partition, end)),
    );
    let signal = Signal::new();
    let mut fetcher = log.fetcher("wordcount-show", &signal).map_err(WordCountError::Kafka)?;
    fetcher.assign(&unread.keys().map(|partition| (partition.clone(), StartAt::Earliest)).collect::<Vec<_>>());
    let (mut counts, mut events) = (HashMap::new(), Vec::new());
    while !unread.is_empty() {
        fetcher.poll(now(), &mut |_| true, &mut events);
        if events.is_empty() {
            signal.wait(WAIT);
        }
        for event in events.drain(..) {
            match event {
                LogEvent::Chunk(chunk) => {
                    for record in chunk.iter() {
                        let word = String::decode(record.key().unwrap_or_default())?;
                        match record.value() {
                            Some(count) => counts.insert(word, i64::decode(count)?),
                            None => counts.remove(&word),
                        };
                    }
                    if unread.get(&chunk.partition).is_some_and(|end| chunk.next_offset >= *end) {
                        unread.remove(&chunk.partition);
                    }
                }
                LogEvent::FetchFailed { error, .. } | LogEvent::Fatal(error) => {
                    return Err(WordCountError::Kafka(error));
                }
                _ => {}
            }
        }
    }
    Ok(counts.into_iter().collect())
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
