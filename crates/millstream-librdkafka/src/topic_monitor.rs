//! Detects topics that were deleted or created again while they are read. librdkafka does not report a deleted topic to its
//! reader, and continues to read a topic that was created again from the old offset.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_log::LogError;
use millstream_types::{MonotonicTime, Topic};

use crate::native::{Description, Reply, Requests, Response, TopicId};

/// How often topics are looked up, unless `topic.metadata.refresh.interval.ms` is shorter.
const LOOK_EVERY_MAX: Duration = Duration::from_secs(10);

/// A topic that was not found is looked up again after this.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// A topic was deleted if it, or its topic id, has not been found for this long. A broker that has just started does not know
/// all topics.
const GONE_AFTER: Duration = Duration::from_secs(2);

/// Checks regularly that topics still exist.
pub(crate) struct TopicMonitor {
    every: Duration,
    next: Option<MonotonicTime>,
    request: Option<u64>,
    ids: BTreeMap<Topic, TopicId>,
    missing_since: BTreeMap<Topic, MonotonicTime>,
}

impl TopicMonitor {
    /// Creates it. `metadata_age_max` is the interval at which topics are looked up anyway.
    pub(crate) fn new(metadata_age_max: Option<Duration>) -> Self {
        let every = metadata_age_max.map_or(LOOK_EVERY_MAX, |age| age.min(LOOK_EVERY_MAX));
        Self { every, next: None, request: None, ids: BTreeMap::new(), missing_since: BTreeMap::new() }
    }

    /// Makes the next look-up due now, to record the ids of topics that are new.
    pub(crate) fn look_soon(&mut self, now: MonotonicTime) {
        self.next = Some(now);
    }

    /// Looks up these topics, if it is due.
    pub(crate) fn look(
        &mut self,
        topics: impl FnOnce() -> BTreeSet<Topic>,
        requests: &mut Requests,
        now: MonotonicTime,
    ) {
        let next = *self.next.get_or_insert(now + self.every);
        if self.request.is_some() || now < next {
            return;
        }
        self.next = Some(now + self.every);
        let topics = Vec::from_iter(topics());
        self.ids.retain(|topic, _| topics.contains(topic));
        self.missing_since.retain(|topic, _| topics.contains(topic));
        self.request = (!topics.is_empty()).then(|| requests.topics(&topics));
    }

    /// Takes a response, and returns the number of partitions of each topic: 0 if it was deleted. Ignores responses to other
    /// requests.
    pub(crate) fn offer(&mut self, response: Response, now: MonotonicTime) -> Vec<(Topic, u32)> {
        if self.request != Some(response.number) {
            return Vec::new();
        }
        self.request = None;
        let Ok(Reply::Topics(topics)) = response.result else { return Vec::new() };
        let mut counts = Vec::new();
        for (topic, result) in topics {
            match result.map_err(|error| error.about_topic(&topic)) {
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
