//! Fault injection for tests.

use std::sync::Arc;

use millstream_types::{MonotonicTime, Topic, TopicPartition};

use super::fault_table::{Appends, Failures, Plan};
use super::lock::lock;
use super::shared::Shared;
use crate::LogError;

/// Injects faults into an [`InProcessLog`](super::InProcessLog). Clones are the same handle.
///
/// # Examples
/// ```
/// use millstream_log::in_process::InProcessLog;
/// use millstream_log::{Log, LogError, LogEvent, Signal};
/// use millstream_types::{RecordBytes, MonotonicTime, Partition, Timestamp, Topic};
///
/// let log = InProcessLog::new();
/// log.create_topic("t", 1)?;
/// log.faults().fail_appends("t", 1, LogError::Unavailable { reason: "the disk is full".to_owned() });
///
/// let mut producer = log.producer("p", &Signal::new())?;
/// producer.append(&Topic::from("t"), Partition::new(0), &RecordBytes::new(Timestamp::from_millis(1), None, Some(b"v")));
/// let mut events = Vec::new();
/// producer.poll(MonotonicTime::START, &mut events);
/// assert!(matches!(events[0], LogEvent::ProduceFailed { .. }));
/// # Ok::<(), LogError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Faults {
    shared: Arc<Shared>,
}

impl Faults {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Freezes a group consumer, as if its host had stalled: its polls and commits do nothing until its session has timed out
    /// or it is [thawed](Self::thaw). Commits that began meanwhile are tried then.
    pub fn freeze(&self, client_id: &str) {
        self.change(|plan| plan.frozen.insert(client_id.to_owned()));
    }

    /// Ends a [`freeze`](Self::freeze).
    pub fn thaw(&self, client_id: &str) {
        self.shared.faults.thaw(client_id);
    }

    /// Expires the session of a group consumer at once.
    pub fn expire(&self, client_id: &str) {
        for group in self.shared.groups() {
            lock(&group).expire_client(client_id);
        }
    }

    /// Lets the next `count` records appended to the topic fail with `error`.
    pub fn fail_appends(&self, topic: impl Into<Topic>, count: u64, error: LogError) {
        let topic = topic.into();
        self.change(|plan| plan.appends.insert(topic, Failures { count, error }));
    }

    /// Lets the buffers of all producers appear full, until [`accept_appends`](Self::accept_appends).
    pub fn refuse_appends(&self) {
        self.shared.faults.set_appends(Appends::Refused);
    }

    /// Ends [`refuse_appends`](Self::refuse_appends).
    pub fn accept_appends(&self) {
        self.shared.faults.set_appends(Appends::Accepted);
    }

    /// Delays fetches of the partition until that time.
    pub fn delay_fetches(&self, partition: TopicPartition, until: MonotonicTime) {
        self.change(|plan| plan.delayed.insert(partition, until));
    }

    /// Lets the next `count` commits of the group fail with `error`.
    pub fn fail_commits(&self, group_id: &str, count: u64, error: LogError) {
        self.change(|plan| plan.commits.insert(group_id.to_owned(), Failures { count, error }));
    }

    /// Makes the topic unavailable: readers get nothing of it, and producers keep their records for it, until it is
    /// [available](Self::make_available) again.
    pub fn make_unavailable(&self, topic: impl Into<Topic>) {
        self.change(|plan| plan.unavailable.insert(topic.into()));
        self.shared.topics.wake_readers();
    }

    /// Ends [`make_unavailable`](Self::make_unavailable).
    pub fn make_available(&self, topic: impl Into<Topic>) {
        self.change(|plan| plan.unavailable.remove(&topic.into()));
        self.shared.topics.wake_readers();
    }

    fn change<T>(&self, change: impl FnOnce(&mut Plan) -> T) {
        self.shared.faults.change(change);
    }
}
