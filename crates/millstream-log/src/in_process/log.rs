//! The log itself: makes its clients, and has direct ways in and out.

use std::collections::BTreeMap;
use std::sync::Arc;

use millstream_types::{Headers, Offset, RecordBytes, Timestamp, Topic, TopicPartition};

use super::admin::Admin;
use super::consumer::Consumer;
use super::faults::Faults;
use super::lock::lock;
use super::producer::{Producer, size_of_record};
use super::reader::Reader;
use super::settings::Settings;
use super::shared::Shared;
use super::topics::TopicLog;
use crate::{
    Administration, Chunk, ChunkBuilder, CommittedOffset, Fetching, GroupConfig, GroupConsumer, Log, LogError,
    NewTopic, Producing, RecordView, Signal,
};

/// A log in memory. Clones are the same log.
///
/// # Examples
/// ```
/// use millstream_log::in_process::InProcessLog;
/// use millstream_types::{RecordBytes, Timestamp, TopicPartition};
///
/// let log = InProcessLog::new();
/// log.create_topic("lines", 2)?;
/// let second = TopicPartition::new("lines", 1);
/// log.append(&second, &RecordBytes::new(Timestamp::from_millis(7), None, Some(b"hello")))?;
///
/// let records = log.records("lines")?;
/// assert_eq!(records[0].partition, second);
/// assert_eq!(records[0].value.as_deref(), Some(&b"hello"[..]));
/// # Ok::<(), millstream_log::LogError>(())
/// ```
#[derive(Clone, Debug)]
pub struct InProcessLog {
    shared: Arc<Shared>,
}

/// A record read out of an [`InProcessLog`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// Where it stands.
    pub partition: TopicPartition,
    /// Its place there.
    pub offset: Offset,
    /// Its time; may be negative.
    pub timestamp: Timestamp,
    /// The key's bytes, or null.
    pub key: Option<Vec<u8>>,
    /// The value's bytes, or null.
    pub value: Option<Vec<u8>>,
    /// The headers.
    pub headers: Headers,
}

impl StoredRecord {
    fn new(partition: &TopicPartition, view: &RecordView<'_>) -> Self {
        Self {
            partition: partition.clone(),
            offset: view.offset(),
            timestamp: view.timestamp(),
            key: view.key().map(<[u8]>::to_vec),
            value: view.value().map(<[u8]>::to_vec),
            headers: view.headers(),
        }
    }
}

impl Default for InProcessLog {
    fn default() -> Self {
        Self::new()
    }
}

impl InProcessLog {
    /// An empty log with the default settings.
    #[must_use]
    pub fn new() -> Self {
        Self::with_settings(Settings::default())
    }

    /// An empty log.
    #[must_use]
    pub fn with_settings(settings: Settings) -> Self {
        Self { shared: Arc::new(Shared::new(settings)) }
    }

    /// Creates a topic that keeps everything.
    ///
    /// # Errors
    /// When it exists, the name is not legal, or there are no partitions.
    pub fn create_topic(&self, name: impl Into<Topic>, partitions: u32) -> Result<(), LogError> {
        self.create_topic_with(NewTopic { name: name.into(), partitions, config: BTreeMap::new() })
    }

    /// Creates a topic. Acted on are `cleanup.policy`, `retention.bytes`, `retention.ms` and `max.message.bytes`.
    ///
    /// # Errors
    /// When it exists, the name is not legal, there are no partitions, or one of these settings makes no sense.
    pub fn create_topic_with(&self, topic: NewTopic) -> Result<(), LogError> {
        self.shared.create_topic(topic)
    }

    /// Every topic, in the order of the names, as it was created.
    #[must_use]
    pub fn topics(&self) -> Vec<NewTopic> {
        let describe = |topic: &Arc<TopicLog>| NewTopic {
            name: topic.name.clone(),
            partitions: topic.partition_count(),
            config: topic.config.clone(),
        };
        self.shared.topics.all().iter().map(describe).collect()
    }

    /// How many partitions a topic has; `None` if there is no such topic.
    #[must_use]
    pub fn partition_count(&self, topic: &str) -> Option<u32> {
        self.shared.topics.get(topic).map(|topic| topic.partition_count())
    }

