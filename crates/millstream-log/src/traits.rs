//! The four traits a log implements, and the one that makes them.

use millstream_types::{MonotonicTime, Offset, Partition, RecordBytes, Topic, TopicPartition};

use crate::admin::AdminRequest;
use crate::error::LogError;
use crate::event::LogEvent;
use crate::group::{CommittedOffset, GroupConfig};
use crate::signal::Signal;

/// A log: makes the clients that a stream thread works with. Shared by all threads of an application.
pub trait Log: Send + Sync {
    /// A member of a consumer group, not yet subscribed.
    ///
    /// # Errors
    /// When the settings are refused.
    fn consumer(&self, config: &GroupConfig, signal: &Signal) -> Result<Box<dyn GroupConsumer>, LogError>;

    /// A reader without a group, for restoring.
    ///
    /// # Errors
    /// When the settings are refused.
    fn fetcher(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Fetching>, LogError>;

    /// A producer.
    ///
    /// # Errors
    /// When the settings are refused.
    fn producer(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Producing>, LogError>;

    /// An administrator.
    ///
    /// # Errors
    /// When the settings are refused.
    fn admin(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Administration>, LogError>;
}

/// A group member that also reads what it is assigned, as one client.
pub trait GroupConsumer: Membership + Fetching {}

impl<T: Membership + Fetching> GroupConsumer for T {}

/// Belonging to a consumer group.
///
/// The assignment is cooperative: partitions come and go by [`LogEvent::Assigned`] and [`LogEvent::Revoked`], the
/// others stay. Each such event waits for [`finish_rebalance`](Self::finish_rebalance), and the next one comes only
/// after that; until then the member owns what is being revoked and may commit it. After `Lost` and the response to it the
/// member rejoins by itself. What is read is independent of that: see [`Fetching::assign`] and `unassign`. Polling
/// ([`Fetching::poll`]) keeps the member alive.
pub trait Membership: Send {
    /// Joins the group, or changes the topics it wants. Missing topics are not an error here.
    fn subscribe(&mut self, topics: &[Topic]);

    /// Responds to the oldest `Assigned`, `Revoked` or `Lost` event without a response.
    fn finish_rebalance(&mut self);

    /// Requests committed offsets; [`LogEvent::Committed`] is the response.
    fn fetch_committed(&mut self, partitions: &[TopicPartition]);

    /// Starts to commit; [`LogEvent::CommitDone`] with the returned token is the response. The partitions need not be of the
    /// subscribed topics.
    fn commit(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) -> u64;

    /// Leaves the group at once, so that the others take over without waiting; afterwards the client cannot be used. A
    /// static member that is dropped without it stays a member: if it restarts within its session, with the same
    /// instance id, it is assigned what it had, and there is no rebalance.
    fn leave(&mut self);
}

/// Where to begin to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// The first record there is.
    Earliest,
    /// The end.
    Latest,
    /// This offset. Out of range, the partition fails with [`LogError::OffsetOutOfRange`] and stands still.
    Offset(Offset),
}

/// Reading partitions.
///
/// Within a partition, chunks come in order without overlap. A reader that takes no events is the back-pressure: each
/// partition buffers a bounded amount.
pub trait Fetching: Send {
    /// Reads these partitions from there on, beside those already read. Reading one already assigned moves it.
    ///
    /// Each of them has a first chunk: if there is nothing to read, an empty one.
    fn assign(&mut self, partitions: &[(TopicPartition, StartAt)]);

    /// Stops reading these; chunks of them not yet handed over never come.
    fn unassign(&mut self, partitions: &[TopicPartition]);

    /// Moves work along without blocking and appends what happened to `events`. At most one chunk per partition and
    /// call; only of partitions for which `wants` is true, the others keep what they have. The signal is raised when
    /// something new is there, not for what a poll left behind: wait for it only after a poll that yielded nothing.
    fn poll(&mut self, now: MonotonicTime, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<LogEvent>);
}

/// What is known of a topic that a producer wants to write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicState {
    /// Being looked up; try again after a poll.
    Pending,
    /// It has this many partitions.
    Ready {
        /// How many, at least 1.
        partitions: u32,
    },
    /// It does not exist.
    Missing,
}

/// Whether a producer sends what it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sending {
    /// As its settings say.
    #[default]
    Allowed,
    /// Not for now.
    Held,
}

/// Records of a producer that are not sent yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscardScope<'a> {
    /// All of them.
    All,
    /// Those of these partitions.
    Partitions(&'a [TopicPartition]),
}

/// Whether records were thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "records that were not thrown away are sent"]
pub enum Discarded {
    /// All that were meant.
    Done,
    /// None: this producer cannot.
    Unsupported,
}

/// Writing records.
pub trait Producing: Send {
    /// Looks a topic up; the result may be [`TopicState::Pending`] at first.
    fn topic(&mut self, topic: &Topic) -> TopicState;

    /// Copies a record into the batch of its partition. Returns `false`, having taken nothing, when the buffer is
    /// full: poll and try again. Every record taken has the next number, counted from 1, for acknowledgements. A
    /// producer's records of one partition stand in the log in the order of the appends.
    fn append(&mut self, topic: &Topic, partition: Partition, record: &RecordBytes<'_>) -> bool;

    /// How many records were ever taken; the number of the last one.
    fn appended(&self) -> u64;

    /// The offset after the last acknowledged record of this producer in that partition: up to there the partition
    /// surely holds what this producer wrote. `None` while nothing it wrote there is acknowledged.
    fn acknowledged_offset(&self, partition: &TopicPartition) -> Option<Offset>;

    /// Starts to send what is buffered without lingering.
    fn flush(&mut self);

    /// Holds back from now on what is not sent yet, until sending is allowed again. What is held back takes up room as
    /// before. A producer whose client sends by itself may be unable to, and does nothing.
    fn set_sending(&mut self, sending: Sending);

    /// Throws away records that are not sent yet. They count as acknowledged, at no offset. Requests in flight are not
    /// touched: a gap would be left in the sequence by which brokers know a producer's batches.
    fn discard(&mut self, scope: DiscardScope<'_>) -> Discarded;

    /// Moves work along without blocking and appends what happened to `events`.
    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>);
}

/// Administration of topics and groups.
pub trait Administration: Send {
    /// Starts a request; [`LogEvent::AdminDone`] with the returned token is the response.
    fn request(&mut self, request: AdminRequest) -> u64;

    /// Moves work along without blocking and appends what happened to `events`.
    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>);

    /// Whether a topic's `retention.ms` counts back from the present, as a broker's does; if not, from the newest record.
    fn deletes_by_clock(&self) -> bool {
        true
    }
}
