//! What a log tells its reader: one closed enum of events, and its errors.

use millstream_types::{Offset, Topic, TopicPartition};

use crate::{AdminResponse, Chunk};

/// Something a log has to tell. Each event is told once, by `poll` of the client it concerns.
#[derive(Debug)]
pub enum LogEvent {
    /// Records to process.
    Chunk(Chunk),
    /// The group gives these partitions to this member, beside those it has. Answer with
    /// [`Membership::finish_rebalance`](crate::Membership::finish_rebalance). It may be empty: the first one says that
    /// the member is in, even when others still hold all there is.
    Assigned(Vec<TopicPartition>),
    /// The group takes these partitions away; they are still this member's, commits included, until it answers with
    /// [`Membership::finish_rebalance`](crate::Membership::finish_rebalance).
    Revoked(Vec<TopicPartition>),
    /// These partitions have already gone to others: commit nothing. Answer as for `Revoked`.
    Lost(Vec<TopicPartition>),
    /// The answer to [`Membership::fetch_committed`](crate::Membership::fetch_committed).
    Committed(Vec<(TopicPartition, Option<CommittedOffset>)>),
    /// How [`Membership::commit`](crate::Membership::commit) number `token` ended.
    CommitDone {
        /// The token that `commit` returned.
        token: u64,
        /// `Ok` once the offsets are durable.
        result: Result<(), LogError>,
    },
    /// Everything this producer appended up to and including append number `up_to` is durable, but for the records
    /// that `ProduceFailed` named.
    Acknowledged {
        /// Number of the last append covered, counted from 1.
        up_to: u64,
    },
    /// A record of this producer will not become durable.
    ProduceFailed {
        /// Where it should have gone.
        partition: TopicPartition,
        /// Why.
        error: LogError,
    },
    /// A partition cannot be read from where it stands.
    FetchFailed {
        /// Which one.
        partition: TopicPartition,
        /// Why; after [`LogError::OffsetOutOfRange`] the partition stands still until it is assigned anew.
        error: LogError,
    },
    /// Nothing of a partition could be fetched for some seconds: its end is not known. It is read on as soon as possible;
    /// then a chunk of it follows, an empty one if there is nothing new.
    Stalled(TopicPartition),
    /// The answer to [`Administration::request`](crate::Administration::request) number `token`.
    AdminDone {
        /// The token that `request` returned.
        token: u64,
        /// The answer.
        result: Result<AdminResponse, LogError>,
    },
    /// The log cannot be reached for now; work goes on by itself when it can.
    Unavailable(String),
    /// The client is of no further use: another one took its place, or the log refuses it for good.
    Fatal(LogError),
}

/// An offset committed for a group, with the text kept beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next record to process.
    pub offset: Offset,
    /// Text of the committer's own (Millstream keeps the partition's time in it); may be empty.
    pub metadata: String,
}

/// Why a log did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
        /// The offset asked for.
        offset: Offset,
        /// The first offset there is.
        start: Offset,
        /// The end.
        end: Offset,
    },
    /// The member's generation has passed: a rebalance is under way. A later commit will do.
    #[error("the group is rebalancing; this commit came too late for its generation")]
    RebalanceInProgress,
    /// The group no longer knows this member.
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
    /// A passing fault; the same call may succeed later.
    #[error("the log did not answer: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
    },
}

impl LogError {
    /// Whether the same call may succeed later without anybody doing anything.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        matches!(self, Self::RebalanceInProgress | Self::Unavailable { .. })
    }
}

fn what_is_taken(limit: Option<usize>) -> String {
    limit.map_or("its topic takes".to_owned(), |limit| format!("the {limit} bytes the log takes"))
}
