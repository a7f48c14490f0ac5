//! The traits of a log.

use std::time::Duration;

use millstream_types::{MonotonicTime, Offset, Partition, RecordBytes, Timestamp, Topic, TopicPartition};

use crate::admin::AdminRequest;
use crate::error::LogError;
use crate::event::LogEvent;
use crate::group::{CommittedOffset, GroupConfig};
use crate::lease::Lease;
use crate::signal::Signal;
use crate::streams_group::StreamsTaskOffset;

/// A log: creates the clients of stream threads. It is shared by all threads of an application.
pub trait Log: Send + Sync {
    /// Whether the group consumers of this log take a [`GroupAssignor`](crate::GroupAssignor); by default they do not.
    fn takes_assignors(&self) -> bool {
        false
    }

    /// Whether the group consumers of this log can be members of a streams group, [`GroupConfig::streams`]; by default they cannot.
    fn takes_streams_groups(&self) -> bool {
        false
    }

    /// Creates a group consumer, which has not subscribed yet.
    ///
    /// # Errors
    /// When the log refuses the configuration.
    fn consumer(&self, config: &GroupConfig, signal: &Signal) -> Result<Box<dyn GroupConsumer>, LogError>;

    /// Creates a fetcher without a group, for restoring.
    ///
    /// # Errors
    /// When the log refuses the configuration.
    fn fetcher(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Fetching>, LogError>;

    /// Creates a producer.
    ///
    /// # Errors
    /// When the log refuses the configuration.
    fn producer(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Producing>, LogError>;

    /// Creates an administration client.
    ///
    /// # Errors
    /// When the log refuses the configuration.
    fn admin(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Administration>, LogError>;
}

/// A client that is a member of a group and fetches partitions.
pub trait GroupConsumer: Membership + Fetching {}

impl<T: Membership + Fetching> GroupConsumer for T {}

/// Membership in a consumer group.
///
/// Rebalances are cooperative: [`LogEvent::Assigned`] and [`LogEvent::Revoked`] contain only the partitions that change.
/// Each such event needs the response [`finish_rebalance`](Self::finish_rebalance), after which the next one follows; until
/// then the member owns revoked partitions and may commit them. After the response to `Lost` the member rejoins by itself.
/// Fetching is independent of the membership: see [`Fetching::assign`] and `unassign`. Polling ([`Fetching::poll`]) keeps the
/// membership alive.
pub trait Membership: Send {
    /// Joins the group, or changes the subscription. Missing topics are not an error.
    fn subscribe(&mut self, topics: &[Topic]);

    /// Joins the group again and keeps the partitions: all members join, and what is assigned is computed anew, with the
    /// present [`subscription`](crate::GroupAssignor::subscription) of each. If a rebalance is in progress, this one follows it.
    /// Does nothing before [`subscribe`](Self::subscribe). The coordinator logs the reason.
    ///
    /// The default does nothing, which is right for a log that refuses assignors.
    fn rejoin(&mut self, _reason: &'static str) {}

    /// Tells the broker of a streams group how far the copies of tasks' state are, with the next heartbeat at which that is due. The
    /// default does nothing, which is right for other groups.
    fn report_offsets(&mut self, _offsets: &[StreamsTaskOffset]) {}

    /// Responds to the oldest pending `Assigned`, `Revoked` or `Lost` event.
    fn finish_rebalance(&mut self);

    /// Requests committed offsets; [`LogEvent::Committed`] is the response.
    fn fetch_committed(&mut self, partitions: &[TopicPartition]);

    /// Commits offsets; [`LogEvent::CommitDone`] with the returned token is the response. The partitions need not be of
    /// subscribed topics.
    fn commit(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) -> u64;

    /// The lease of this member: while it does not hold, others may own the partitions, so nothing may be processed or sent. `None`
    /// if the log has none; then the caller has to notice its own pauses.
    fn lease(&self) -> Option<Lease> {
        None
    }

    /// Leaves the group, so that others take over at once; afterwards the client cannot be used. A static member that is
    /// dropped without this stays a member: if it restarts within its session with the same instance id, it keeps its
    /// partitions, and there is no rebalance.
    fn leave(&mut self);
}

/// Where reading starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// The first offset.
    Earliest,
    /// The end offset.
    Latest,
    /// This offset. If it is out of range, reading fails with [`LogError::OffsetOutOfRange`].
    Offset(Offset),
    /// The first record, in the order of offsets, with this time or a later one; the end offset if there is none.
    Time(Timestamp),
}

/// Fetching of partitions.
///
/// The chunks of a partition are in order and do not overlap. The buffer of each partition is bounded, so that a caller that
/// does not poll causes back-pressure.
pub trait Fetching: Send {
    /// Adds partitions to read, from these positions. An assigned partition moves to the new position.
    ///
    /// Each of them gives a first chunk, which is empty if there is nothing to read.
    fn assign(&mut self, partitions: &[(TopicPartition, StartAt)]);

    /// Stops reading these partitions, and drops their buffered chunks.
    fn unassign(&mut self, partitions: &[TopicPartition]);

    /// Advances work without blocking, and appends events to `events`. A call returns at most one chunk per partition, and only
    /// of partitions for which `wants` returns `true`; the others keep their chunks. The signal is raised for new events only,
    /// so wait for it only after a poll that returned nothing.
    fn poll(&mut self, now: MonotonicTime, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<LogEvent>);
}

/// The state of a topic for a producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicState {
    /// It is being looked up; call again after a poll.
    Pending,
    /// It has this many partitions.
    Ready {
        /// The number, at least 1.
        partitions: u32,
    },
    /// It does not exist.
    Missing,
}

/// Whether a producer sends its buffered records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sending {
    /// It sends them.
    #[default]
    Allowed,
    /// It holds them back.
    Held,
}

/// Which buffered records of a producer are discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscardScope<'a> {
    /// All records.
    All,
    /// The records of these partitions.
    Partitions(&'a [TopicPartition]),
}

/// Producing of records.
pub trait Producing: Send {
    /// Looks up a topic. The result may be [`TopicState::Pending`] at first.
    fn topic(&mut self, topic: &Topic) -> TopicState;

