//! The log itself: what makes the clients.

use std::sync::Arc;

use millstream_log::{Administration, Fetching, GroupConfig, GroupConsumer, Log, LogError, Producing, Signal};

use crate::admin::Admin;
use crate::committed::MakeClient;
use crate::consumer::Consumer;
use crate::member::Member;
use crate::native::Client;
use crate::producer::Producer;
use crate::reader::Reader;
use crate::rejoin::{MakeMember, Rejoin};
use crate::settings::{Role, Settings};
use crate::source::{self, Queues, Source};
use crate::topic_monitor::TopicMonitor;
use crate::topics::Topics;
use crate::writer::{self, Messages, Writer};

/// A Kafka cluster as a log. Cloning it copies its settings; each client it makes has connections of its own.
///
/// # Examples
/// ```
/// use millstream_kafka::KafkaLog;
///
/// let log = KafkaLog::new("broker-1:9092,broker-2:9092")
///     .with("security.protocol", "plaintext")?
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
    /// The cluster that these brokers belong to, written `host:port`, several with commas between; without a port it is
    /// 9092. Nothing is connected yet: addresses that cannot be read are an error when the application starts.
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

    /// The same with a setting of librdkafka's, by its name there: TLS, SASL, buffers, time-outs,
    /// `group.protocol=consumer`. Settings of producers go to producers, those of consumers to consumers. And some that
    /// are none of librdkafka's: `replication.factor`, for the topics that are created through this log (−1, the default,
    /// leaves it to the broker); `input.buffer.max.bytes` (256 MiB) for what a reader has fetched and what is still held of it,
    /// decompressed, and `fetch.batch.max.bytes` (64 MiB) for one batch; and `fetch.client` and `produce.client`, where `librdkafka` lets that read or write what
    /// Millstream would by itself (`millstream`, the default). It can only while the connection is neither encrypted nor
    /// asks who is there; `client.rack` is for librdkafka to read by, and `message.timeout.ms`, `retries`, acks,
    /// compression levels and zstd are for librdkafka to write by.
    ///
    /// # Errors
    /// When the setting is one that Millstream must make itself, or has no such value. Whether librdkafka takes it turns
    /// out when a client is made.
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

    fn make_member(&self, config: &GroupConfig, signal: &Signal) -> MakeMember {
        let (settings, config, signal) = (self.settings.clone(), config.clone(), signal.clone());
        Box::new(move || {
            let client =
                Client::consumer(settings.config(&config.client_id, Role::Member(&config))?).map_err(invalid)?;
            Ok(Member::new(&client, &config, settings.group_protocol(), &signal))
        })
    }

    fn reader(&self, client_id: &str, group_id: &str, signal: &Signal) -> Result<Reader, LogError> {
        let monitor = TopicMonitor::new(self.settings.metadata_age_max());
        let client = reader_client(&self.settings, client_id, group_id)?;
        let source: Box<dyn Source> = if self.settings.uses_wire_reader() {
            Box::new(source::Wire::new(self.settings.fetching(client_id), signal))
        } else {
            Box::new(Queues::new(&client, signal))
        };
        Ok(Reader::new(&client, source, signal, monitor))
    }

    fn make_reader_client(&self, config: &GroupConfig) -> MakeClient {
        let (settings, config) = (self.settings.clone(), config.clone());
        Box::new(move || reader_client(&settings, &config.client_id, &config.group_id))
    }
}

fn reader_client(settings: &Settings, client_id: &str, group_id: &str) -> Result<Arc<Client>, LogError> {
    Client::consumer(settings.config(client_id, Role::Reader { group_id })?).map_err(invalid)
}

/// Settings that do not fit together.
fn invalid(reason: String) -> LogError {
    LogError::Invalid { reason: format!("librdkafka refuses the settings: {reason}") }
}

impl Log for KafkaLog {
    fn consumer(&self, config: &GroupConfig, signal: &Signal) -> Result<Box<dyn GroupConsumer>, LogError> {
        let reader = self.reader(&config.client_id, &config.group_id, signal)?;
        let (make, make_client) = (self.make_member(config, signal), self.make_reader_client(config));
        Ok(Box::new(Consumer::new(make()?, Rejoin::new(config, make), reader, make_client, config, signal)))
    }

    fn fetcher(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Fetching>, LogError> {
        // It joins no group; librdkafka wants a name all the same.
        Ok(Box::new(self.reader(client_id, client_id, signal)?))
    }

    fn producer(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Producing>, LogError> {
        let config = self.settings.config(client_id, Role::Producer)?;
        let client = Client::producer(config).map_err(invalid)?;
        let topics = Topics::new(&client, signal, self.settings.metadata_age_max());
        let writer: Box<dyn Writer> = if self.settings.uses_wire_writer() {
            Box::new(writer::Wire::new(&client, self.settings.producing(client_id), signal))
        } else {
            Box::new(Messages::new(&client, signal, self.settings.record_bytes_max()))
        };
        Ok(Box::new(Producer::new(topics, writer, signal)))
    }

    fn admin(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Administration>, LogError> {
        let config = self.settings.config(client_id, Role::Admin)?;
        let client = Client::producer(config).map_err(invalid)?;
        Ok(Box::new(Admin::new(&client, self.settings.clone(), client_id, signal)))
    }
}
