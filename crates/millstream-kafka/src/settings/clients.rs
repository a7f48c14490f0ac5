//! The settings of clients, from those of the user.

use std::str::FromStr;
use std::time::Duration;

use millstream_log::{GroupConfig, LogError};
use millstream_wire::{
    ClientSettings, Compression, FetchSettings, GzipLevel, IsolationLevel, MemberSettings, ProduceSettings,
};

use super::Settings;

/// The default heartbeat interval of a group member. The response announces a rebalance.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// How long a rebalance waits for a member that does not join, as in Kafka's Java clients.
const REBALANCE_TIMEOUT: Duration = Duration::from_secs(300);

/// How often topics are looked up again, as in Kafka's Java clients.
const METADATA_AGE_MAX: Duration = Duration::from_secs(300);

/// Records linger no longer than a round trip to a broker takes; under load, batches fill while earlier ones are in flight.
const LINGER: Duration = Duration::from_millis(1);

/// The largest record, as brokers take by default.
const RECORD_BYTES_MAX: usize = 1 << 20;

impl Settings {
    /// How many replicas new topics have; `None` leaves it to the broker.
    pub(crate) fn replicas(&self) -> Option<u16> {
        // −1 is the broker's default.
        self.number("replication.factor")
    }

    /// After which time topics are looked up again.
    pub(crate) fn metadata_age_max(&self) -> Option<Duration> {
        Some(self.millis("topic.metadata.refresh.interval.ms").unwrap_or(METADATA_AGE_MAX))
    }

    pub(crate) fn client(&self, client_id: &str) -> ClientSettings {
        let default = ClientSettings::default();
        let timeout_max = self.millis("socket.timeout.ms").unwrap_or(default.request_timeout_max);
        ClientSettings {
            // They have been checked.
            bootstrap_servers: self.bootstrap_servers().unwrap_or_default(),
            client_id: client_id.to_owned(),
            request_timeout: timeout_max.min(default.request_timeout),
            request_timeout_max: timeout_max,
            idle_max: self.millis("connections.max.idle.ms").unwrap_or(default.idle_max),
            security: self.security(),
        }
    }

    /// Checks the settings of a member against its session.
    ///
    /// # Errors
    /// When it would not send two heartbeats in a session, and lose its partitions again and again.
    pub(crate) fn check_member(&self, config: &GroupConfig) -> Result<(), LogError> {
        let (interval, session) = (self.millis("heartbeat.interval.ms"), config.session_timeout);
        let Some(interval) = interval.filter(|interval| *interval > session / 2) else { return Ok(()) };
        let reason = format!(
            "the Kafka setting `heartbeat.interval.ms` cannot be `{}` with a session time-out of {} ms: set it to half of that at \
             most, or leave it out",
            interval.as_millis(),
            session.as_millis()
        );
        Err(LogError::Invalid { reason })
    }

    pub(crate) fn member(&self, config: &GroupConfig) -> MemberSettings {
        // At least three heartbeats in a session.
        let heartbeat = HEARTBEAT.min(config.session_timeout / 3).max(Duration::from_millis(1));
        MemberSettings {
            group_id: config.group_id.clone(),
            instance_id: config.instance_id.clone(),
            session_timeout: config.session_timeout,
            rebalance_timeout: self
                .millis("max.poll.interval.ms")
                .unwrap_or(REBALANCE_TIMEOUT)
                .max(config.session_timeout),
            heartbeat_interval: self.millis("heartbeat.interval.ms").unwrap_or(heartbeat),
            metadata_age_max: self.metadata_age_max(),
            assignor: config.assignor.clone(),
            rack: config.rack.clone(),
            streams: config.streams.clone(),
        }
    }

    pub(crate) fn fetching(&self, client_id: &str) -> FetchSettings {
        let default = FetchSettings::default();
        FetchSettings {
            client: self.client(client_id),
            bytes_min: self.number("fetch.min.bytes").unwrap_or(default.bytes_min),
            wait_max: self.millis("fetch.wait.max.ms").unwrap_or(default.wait_max),
            bytes_max: self.number("fetch.max.bytes").unwrap_or(default.bytes_max),
            partition_bytes_max: self.number("fetch.message.max.bytes").unwrap_or(default.partition_bytes_max),
            batch_bytes_max: self.number("fetch.batch.max.bytes").unwrap_or(default.batch_bytes_max),
            partition_buffer_bytes_max: self
                .kilobytes("queued.max.messages.kbytes")
                .unwrap_or(default.partition_buffer_bytes_max),
            buffer_bytes_max: self.number("input.buffer.max.bytes").unwrap_or(default.buffer_bytes_max),
            isolation: match self.get("isolation.level") {
                Some(level) if level.eq_ignore_ascii_case("read_uncommitted") => IsolationLevel::ReadUncommitted,
                _ => IsolationLevel::ReadCommitted,
            },
            rack: self.get("client.rack").unwrap_or_default().to_owned(),
            retry_after: self.millis("fetch.error.backoff.ms").unwrap_or(default.retry_after),
        }
    }

    pub(crate) fn producing(&self, client_id: &str) -> ProduceSettings {
        let default = ProduceSettings::default();
        let linger = self.number("linger.ms").and_then(|millis: f64| Duration::try_from_secs_f64(millis / 1e3).ok());
        ProduceSettings {
            client: self.client(client_id),
            linger: linger.unwrap_or(LINGER),
            batch_bytes_max: self.number("batch.size").unwrap_or(default.batch_bytes_max),
            record_bytes_max: self.number("message.max.bytes").unwrap_or(RECORD_BYTES_MAX),
            buffer_bytes_max: self.kilobytes("queue.buffering.max.kbytes").unwrap_or(default.buffer_bytes_max),
            buffer_records_max: self.number("queue.buffering.max.messages").unwrap_or(default.buffer_records_max),
            compression: self.compression(),
            replicate_within: self.millis("request.timeout.ms").unwrap_or(default.replicate_within),
            retry_after: self.millis("retry.backoff.ms").unwrap_or(default.retry_after),
            unknown_for: self.millis("topic.metadata.propagation.max.ms").unwrap_or(default.unknown_for),
        }
    }

    fn compression(&self) -> Compression {
        match self.get("compression.type").unwrap_or_default().to_ascii_lowercase().as_str() {
            // −1 is the default.
            "gzip" => {
                let level = self.number("compression.gzip.level").and_then(GzipLevel::new);
                Compression::Gzip(level.unwrap_or_default())
            }
            "snappy" => Compression::Snappy,
            "lz4" => Compression::Lz4,
            "zstd" => Compression::Zstd,
            _ => Compression::None,
        }
    }

    /// A number. It was checked when it was set.
    fn number<T: FromStr>(&self, name: &str) -> Option<T> {
        self.get(name).and_then(|value| value.parse().ok())
    }

    fn millis(&self, name: &str) -> Option<Duration> {
        self.number(name).map(Duration::from_millis)
    }

    fn kilobytes(&self, name: &str) -> Option<usize> {
        self.number(name).map(|kilobytes: usize| kilobytes.saturating_mul(1 << 10))
    }
}
