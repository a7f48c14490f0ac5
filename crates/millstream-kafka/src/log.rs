//! The log, which creates the clients.

use millstream_log::{Administration, Fetching, GroupConfig, GroupConsumer, Log, LogError, Producing, Signal};
use millstream_wire::TokenSource;
use millstream_wire::clients::{Admin, Consumer, Producer, Reader};

use crate::settings::Settings;

/// A Kafka cluster as a log. Cloning it copies its settings; each client that it creates has its own connections.
///
/// # Examples
/// ```
/// use millstream_kafka::KafkaLog;
///
/// let log = KafkaLog::new("broker-1:9092,broker-2:9092")
///     .with("compression.type", "lz4")?
///     .with("linger.ms", "10")?;
/// let refused = log.with("enable.auto.commit", "true").unwrap_err();
/// assert!(refused.to_string().contains("`enable.auto.commit` is Millstream's own"));
/// # Ok::<(), millstream_log::LogError>(())
/// ```
#[derive(Clone, Debug)]
pub struct KafkaLog {
    settings: Settings,
}

impl KafkaLog {
    /// A log on the cluster of these brokers: addresses as `host:port`, separated by commas; the default port is 9092. It does
    /// not connect yet, so an invalid address is an error when the application starts.
    ///
    /// # Examples
    /// ```
    /// use millstream_kafka::KafkaLog;
    /// use millstream_log::{Log, Signal};
    ///
    /// let log = KafkaLog::new("");
    /// let refused = log.producer("client", &Signal::new()).err().expect("no broker is named");
    /// assert!(refused.to_string().contains("`bootstrap.servers` cannot be ``: it names no broker"));
    /// ```
    #[must_use]
    pub fn new(bootstrap_servers: &str) -> Self {
        Self { settings: Settings::new(bootstrap_servers) }
    }

    /// Adds a setting, by the name that librdkafka or Kafka's Java clients give it.
    ///
    /// | setting | default | meaning |
    /// |---|---|---|
    /// | `socket.timeout.ms` | 60,000 | the longest time that a response may take; a broker that is silent for 6 s is replaced before |
    /// | `client.rack` | – | where the client is: partitions are read from the nearest replica, if the brokers have a `replica.selector.class` (KIP-392) |
    /// | `connections.max.idle.ms` | 540,000 | a connection on which nothing was sent for so long is closed |
    /// | `topic.metadata.refresh.interval.ms`, `metadata.max.age.ms` | 300,000 | how often topics are looked up again; those that are read at least every 10 s |
    /// | `heartbeat.interval.ms` | 500, or a third of the session | how often a member tells its group that it is there; the response announces a rebalance; half of the session at most |
    /// | `max.poll.interval.ms` | 300,000 | how long a rebalance waits for a member |
    /// | `fetch.wait.max.ms`, `fetch.max.wait.ms` | 500 | how long a broker may wait for more records |
    /// | `fetch.min.bytes` | 1 | how many bytes it waits for |
    /// | `fetch.max.bytes` | 50 MiB | the size of a response |
    /// | `fetch.message.max.bytes`, `max.partition.fetch.bytes` | 512 KiB | the same for each partition of it |
    /// | `fetch.batch.max.bytes` | 64 MiB | the largest decompressed batch |
    /// | `fetch.error.backoff.ms` | 100 | the backoff of a partition after a retriable error |
    /// | `queued.max.messages.kbytes` | 8,192 | how much of a partition is fetched ahead |
    /// | `input.buffer.max.bytes` | 256 MiB | the most decompressed bytes that a reader has fetched and that are still in use |
    /// | `isolation.level` | `read_committed` | whether records of aborted transactions are read: `read_uncommitted` |
    /// | `linger.ms`, `queue.buffering.max.ms` | 1 | the shortest time between two requests to a broker |
    /// | `batch.size` | 256 KiB | the size of a full batch |
    /// | `compression.type`, `compression.codec` | `none` | `gzip`, `snappy`, `lz4` or `zstd` (its lowest level) |
    /// | `compression.gzip.level` | 6 | from 1 (fast) to 9 (small); -1 for the default |
    /// | `compression.zstd.level` | 1 | only 1, since the encoder in Rust has no other level |
    /// | `message.max.bytes`, `max.request.size` | 1 MiB | the largest record |
    /// | `queue.buffering.max.kbytes`, `queue.buffering.max.messages` | 32,768; 100,000 | how much may wait to be sent or acknowledged |
    /// | `request.timeout.ms` | 30,000 | how long a broker may wait for its replicas |
    /// | `retry.backoff.ms` | 100 | the backoff of a partition after a retriable error |
    /// | `topic.metadata.propagation.max.ms` | 30,000 | how long a partition may be unknown before its records fail |
    /// | `security.protocol` | `plaintext` | `ssl` is TLS, `sasl_ssl` SASL over it, `sasl_plaintext` SASL alone |
    /// | `ssl.ca.location`, `ssl.ca.pem` | the public authorities | whose certificates are trusted: a file or directory, or the text |
    /// | `ssl.certificate.location`, `ssl.key.location`, `ssl.key.password` | none | a client certificate, its key, and the password of an encrypted key (`….pem` for the texts) |
    /// | `ssl.endpoint.identification.algorithm` | `https` | `none` does not check the host's name |
    /// | `enable.ssl.certificate.verification` | `true` | `false` trusts whoever is at the other end: for experiments |
    /// | `sasl.mechanism` | none | `SCRAM-SHA-256`, `SCRAM-SHA-512`, `PLAIN`, or `OAUTHBEARER` |
    /// | `sasl.username`, `sasl.password` | none | who connects |
    /// | `sasl.oauthbearer.method` | none | `oidc`, with the feature `oidc`: tokens from `sasl.oauthbearer.token.endpoint.url` by `….client.id`, `….client.secret`, `….scope` |
    /// | `replication.factor` | −1, the broker's default | replicas of topics that are created through this log |
    ///
    /// # Errors
    /// When there is no such setting, it cannot have this value, or Millstream makes it itself. The text says what to do.
    ///
    /// # Examples
    /// ```
    /// use millstream_kafka::KafkaLog;
    ///
    /// let log = KafkaLog::new("broker-1:9092").with("compression.type", "lz4")?.with("replication.factor", "3")?;
    /// let refused = log.with("replication.factor", "many").unwrap_err();
    /// assert!(refused.to_string().contains("`replication.factor` cannot be `many`"));
    /// # Ok::<(), millstream_log::LogError>(())
    /// ```
    pub fn with(mut self, name: &str, value: &str) -> Result<Self, LogError> {
        self.settings.set(name, value)?;
        Ok(self)
    }

