//! The in-process log: creates clients, and gives direct access to records.

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

/// A log in memory. Clones share the log.
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

/// A record of an [`InProcessLog`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its partition.
    pub partition: TopicPartition,
    /// Its offset.
    pub offset: Offset,
    /// Its timestamp, which may be negative.
    pub timestamp: Timestamp,
    /// The bytes of the key, or null.
    pub key: Option<Vec<u8>>,
    /// The bytes of the value, or null.
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
    /// An empty log with default settings.
    ///
    /// # Examples
    /// ```
    /// use millstream_log::InProcessLog;
    ///
    /// assert!(InProcessLog::new().topics().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::with_settings(Settings::default())
    }

    /// An empty log with these settings.
    ///
    /// # Examples
    /// ```
    /// use millstream_log::InProcessLog;
    /// use millstream_log::in_process::Settings;
    ///
    /// let settings = Settings { auto_create_partitions: Some(4), ..Settings::default() };
    /// let log = InProcessLog::with_settings(settings);
    /// # assert!(log.topics().is_empty());
    /// ```
    #[must_use]
    pub fn with_settings(settings: Settings) -> Self {
        Self { shared: Arc::new(Shared::new(settings)) }
    }

    /// Creates a topic without retention or compaction.
    ///
    /// # Errors
    /// When the topic exists, its name is invalid, or `partitions` is 0.
    ///
    /// # Examples
    /// ```
    /// use millstream_log::{InProcessLog, LogError};
    ///
    /// let log = InProcessLog::new();
    /// log.create_topic("orders", 3)?;
    /// assert!(matches!(log.create_topic("orders", 3), Err(LogError::TopicExists { .. })));
    /// # Ok::<(), LogError>(())
    /// ```
    pub fn create_topic(&self, name: impl Into<Topic>, partitions: u32) -> Result<(), LogError> {
        self.create_topic_with(NewTopic { name: name.into(), partitions, config: BTreeMap::new() })
    }

    /// Creates a topic. The settings `cleanup.policy`, `retention.bytes`, `retention.ms` and `max.message.bytes` have an effect;
    /// others are only stored.
    ///
    /// # Errors
    /// When the topic exists, its name is invalid, it has no partitions, or one of these settings is invalid.
    ///
    /// # Examples
    /// ```
    /// use std::collections::BTreeMap;
    /// use millstream_log::{InProcessLog, NewTopic};
    ///
    /// let log = InProcessLog::new();
    /// let config = BTreeMap::from([("cleanup.policy".to_owned(), "compact".to_owned())]);
    /// log.create_topic_with(NewTopic { name: "users".into(), partitions: 3, config })?;
    ///
    /// let config = BTreeMap::from([("retention.ms".to_owned(), "a week".to_owned())]);
    /// assert!(log.create_topic_with(NewTopic { name: "clicks".into(), partitions: 3, config }).is_err());
    /// # Ok::<(), millstream_log::LogError>(())
    /// ```
    pub fn create_topic_with(&self, topic: NewTopic) -> Result<(), LogError> {
        self.shared.create_topic(topic)
    }

    /// All topics as they were created, in the order of their names.
    ///
    /// # Examples
    /// ```
    /// let log = millstream_log::InProcessLog::new();
    /// log.create_topic("orders", 3)?;
    /// let topics = log.topics();
    /// assert_eq!((topics[0].name.as_str(), topics[0].partitions), ("orders", 3));
    /// # Ok::<(), millstream_log::LogError>(())
    /// ```
    #[must_use]
    pub fn topics(&self) -> Vec<NewTopic> {
        let describe = |topic: &Arc<TopicLog>| NewTopic {
            name: topic.name.clone(),
            partitions: topic.partition_count(),
            config: topic.config.clone(),
        };
        self.shared.topics.all().iter().map(describe).collect()
    }

    /// Gives a topic so many partitions, unless it has as many or more. Producers that have written to it before write to its earlier
    /// partitions.
    ///
    /// # Errors
    /// When it does not exist.
    ///
    /// # Examples
    /// ```
    /// let log = millstream_log::InProcessLog::new();
    /// log.create_topic("orders", 3)?;
    /// log.add_partitions("orders", 5)?;
    /// assert_eq!(log.partition_count("orders"), Some(5));
    /// # Ok::<(), millstream_log::LogError>(())
    /// ```
    pub fn add_partitions(&self, topic: impl Into<Topic>, partitions: u32) -> Result<(), LogError> {
        self.shared.grow_topic(&topic.into(), partitions)
    }

    /// Deletes a topic, with its records and the offsets that groups have committed of it. Its readers fail with
    /// [`LogError::UnknownTopic`]. What producers that have written to it before append is lost.
    ///
    /// # Errors
    /// When it does not exist.
    ///
    /// # Examples
    /// ```
    /// let log = millstream_log::InProcessLog::new();
    /// log.create_topic("orders", 3)?;
    /// log.delete_topic("orders")?;
    /// assert_eq!(log.partition_count("orders"), None);
    /// # Ok::<(), millstream_log::LogError>(())
    /// ```
    pub fn delete_topic(&self, topic: impl Into<Topic>) -> Result<(), LogError> {
        self.shared.delete_topic(&topic.into())
    }

    /// The number of partitions of a topic; `None` if it does not exist.
    ///
    /// # Examples
    /// ```
    /// let log = millstream_log::InProcessLog::new();
    /// log.create_topic("orders", 3)?;
    /// assert_eq!((log.partition_count("orders"), log.partition_count("users")), (Some(3), None));
    /// # Ok::<(), millstream_log::LogError>(())
    /// ```
    #[must_use]
    pub fn partition_count(&self, topic: &str) -> Option<u32> {
        self.shared.topics.get(topic).map(|topic| topic.partition_count())
    }

    /// Appends a record and returns its offset. For many records a [producer](Log::producer) is faster.
    ///
    /// # Errors
    /// When the partition does not exist, or refuses the record.
    ///
    /// # Examples
    /// ```
    /// use millstream_log::{InProcessLog, LogError};
    /// use millstream_types::{Offset, RecordBytes, Timestamp, TopicPartition};
    ///
    /// let log = InProcessLog::new();
    /// log.create_topic("orders", 1)?;
    /// let record = RecordBytes::new(Timestamp::from_millis(17), Some(b"key"), Some(b"value"));
    /// assert_eq!(log.append(&TopicPartition::new("orders", 0), &record)?, Offset::new(0));
    ///
    /// let refused = log.append(&TopicPartition::new("orders", 1), &record);
    /// assert!(matches!(refused, Err(LogError::UnknownPartition { .. })));
    /// # Ok::<(), LogError>(())
    /// ```
    pub fn append(&self, partition: &TopicPartition, record: &RecordBytes<'_>) -> Result<Offset, LogError> {
        let topic = self.shared.topics.find(&partition.topic)?;
        topic.check(partition.partition, record.key, size_of_record(record))?;
        self.shared.faults.append_failure(&partition.topic).map_or(Ok(()), Err)?;
        let mut builder = ChunkBuilder::new();
        builder.push_next(record);
        let log = topic.partition(partition.partition)?;
        Ok(log.append(builder.finish(log.id().clone(), Offset::new(1), Offset::new(1))))
    }

    /// All present records of a topic, in the order of partitions and offsets.
    ///
    /// # Errors
    /// When the topic does not exist.
    ///
    /// # Examples
    /// ```
    /// use millstream_log::InProcessLog;
    /// use millstream_types::{RecordBytes, Timestamp, TopicPartition};
    ///
    /// let log = InProcessLog::new();
    /// log.create_topic("orders", 1)?;
    /// let record = RecordBytes::new(Timestamp::from_millis(17), None, Some(b"tea"));
    /// log.append(&TopicPartition::new("orders", 0), &record)?;
    /// assert_eq!(log.records("orders")?[0].value.as_deref(), Some(&b"tea"[..]));
    /// assert!(log.records("users").is_err());
    /// # Ok::<(), millstream_log::LogError>(())
    /// ```
    pub fn records(&self, topic: &str) -> Result<Vec<StoredRecord>, LogError> {
        let topic = self.shared.topics.find(&Topic::from(topic))?;
        let chunks: Vec<_> = topic.partitions.iter().flat_map(|partition| partition.chunks()).collect();
        let records = |chunk: &Chunk| -> Vec<StoredRecord> {
            chunk.iter().map(|view| StoredRecord::new(&chunk.partition, &view)).collect()
        };
        Ok(chunks.iter().flat_map(records).collect())
    }

    /// The first and the end offset of a partition.
    ///
    /// # Errors
    /// When the partition does not exist.
    ///
    /// # Examples
    /// ```
    /// use millstream_log::InProcessLog;
    /// use millstream_types::{Offset, TopicPartition};
    ///
    /// let log = InProcessLog::new();
    /// log.create_topic("orders", 1)?;
    /// assert_eq!(log.offset_range(&TopicPartition::new("orders", 0))?, (Offset::new(0), Offset::new(0)));
    /// assert!(log.offset_range(&TopicPartition::new("orders", 1)).is_err());
    /// # Ok::<(), millstream_log::LogError>(())
    /// ```
    pub fn offset_range(&self, partition: &TopicPartition) -> Result<(Offset, Offset), LogError> {
        Ok(self.shared.topics.partition(partition)?.range())
    }

    /// The size of the records of a topic in memory in bytes; `None` if the topic does not exist.
    ///
    /// # Examples
    /// ```
    /// let log = millstream_log::InProcessLog::new();
    /// log.create_topic("orders", 1)?;
    /// assert_eq!((log.topic_bytes("orders"), log.topic_bytes("users")), (Some(0), None));
    /// # Ok::<(), millstream_log::LogError>(())
    /// ```
    #[must_use]
    pub fn topic_bytes(&self, topic: &str) -> Option<usize> {
        Some(self.shared.topics.get(topic)?.partitions.iter().map(|partition| partition.bytes()).sum())
    }

    /// The number of records of a topic that its readers have not fetched yet, by the slowest reader of each partition; all of
    /// them if there is no reader. `None` if the topic does not exist. A writer can use it to limit the backlog.
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

    /// The committed offsets of a group.
    ///
    /// # Examples
    /// ```
    /// let log = millstream_log::InProcessLog::new();
    /// assert!(log.committed("a group that has not committed").is_empty());
    /// ```
    #[must_use]
    pub fn committed(&self, group_id: &str) -> BTreeMap<TopicPartition, CommittedOffset> {
        lock(&self.shared.group(group_id)).all_committed()
    }

    /// Injects faults into the log, for tests.
    ///
    /// # Examples
    /// ```
    /// use millstream_log::{InProcessLog, LogError};
    ///
    /// let log = InProcessLog::new();
    /// log.faults().fail_commits("orders", 1, LogError::RebalanceInProgress);
    /// ```
    #[must_use]
    pub fn faults(&self) -> Faults {
        Faults::new(Arc::clone(&self.shared))
    }
}

impl Log for InProcessLog {
    fn takes_assignors(&self) -> bool {
        true
    }

    fn consumer(&self, config: &GroupConfig, signal: &Signal) -> Result<Box<dyn GroupConsumer>, LogError> {
        config.check()?;
        config.refuse_streams("`InProcessLog`")?;
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
