//! The events of a log.

use std::time::Duration;

use millstream_types::{RecordBuf, TopicPartition};

use crate::admin::AdminResponse;
use crate::chunk::Chunk;
use crate::error::LogError;
use crate::group::CommittedOffset;
use crate::streams_group::StreamsTasks;

/// An event of a log. Each is delivered once, by `poll` of its client.
#[derive(Debug)]
pub enum LogEvent {
    /// Records to process.
    Chunk(Chunk),
    /// A rebalance has ended: the user data for this member, if the group used the [`GroupAssignor`](crate::GroupAssignor) that this
    /// member offers; `None` if it used `cooperative-sticky`, because a member does not offer it. A member with an assignor
    /// gets it once for each rebalance, before its `Revoked` and `Assigned`, and also if no partition changes. It needs no
    /// response. Where another rebalance ends before it could be delivered, only the newer one is delivered if no partition
    /// changes between the two. Empty data mean that the assignor has none, as where it failed.
    AssignmentData {
        /// What the leader's assignor has for this member.
        user_data: Option<Vec<u8>>,
    },
    /// The broker has told this member of a streams group its tasks ([`GroupConfig::streams`](crate::GroupConfig::streams)). It comes
    /// before `Revoked` and `Assigned`, also if only standbys change or the other members are elsewhere, and needs no response.
    StreamsTasks(StreamsTasks),
    /// This member leads the group, and its [`GroupAssignor`](crate::GroupAssignor) failed, for this reason. All members keep what they
    /// own. It is tried again after a backoff, and reported each time.
    AssignorFailed(String),
    /// The group assigns these partitions to this member, in addition to those it owns. Respond with
    /// [`Membership::finish_rebalance`](crate::Membership::finish_rebalance). The list may be empty: the first event shows
    /// that the member has joined, even if others still own all partitions.
    Assigned(Vec<TopicPartition>),
    /// The group revokes these partitions. The member owns them, and may commit them, until it responds with
    /// [`Membership::finish_rebalance`](crate::Membership::finish_rebalance).
    Revoked(Vec<TopicPartition>),
    /// Other members own these partitions already, so nothing can be committed. Respond as to `Revoked`.
    Lost(Vec<TopicPartition>),
    /// The response to [`Membership::fetch_committed`](crate::Membership::fetch_committed).
    Committed(Vec<(TopicPartition, Option<CommittedOffset>)>),
    /// The session time-out that the group applies to this member, where the group decides on it and not the member.
    SessionTimeout(Duration),
    /// The broker that coordinates the group has not responded for some seconds, for this reason; reported each second until
    /// [`CoordinatorResponds`](Self::CoordinatorResponds).
    CoordinatorSilent(String),
    /// The broker that coordinates the group responds again.
    CoordinatorResponds,
    /// How [`Membership::commit`](crate::Membership::commit) number `token` ended.
    CommitDone {
        /// The token that `commit` returned.
        token: u64,
        /// `Ok` once the offsets are durable.
        result: Result<(), LogError>,
    },
    /// All records of this producer up to and including number `up_to` are durable, except those with a `ProduceFailed`.
    Acknowledged {
        /// The number of the last record, from 1.
        up_to: u64,
    },
    /// A record of this producer was refused.
    ProduceFailed {
        /// The partition of the record.
        partition: TopicPartition,
        /// The record, for a dead-letter queue; `None` if the log no longer has it.
        record: Option<Box<RecordBuf>>,
        /// The error.
        error: LogError,
    },
    /// A partition cannot be read from its position.
    FetchFailed {
        /// The partition.
        partition: TopicPartition,
        /// The error. After [`LogError::OffsetOutOfRange`] nothing is read until the partition is assigned again.
        error: LogError,
    },
    /// A partition could not be fetched for some seconds, so its end is unknown. Reading resumes as soon as possible, with a
    /// chunk that is empty if there is nothing new.
    Stalled(TopicPartition),
    /// The response to the [`Administration::request`](crate::Administration::request) with this token.
    AdminDone {
        /// The token that `request` returned.
        token: u64,
        /// The response.
        result: Result<AdminResponse, LogError>,
    },
    /// The log cannot be reached. Work resumes by itself when it can.
    Unavailable(String),
    /// The client cannot be used any more: another one has replaced it, or the log has refused it permanently.
    Fatal(LogError),
}
