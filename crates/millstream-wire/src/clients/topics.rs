//! The topics of a producer, and the results of their look-ups.

use std::time::Duration;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use millstream_log::{LogError, LogEvent, PointerCache, TopicState};
use millstream_types::{MonotonicTime, Topic};

use super::RETRY_AFTER;
use crate::admin::{Description, describe};
use crate::client::{Cluster, Task, poll_slot};

/// How long a topic may be unknown before it is missing: a new topic does not become known to all brokers at once, and late
/// to busy ones.
const UNKNOWN_FOR: Duration = Duration::from_secs(5);

/// The results of a look-up.
type Found = Result<Vec<(Topic, Result<Description, LogError>)>, LogError>;

/// The topics of a producer. All that are due are looked up together.
pub(super) struct Topics {
    cluster: Cluster,
    lookup: Option<Task<Found>>,
    list: Vec<Known>,
    by_name: HashMap<Topic, usize, FixedState>,
    /// The topics of the last calls: they are recognised by the addresses of their names.
    recent: PointerCache<Topic>,
    /// Topics are looked up again after this, since they may grow or be deleted.
    age_max: Option<Duration>,
    now: MonotonicTime,
}

/// The state of one topic.
pub(super) struct Known {
    name: Topic,
    pub(super) knowledge: Knowledge,
    /// When it is looked up next; `None` while it need not be.
    due: Option<MonotonicTime>,
    unknown_since: Option<MonotonicTime>,
}

/// The result of the look-ups of a topic.
pub(super) enum Knowledge {
    Pending,
    Ready {
        partitions: u32,
    },
    Missing,
    /// It must not be used, or its name is invalid.
    Refused(LogError),
}

impl Topics {
    pub(super) fn new(cluster: Cluster, age_max: Option<Duration>) -> Self {
        Self {
            cluster,
            lookup: None,
            list: Vec::new(),
            by_name: HashMap::default(),
            recent: PointerCache::new(),
            age_max,
            now: MonotonicTime::START,
        }
    }

    /// The number of a topic. A new topic is looked up.
    #[inline]
    pub(super) fn number_of(&mut self, topic: &Topic) -> usize {
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
        let (name, due) = (topic.clone(), Some(self.now));
        self.list.push(Known { name, knowledge: Knowledge::Pending, due, unknown_since: None });
        self.look_up();
        number
    }

    /// The number of a topic, unless it is new.
    pub(super) fn known_number(&self, topic: &Topic) -> Option<usize> {
        self.by_name.get(topic.as_str()).copied()
    }

    pub(super) fn get(&self, number: usize) -> Option<&Known> {
        self.list.get(number)
    }

    /// The state of a topic. A missing topic is looked up again in the background, at most ten times per second.
    pub(super) fn state(&mut self, topic: &Topic) -> TopicState {
        let number = self.number_of(topic);
        let known = &mut self.list[number];
        match &known.knowledge {
            Knowledge::Ready { partitions } => TopicState::Ready { partitions: *partitions },
            Knowledge::Missing => {
                known.due.get_or_insert(self.now + RETRY_AFTER);
                TopicState::Missing
            }
            Knowledge::Pending | Knowledge::Refused(_) => TopicState::Pending,
        }
    }

    /// Looks up the topics that are due, unless a look-up is in flight.
    fn look_up(&mut self) {
        if self.lookup.is_some() {
            return;
        }
        let is_due = |known: &&mut Known| known.due.is_some_and(|due| self.now >= due);
        let due = self.list.iter_mut().filter(is_due).map(|known| {
            known.due = None;
            known.name.clone()
        });
        let due: Vec<Topic> = due.collect();
        if !due.is_empty() {
            let cluster = self.cluster.clone();
            self.lookup = Some(Task::new(async move { describe(&cluster, due).await }));
        }
    }

    /// Handles responses, and looks up what is due.
    pub(super) fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        self.now = now;
        self.look_up();
        match poll_slot(&mut self.lookup) {
            None => return,
            Some(Ok(found)) => {
                for (topic, description) in found {
                    let Some(number) = self.known_number(&topic) else { continue };
                    match description {
                        Ok(description) => self.ready(number, description.partitions),
                        Err(error) => self.failed(number, error, events),
                    }
                }
            }
            Some(Err(error @ (LogError::Invalid { .. } | LogError::Unauthorised { .. }))) => {
                events.push(LogEvent::Fatal(error));
            }
            Some(Err(error)) => events.push(LogEvent::Unavailable(error.to_string())),
        }
        // Those without a result are looked up again.
        for known in &mut self.list {
            if known.due.is_none() && matches!(known.knowledge, Knowledge::Pending) {
                known.due = Some(now + RETRY_AFTER);
            }
        }
    }

    fn ready(&mut self, number: usize, partitions: u32) {
        let due = self.age_max.map(|age| self.now + age);
        let known = &mut self.list[number];
        (known.unknown_since, known.due) = (None, due);
        known.knowledge = Knowledge::Ready { partitions };
    }

    fn failed(&mut self, number: usize, error: LogError, events: &mut Vec<LogEvent>) {
        let known = &mut self.list[number];
        match error {
            LogError::UnknownTopic { .. } => {
                let since = *known.unknown_since.get_or_insert(self.now);
                if self.now >= since + UNKNOWN_FOR {
                    known.knowledge = Knowledge::Missing;
                } else {
                    known.due = Some(self.now + RETRY_AFTER);
                }
            }
            LogError::Unauthorised { .. } | LogError::Invalid { .. } => {
                events.push(LogEvent::Fatal(error.clone()));
                known.knowledge = Knowledge::Refused(error);
            }
            retriable => {
                known.due = Some(self.now + RETRY_AFTER);
                events.push(LogEvent::Unavailable(retriable.to_string()));
            }
        }
    }
}
