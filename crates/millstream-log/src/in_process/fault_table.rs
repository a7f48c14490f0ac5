//! The present faults of a log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use millstream_types::{MonotonicTime, Topic, TopicPartition};

use super::lock::lock;
use crate::LogError;

/// The faults of a log. Without faults a check reads only a flag.
#[derive(Debug, Default)]
pub(super) struct FaultTable {
    is_armed: AtomicBool,
    refuses_appends: AtomicBool,
    plan: Mutex<Plan>,
}

/// Whether producers accept records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Appends {
    Accepted,
    Refused,
}

#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) frozen: BTreeSet<String>,
    pub(super) appends: BTreeMap<Topic, Failures>,
    pub(super) delayed: BTreeMap<TopicPartition, MonotonicTime>,
    pub(super) commits: BTreeMap<String, Failures>,
    pub(super) unavailable: BTreeSet<Topic>,
}

#[derive(Debug)]
pub(super) struct Failures {
    pub(super) count: u64,
    pub(super) error: LogError,
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
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Plan) -> T) {
        let mut plan = lock(&self.plan);
        change(&mut plan);
        self.is_armed.store(!plan.is_empty(), Ordering::Release);
    }

    pub(super) fn set_appends(&self, appends: Appends) {
        self.refuses_appends.store(appends == Appends::Refused, Ordering::Release);
    }

    pub(super) fn thaw(&self, client_id: &str) {
        self.change(|plan| plan.frozen.remove(client_id));
    }

    pub(super) fn refuses_appends(&self) -> bool {
        self.refuses_appends.load(Ordering::Acquire)
    }

    pub(super) fn is_frozen(&self, client_id: &str) -> bool {
        self.read(|plan| plan.frozen.contains(client_id))
    }

    pub(super) fn append_failure(&self, topic: &Topic) -> Option<LogError> {
        self.read(|plan| plan.appends.get_mut(topic).and_then(Failures::next))
    }

    pub(super) fn commit_failure(&self, group_id: &str) -> Option<LogError> {
        self.read(|plan| plan.commits.get_mut(group_id).and_then(Failures::next))
    }

    pub(super) fn is_available(&self, topic: &Topic) -> bool {
        !self.read(|plan| plan.unavailable.contains(topic))
    }

    /// Whether fetches of the partition are delayed at `now`.
    pub(super) fn withholds(&self, partition: &TopicPartition, now: MonotonicTime) -> bool {
        self.read(|plan| {
            plan.unavailable.contains(&partition.topic) || plan.delayed.get(partition).is_some_and(|until| now < *until)
        })
    }

    fn read<T: Default>(&self, look: impl FnOnce(&mut Plan) -> T) -> T {
        if self.is_armed.load(Ordering::Acquire) { look(&mut lock(&self.plan)) } else { T::default() }
    }
}
