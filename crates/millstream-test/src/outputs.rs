//! The unread records of all topics, with their order across topics.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use millstream_types::{Headers, Partition, RecordBytes, Timestamp, Topic};

/// A written record as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawOutput {
    /// The topic, with its full name.
    pub topic: Topic,
    /// The partition.
    pub partition: Partition,
    /// The timestamp of the record.
    pub timestamp: Timestamp,
    /// The bytes of the key, or null.
    pub key: Option<Vec<u8>>,
    /// The bytes of the value, or null.
    pub value: Option<Vec<u8>>,
    /// The headers.
    pub headers: Headers,
}

/// All topics that were written, with their unread records.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    topics: Vec<TopicOutputs>,
    /// The topics that tasks read.
    sources: Vec<Topic>,
    /// The topics with new records for tasks, as indexes of `topics`.
    fed: Vec<usize>,
    by_name: HashMap<Topic, usize, FixedState>,
    /// The number of records of all topics.
    written: u64,
}

/// The unread records of a topic in one buffer, which is emptied when all are read.
#[derive(Debug)]
struct TopicOutputs {
    topic: Topic,
    is_source: bool,
    bytes: Vec<u8>,
    records: Vec<Stored>,
    /// The number of `records` that are read.
    read: usize,
}

#[derive(Clone, Debug)]
struct Stored {
    number: u64,
    partition: Partition,
    timestamp: Timestamp,
    start: usize,
    key: Option<u32>,
    value: Option<u32>,
    headers: Headers,
}

impl Outputs {
    /// Sets the topics that tasks read.
    pub(crate) fn set_sources(&mut self, sources: Vec<Topic>) {
        self.sources = sources;
    }

    /// Takes the topics with new records for tasks.
    pub(crate) fn take_fed(&mut self) -> Vec<Topic> {
        self.fed.drain(..).map(|index| self.topics[index].topic.clone()).collect()
    }

    /// Adds a record.
    pub(crate) fn push(&mut self, topic: &Topic, partition: Partition, record: &RecordBytes<'_>) {
        let index = match self.by_name.get(topic) {
            Some(index) => *index,
            None => self.add_topic(topic),
        };
        self.written += 1;
        if self.topics[index].is_source && !self.fed.contains(&index) {
            self.fed.push(index);
        }
        self.topics[index].push(self.written, partition, record);
    }

    fn add_topic(&mut self, topic: &Topic) -> usize {
        let index = self.topics.len();
        let is_source = self.sources.contains(topic);
        self.topics.push(TopicOutputs {
            topic: topic.clone(),
            is_source,
            bytes: Vec::new(),
            records: Vec::new(),
            read: 0,
        });
        self.by_name.insert(topic.clone(), index);
        index
    }

    /// The sorted names of all topics that were written.
    pub(crate) fn topic_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.topics.iter().map(|topic| topic.topic.to_string()).collect();
        names.sort();
        names
    }

    pub(crate) fn has_topic(&self, topic: &str) -> bool {
        self.by_name.contains_key(topic)
    }

    /// The number of unread records of a topic.
    pub(crate) fn len(&self, topic: &str) -> usize {
        self.by_name.get(topic).map_or(0, |&index| self.topics[index].len())
    }

    /// Reads the oldest unread record of a topic.
    pub(crate) fn pop<T>(&mut self, topic: &str, read: impl FnOnce(Partition, &RecordBytes<'_>) -> T) -> Option<T> {
        self.topics[*self.by_name.get(topic)?].pop(read)
    }

    /// Reads all unread records of all topics in the order in which they were written.
    pub(crate) fn take_all(&mut self) -> Vec<RawOutput> {
        let mut all = Vec::new();
        for topic in &mut self.topics {
            while let Some(number) = topic.next_number() {
                let name = topic.topic.clone();
                all.extend(topic.pop(|partition, record| (number, RawOutput::new(name, partition, record))));
            }
        }
        all.sort_unstable_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, record)| record).collect()
    }
}

