//! The brokers of the cluster, and look-ups of partition leaders.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_log::Signal;
use millstream_types::{MonotonicTime, Topic, TopicPartition};

use crate::any_broker::AnyBrokerRequest;
use crate::backoff::Backoff;
use crate::connection::{Address, Connection};
use crate::error::LinkError;
use crate::messages::api_versions::Needed;
use crate::messages::metadata::{Cluster, Leader};
use crate::settings::ClientSettings;

/// Kafka's port, for addresses without one.
const DEFAULT_PORT: u16 = 9092;

/// An outage is reported after this many failures in a row: a single one may be a restart or a moving leader.
const FAILURES_REPORTED: u32 = 3;

/// A broker is silent when its response is this late. This is reported at once, and its partitions are looked up: another
/// broker may lead them by now.
const SILENT_AFTER: Duration = Duration::from_secs(3);

/// Every partition of the topics that were looked up, with its leader if that is known and has an address.
pub(crate) type Found = BTreeMap<TopicPartition, Option<Leader>>;

/// The known brokers, and the look-up that is in flight.
pub(crate) struct Leaders {
    settings: ClientSettings,
    needed: Needed,
    bootstrap: Vec<Address>,
    brokers: BTreeMap<i32, Address>,
    lookup: Option<AnyBrokerRequest<Cluster>>,
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
    /// Creates it for a client that needs these requests.
    pub(crate) fn new(settings: ClientSettings, needed: Needed) -> Self {
        Self {
            bootstrap: bootstrap_addresses(&settings),
            settings,
            needed,
            brokers: BTreeMap::new(),
            lookup: None,
            requested: Vec::new(),
            backoff: Backoff::default(),
            troubled: BTreeMap::new(),
        }
    }

    /// Whether the address of a broker is known.
    pub(crate) fn has_address(&self, broker: i32) -> bool {
        self.brokers.contains_key(&broker)
    }

    /// The address of a broker, unless its backoff is running.
    pub(crate) fn address(&self, broker: i32, now: MonotonicTime) -> Option<&Address> {
        let is_time = self.troubled.get(&broker).is_none_or(|trouble| trouble.backoff.is_over(now));
        self.brokers.get(&broker).filter(|_| is_time)
    }

    /// Sends a request to any broker, preferring those without known failures.
    pub(crate) fn request_any<T: Send + 'static>(
        &self,
        signal: &Signal,
        now: MonotonicTime,
        request: impl Fn(&mut Connection, &ClientSettings) -> Result<T, LinkError> + Send + Sync + 'static,
    ) -> AnyBrokerRequest<T> {
        let (troubled, healthy): (Vec<_>, Vec<_>) =
            self.brokers.iter().partition(|(broker, _)| self.troubled.contains_key(broker));
        let addresses = healthy.into_iter().chain(troubled).map(|(_, address)| address);
        let mut all: Vec<Address> = Vec::new();
        for address in addresses.chain(&self.bootstrap) {
            if !all.contains(address) {
                all.push(address.clone());
            }
        }
        AnyBrokerRequest::begin(all, &self.settings, self.needed, signal, now, request)
    }

    /// Looks up these topics, unless a look-up is in flight or the backoff is running. The backoff does not apply if one of
    /// the topics was not part of the last look-up. Without topics, every partition has a leader, and the backoff is reset.
    pub(crate) fn look_up<'a>(&mut self, topics: impl Iterator<Item = &'a Topic>, signal: &Signal, now: MonotonicTime) {
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
        self.lookup =
            Some(self.request_any(signal, now, move |connection, settings| connection.cluster(settings, &topics)));
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
    pub(crate) fn poll(&mut self, now: MonotonicTime) -> Option<Result<Found, LinkError>> {
        let found = self.lookup.as_mut()?.poll(now)?;
        self.lookup = None;
        Some(found.map(|Cluster { brokers, mut leaders }| {
            self.brokers = brokers;
            for leader in leaders.values_mut() {
                *leader = leader.filter(|leader| self.has_address(leader.broker));
            }
            leaders
        }))
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
        if let Some(trouble) = self.troubled.remove(&broker)
            && trouble.timeouts > 0
            && after > self.settings.request_timeout
        {
            self.troubled.insert(broker, Trouble { timeouts: trouble.timeouts, ..Trouble::default() });
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
        (!was_reported).then(|| self.report(broker, &LinkError::TimedOut { after: late_by }))
    }

    /// Records that a connection to a broker has failed. Returns the report if one is due.
    pub(crate) fn failed(&mut self, broker: i32, error: &LinkError, now: MonotonicTime) -> Option<String> {
        let trouble = self.troubled.entry(broker).or_default();
        trouble.backoff.fail(now);
        trouble.timeouts += u32::from(matches!(error, LinkError::TimedOut { .. }));
        let is_due = trouble.backoff.failures == FAILURES_REPORTED && !trouble.is_silence_reported;
        is_due.then(|| self.report(broker, error))
    }

    fn report(&self, broker: i32, error: &LinkError) -> String {
        let (host, port) = self.brokers.get(&broker).cloned().unwrap_or_default();
        format!("broker {broker} at {host}:{port} cannot be used: {error}")
    }
}

/// The addresses of `bootstrap.servers`.
pub(crate) fn bootstrap_addresses(settings: &ClientSettings) -> Vec<Address> {
    let servers = settings.bootstrap_servers.split(',').map(str::trim).filter(|text| !text.is_empty());
    servers.map(address).collect()
}

/// Parses an address of `bootstrap.servers`: a protocol before it is ignored, a missing port or host gets its default.
fn address(text: &str) -> Address {
    let text = text.split_once("://").map_or(text, |(_protocol, address)| address);
    let (host, port) = match text.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
        // Several colons without brackets are an IPv6 address without a port.
        Some((host, Ok(port))) if !host.contains(':') || host.ends_with(']') => (host, port),
        _ => (text, DEFAULT_PORT),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (if host.is_empty() { "localhost" } else { host }.to_owned(), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_kafka_writes_them() {
        let check = |text: &str, host: &str, port: u16| assert_eq!(address(text), (host.to_owned(), port), "{text}");
        check("broker-1:9093", "broker-1", 9093);
        check("broker-1", "broker-1", 9092);
        check("PLAINTEXT://broker-1:19092", "broker-1", 19092);
        check("127.0.0.1:9092", "127.0.0.1", 9092);
        check("[::1]:9093", "::1", 9093);
        check("[::1]", "::1", 9092);
        check("::1", "::1", 9092);
        check(":9093", "localhost", 9093);
    }
}
