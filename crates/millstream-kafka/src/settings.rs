//! Settings of librdkafka: Millstream's own, its defaults, and the user's between them.

mod bootstrap;
mod debug;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_log::{GroupConfig, LogError};

use crate::native::{Config, ConfigError};

/// Settings that are Millstream's own, and why.
const OWN: &[(&str, &str)] = &[
    ("auto.offset.reset", "each source of the topology has a reset policy; set it there"),
    ("client.id", "it is made of the application's name and the thread's number"),
    ("delivery.report.only.error", "a commit waits until every record that it covers is acknowledged"),
    ("enable.auto.commit", "offsets are committed with the state that belongs to them, never before it"),
    ("enable.auto.offset.store", "offsets are committed with the state that belongs to them, never before it"),
    ("enable.idempotence", "without it a retry could write a record twice or out of order"),
    ("enable.partition.eof", "the end of a partition is found in another way"),
    ("group.id", "it is the application's id"),
    ("group.instance.id", "set the application's instance id instead"),
    ("partition.assignment.strategy", "tasks move one by one, which only `cooperative-sticky` does"),
    ("partitioner", "records go to the partitions that Kafka's Java clients would choose, or that you name"),
    ("session.timeout.ms", "set the application's session time instead"),
    ("transactional.id", "Millstream makes it up where it needs one"),
];

/// Other names that librdkafka has for settings that are made here, so that the two do not stand beside each other.
const ALIASES: &[(&str, &str)] = &[
    ("auto.commit.enable", "enable.auto.commit"),
    ("delivery.timeout.ms", "message.timeout.ms"),
    ("max.partition.fetch.bytes", "fetch.message.max.bytes"),
    ("metadata.broker.list", "bootstrap.servers"),
    ("queue.buffering.max.ms", "linger.ms"),
];

/// How often a group member sends a heartbeat by default: it learns of a rebalance by the response.
const HEARTBEAT_MS: u128 = 500;

/// A member that is stuck in one record for longer than this is given up.
const STUCK_AFTER_MS: u128 = 300_000;

/// How often librdkafka looks topics up again by default, and Kafka's Java clients.
const METADATA_AGE_MAX_MS: u64 = 300_000;

/// Clients that ask requests keep a connection to every broker. With connections only where they are needed, librdkafka
/// forgets its backoff while a request waits for a broker that is away: it connects again and again, as fast as it can.
const TO_ALL_BROKERS: (&str, &str) = ("enable.sparse.connections", "false");

/// The longest backoff before a client connects again, that of Kafka's Java clients. librdkafka's own is ten times as long,
/// and a broker that is back would not be found for so long.
const RECONNECT_AFTER_MAX: (&str, &str) = ("reconnect.backoff.max.ms", "1000");

/// For how long a broker may hold a fetch that finds nothing. librdkafka has one fetch under way per broker, and it asks
/// only for partitions whose queues are not full. Made while all busy partitions are full, it asks for idle ones alone:
/// until it has a response no request is sent for the busy ones, however empty they become. At librdkafka's 500 ms a join beside an
/// idle table stands still for three quarters of its time. Full queues (`queued.min.messages`) last about as long as this.
/// The price is an idle client's fifty fetches a second: 2.5 to 5 % of a core of a broker that does nothing else, measured,
/// and 0.3 % of the client's.
const FETCH_WAIT_MAX: (&str, &str) = ("fetch.wait.max.ms", "20");

/// What a client is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role<'a> {
    Member(&'a GroupConfig),
    Reader { group_id: &'a str },
    Producer,
    Admin,
}

/// How a group and its members speak with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupProtocol {
    Classic,
    /// KIP-848, where the broker decides.
    Consumer,
}

/// The user's settings, by librdkafka's names.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    of_clients: BTreeMap<String, String>,
    /// Sizes that only Millstream's own reader has.
    batch_bytes_max: Option<usize>,
    buffer_bytes_max: Option<usize>,
    replicas: Option<u16>,
    reads_through_librdkafka: bool,
    writes_through_librdkafka: bool,
}

impl Settings {
    /// Just where the brokers are.
    pub(crate) fn new(bootstrap_servers: &str) -> Self {
        Self { of_clients: texts([("bootstrap.servers", bootstrap_servers)]), ..Self::default() }
    }

    /// Sets one.
    ///
    /// # Errors
    /// When it is Millstream's own, or none of its values.
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

    /// How old what is known of a topic may become; `None` is never looked up again.
    pub(crate) fn metadata_age_max(&self) -> Option<Duration> {
        let millis = self.get("topic.metadata.refresh.interval.ms").map_or(Ok(METADATA_AGE_MAX_MS), str::parse);
        millis.ok().filter(|millis| *millis > 0).map(Duration::from_millis)
    }

