//! Settings of librdkafka: those that Millstream makes, its defaults, and the user's.

mod bootstrap;
mod debug;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_log::{GroupConfig, LogError};

use crate::native::{Config, ConfigError};
use crate::silent_brokers::STATISTICS_EVERY_MS;

/// Settings that only Millstream makes, and why.
const OWN: &[(&str, &str)] = &[
    ("auto.offset.reset", "each source of the topology has a reset policy; set it there"),
    ("client.id", "it consists of the application's name and the thread's number"),
    ("delivery.report.only.error", "a commit waits until every record that it covers is acknowledged"),
    ("enable.auto.commit", "offsets are committed with the state that belongs to them, never before it"),
    ("enable.auto.offset.store", "offsets are committed with the state that belongs to them, never before it"),
    ("enable.idempotence", "without it a retry could write a record twice or out of order"),
    ("enable.partition.eof", "the end of a partition is detected otherwise"),
    ("group.id", "it is the application's id"),
    ("group.instance.id", "set the application's instance id instead"),
    ("partition.assignment.strategy", "tasks move one by one, which only `cooperative-sticky` does"),
    ("partitioner", "records go to the partition that Kafka's Java clients would choose, or to the one that you set"),
    ("session.timeout.ms", "set the application's session time-out instead"),
    ("statistics.interval.ms", "silent brokers are found in the statistics"),
    ("transactional.id", "Millstream creates it where it needs one"),
];

/// librdkafka's aliases of settings that are used here.
const ALIASES: &[(&str, &str)] = &[
    ("auto.commit.enable", "enable.auto.commit"),
    ("delivery.timeout.ms", "message.timeout.ms"),
    ("max.partition.fetch.bytes", "fetch.message.max.bytes"),
    ("metadata.broker.list", "bootstrap.servers"),
    ("queue.buffering.max.ms", "linger.ms"),
];

/// The default heartbeat interval of a group member. The response announces a rebalance.
const HEARTBEAT_MS: u128 = 500;

/// A member that does not poll for this long is removed from the group.
const STUCK_AFTER_MS: u128 = 300_000;

/// The default interval at which librdkafka and Kafka's Java clients look up topics again.
const METADATA_AGE_MAX_MS: u64 = 300_000;

/// Clients that send requests keep a connection to every broker. With sparse connections, librdkafka ignores its backoff while
/// a request waits for an unreachable broker: it connects again as fast as it can.
const TO_ALL_BROKERS: (&str, &str) = ("enable.sparse.connections", "false");

/// The longest backoff before a client connects again, as in Kafka's Java clients. librdkafka's default is ten times as long,
/// which delays the use of a broker after a restart.
const RECONNECT_AFTER_MAX: (&str, &str) = ("reconnect.backoff.max.ms", "1000");

/// A request without a response times out after this, and its connection is closed: a connection that was cut without a
/// notice is replaced only then. librdkafka's default is a minute.
const REQUEST_TIMEOUT: (&str, &str) = ("socket.timeout.ms", "10000");

/// The same for setting up a connection, including the TLS handshake.
const CONNECT_TIMEOUT: (&str, &str) = ("socket.connection.setup.timeout.ms", "10000");

/// How often the leaders of partitions are looked up. librdkafka does not notice by itself that the leader of a partition of a
/// silent broker has changed: it looks up leaders after a response or the end of a connection. It also closes the connection
/// to a broker that is no longer in the cluster, and retries the requests in flight. Its default is five minutes.
const LEADERS_EVERY: (&str, &str) = ("topic.metadata.refresh.interval.ms", "3000");

/// How long a broker may hold a fetch request without records. librdkafka has one fetch request in flight per broker, and it
/// requests only partitions whose queues are not full. While the queues of all busy partitions are full, it requests only idle
/// ones, and cannot request the busy ones before the response, however empty their queues become. With librdkafka's default of
/// 500 ms, a join with an idle table stops for three quarters of the time. A full queue (`queued.min.messages`) lasts about as
/// long as this. An idle client sends fifty requests per second: measured, 2.5 to 5 % of a core of an otherwise idle broker,
/// and 0.3 % of a core of the client.
const FETCH_WAIT_MAX: (&str, &str) = ("fetch.wait.max.ms", "20");

/// The purpose of a client.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role<'a> {
    Member(&'a GroupConfig),
    Reader { group_id: &'a str },
    Producer,
    Admin,
}

/// The group protocol (`group.protocol`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupProtocol {
    Classic,
    /// KIP-848: the broker assigns the partitions.
    Consumer,
}

/// The user's settings, by librdkafka's names.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    of_clients: BTreeMap<String, String>,
    /// Sizes for [`millstream_wire`] only.
    batch_bytes_max: Option<usize>,
    buffer_bytes_max: Option<usize>,
    replicas: Option<u16>,
    reads_through_librdkafka: bool,
    writes_through_librdkafka: bool,
}

impl Settings {
    /// Settings with only the bootstrap servers.
    pub(crate) fn new(bootstrap_servers: &str) -> Self {
        Self { of_clients: texts([("bootstrap.servers", bootstrap_servers)]), ..Self::default() }
    }

