//! The settings of [`millstream_wire`], and whether it or librdkafka is used.

use std::str::FromStr;
use std::time::Duration;

use millstream_wire::{ClientSettings, Compression, FetchSettings, IsolationLevel, ProduceSettings};

use super::{Role, Settings, defaults};
use crate::writer::Limits;

/// Settings of producers that only librdkafka supports.
const FOR_LIBRDKAFKA_TO_WRITE: &[&str] =
    &["acks", "request.required.acks", "compression.level", "message.send.max.retries", "retries"];

impl Settings {
    /// Whether reading uses `millstream-wire`. librdkafka is used if `fetch.client` says so, with TLS or SASL, and for reading from
    /// the nearest replica (`client.rack`).
    pub(crate) fn uses_wire_reader(&self) -> bool {
        self.is_plain() && self.get("client.rack").is_none() && !self.reads_through_librdkafka
    }

    /// Whether writing uses `millstream-wire`. librdkafka is used if `produce.client` says so, with TLS or SASL, and for settings
    /// that only librdkafka supports.
    pub(crate) fn uses_wire_writer(&self) -> bool {
        let needs_librdkafka = FOR_LIBRDKAFKA_TO_WRITE.iter().any(|name| self.get(name).is_some());
        let is_plain = self.is_plain() && !self.writes_through_librdkafka;
        is_plain && !needs_librdkafka && !self.has_message_timeout() && self.compression().is_some()
    }

    fn has_message_timeout(&self) -> bool {
        self.get("message.timeout.ms").is_some_and(|millis| millis != "0")
    }

    /// The limits of a writer by librdkafka.
    pub(crate) fn writer_limits(&self) -> Limits {
        Limits { record_bytes_max: self.record_bytes_max(), has_age_max: self.has_message_timeout() }
    }

    /// Whether connections use neither TLS nor SASL.
    fn is_plain(&self) -> bool {
        self.get("security.protocol").is_none_or(|protocol| protocol.eq_ignore_ascii_case("plaintext"))
    }

    /// The compression, if `millstream-wire` supports it.
    fn compression(&self) -> Option<Compression> {
        match self.get("compression.type").or(self.get("compression.codec")).unwrap_or("none") {
            "none" => Some(Compression::None),
            "gzip" => Some(Compression::Gzip),
            "snappy" => Some(Compression::Snappy),
            "lz4" => Some(Compression::Lz4),
            _ => None,
        }
    }

    /// The largest record that a producer sends, in bytes.
    fn record_bytes_max(&self) -> usize {
        self.of_producer("message.max.bytes").unwrap_or(usize::MAX)
    }

    /// A numeric setting. librdkafka has checked that it is a number.
    fn number<T: FromStr>(&self, name: &str) -> Option<T> {
        self.get(name).and_then(|value| value.parse().ok())
    }

    fn millis(&self, name: &str) -> Option<Duration> {
        self.number(name).map(Duration::from_millis)
    }

    fn client(&self, client_id: &str) -> ClientSettings {
        let default = ClientSettings::default();
        let timeout_max = self.millis("socket.timeout.ms").unwrap_or(default.request_timeout_max);
        ClientSettings {
            bootstrap_servers: self.get("bootstrap.servers").unwrap_or_default().to_owned(),
            client_id: client_id.to_owned(),
            request_timeout: timeout_max.min(default.request_timeout),
            request_timeout_max: timeout_max,
            security: default.security,
        }
    }

    /// The settings of a fetcher. librdkafka has checked them, since a librdkafka client with the same settings exists.
    pub(crate) fn fetching(&self, client_id: &str) -> FetchSettings {
        let default = FetchSettings::default();
        FetchSettings {
            client: self.client(client_id),
            bytes_min: self.number("fetch.min.bytes").unwrap_or(default.bytes_min),
            wait_max: self.millis("fetch.wait.max.ms").unwrap_or(default.wait_max),
            bytes_max: self.number("fetch.max.bytes").unwrap_or(default.bytes_max),
            partition_bytes_max: self.number("fetch.message.max.bytes").unwrap_or(default.partition_bytes_max),
            batch_bytes_max: self.batch_bytes_max.unwrap_or(default.batch_bytes_max),
            partition_buffer_bytes_max: self
                .number("queued.max.messages.kbytes")
                .map_or(default.partition_buffer_bytes_max, bytes_of_kilobytes),
            buffer_bytes_max: self.buffer_bytes_max.unwrap_or(default.buffer_bytes_max),
            isolation: match self.get("isolation.level") {
                Some("read_uncommitted") => IsolationLevel::ReadUncommitted,
                _ => IsolationLevel::ReadCommitted,
            },
            retry_after: self.millis("fetch.error.backoff.ms").unwrap_or(default.retry_after),
        }
    }

    /// The settings of a producer. librdkafka has checked them, since a librdkafka client with the same settings exists.
    pub(crate) fn producing(&self, client_id: &str) -> ProduceSettings {
        let default = ProduceSettings::default();
        // librdkafka has refused values that are not durations.
        let millis = |millis: f64| Duration::try_from_secs_f64(millis / 1e3).unwrap_or(default.linger);
        ProduceSettings {
            client: self.client(client_id),
            linger: self.of_producer("linger.ms").map_or(default.linger, millis),
            batch_bytes_max: self.number("batch.size").unwrap_or(default.batch_bytes_max),
            record_bytes_max: self.record_bytes_max(),
            buffer_bytes_max: self
                .of_producer("queue.buffering.max.kbytes")
                .map_or(default.buffer_bytes_max, bytes_of_kilobytes),
            buffer_records_max: self.of_producer("queue.buffering.max.messages").unwrap_or(default.buffer_records_max),
            compression: self.compression().unwrap_or_default(),
            replicate_within: self.millis("request.timeout.ms").unwrap_or(default.replicate_within),
            retry_after: self.millis("retry.backoff.ms").unwrap_or(default.retry_after),
            unknown_for: self.millis("topic.metadata.propagation.max.ms").unwrap_or(default.unknown_for),
        }
    }

    /// A setting of producers, or Millstream's default for it.
    fn of_producer<T: FromStr>(&self, name: &str) -> Option<T> {
        self.number(name).or_else(|| defaults(Role::Producer).get(name)?.parse().ok())
    }
}

fn bytes_of_kilobytes(kilobytes: usize) -> usize {
    kilobytes.saturating_mul(1 << 10)
}
