//! The topics of a producer, and the results of their look-ups.

use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use millstream_log::{LogError, LogEvent, PointerCache, Signal, TopicState};
use millstream_types::{MonotonicTime, Topic};

use crate::errors::RETRY_AFTER;
use crate::native::{Client, Reply, Requests};

/// How long a topic may be unknown before it is missing: a new topic does not become known to all brokers at once, and late
/// to busy ones.
const UNKNOWN_FOR: Duration = Duration::from_secs(5);

/// The topics of a producer.
pub(crate) struct Topics {
    requests: Requests,
    list: Vec<Known>,
    by_name: HashMap<Topic, usize, FixedState>,
    /// The topics of the last calls: they are recognised by the addresses of their names.
    recent: PointerCache<Topic>,
    /// Topics are looked up again after this, since they may grow or be deleted.
    age_max: Option<Duration>,
    now: MonotonicTime,
}

/// The state of one topic.
pub(crate) struct Known {
    pub(crate) name: Topic,
    pub(crate) knowledge: Knowledge,
    /// The request that is in flight.
    requested: Option<u64>,
    /// When it may be looked up again.
    retry_at: MonotonicTime,
    unknown_since: Option<MonotonicTime>,
}

/// The result of the look-ups of a topic.
pub(crate) enum Knowledge {
    Pending,
    Ready {
        partitions: u32,
    },
    Missing,
    /// It must not be used, or its name is invalid.
    Refused(LogError),
}

impl Topics {
    pub(crate) fn new(client: &Arc<Client>, signal: &Signal, age_max: Option<Duration>) -> Self {
        Self {
            requests: Requests::new(client, signal),
            list: Vec::new(),
            by_name: HashMap::default(),
            recent: PointerCache::new(),
            age_max,
            now: MonotonicTime::START,
        }
    }

    /// Uses this client from now on, and repeats the requests in flight.
    pub(crate) fn use_client(&mut self, client: &Arc<Client>, signal: &Signal) {
        self.requests = Requests::new(client, signal);
        for number in 0..self.list.len() {
            if self.list[number].requested.is_some() {
                self.look_up(number);
            }
        }
    }

    /// The number of a topic. A new topic is looked up.
    #[inline]
    pub(crate) fn number_of(&mut self, topic: &Topic) -> usize {
        self.recent.get(topic.as_str()).unwrap_or_else(|| self.find_or_add(topic))
    }

    fn find_or_add(&mut self, topic: &Topic) -> usize {
        let number = self.by_name.get(topic.as_str()).copied().unwrap_or_else(|| self.add(topic));
        self.recent.insert(topic.as_str(), topic.clone(), number);
        number
    }

    fn add(&mut self, topic: &Topic) -> usize {
        let number = self.list.len();
        self.by_name.insert(topic.clone(), number);
        self.list.push(Known {
            name: topic.clone(),
            knowledge: Knowledge::Pending,
            requested: None,
            retry_at: self.now,
            unknown_since: None,
        });
        self.look_up(number);
        number
    }

    /// The number of a topic, unless it is new.
    pub(crate) fn known_number(&self, topic: &Topic) -> Option<usize> {
        self.by_name.get(topic.as_str()).copied()
    }

    pub(crate) fn get(&self, number: usize) -> Option<&Known> {
        self.list.get(number)
    }

    /// The state of a topic. A missing topic is looked up again in the background, at most ten times per second.
    pub(crate) fn state(&mut self, topic: &Topic) -> TopicState {
        let number = self.number_of(topic);
        let known = &self.list[number];
        let state = match &known.knowledge {
            Knowledge::Ready { partitions } => TopicState::Ready { partitions: *partitions },
            Knowledge::Missing => TopicState::Missing,
            Knowledge::Pending | Knowledge::Refused(_) => TopicState::Pending,
        };
        if state == TopicState::Missing && known.requested.is_none() && self.now >= known.retry_at {
            self.look_up(number);
        }
        state
    }

    fn look_up(&mut self, number: usize) {
        let known = &mut self.list[number];
        known.requested = Some(self.requests.topics(std::slice::from_ref(&known.name)));
    }

    /// Handles responses, and repeats look-ups that are due.
    pub(crate) fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        self.now = now;
        while let Some(response) = self.requests.poll() {
            let Some(number) = self.list.iter().position(|known| known.requested == Some(response.number)) else {
                continue;
            };
            self.list[number].requested = None;
            let is_ready = matches!(self.list[number].knowledge, Knowledge::Ready { .. });
            self.list[number].retry_at = now + self.age_max.filter(|_| is_ready).unwrap_or(RETRY_AFTER);
            let name = self.list[number].name.clone();
            let result = response.result.and_then(|reply| match reply {
                Reply::Topics(topics) => topics
                    .into_iter()
                    .find(|(topic, _)| *topic == name)
                    .map_or(Ok(0), |(_, result)| result.map(|description| description.partitions)),
                _ => Ok(0),
            });
            match result.map_err(|error| error.about_topic(&name)) {
                Ok(0) => {}
                Ok(partitions) => self.ready(number, partitions),
                Err(error) => self.failed(number, error, events),
            }
        }
        self.retry_due();
    }

    /// Looks up topics that are pending, and those that may have changed.
    fn retry_due(&mut self) {
        for number in 0..self.list.len() {
            let known = &self.list[number];
            let may_change = match known.knowledge {
                Knowledge::Pending => true,
                Knowledge::Ready { .. } => self.age_max.is_some(),
                Knowledge::Missing | Knowledge::Refused(_) => false,
            };
            if may_change && known.requested.is_none() && self.now >= known.retry_at {
                self.look_up(number);
            }
        }
    }

    fn ready(&mut self, number: usize, partitions: u32) {
        let known = &mut self.list[number];
        known.unknown_since = None;
        known.retry_at = self.now + self.age_max.unwrap_or_default();
        known.knowledge = Knowledge::Ready { partitions };
    }

    fn failed(&mut self, number: usize, error: LogError, events: &mut Vec<LogEvent>) {
        let known = &mut self.list[number];
        match error {
            LogError::UnknownTopic { .. } => {
                let since = *known.unknown_since.get_or_insert(self.now);
                known.retry_at = self.now + RETRY_AFTER;
                if self.now >= since + UNKNOWN_FOR {
                    known.knowledge = Knowledge::Missing;
                }
            }
            LogError::Unauthorised { .. } | LogError::Invalid { .. } => {
                events.push(LogEvent::Fatal(error.clone()));
                known.knowledge = Knowledge::Refused(error);
            }
            retriable => {
                known.retry_at = self.now + RETRY_AFTER;
                events.push(LogEvent::Unavailable(retriable.to_string()));
            }
        }
    }
}