    /// Sets a setting.
    ///
    /// # Errors
    /// When only Millstream makes it, or it cannot have this value.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), LogError> {
        let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, known)| known);
        if let Some((_, why)) = OWN.iter().find(|(own, _)| *own == name) {
            let reason =
                format!("the Kafka setting `{name}` is Millstream's own and cannot be set to `{value}`: {why}");
            return Err(LogError::Invalid { reason });
        }
        match name {
            "replication.factor" => self.replicas = replicas(value)?,
            "fetch.client" => self.reads_through_librdkafka = is_librdkafka(name, value)?,
            "produce.client" => self.writes_through_librdkafka = is_librdkafka(name, value)?,
            "fetch.batch.max.bytes" => self.batch_bytes_max = Some(bytes(name, value)?),
            "input.buffer.max.bytes" => self.buffer_bytes_max = Some(bytes(name, value)?),
            _ => drop(self.of_clients.insert(name.to_owned(), value.to_owned())),
        }
        Ok(())
    }

    /// How many replicas new topics have; `None` leaves it to the broker.
    pub(crate) fn replicas(&self) -> Option<u16> {
        self.replicas
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.of_clients.get(name).map(String::as_str)
    }

    pub(crate) fn group_protocol(&self) -> GroupProtocol {
        let is_new = self.get("group.protocol").is_some_and(|protocol| protocol.eq_ignore_ascii_case("consumer"));
        if is_new { GroupProtocol::Consumer } else { GroupProtocol::Classic }
    }

    /// After which time topics are looked up again; `None` is never.
    pub(crate) fn metadata_age_max(&self) -> Option<Duration> {
        let millis = self.get("topic.metadata.refresh.interval.ms").map_or(Ok(METADATA_AGE_MAX_MS), str::parse);
        millis.ok().filter(|millis| *millis > 0).map(Duration::from_millis)
    }

    /// Whether librdkafka reads or writes records with a client of this kind.
    fn moves_records(&self, role: Role<'_>) -> bool {
        match role {
            Role::Reader { .. } => !self.uses_wire_reader(),
            Role::Producer => !self.uses_wire_writer(),
            Role::Member(_) | Role::Admin => false,
        }
    }

    /// The configuration of a client.
    ///
    /// # Errors
    /// When the bootstrap servers are invalid, or librdkafka refuses a setting.
    pub(crate) fn config(&self, client_id: &str, role: Role<'_>) -> Result<Config, LogError> {
        if let Some(servers) = self.get("bootstrap.servers") {
            bootstrap::check(servers, self.get("security.protocol").unwrap_or("plaintext"))?;
        }
        let mut all = defaults(role);
        let protocol = self.group_protocol();
        let fits = |name: &str| role.has(name);
        let fitting = self.of_clients.iter().filter(|(name, _)| fits(name));
        all.extend(fitting.map(|(name, value)| (name.clone(), value.clone())));
        all.extend(own(role, protocol));
        if self.moves_records(role) || matches!(role, Role::Member(_)) {
            all.insert("statistics.interval.ms".to_owned(), STATISTICS_EVERY_MS.to_owned());
        }
        all.insert("client.id".to_owned(), client_id.to_owned());
        if protocol == GroupProtocol::Consumer {
            all.remove("heartbeat.interval.ms");
        }
        Config::new(all.iter().map(|(name, value)| (name.as_str(), value.as_str()))).map_err(refused)
    }
}

/// The value of `fetch.client` or `produce.client`: whether librdkafka is to be used.
fn is_librdkafka(name: &str, value: &str) -> Result<bool, LogError> {
    match value {
        "millstream" => Ok(false),
        "librdkafka" => Ok(true),
        _ => {
            let reason =
                format!("the setting `{name}` cannot be `{value}`: it is `millstream`, the default, or `librdkafka`");
            Err(LogError::Invalid { reason })
        }
    }
}

fn bytes(name: &str, value: &str) -> Result<usize, LogError> {
    value.parse().ok().filter(|bytes| *bytes > 0).ok_or_else(|| {
        let reason = format!("the setting `{name}` cannot be `{value}`: it must be a number of bytes of at least 1");
        LogError::Invalid { reason }
    })
}

fn replicas(value: &str) -> Result<Option<u16>, LogError> {
    match value.parse() {
        Ok(-1) => Ok(None),
        Ok(count @ 1..=i16::MAX) => Ok(Some(count.unsigned_abs())),
        _ => {
            let reason = format!(
                "the setting `replication.factor` cannot be `{value}`: it must be at least 1, or -1 for the broker's \
                 default"
            );
            Err(LogError::Invalid { reason })
        }
    }
}