impl TopicOutputs {
    fn push(&mut self, number: u64, partition: Partition, record: &RecordBytes<'_>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(record.key.unwrap_or_default());
        self.bytes.extend_from_slice(record.value.unwrap_or_default());
        self.records.push(Stored {
            number,
            partition,
            timestamp: record.timestamp,
            start,
            key: record.key.map(length),
            value: record.value.map(length),
            headers: record.headers.clone(),
        });
    }

    fn len(&self) -> usize {
        self.records.len() - self.read
    }

    fn next_number(&self) -> Option<u64> {
        self.records.get(self.read).map(|record| record.number)
    }

    fn pop<T>(&mut self, read: impl FnOnce(Partition, &RecordBytes<'_>) -> T) -> Option<T> {
        let stored = self.records.get(self.read)?;
        let mut rest = &self.bytes[stored.start..];
        let mut take = |len: Option<u32>| {
            let (part, behind) = rest.split_at(len? as usize);
            rest = behind;
            Some(part)
        };
        let (key, value) = (take(stored.key), take(stored.value));
        let Stored { partition, timestamp, ref headers, .. } = *stored;
        let shown = read(partition, &RecordBytes { timestamp, key, value, headers });
        self.read += 1;
        if self.read == self.records.len() {
            self.bytes.clear();
            self.records.clear();
            self.read = 0;
        }
        Some(shown)
    }
}

impl RawOutput {
    fn new(topic: Topic, partition: Partition, record: &RecordBytes<'_>) -> Self {
        Self {
            topic,
            partition,
            timestamp: record.timestamp,
            key: record.key.map(<[u8]>::to_vec),
            value: record.value.map(<[u8]>::to_vec),
            headers: record.headers.clone(),
        }
    }
}

fn length(part: &[u8]) -> u32 {
    u32::try_from(part.len()).expect("the log refuses records of 4 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(outputs: &mut Outputs, topic: &str, key: Option<&[u8]>, value: Option<&[u8]>) {
        let record = RecordBytes::new(Timestamp::from_millis(7), key, value);
        outputs.push(&Topic::from(topic), Partition::new(0), &record);
    }

    #[test]
    fn each_topic_is_read_in_order_and_null_is_not_empty() {
        let mut outputs = Outputs::default();
        push(&mut outputs, "a", Some(b"k"), None);
        push(&mut outputs, "b", None, Some(b""));
        push(&mut outputs, "a", Some(b""), Some(b"v"));
        let pop = |outputs: &mut Outputs, topic: &str| {
            outputs.pop(topic, |partition, record| RawOutput::new(Topic::from(topic), partition, record))
        };
        let first = pop(&mut outputs, "a").expect("a record");
        assert_eq!((first.key.as_deref(), first.value), (Some(&b"k"[..]), None));
        assert_eq!((outputs.len("a"), outputs.len("b"), outputs.len("c")), (1, 1, 0));
        let of_b = pop(&mut outputs, "b").expect("a record");
        assert_eq!((of_b.key, of_b.value.as_deref()), (None, Some(&b""[..])));
        assert!(pop(&mut outputs, "b").is_none());
    }

    #[test]
    fn all_unread_records_come_in_the_order_they_were_written() {
        let mut outputs = Outputs::default();
        for topic in ["a", "b", "b", "a", "c"] {
            push(&mut outputs, topic, Some(topic.as_bytes()), None);
        }
        outputs.pop("b", |_, _| ());
        let topics: Vec<String> = outputs.take_all().iter().map(|output| output.topic.to_string()).collect();
        assert_eq!(topics, ["a", "b", "a", "c"]);
        assert!(outputs.take_all().is_empty());
        push(&mut outputs, "a", None, None);
        assert_eq!(outputs.len("a"), 1);
        assert_eq!(outputs.topic_names(), ["a", "b", "c"]);
    }
}
