//! Administrative requests and responses.

use std::collections::BTreeMap;

use millstream_types::{Offset, Topic, TopicPartition};

use crate::error::LogError;
use crate::group::CommittedOffset;

/// An administrative request.
#[derive(Clone, Debug)]
pub enum AdminRequest {
    /// Requests the number of partitions of these topics.
    PartitionCounts(Vec<Topic>),
    /// Requests the settings of these topics.
    TopicSettings(Vec<Topic>),
    /// Creates these topics. For a topic that exists already the response has [`LogError::TopicExists`].
    CreateTopics(Vec<NewTopic>),
    /// Gives these topics so many partitions. A topic that has as many or more is left as it is.
    AddPartitions(Vec<(Topic, u32)>),
    /// Requests the first and the end offset of these partitions.
    OffsetRanges(Vec<TopicPartition>),
    /// Deletes the records before these offsets.
    DeleteRecords(Vec<(TopicPartition, Offset)>),
    /// Requests all topics whose names begin with this.
    TopicsNamed(String),
    /// Requests the names of all consumer groups that have members or committed offsets.
    Groups,
    /// Requests all committed offsets of this group.
    CommittedOffsets(String),
}

/// The first and the end offset of a partition.
pub type OffsetRange = (Offset, Offset);

/// The response to an administrative request.
#[derive(Clone, Debug)]
pub enum AdminResponse {
    /// The number of partitions of each topic; `None` if it does not exist.
    PartitionCounts(Vec<(Topic, Option<u32>)>),
    /// The settings of each topic by Kafka's names, at least those that it was created with.
    TopicSettings(Vec<(Topic, Result<BTreeMap<String, String>, LogError>)>),
    /// Whether each topic was created.
    CreateTopics(Vec<(Topic, Result<(), LogError>)>),
    /// Whether each topic has so many partitions now.
    AddPartitions(Vec<(Topic, Result<(), LogError>)>),
    /// The first and the end offset of each partition.
    OffsetRanges(Vec<(TopicPartition, Result<OffsetRange, LogError>)>),
    /// The new first offset of each partition.
    DeleteRecords(Vec<(TopicPartition, Result<Offset, LogError>)>),
    /// The topics with their numbers of partitions, as far as the client is authorised to see them.
    TopicsNamed(Vec<(Topic, u32)>),
    /// The groups, as far as the client is authorised to see them.
    Groups(Vec<String>),
    /// The committed offset of each partition; empty for an unknown group.
    CommittedOffsets(Vec<(TopicPartition, CommittedOffset)>),
}

/// A topic to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: Topic,
    /// Its number of partitions, at least 1.
    pub partitions: u32,
    /// Settings by Kafka's names, such as `cleanup.policy`.
    pub config: BTreeMap<String, String>,
}
