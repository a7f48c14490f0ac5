//! Requests to an administrator, and its responses.

use std::collections::BTreeMap;

use millstream_types::{Offset, Topic, TopicPartition};

use crate::error::LogError;
use crate::group::CommittedOffset;

/// A request to an administrator.
#[derive(Clone, Debug)]
pub enum AdminRequest {
    /// How many partitions these topics have.
    PartitionCounts(Vec<Topic>),
    /// Which settings these topics have.
    TopicSettings(Vec<Topic>),
    /// Create these topics; one that exists already is an error of its own.
    CreateTopics(Vec<NewTopic>),
    /// The first and the end offset of these partitions.
    OffsetRanges(Vec<TopicPartition>),
    /// Remove the records before these offsets.
    DeleteRecords(Vec<(TopicPartition, Offset)>),
    /// All topics whose names begin with this.
    TopicsNamed(String),
    /// The names of all consumer groups: those that have members or committed offsets.
    Groups,
    /// All that this group has committed.
    CommittedOffsets(String),
}

/// The first offset of a partition and its end.
pub type OffsetRange = (Offset, Offset);

/// The response of an administrator.
#[derive(Clone, Debug)]
pub enum AdminResponse {
    /// Per topic its number of partitions, `None` if it does not exist.
    PartitionCounts(Vec<(Topic, Option<u32>)>),
    /// Per topic its settings by Kafka's names, at least those that it was created with.
    TopicSettings(Vec<(Topic, Result<BTreeMap<String, String>, LogError>)>),
    /// Per topic whether it was created.
    CreateTopics(Vec<(Topic, Result<(), LogError>)>),
    /// Per partition its first and its end offset.
    OffsetRanges(Vec<(TopicPartition, Result<OffsetRange, LogError>)>),
    /// Per partition its new first offset.
    DeleteRecords(Vec<(TopicPartition, Result<Offset, LogError>)>),
    /// Each such topic with its number of partitions, as far as this client may know of it.
    TopicsNamed(Vec<(Topic, u32)>),
    /// The groups that this client may know of.
    Groups(Vec<String>),
    /// Per partition what is committed; none for an unknown group.
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