    /// Sets a function that returns tokens, for `sasl.mechanism=OAUTHBEARER`.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_kafka::{KafkaLog, Token, TokenSource};
    ///
    /// let source = TokenSource::new(|| {
    ///     let text = std::fs::read_to_string("token.jwt").map_err(|error| format!("`token.jwt` cannot be read: {error}"))?;
    ///     Ok(Token::new(text).expiring_in(Duration::from_secs(300)))
    /// });
    /// let log = KafkaLog::new("broker-1:9093").with("security.protocol", "sasl_ssl")?.with("sasl.mechanism", "OAUTHBEARER")?;
    /// let log = log.with_token_source(source);
    /// # Ok::<(), millstream_log::LogError>(())
    /// ```
    #[must_use]
    pub fn with_token_source(mut self, source: TokenSource) -> Self {
        self.settings.set_token_source(source);
        self
    }
}

impl Log for KafkaLog {
    fn takes_assignors(&self) -> bool {
        true
    }

    fn takes_streams_groups(&self) -> bool {
        true
    }

    fn consumer(&self, config: &GroupConfig, signal: &Signal) -> Result<Box<dyn GroupConsumer>, LogError> {
        self.settings.check()?;
        config.check()?;
        self.settings.check_member(config)?;
        let fetching = self.settings.fetching(&config.client_id);
        let (member, age) = (self.settings.member(config), self.settings.metadata_age_max());
        Ok(Box::new(Consumer::new(member, fetching, age, signal)))
    }

    fn fetcher(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Fetching>, LogError> {
        self.settings.check()?;
        Ok(Box::new(Reader::new(self.settings.fetching(client_id), self.settings.metadata_age_max(), signal)))
    }

    fn producer(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Producing>, LogError> {
        self.settings.check()?;
        Ok(Box::new(Producer::new(self.settings.producing(client_id), self.settings.metadata_age_max(), signal)))
    }

    fn admin(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Administration>, LogError> {
        self.settings.check()?;
        Ok(Box::new(Admin::new(self.settings.client(client_id), self.settings.replicas(), signal)))
    }
}
