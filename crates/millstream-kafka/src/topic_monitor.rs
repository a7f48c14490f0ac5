//! Looks after the topics that are read: of one that is deleted, librdkafka says nothing to who reads it, and of one that is
//! created anew it reads on from the old one's offset.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_log::LogError;
use millstream_types::{MonotonicTime, Topic};

use crate::native::{Description, Reply, Requests, Response, TopicId};

/// How often is looked, unless topics are to be looked up more often anyway.
const LOOK_EVERY_MAX: Duration = Duration::from_secs(10);

/// A topic that seems to be gone is looked for again after this.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// It is gone when no broker has known it, or only another one of its name, for this long: a broker that has just started
/// knows little.
const GONE_AFTER: Duration = Duration::from_secs(2);

/// Looks whether topics are still there, now and then.
pub(crate) struct TopicMonitor {
    every: Duration,
    next: Option<MonotonicTime>,
    request: Option<u64>,
    ids: BTreeMap<Topic, TopicId>,
    missing_since: BTreeMap<Topic, MonotonicTime>,
}

impl TopicMonitor {
    /// Looks at least as often as topics are looked up anyway.
    pub(crate) fn new(metadata_age_max: Option<Duration>) -> Self {
        let every = metadata_age_max.map_or(LOOK_EVERY_MAX, |age| age.min(LOOK_EVERY_MAX));
        Self { every, next: None, request: None, ids: BTreeMap::new(), missing_since: BTreeMap::new() }
    }

    /// Looks at the next opportunity: which topics these are that are begun to be read.
    pub(crate) fn look_soon(&mut self, now: MonotonicTime) {
        self.next = Some(now);
    }

    /// Asks for these topics, if it is time to.
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

    /// Takes a response in: how many partitions each topic has, 0 if it is gone; nothing if it belongs to something else.
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
                // It may be back in a moment.
                Ok(_) => {}
                // Whether it may be read, the brokers say when it is read.
                Err(_) => {}
            }
        }
        counts
    }

    /// Whether it is still the topic that it was when it was first looked at.
    fn is_the_same(&mut self, topic: &Topic, description: Description) -> bool {
        description.id.is_none_or(|id| *self.ids.entry(topic.clone()).or_insert(id) == id)
    }

    fn is_gone(&mut self, topic: &Topic, now: MonotonicTime) -> bool {
        let since = *self.missing_since.entry(topic.clone()).or_insert(now);
        self.next = Some(now + LOOK_AGAIN_AFTER);
        now >= since + GONE_AFTER
    }
}
