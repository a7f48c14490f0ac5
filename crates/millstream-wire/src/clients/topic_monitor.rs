//! Detects topics that were deleted or created again while they are read: a fetch request reports neither if it names the topic.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_log::LogError;
use millstream_protocol::Uuid;
use millstream_types::{MonotonicTime, Topic};

use crate::admin::{Description, describe};
use crate::client::{Cluster, Task, poll_slot};

/// How often topics are looked up, unless the metadata's maximal age is shorter.
const LOOK_EVERY_MAX: Duration = Duration::from_secs(10);

/// A topic that was not found is looked up again after this.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// A topic was deleted if it, or its topic id, has not been found for this long. A broker that has just started does not know
/// all topics.
const GONE_AFTER: Duration = Duration::from_secs(2);

/// The results of a look-up.
type Found = Result<Vec<(Topic, Result<Description, LogError>)>, LogError>;

/// Checks regularly that topics still exist.
pub(super) struct TopicMonitor {
    every: Duration,
    next: Option<MonotonicTime>,
    lookup: Option<Task<Found>>,
    ids: BTreeMap<Topic, Uuid>,
    missing_since: BTreeMap<Topic, MonotonicTime>,
}

impl TopicMonitor {
    /// Creates it. `metadata_age_max` is the interval at which topics are looked up anyway.
    pub(super) fn new(metadata_age_max: Option<Duration>) -> Self {
        let every = metadata_age_max.map_or(LOOK_EVERY_MAX, |age| age.min(LOOK_EVERY_MAX));
        Self { every, next: None, lookup: None, ids: BTreeMap::new(), missing_since: BTreeMap::new() }
    }

    /// Makes the next look-up due now, to record the ids of topics that are new.
    pub(super) fn look_soon(&mut self, now: MonotonicTime) {
        self.next = Some(now);
    }

    /// Looks up these topics, if it is due, and returns the number of partitions of each that was found: 0 if it was deleted.
    pub(super) fn poll(
        &mut self,
        cluster: &Cluster,
        topics: impl FnOnce() -> BTreeSet<Topic>,
        now: MonotonicTime,
    ) -> Vec<(Topic, u32)> {
        let next = *self.next.get_or_insert(now + self.every);
        if self.lookup.is_none() && now >= next {
            self.next = Some(now + self.every);
            let topics = Vec::from_iter(topics());
            self.ids.retain(|topic, _| topics.contains(topic));
            self.missing_since.retain(|topic, _| topics.contains(topic));
            let cluster = cluster.clone();
            self.lookup = Some(Task::new(async move { describe(&cluster, topics).await }));
        }
        match poll_slot(&mut self.lookup) {
            Some(Ok(found)) => self.take(found, now),
            Some(Err(_)) | None => Vec::new(),
        }
    }

    fn take(&mut self, found: Vec<(Topic, Result<Description, LogError>)>, now: MonotonicTime) -> Vec<(Topic, u32)> {
        let mut counts = Vec::new();
        for (topic, result) in found {
            match result {
                Ok(description) if self.is_the_same(&topic, description) => {
                    self.missing_since.remove(&topic);
                    counts.push((topic, description.partitions));
                }
                Ok(_) | Err(LogError::UnknownTopic { .. }) if self.is_gone(&topic, now) => {
                    self.ids.remove(&topic);
                    counts.push((topic, 0));
                }
                // It has been missing only for a moment, or there is another error, which the fetch request will report.
                Ok(_) | Err(_) => {}
            }
        }
        counts
    }

    /// Whether it is still the topic that it was at the first look-up.
    fn is_the_same(&mut self, topic: &Topic, description: Description) -> bool {
        description.id.is_none_or(|id| *self.ids.entry(topic.clone()).or_insert(id) == id)
    }

    fn is_gone(&mut self, topic: &Topic, now: MonotonicTime) -> bool {
        let since = *self.missing_since.entry(topic.clone()).or_insert(now);
        self.next = Some(now + LOOK_AGAIN_AFTER);
        now >= since + GONE_AFTER
    }
}