impl Role<'_> {
    /// Whether a client of this kind has the setting. librdkafka warns about others.
    fn has(self, name: &str) -> bool {
        const MEMBER: &[&str] =
            &["group.protocol", "group.remote.assignor", "heartbeat.interval.ms", "max.poll.interval.ms"];
        const PRODUCER: &[&str] = &[
            "acks",
            "request.required.acks",
            "linger.ms",
            "queue.buffering.max.messages",
            "queue.buffering.max.kbytes",
            "batch.size",
            "batch.num.messages",
            "compression.codec",
            "compression.type",
            "compression.level",
            "message.timeout.ms",
            "request.timeout.ms",
            "message.send.max.retries",
            "retries",
            "sticky.partitioning.linger.ms",
        ];
        const READER: &[&str] = &[
            "fetch.wait.max.ms",
            "fetch.message.max.bytes",
            "fetch.max.bytes",
            "fetch.min.bytes",
            "fetch.error.backoff.ms",
            "fetch.queue.backoff.ms",
            "queued.min.messages",
            "queued.max.messages.kbytes",
            "isolation.level",
            "check.crcs",
        ];
        match self {
            Self::Member(_) => !PRODUCER.contains(&name) && !READER.contains(&name),
            Self::Reader { .. } => !PRODUCER.contains(&name) && !MEMBER.contains(&name),
            Self::Producer => !MEMBER.contains(&name) && !READER.contains(&name),
            Self::Admin => !PRODUCER.contains(&name) && !MEMBER.contains(&name) && !READER.contains(&name),
        }
    }
}

fn texts<const N: usize>(settings: [(&str, &str); N]) -> BTreeMap<String, String> {
    settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Defaults, which the user may change.
fn defaults(role: Role<'_>) -> BTreeMap<String, String> {
    match role {
        Role::Member(group) => {
            let session = group.session_timeout.as_millis();
            let mut settings = texts([RECONNECT_AFTER_MAX]);
            // At least three heartbeats in a session.
            let heartbeat = HEARTBEAT_MS.min(session / 3).max(1);
            settings.insert("heartbeat.interval.ms".to_owned(), heartbeat.to_string());
            settings.insert("max.poll.interval.ms".to_owned(), STUCK_AFTER_MS.max(session).to_string());
            settings
        }
        // A full queue must not stop fetching for a second, nor a change of leaders for half a second. Limits are per
        // partition.
        Role::Reader { .. } => texts([
            TO_ALL_BROKERS,
            RECONNECT_AFTER_MAX,
            REQUEST_TIMEOUT,
            CONNECT_TIMEOUT,
            LEADERS_EVERY,
            ("fetch.error.backoff.ms", "100"),
            ("fetch.queue.backoff.ms", "1"),
            FETCH_WAIT_MAX,
            ("queued.min.messages", "5000"),
            ("fetch.message.max.bytes", "262144"),
            ("queued.max.messages.kbytes", "8192"),
        ]),
        // Records wait for their broker without a time limit; only the buffer is limited. They linger no longer than a round
        // trip to a broker takes; under load, batches fill while earlier ones are in flight.
        Role::Producer => texts([
            TO_ALL_BROKERS,
            RECONNECT_AFTER_MAX,
            REQUEST_TIMEOUT,
            CONNECT_TIMEOUT,
            LEADERS_EVERY,
            ("linger.ms", "1"),
            ("message.timeout.ms", "0"),
            ("message.max.bytes", "1048576"),
            ("queue.buffering.max.messages", "100000"),
            ("queue.buffering.max.kbytes", "32768"),
        ]),
        Role::Admin => texts([TO_ALL_BROKERS, RECONNECT_AFTER_MAX]),
    }
}

/// Settings that the user cannot change.
fn own(role: Role<'_>, protocol: GroupProtocol) -> BTreeMap<String, String> {
    match role {
        Role::Member(group) => {
            let mut settings = texts([("enable.auto.commit", "false"), ("enable.auto.offset.store", "false")]);
            settings.insert("group.id".to_owned(), group.group_id.clone());
            if let Some(instance) = &group.instance_id {
                settings.insert("group.instance.id".to_owned(), instance.clone());
            }
            match protocol {
                GroupProtocol::Classic => {
                    settings.insert("session.timeout.ms".to_owned(), group.session_timeout.as_millis().to_string());
                    settings.insert("partition.assignment.strategy".to_owned(), "cooperative-sticky".to_owned());
                }
                // The broker sets both.
                GroupProtocol::Consumer => {}
            }
            settings
        }
        Role::Reader { group_id } => {
            let mut settings = texts([
                ("auto.offset.reset", "error"),
                ("enable.auto.commit", "false"),
                ("enable.auto.offset.store", "false"),
            ]);
            settings.insert("group.id".to_owned(), group_id.to_owned());
            settings
        }
        Role::Producer => texts([("enable.idempotence", "true")]),
        Role::Admin => texts([]),
    }
}

fn refused(ConfigError { name, reason }: ConfigError) -> LogError {
    let is_left_out = reason.contains("not supported in this build");
    let remedy = if is_left_out {
        "; the features `ssl`, `gssapi` and `zstd` of `millstream-kafka` add support for it"
    } else {
        ""
    };
    LogError::Invalid { reason: format!("the Kafka setting `{name}` is refused by librdkafka: {reason}{remedy}") }
}