    /// Copies a record into the batch of its partition. If the buffer is full, it does nothing and returns `false`: poll and
    /// try again. Accepted records are numbered from 1, for acknowledgements. The records of a partition are in the log in the
    /// order of the calls.
    fn append(&mut self, topic: &Topic, partition: Partition, record: &RecordBytes<'_>) -> bool;

    /// The number of accepted records, which is the number of the last one.
    fn appended(&self) -> u64;

    /// The offset after the last acknowledged record of this producer in the partition; `None` if there is none.
    fn acknowledged_offset(&self, partition: &TopicPartition) -> Option<Offset>;

    /// Starts to send all buffered records without lingering.
    fn flush(&mut self);

    /// Holds back records that are not sent yet, or allows to send them again. Held records stay in the buffer.
    fn set_sending(&mut self, sending: Sending);

    /// Sets the session time-out of the group whose member this producer writes for. A producer whose client sends by itself
    /// uses it: a record that was not sent for half of it must not be sent before the membership is confirmed, because the
    /// process may have been stopped meanwhile. If it is set more than once, the shortest one counts. The default does nothing, which is right for a producer that sends only when
    /// it is polled.
    fn set_session_timeout(&mut self, _timeout: Duration) {}

    /// Sets the lease of the group member that this producer writes for: nothing is sent while it does not hold. The default does
    /// nothing, which is right for the producer of a log whose members have no lease.
    fn set_lease(&mut self, _lease: Lease) {}

    /// Discards records. They count as acknowledged, without an offset. Those in flight may still reach the log, but are not
    /// sent again: by then the partition may have another owner, whose records they would follow.
    fn discard(&mut self, scope: DiscardScope<'_>);

    /// Advances work without blocking, and appends events to `events`.
    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>);
}

/// Administration of topics and groups.
pub trait Administration: Send {
    /// Sends a request; [`LogEvent::AdminDone`] with the returned token is the response.
    fn request(&mut self, request: AdminRequest) -> u64;

    /// Advances work without blocking, and appends events to `events`.
    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>);

    /// Whether `retention.ms` is relative to the present time, as with a broker; otherwise it is relative to the newest record.
    fn deletes_by_clock(&self) -> bool {
        true
    }
}
