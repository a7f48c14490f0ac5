//! The kinds of clients, and which settings each of them has.

use std::collections::BTreeMap;

use millstream_log::GroupConfig;

use crate::silent_brokers::STATISTICS_EVERY_MS;

/// The default heartbeat interval of a group member. The response announces a rebalance.
const HEARTBEAT_MS: u128 = 500;

/// A member that does not poll for this long is removed from the group.
const STUCK_AFTER_MS: u128 = 300_000;

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

/// The largest record, as brokers take by default.
pub(super) const RECORD_BYTES_MAX: &str = "1048576";

/// Offsets are committed with the state that belongs to them, never by librdkafka itself.
const NO_COMMITS: (&str, &str) = ("enable.auto.commit", "false");

/// Nor are they noted for a commit.
const NO_STORED_OFFSETS: (&str, &str) = ("enable.auto.offset.store", "false");

/// Silent brokers are found in the statistics. Administrators do without, since a request of theirs ends when it times out.
const STATISTICS: (&str, &str) = ("statistics.interval.ms", STATISTICS_EVERY_MS);

/// Settings of members only.
const MEMBER: &[&str] = &["group.protocol", "group.remote.assignor", "heartbeat.interval.ms", "max.poll.interval.ms"];

/// Settings of producers only.
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

/// Settings of readers only.
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

/// The group protocol (`group.protocol`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupProtocol {
    Classic,
    /// KIP-848: the broker assigns the partitions.
    Consumer,
}

/// The purpose of a client.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role<'a> {
    Member(&'a GroupConfig),
    Reader { group_id: &'a str },
    Producer,
    Admin,
}

impl Role<'_> {
    /// Whether a client of this kind has the setting. librdkafka warns about others.
    pub(super) fn has(self, name: &str) -> bool {
        match self {
            Self::Member(_) => !PRODUCER.contains(&name) && !READER.contains(&name),
            Self::Reader { .. } => !PRODUCER.contains(&name) && !MEMBER.contains(&name),
            Self::Producer => !MEMBER.contains(&name) && !READER.contains(&name),
            Self::Admin => !PRODUCER.contains(&name) && !MEMBER.contains(&name) && !READER.contains(&name),
        }
    }

    /// Defaults, which the user may change.
    pub(super) fn defaults(self) -> BTreeMap<String, String> {
        match self {
            Self::Member(group) => defaults_of_member(group),
            // A full queue must not stop fetching for a second, nor a change of leaders for half a second. Limits are per
            // partition.
            Self::Reader { .. } => texts([
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
            Self::Producer => texts([
                TO_ALL_BROKERS,
                RECONNECT_AFTER_MAX,
                REQUEST_TIMEOUT,
                CONNECT_TIMEOUT,
                LEADERS_EVERY,
                ("linger.ms", "1"),
                ("message.timeout.ms", "0"),
                ("message.max.bytes", RECORD_BYTES_MAX),
                ("queue.buffering.max.messages", "100000"),
                ("queue.buffering.max.kbytes", "32768"),
            ]),
            Self::Admin => texts([TO_ALL_BROKERS, RECONNECT_AFTER_MAX]),
        }
    }

    /// Settings that the user cannot change.
    pub(super) fn own(self, protocol: GroupProtocol) -> BTreeMap<String, String> {
        match self {
            Self::Member(group) => own_of_member(group, protocol),
            Self::Reader { group_id } => {
                let mut settings = texts([("auto.offset.reset", "error"), NO_COMMITS, NO_STORED_OFFSETS, STATISTICS]);
                settings.insert("group.id".to_owned(), group_id.to_owned());
                settings
            }
            Self::Producer => texts([("enable.idempotence", "true"), STATISTICS]),
            Self::Admin => texts([]),
        }
    }
}

fn defaults_of_member(group: &GroupConfig) -> BTreeMap<String, String> {
    let session = group.session_timeout.as_millis();
    // At least three heartbeats in a session.
    let heartbeat = HEARTBEAT_MS.min(session / 3).max(1).to_string();
    let stuck_after = STUCK_AFTER_MS.max(session).to_string();
    texts([RECONNECT_AFTER_MAX, ("heartbeat.interval.ms", &heartbeat), ("max.poll.interval.ms", &stuck_after)])
}

fn own_of_member(group: &GroupConfig, protocol: GroupProtocol) -> BTreeMap<String, String> {
    let mut settings = texts([NO_COMMITS, NO_STORED_OFFSETS, STATISTICS, ("group.id", &group.group_id)]);
    if let Some(instance) = &group.instance_id {
        settings.insert("group.instance.id".to_owned(), instance.clone());
    }
    // Under KIP-848 the broker sets both.
    if protocol == GroupProtocol::Classic {
        settings.insert("session.timeout.ms".to_owned(), group.session_timeout.as_millis().to_string());
        settings.insert("partition.assignment.strategy".to_owned(), "cooperative-sticky".to_owned());
    }
    settings
}

/// A map of these settings.
pub(super) fn texts<const N: usize>(settings: [(&str, &str); N]) -> BTreeMap<String, String> {
    settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}