    /// Appends one record and says its offset. Many records go faster through a [producer](Log::producer).
    ///
    /// # Errors
    /// When there is no such partition, or it does not take the record.
    pub fn append(&self, partition: &TopicPartition, record: &RecordBytes<'_>) -> Result<Offset, LogError> {
        let topic = self.shared.topics.find(&partition.topic)?;
        topic.check(partition.partition, record.key, size_of_record(record))?;
        self.shared.faults.append_failure(&partition.topic).map_or(Ok(()), Err)?;
        let mut builder = ChunkBuilder::new();
        builder.push_next(record);
        let log = topic.partition(partition.partition)?;
        Ok(log.append(builder.finish(log.id().clone(), Offset::new(1), Offset::new(1))))
    }

    /// All records of a topic that are still there, partition by partition, each in order.
    ///
    /// # Errors
    /// When there is no such topic.
    pub fn records(&self, topic: &str) -> Result<Vec<StoredRecord>, LogError> {
        let topic = self.shared.topics.find(&Topic::from(topic))?;
        let chunks: Vec<_> = topic.partitions.iter().flat_map(|partition| partition.chunks()).collect();
        let records = |chunk: &Chunk| -> Vec<StoredRecord> {
            chunk.iter().map(|view| StoredRecord::new(&chunk.partition, &view)).collect()
        };
        Ok(chunks.iter().flat_map(records).collect())
    }

    /// The first offset there is, and the end.
    ///
    /// # Errors
    /// When there is no such partition.
    pub fn offset_range(&self, partition: &TopicPartition) -> Result<(Offset, Offset), LogError> {
        Ok(self.shared.topics.partition(partition)?.range())
    }

    /// Bytes that a topic's records take up, bookkeeping included; `None` if there is no such topic.
    #[must_use]
    pub fn topic_bytes(&self, topic: &str) -> Option<usize> {
        Some(self.shared.topics.get(topic)?.partitions.iter().map(|partition| partition.bytes()).sum())
    }

    /// How many records of a topic its readers have not fetched yet, by the slowest of each partition; all of them while
    /// there is no reader. `None` if there is no such topic. For a writer that should not outrun its readers.
    ///
    /// # Examples
    /// ```
    /// use millstream_log::{InProcessLog, Log, Signal, StartAt};
    /// use millstream_types::{MonotonicTime, RecordBytes, Timestamp, TopicPartition};
    ///
    /// let (log, partition, time) = (InProcessLog::new(), TopicPartition::new("lines", 0), Timestamp::from_millis(0));
    /// log.create_topic("lines", 1)?;
    /// log.append(&partition, &RecordBytes::new(time, None, Some(b"one")))?;
    /// assert_eq!(log.unread_records("lines"), Some(1));
    ///
    /// let mut reader = log.fetcher("reader", &Signal::new())?;
    /// reader.assign(&[(partition, StartAt::Earliest)]);
    /// assert_eq!(log.unread_records("lines"), Some(1));
    /// reader.poll(MonotonicTime::START, &mut |_| true, &mut Vec::new());
    /// assert_eq!(log.unread_records("lines"), Some(0));
    /// # Ok::<(), millstream_log::LogError>(())
    /// ```
    #[must_use]
    pub fn unread_records(&self, topic: &str) -> Option<u64> {
        Some(self.shared.topics.get(topic)?.partitions.iter().map(|partition| partition.unread()).sum())
    }

    /// What a group has committed.
    #[must_use]
    pub fn committed(&self, group_id: &str) -> BTreeMap<TopicPartition, CommittedOffset> {
        lock(&self.shared.group(group_id)).all_committed()
    }

    /// Makes the log misbehave.
    #[must_use]
    pub fn faults(&self) -> Faults {
        Faults::new(Arc::clone(&self.shared))
    }
}

impl Log for InProcessLog {
    fn consumer(&self, config: &GroupConfig, signal: &Signal) -> Result<Box<dyn GroupConsumer>, LogError> {
        if config.group_id.is_empty() {
            return Err(LogError::Invalid { reason: "a group consumer needs a group id".to_owned() });
        }
        Ok(Box::new(Consumer::new(&self.shared, config, signal)))
    }

    fn fetcher(&self, _client_id: &str, signal: &Signal) -> Result<Box<dyn Fetching>, LogError> {
        Ok(Box::new(Reader::new(Arc::clone(&self.shared), signal)))
    }

    fn producer(&self, _client_id: &str, signal: &Signal) -> Result<Box<dyn Producing>, LogError> {
        Ok(Box::new(Producer::new(Arc::clone(&self.shared), signal)))
    }

    fn admin(&self, _client_id: &str, signal: &Signal) -> Result<Box<dyn Administration>, LogError> {
        Ok(Box::new(Admin::new(Arc::clone(&self.shared), signal)))
    }
}
