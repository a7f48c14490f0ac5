//! Errors of a log.

use millstream_types::{Offset, Topic, TopicPartition};

/// An error of a log.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The topic does not exist.
    #[error("topic `{topic}` does not exist; create it, or correct the name in the topology, or in `Handlers`")]
    UnknownTopic {
        /// Its name.
        topic: Topic,
    },
    /// The partition does not exist.
    #[error("partition {partition} does not exist")]
    UnknownPartition {
        /// The partition.
        partition: TopicPartition,
    },
    /// The topic exists already.
    #[error("topic `{topic}` already exists")]
    TopicExists {
        /// Its name.
        topic: Topic,
    },
    /// The offset is before the first or after the last record of the partition.
    #[error("offset {offset} of {partition} is out of range: it has {start} to {end}")]
    OffsetOutOfRange {
        /// The partition.
        partition: TopicPartition,
        /// The requested offset.
        offset: Offset,
        /// The first offset.
        start: Offset,
        /// The end offset.
        end: Offset,
    },
    /// Records of the log cannot be read, because their batch is damaged or exceeds the memory limit of a batch.
    #[error("{partition} cannot be read at offset {first}{}: {reason}", up_to(*last))]
    Undecodable {
        /// The partition.
        partition: TopicPartition,
        /// The offset of the first record that cannot be read.
        first: Offset,
        /// The offset of the last one, if it is known; reading may continue after it.
        last: Option<Offset>,
        /// The reason.
        reason: String,
    },
    /// The generation of the member is outdated, because a rebalance is in progress. A later commit will succeed.
    #[error("the group is rebalancing; this commit came too late for its generation")]
    RebalanceInProgress,
    /// The client is not a member of the group any more.
    #[error("this member is no longer in its group")]
    NotAMember,
    /// Another client has the same instance id.
    #[error("another client has the identity `{identity}`; give each process an instance id of its own")]
    Fenced {
        /// The identity.
        identity: String,
    },
    /// The record is larger than the log accepts.
    #[error("a record of {size} bytes for {partition} is larger than {}", what_is_taken(*limit))]
    RecordTooLarge {
        /// The partition.
        partition: TopicPartition,
        /// Its size.
        size: usize,
        /// The limit, if it is known; that of a topic (`max.message.bytes`) is not.
        limit: Option<usize>,
    },
    /// The log does not support a property of the record.
    #[error("{partition} cannot take this record: {reason}")]
    Unsupported {
        /// The partition.
        partition: TopicPartition,
        /// The property.
        reason: String,
    },
    /// The client is not authorised.
    #[error("not authorised: {reason}")]
    Unauthorised {
        /// The operation.
        reason: String,
    },
    /// A setting is invalid.
    #[error("{reason}")]
    Invalid {
        /// What is wrong, and how to correct it.
        reason: String,
    },
    /// A transient error; the same call may succeed later.
    #[error("the log did not respond: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
    },
}

millstream_types::debug_as_sentence!(LogError);

impl LogError {
    /// Whether the same call may succeed later without intervention.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        matches!(self, Self::RebalanceInProgress | Self::Unavailable { .. })
    }
}

fn up_to(last: Option<Offset>) -> String {
    last.map_or(String::new(), |last| format!(" to {last}"))
}

fn what_is_taken(limit: Option<usize>) -> String {
    limit.map_or("its topic takes".to_owned(), |limit| format!("the {limit} bytes the log takes"))
}
