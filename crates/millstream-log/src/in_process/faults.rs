//! Faults on request, so that tests see what a log does on a bad day.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use millstream_types::{MonotonicTime, Topic, TopicPartition};

use super::lock;
use super::shared::Shared;
use crate::LogError;

/// Makes an [`InProcessLog`](super::InProcessLog) misbehave; clones are the same handle.
///
/// # Examples
/// ```
/// use millstream_log::in_process::InProcessLog;
/// use millstream_log::{Log, LogError, LogEvent, Signal};
/// use millstream_types::{Headers, MonotonicTime, Partition, Timestamp, Topic};
///
/// let log = InProcessLog::new();
/// log.create_topic("t", 1)?;
/// log.faults().fail_appends("t", 1, LogError::Unavailable { reason: "the disk is full".to_owned() });
///
/// let mut producer = log.producer("p", &Signal::new())?;
/// producer.append(&Topic::from("t"), Partition::new(0), Timestamp::from_millis(1), None, Some(b"v"), &Headers::new());
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

    /// The polls and commits of this group consumer do nothing until its session has timed out or it is
    /// [thawed](Self::thaw), as if its host had stalled. What it committed meanwhile is tried then, and comes too late.
    pub fn freeze(&self, client_id: &str) {
        self.change(|plan| plan.frozen.insert(client_id.to_owned()));
    }

    /// Ends a [`freeze`](Self::freeze).
    pub fn thaw(&self, client_id: &str) {
        self.shared.faults.thaw(client_id);
    }

    /// The group takes this consumer for lost at once.
    pub fn expire(&self, client_id: &str) {
        for group in self.shared.groups() {
            lock(&group).expire_client(client_id);
        }
    }

    /// The next `count` records appended to the topic fail with `error`.
    pub fn fail_appends(&self, topic: impl Into<Topic>, count: u64, error: LogError) {
        let topic = topic.into();
        self.change(|plan| plan.appends.insert(topic, Failures { count, error }));
    }

    /// While `refuse` holds, every producer's buffer counts as full.
    pub fn refuse_appends(&self, refuse: bool) {
        self.shared.faults.refuses_appends.store(refuse, Ordering::Release);
    }

    /// Readers of the partition get nothing before that time.
    pub fn delay_fetches(&self, partition: TopicPartition, until: MonotonicTime) {
        self.change(|plan| plan.delayed.insert(partition, until));
    }

    /// The next `count` commits of the group fail with `error`.
    pub fn fail_commits(&self, group_id: &str, count: u64, error: LogError) {
        self.change(|plan| plan.commits.insert(group_id.to_owned(), Failures { count, error }));
    }

    /// While a topic is not available, readers get nothing of it, and producers keep what they have for it.
    pub fn set_available(&self, topic: impl Into<Topic>, is_available: bool) {
        let topic = topic.into();
        self.change(|plan| if is_available { plan.unavailable.remove(&topic) } else { plan.unavailable.insert(topic) });
        self.shared.topics.wake_readers();
    }

    fn change<T>(&self, change: impl FnOnce(&mut Plan) -> T) {
        self.shared.faults.change(change);
    }
}

/// The faults a log is to have. Without any, a question costs one look at a flag.
#[derive(Debug, Default)]
pub(super) struct FaultTable {
    is_armed: AtomicBool,
    refuses_appends: AtomicBool,
    plan: Mutex<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    frozen: BTreeSet<String>,
    appends: BTreeMap<Topic, Failures>,
    delayed: BTreeMap<TopicPartition, MonotonicTime>,
    commits: BTreeMap<String, Failures>,
    unavailable: BTreeSet<Topic>,
}

#[derive(Debug)]
struct Failures {
    count: u64,
    error: LogError,
}

impl Failures {
    fn next(&mut self) -> Option<LogError> {
        self.count = self.count.checked_sub(1)?;
        Some(self.error.clone())
    }
}

impl Plan {
    fn is_empty(&self) -> bool {
        self.frozen.is_empty()
            && self.appends.is_empty()
            && self.delayed.is_empty()
            && self.commits.is_empty()
            && self.unavailable.is_empty()
    }
}

impl FaultTable {
    fn change<T>(&self, change: impl FnOnce(&mut Plan) -> T) {
        let mut plan = lock(&self.plan);
        change(&mut plan);
        self.is_armed.store(!plan.is_empty(), Ordering::Release);
    }

    pub(super) fn thaw(&self, client_id: &str) {
        self.change(|plan| plan.frozen.remove(client_id));
    }

    pub(super) fn refuses_appends(&self) -> bool {
        self.refuses_appends.load(Ordering::Acquire)
    }

    pub(super) fn is_frozen(&self, client_id: &str) -> bool {
        self.ask(|plan| plan.frozen.contains(client_id))
    }

    pub(super) fn append_failure(&self, topic: &Topic) -> Option<LogError> {
        self.ask(|plan| plan.appends.get_mut(topic).and_then(Failures::next))
    }

    pub(super) fn commit_failure(&self, group_id: &str) -> Option<LogError> {
        self.ask(|plan| plan.commits.get_mut(group_id).and_then(Failures::next))
    }

    pub(super) fn is_available(&self, topic: &Topic) -> bool {
        !self.ask(|plan| plan.unavailable.contains(topic))
    }

    /// Whether the partition gives nothing at `now`.
    pub(super) fn withholds(&self, partition: &TopicPartition, now: MonotonicTime) -> bool {
        self.ask(|plan| {
            plan.unavailable.contains(&partition.topic) || plan.delayed.get(partition).is_some_and(|until| now < *until)
        })
    }

    fn ask<T: Default>(&self, question: impl FnOnce(&mut Plan) -> T) -> T {
        if self.is_armed.load(Ordering::Acquire) { question(&mut lock(&self.plan)) } else { T::default() }
    }
}
