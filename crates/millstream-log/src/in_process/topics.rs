//! The topics of a log.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use millstream_types::{Partition, Topic, TopicPartition};

use super::partition::PartitionLog;
use super::policy::Policy;
use super::settings::Settings;
use crate::{LogError, NewTopic};

/// The maximum length of a name, as in Kafka.
const NAME_BYTES_MAX: usize = 249;

/// A topic.
#[derive(Debug)]
pub(super) struct TopicLog {
    pub(super) name: Topic,
    pub(super) config: BTreeMap<String, String>,
    policy: Policy,
    record_bytes_max: usize,
    pub(super) partitions: Vec<Arc<PartitionLog>>,
}

impl TopicLog {
    fn new(topic: NewTopic, settings: &Settings) -> Result<Self, LogError> {
        check_name(&topic.name)?;
        if topic.partitions == 0 {
            let reason = format!("topic `{}` needs at least one partition", topic.name);
            return Err(LogError::Invalid { reason });
        }
        let policy = Policy::read(&topic.config)?;
        let partitions = partitions(&topic.name, 0..topic.partitions, policy, settings);
        let record_bytes_max = policy.record_bytes_max.unwrap_or(settings.record_bytes_max);
        Ok(Self { policy, record_bytes_max, partitions, name: topic.name, config: topic.config })
    }

    /// The same topic with so many partitions.
    fn grown(&self, count: u32, settings: &Settings) -> Self {
        let mut grown = self.partitions.clone();
        grown.extend(partitions(&self.name, self.partition_count()..count, self.policy, settings));
        Self { name: self.name.clone(), config: self.config.clone(), partitions: grown, ..*self }
    }

    /// The number of partitions.
    pub(super) fn partition_count(&self) -> u32 {
        u32::try_from(self.partitions.len()).expect("a topic is created with a u32 of partitions")
    }

    /// A partition of the topic.
    ///
    /// # Errors
    /// When the partition does not exist.
    pub(super) fn partition(&self, partition: Partition) -> Result<&Arc<PartitionLog>, LogError> {
        self.partitions.get(partition.index()).ok_or_else(|| LogError::UnknownPartition {
            partition: TopicPartition { topic: self.name.clone(), partition },
        })
    }

    /// Checks that a record of `size` bytes can be appended.
    ///
    /// # Errors
    /// When the partition does not exist, the record is too large, or the topic is compacted and the record has no key.
    pub(super) fn check(&self, partition: Partition, key: Option<&[u8]>, size: usize) -> Result<(), LogError> {
        let id = || TopicPartition { topic: self.name.clone(), partition };
        self.partition(partition)?;
        if size > self.record_bytes_max {
            return Err(LogError::RecordTooLarge { partition: id(), size, limit: Some(self.record_bytes_max) });
        }
        if key.is_none() && self.policy.compact {
            let reason = "a compacted topic needs a key in each record".to_owned();
            return Err(LogError::Unsupported { partition: id(), reason });
        }
        Ok(())
    }
}

/// New partitions with these numbers.
fn partitions(name: &Topic, numbers: Range<u32>, policy: Policy, settings: &Settings) -> Vec<Arc<PartitionLog>> {
    let partition = |number| {
        let id = TopicPartition::new(name, number);
        Arc::new(PartitionLog::new(id, policy, settings.compaction_bytes_min))
    };
    numbers.map(partition).collect()
}

/// Checks a name by Kafka's rules.
fn check_name(name: &Topic) -> Result<(), LogError> {
    let text = name.as_str();
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if !text.is_empty() && text.len() <= NAME_BYTES_MAX && text != "." && text != ".." && text.bytes().all(is_legal) {
        return Ok(());
    }
    let reason = format!("`{name}` cannot name a topic: use 1 to {NAME_BYTES_MAX} letters, digits, `.`, `_` and `-`");
    Err(LogError::Invalid { reason })
}

/// All topics by name.
#[derive(Debug)]
pub(super) struct Topics {
    settings: Settings,
    by_name: RwLock<HashMap<Topic, Arc<TopicLog>, FixedState>>,
}

impl Topics {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, by_name: RwLock::default() }
    }

    pub(super) fn get(&self, name: &str) -> Option<Arc<TopicLog>> {
        self.by_name.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// The topic with this name.
    ///
    /// # Errors
    /// When it does not exist.
    pub(super) fn find(&self, name: &Topic) -> Result<Arc<TopicLog>, LogError> {
        self.get(name.as_str()).ok_or_else(|| LogError::UnknownTopic { topic: name.clone() })
    }

    /// A partition of a topic.
    ///
    /// # Errors
    /// When the topic or the partition does not exist.
    pub(super) fn partition(&self, id: &TopicPartition) -> Result<Arc<PartitionLog>, LogError> {
        self.find(&id.topic)?.partition(id.partition).cloned()
    }

    /// Adds a topic.
    ///
    /// # Errors
    /// When it exists, or its name or a setting is invalid.
    pub(super) fn create(&self, topic: NewTopic) -> Result<Arc<TopicLog>, LogError> {
        let mut by_name = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        if by_name.contains_key(&topic.name) {
            return Err(LogError::TopicExists { topic: topic.name });
        }
        let created = Arc::new(TopicLog::new(topic, &self.settings)?);
        by_name.insert(created.name.clone(), Arc::clone(&created));
        Ok(created)
    }

    /// Gives a topic so many partitions, unless it has as many or more.
    ///
    /// # Errors
    /// When it does not exist.
    pub(super) fn grow(&self, name: &Topic, count: u32) -> Result<(), LogError> {
        let mut by_name = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        let topic = by_name.get_mut(name).ok_or_else(|| LogError::UnknownTopic { topic: name.clone() })?;
        if topic.partition_count() < count {
            *topic = Arc::new(topic.grown(count, &self.settings));
        }
        Ok(())
    }

    /// Removes a topic. Its readers fail.
    ///
    /// # Errors
    /// When it does not exist.
    pub(super) fn delete(&self, name: &Topic) -> Result<(), LogError> {
        let deleted = self.by_name.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        let deleted = deleted.ok_or_else(|| LogError::UnknownTopic { topic: name.clone() })?;
        deleted.partitions.iter().for_each(|partition| partition.delete());
        Ok(())
    }

    /// Wakes all readers.
    pub(super) fn wake_readers(&self) {
        self.all().iter().flat_map(|topic| &topic.partitions).for_each(|partition| partition.wake_readers());
    }

    /// All topics in the order of their names.
    pub(super) fn all(&self) -> Vec<Arc<TopicLog>> {
        let mut topics: Vec<_> =
            self.by_name.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        topics.sort_by(|left, right| left.name.cmp(&right.name));
        topics
    }
}
