//! The events of a log: one closed enum.

use std::time::Duration;

use millstream_types::{RecordBuf, TopicPartition};

use crate::admin::AdminResponse;
use crate::chunk::Chunk;
use crate::error::LogError;
use crate::group::CommittedOffset;

/// An event of a log. Each is delivered once, by `poll` of the client it concerns.
#[derive(Debug)]
pub enum LogEvent {
    /// Records to process.
    Chunk(Chunk),
    /// The group assigns these partitions to this member, in addition to those it owns. Respond with
    /// [`Membership::finish_rebalance`](crate::Membership::finish_rebalance). It may be empty: the first one says that
    /// the member has joined, even when others still own all partitions.
    Assigned(Vec<TopicPartition>),
    /// The group revokes these partitions; the member owns them, and may commit them, until it responds with
    /// [`Membership::finish_rebalance`](crate::Membership::finish_rebalance).
    Revoked(Vec<TopicPartition>),
    /// Other members own these partitions already: commit nothing. Respond as for `Revoked`.
    Lost(Vec<TopicPartition>),
    /// The response to [`Membership::fetch_committed`](crate::Membership::fetch_committed).
    Committed(Vec<(TopicPartition, Option<CommittedOffset>)>),
    /// The session time-out that the group applies to this member, where the group decides on it and not the member.
    SessionTimeout(Duration),
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
        /// The record, as it was appended, for a dead-letter queue; `None` from a log that no longer has it.
        record: Option<Box<RecordBuf>>,
        /// Why.
        error: LogError,
    },
    /// A partition cannot be read from its position.
    FetchFailed {
        /// Which one.
        partition: TopicPartition,
        /// Why; after [`LogError::OffsetOutOfRange`] nothing is read until the partition is assigned again.
        error: LogError,
    },
    /// Nothing of a partition could be fetched for some seconds: its end is not known. It is read on as soon as possible;
    /// then a chunk of it follows, an empty one if there is nothing new.
    Stalled(TopicPartition),
    /// The response to [`Administration::request`](crate::Administration::request) number `token`.
    AdminDone {
        /// The token that `request` returned.
        token: u64,
        /// The response.
        result: Result<AdminResponse, LogError>,
    },
    /// The log cannot be reached for now; work continues by itself when it can.
    Unavailable(String),
    /// The client cannot be used any more: another one replaced it, or the log refuses it permanently.
    Fatal(LogError),
}
