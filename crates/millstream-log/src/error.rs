//! Why a request to a log failed.

use millstream_types::{Offset, Topic, TopicPartition};

/// Why a request to a log failed.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// No such topic.
    #[error("topic `{topic}` does not exist; create it, or correct the name in the topology")]
    UnknownTopic {
        /// Its name.
        topic: Topic,
    },
    /// No such partition.
    #[error("partition {partition} does not exist")]
    UnknownPartition {
        /// Which one.
        partition: TopicPartition,
    },
    /// The topic exists already.
    #[error("topic `{topic}` already exists")]
    TopicExists {
        /// Its name.
        topic: Topic,
    },
    /// The offset is before the first or after the last record.
    #[error("offset {offset} of {partition} is out of range: it has {start} to {end}")]
    OffsetOutOfRange {
        /// The partition.
        partition: TopicPartition,
        /// The requested offset.
        offset: Offset,
        /// The first offset there is.
        start: Offset,
        /// The end.
        end: Offset,
    },
    /// Records are in the log, but cannot be read: their batch is damaged, or takes more memory than a batch may.
    #[error("{partition} cannot be read at offset {first}{}: {reason}", up_to(*last))]
    Undecodable {
        /// The partition.
        partition: TopicPartition,
        /// The offset of the first record that cannot be read.
        first: Offset,
        /// That of the last one, where it is known: reading may go on after it.
        last: Option<Offset>,
        /// What is wrong.
        reason: String,
    },
    /// The member's generation has passed: a rebalance is under way. A later commit will do.
    #[error("the group is rebalancing; this commit came too late for its generation")]
    RebalanceInProgress,
    /// This is no longer a member of the group.
    #[error("this member is no longer in its group")]
    NotAMember,
    /// Another client has the same identity.
    #[error("another client has the identity `{identity}`; give each process an instance id of its own")]
    Fenced {
        /// The identity.
        identity: String,
    },
    /// The record is larger than the log takes.
    #[error("a record of {size} bytes for {partition} is larger than {}", what_is_taken(*limit))]
    RecordTooLarge {
        /// Where it should have gone.
        partition: TopicPartition,
        /// Its size.
        size: usize,
        /// The limit, where it is known; a topic's own (`max.message.bytes`) is not.
        limit: Option<usize>,
    },
    /// The log cannot carry what it was given.
    #[error("{partition} cannot take this record: {reason}")]
    Unsupported {
        /// Where it should have gone.
        partition: TopicPartition,
        /// What it cannot carry.
        reason: String,
    },
    /// Not allowed.
    #[error("not authorised: {reason}")]
    Unauthorised {
        /// For what.
        reason: String,
    },
    /// A setting is wrong.
    #[error("{reason}")]
    Invalid {
        /// What is wrong and how to put it right.
        reason: String,
    },
    /// A transient fault; the same call may succeed later.
    #[error("the log did not respond: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
    },
}

millstream_types::debug_as_sentence!(LogError);

impl LogError {
    /// Whether the same call may succeed later without anybody doing anything.
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