    /// All settings of a client.
    ///
    /// # Errors
    /// When no broker is named, or librdkafka does not take one of them.
    pub(crate) fn config(&self, client_id: &str, role: Role<'_>) -> Result<Config, LogError> {
        if let Some(servers) = self.get("bootstrap.servers") {
            bootstrap::check(servers, self.get("security.protocol").unwrap_or("plaintext"))?;
        }
        let mut all = defaults(role);
        let is_new_protocol = self.group_protocol() == GroupProtocol::Consumer;
        let fits = |name: &str| role.takes(name);
        let fitting = self.of_clients.iter().filter(|(name, _)| fits(name));
        all.extend(fitting.map(|(name, value)| (name.clone(), value.clone())));
        all.extend(own(role, is_new_protocol));
        all.insert("client.id".to_owned(), client_id.to_owned());
        if is_new_protocol {
            all.remove("heartbeat.interval.ms");
        }
        Config::new(all.iter().map(|(name, value)| (name.as_str(), value.as_str()))).map_err(refused)
    }
}

/// What the settings `fetch.client` and `produce.client` say: whether librdkafka is to read, or to write.
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
        let reason = format!("the setting `{name}` cannot be `{value}`: it is a number of bytes from 1 on");
        LogError::Invalid { reason }
    })
}

fn replicas(value: &str) -> Result<Option<u16>, LogError> {
    match value.parse() {
        Ok(-1) => Ok(None),
        Ok(count @ 1..=i16::MAX) => Ok(Some(count.unsigned_abs())),
        _ => {
            let reason = format!(
                "the setting `replication.factor` cannot be `{value}`: it is a number from 1 on, or -1 for the broker's \
                 default"
            );
            Err(LogError::Invalid { reason })
        }
    }
}

impl Role<'_> {
    /// Whether a client of this kind has such a setting; librdkafka warns of the others.
    fn takes(self, name: &str) -> bool {
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

/// What a user may change.
fn defaults(role: Role<'_>) -> BTreeMap<String, String> {
    match role {
        Role::Member(group) => {
            let session = group.session_timeout.as_millis();
            let mut settings = texts([RECONNECT_AFTER_MAX]);
            // At least three signs of life in a session.
            let heartbeat = HEARTBEAT_MS.min(session / 3).max(1);
            settings.insert("heartbeat.interval.ms".to_owned(), heartbeat.to_string());
            settings.insert("max.poll.interval.ms".to_owned(), STUCK_AFTER_MS.max(session).to_string());
            settings
        }
        // A full queue must not stop fetching for a second, nor a change of leaders for half of one; limits count for
        // each partition.
        Role::Reader { .. } => texts([
            TO_ALL_BROKERS,
            RECONNECT_AFTER_MAX,
            ("fetch.error.backoff.ms", "100"),
            ("fetch.queue.backoff.ms", "1"),
            FETCH_WAIT_MAX,
            ("queued.min.messages", "5000"),
            ("fetch.message.max.bytes", "262144"),
            ("queued.max.messages.kbytes", "8192"),
        ]),
        // A record waits for its broker as long as it takes: what is bounded is the buffer. It lingers no longer than the
        // way through a broker takes anyway; under load, batches fill while earlier ones are on their way.
        Role::Producer => texts([
            TO_ALL_BROKERS,
            RECONNECT_AFTER_MAX,
            ("linger.ms", "1"),
            ("message.timeout.ms", "0"),
            ("message.max.bytes", "1048576"),
            ("queue.buffering.max.messages", "100000"),
            ("queue.buffering.max.kbytes", "32768"),
        ]),
        Role::Admin => texts([TO_ALL_BROKERS, RECONNECT_AFTER_MAX]),
    }
}

/// What a user cannot change.
fn own(role: Role<'_>, is_new_protocol: bool) -> BTreeMap<String, String> {
    match role {
        Role::Member(group) => {
            let mut settings = texts([("enable.auto.commit", "false"), ("enable.auto.offset.store", "false")]);
            settings.insert("group.id".to_owned(), group.group_id.clone());
            if let Some(instance) = &group.instance_id {
                settings.insert("group.instance.id".to_owned(), instance.clone());
            }
            // Under the new protocol the broker sets these.
            if !is_new_protocol {
                settings.insert("session.timeout.ms".to_owned(), group.session_timeout.as_millis().to_string());
                settings.insert("partition.assignment.strategy".to_owned(), "cooperative-sticky".to_owned());
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
        "; the features `ssl`, `gssapi` and `zstd` of `millstream-kafka` add what their names say"
    } else {
        ""
    };
    LogError::Invalid { reason: format!("the Kafka setting `{name}` is refused by librdkafka: {reason}{remedy}") }
}
