//! The four traits a log implements, and the one that makes them.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_types::{Headers, MonotonicTime, Offset, Partition, Timestamp, Topic, TopicPartition};

use crate::event::{LogError, LogEvent};
use crate::{CommittedOffset, Signal};

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

/// Who a group consumer is.
#[derive(Clone, Debug)]
pub struct GroupConfig {
    /// The group's name; Millstream uses the application id.
    pub group_id: String,
    /// This client's name in logs and metrics.
    pub client_id: String,
    /// An identity that survives restarts (static membership); without one each start is a new member.
    pub instance_id: Option<String>,
    /// A member unheard of for this long is taken for lost.
    pub session_timeout: Duration,
}

/// A group member that also reads what it is assigned, as one client.
pub trait GroupConsumer: Membership + Fetching {}

impl<T: Membership + Fetching> GroupConsumer for T {}

/// Belonging to a consumer group.
///
/// The assignment is cooperative: partitions come and go by [`LogEvent::Assigned`] and [`LogEvent::Revoked`], the
/// others stay. Each such event waits for [`finish_rebalance`](Self::finish_rebalance), and the next one comes only
/// after that; until then the member keeps what is being taken away and may commit it. After `Lost` and its answer the
/// member joins anew by itself. What is read is another matter: [`Fetching::assign`] and `unassign` say that. Polling ([`Fetching::poll`]) keeps the member alive.
pub trait Membership: Send {
    /// Joins the group, or changes the topics it wants. Missing topics are not an error here.
    fn subscribe(&mut self, topics: &[Topic]);

    /// Answers the oldest `Assigned`, `Revoked` or `Lost` event not yet answered.
    fn finish_rebalance(&mut self);

    /// Asks for committed offsets; [`LogEvent::Committed`] answers.
    fn fetch_committed(&mut self, partitions: &[TopicPartition]);

    /// Starts to commit; [`LogEvent::CommitDone`] with the returned token answers. The partitions need not be of the
    /// subscribed topics.
    fn commit(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) -> u64;

    /// Leaves the group at once, so that the others take over without waiting; afterwards the client is of no use. A
    /// static member that is dropped without it keeps its place: if it comes back before its session is over, with the
    /// same instance id, it is given what it had, and the others hear nothing of it.
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
    /// Each of them is heard of: if there is nothing to read, its first chunk is an empty one, which tells that.
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
    /// Being looked up; ask again after a poll.
    Pending,
    /// It has this many partitions.
    Ready {
        /// How many, at least 1.
        partitions: u32,
    },
    /// It does not exist.
    Missing,
}

/// Writing records.
pub trait Producing: Send {
    /// Looks a topic up; the answer may be [`TopicState::Pending`] at first.
    fn topic(&mut self, topic: &Topic) -> TopicState;

    /// Copies a record into the batch of its partition. Returns `false`, having taken nothing, when the buffer is
    /// full: poll and try again. Every record taken has the next number, counted from 1, for acknowledgements. A
    /// producer's records of one partition stand in the log in the order of the appends.
    fn append(
        &mut self,
        topic: &Topic,
        partition: Partition,
        timestamp: Timestamp,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &Headers,
    ) -> bool;

    /// How many records were ever taken; the number of the last one.
    fn appended(&self) -> u64;

    /// The offset after the last acknowledged record of this producer in that partition: up to there the partition
    /// surely holds what this producer wrote. `None` while nothing it wrote there is acknowledged.
    fn acknowledged_offset(&self, partition: &TopicPartition) -> Option<Offset>;

    /// Starts to send what is buffered without lingering.
    fn flush(&mut self);

    /// Moves work along without blocking and appends what happened to `events`.
    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>);
}

/// Looking after topics.
pub trait Administration: Send {
    /// Starts a request; [`LogEvent::AdminDone`] with the returned token answers.
    fn request(&mut self, request: AdminRequest) -> u64;

    /// Moves work along without blocking and appends what happened to `events`.
    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>);

    /// Whether a topic's `retention.ms` counts back from the present, as a broker's does; if not, from the newest record.
    fn deletes_by_clock(&self) -> bool {
        true
    }
}

/// Something to ask an administrator.
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

/// What an administrator answers.
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
    /// Per partition what is committed; none for a group that nobody knows.
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
