//! The leaders of partitions: look-ups, and which brokers cannot be used for now.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_protocol::messages::MetadataResponse;
use millstream_types::{MonotonicTime, Topic, TopicPartition};

use crate::address::Address;
use crate::backoff::Backoff;
use crate::client::{CallError, Cluster, Task, poll_slot};
use crate::error::LinkError;
use crate::settings::ClientSettings;

/// An outage is reported after this many failures in a row: a single one may be a restart or a moving leader.
const FAILURES_REPORTED: u32 = 3;

/// A broker is silent when its response is this late. This is reported at once, and its partitions are looked up: another
/// broker may lead them by now.
const SILENT_AFTER: Duration = Duration::from_secs(3);

/// The broker that leads a partition, and its leader epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leader {
    pub(crate) broker: i32,
    /// −1 if the broker does not report it.
    pub(crate) epoch: i32,
}

/// Every partition of the topics that were looked up, with its leader if that is known and has an address.
pub(crate) type Found = BTreeMap<TopicPartition, Option<Leader>>;

/// The look-up that is in flight, and the brokers with which something is wrong.
pub(crate) struct Leaders {
    settings: ClientSettings,
    cluster: Cluster,
    lookup: Option<Task<Result<MetadataResponse, CallError>>>,
    /// The topics of the last look-up.
    requested: Vec<Topic>,
    backoff: Backoff,
    /// Brokers that have failed or have been silent since their last response.
    troubled: BTreeMap<i32, Trouble>,
}

/// What is wrong with a broker.
#[derive(Debug, Default)]
struct Trouble {
    /// When to connect again.
    backoff: Backoff,
    /// How many requests in a row have timed out. Each doubles the time-out of the next one.
    timeouts: u32,
    /// Whether its silence has been reported, which is done once.
    is_silence_reported: bool,
}

impl Leaders {
    /// Creates it for a client of this cluster.
    pub(crate) fn new(cluster: &Cluster, settings: ClientSettings) -> Self {
        Self {
            settings,
            cluster: cluster.clone(),
            lookup: None,
            requested: Vec::new(),
            backoff: Backoff::default(),
            troubled: BTreeMap::new(),
        }
    }

    pub(crate) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Whether the address of a broker is known.
    pub(crate) fn has_address(&self, broker: i32) -> bool {
        self.cluster.address(broker).is_some()
    }

    /// The address of a broker, unless its backoff is running.
    pub(crate) fn address(&self, broker: i32, now: MonotonicTime) -> Option<Address> {
        let is_time = self.troubled.get(&broker).is_none_or(|trouble| trouble.backoff.is_over(now));
        self.cluster.address(broker).filter(|_| is_time)
    }

    /// Looks up these topics, unless a look-up is in flight or the backoff is running. The backoff does not apply if one of
    /// the topics was not part of the last look-up. Without topics, every partition has a leader, and the backoff is reset.
    pub(crate) fn look_up<'a>(&mut self, topics: impl Iterator<Item = &'a Topic>, now: MonotonicTime) {
        let topics: BTreeSet<&Topic> = topics.collect();
        if topics.is_empty() {
            self.backoff = Backoff::default();
            return;
        }
        let is_new = topics.iter().any(|topic| !self.has_requested(topic));
        if self.lookup.is_some() || !(is_new || self.backoff.is_over(now)) {
            return;
        }
        let topics: Vec<Topic> = topics.into_iter().cloned().collect();
        self.requested.clone_from(&topics);
        let cluster = self.cluster.clone();
        let mut lookup = Task::new(async move { cluster.look_up(Some(topics)).await });
        self.cluster.set_now(now);
        // The first poll sends it. An error at once is that no broker is named.
        self.lookup = lookup.poll().is_none().then_some(lookup);
        // Look-ups may return outdated leaders, so the next one waits even after a success.
        self.backoff.fail(now);
    }

    /// Whether a look-up is in flight.
    #[cfg(test)]
    pub(crate) fn is_looking_up(&self) -> bool {
        self.lookup.is_some()
    }

    /// Whether the last look-up included this topic.
    pub(crate) fn has_requested(&self, topic: &Topic) -> bool {
        self.requested.contains(topic)
    }

    /// The result of the look-up, once it has ended.
    pub(crate) fn poll(&mut self, now: MonotonicTime) -> Option<Result<Found, CallError>> {
        if self.lookup.is_some() {
            self.cluster.set_now(now);
        }
        Some(poll_slot(&mut self.lookup)?.map(|response| self.found(response)))
    }

    fn found(&self, response: MetadataResponse) -> Found {
        let brokers: BTreeSet<i32> = self.cluster.brokers().into_iter().collect();
        let mut found = Found::new();
        for topic in response.topics {
            let Some(name) = topic.name.map(Topic::from) else { continue };
            for partition in topic.partitions {
                let leader = Leader { broker: partition.leader_id, epoch: partition.leader_epoch };
                if let Ok(number) = u32::try_from(partition.partition_index) {
                    let leader = Some(leader).filter(|leader| brokers.contains(&leader.broker));
                    found.insert(TopicPartition::new(name.clone(), number), leader);
                }
            }
        }
        found
    }

    /// How long a response of this broker may take. A time-out doubles it, so that a slow broker does not time out again and
    /// again.
    pub(crate) fn request_timeout(&self, broker: i32) -> Duration {
        let ClientSettings { request_timeout, request_timeout_max, .. } = &self.settings;
        let timeouts = self.troubled.get(&broker).map_or(0, |trouble| trouble.timeouts);
        let factor = 2_u32.saturating_pow(timeouts);
        request_timeout.saturating_mul(factor).min((*request_timeout_max).max(*request_timeout))
    }

    /// Records that a broker has responded after this time.
    pub(crate) fn responded(&mut self, broker: i32, after: Duration) {
        let Some(trouble) = self.troubled.remove(&broker) else { return };
        if trouble.timeouts > 0 && after > self.settings.request_timeout {
            self.troubled.insert(broker, Trouble { timeouts: trouble.timeouts, ..Trouble::default() });
        } else {
            self.cluster.trust(broker);
        }
    }

    /// Whether a response this late means that the broker is silent.
    pub(crate) fn is_silence(late_by: Duration) -> bool {
        late_by >= SILENT_AFTER
    }

    /// Records that a broker is silent. Returns the report, the first time since its last response.
    pub(crate) fn silent(&mut self, broker: i32, late_by: Duration) -> Option<String> {
        let trouble = self.troubled.entry(broker).or_default();
        let was_reported = std::mem::replace(&mut trouble.is_silence_reported, true);
        if !was_reported {
            self.cluster.avoid(broker);
        }
        (!was_reported).then(|| self.report(broker, &LinkError::TimedOut { after: late_by }))
    }

    /// Records that a connection to a broker has failed. Returns the report if one is due.
    pub(crate) fn failed(&mut self, broker: i32, error: &LinkError, now: MonotonicTime) -> Option<String> {
        let trouble = self.troubled.entry(broker).or_default();
        trouble.backoff.fail(now);
        trouble.timeouts += u32::from(matches!(error, LinkError::TimedOut { .. }));
        let is_due = trouble.backoff.failures == FAILURES_REPORTED && !trouble.is_silence_reported;
        self.cluster.avoid(broker);
        is_due.then(|| self.report(broker, error))
    }

    fn report(&self, broker: i32, error: &LinkError) -> String {
        let (host, port) = self.cluster.address(broker).unwrap_or_default();
        format!("broker {broker} at {host}:{port} cannot be used: {error}")
    }
}
