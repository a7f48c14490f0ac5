//! The log, which creates the clients.

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
use crate::topic_monitor::TopicMonitor;
use crate::topics::Topics;
use crate::writer::Messages;

/// A Kafka cluster as a log. Cloning it copies its settings; each client that it creates has its own connections.
///
/// # Examples
/// ```
/// use millstream_librdkafka::LibrdkafkaLog;
///
/// let log = LibrdkafkaLog::new("broker-1:9092,broker-2:9092")
///     .with("security.protocol", "plaintext")?
///     .with("linger.ms", "10")?;
/// let refused = log.with("enable.auto.commit", "true").unwrap_err();
/// assert!(refused.to_string().contains("`enable.auto.commit` is Millstream's own"));
/// # Ok::<(), millstream_log::LogError>(())
/// ```
#[derive(Clone, Debug)]
pub struct LibrdkafkaLog {
    settings: Settings,
}

impl LibrdkafkaLog {
    /// A log on the cluster of these brokers: addresses as `host:port`, separated by commas; the default port is 9092. It does
    /// not connect yet, so an invalid address is an error when the application starts.
    ///
    /// # Examples
    /// ```
    /// use millstream_librdkafka::LibrdkafkaLog;
    /// use millstream_log::{Log, Signal};
    ///
    /// let log = LibrdkafkaLog::new("");
    /// let refused = log.producer("client", &Signal::new()).err().expect("no broker is named");
    /// assert!(refused.to_string().contains("`bootstrap.servers` cannot be ``: it names no broker"));
    /// ```
    #[must_use]
    pub fn new(bootstrap_servers: &str) -> Self {
        Self { settings: Settings::new(bootstrap_servers) }
    }

    /// Adds a setting by librdkafka's name: TLS, SASL, buffers, time-outs, `group.protocol=consumer`. Settings of producers
    /// apply to producers, those of consumers to consumers.
    ///
    /// One setting is Millstream's: `replication.factor`, how many replicas topics have that are created through this log; −1, the
    /// default, leaves it to the broker. These defaults differ from librdkafka's, so that a pipeline does not stall:
    ///
    /// | setting | default |
    /// |---|---|
    /// | `fetch.wait.max.ms` | 20: a fetch request that waits for an idle topic delays the busy ones of that broker |
    /// | `fetch.queue.backoff.ms`, `fetch.error.backoff.ms` | 1; 100 |
    /// | `fetch.message.max.bytes`, `queued.min.messages`, `queued.max.messages.kbytes` | 262,144; 5,000; 8,192, for each partition |
    /// | `linger.ms` | 1 |
    /// | `message.timeout.ms` | 0: a record waits for its broker without a limit |
    /// | `message.max.bytes`, `queue.buffering.max.messages`, `queue.buffering.max.kbytes` | 1,048,576; 100,000; 32,768 |
    /// | `topic.metadata.refresh.interval.ms` | 3,000, of readers and producers |
    /// | `socket.timeout.ms`, `socket.connection.setup.timeout.ms` | 10,000, of readers and producers |
    /// | `reconnect.backoff.max.ms` | 1,000 |
    /// | `heartbeat.interval.ms` | 500, or a third of the session |
    ///
    /// # Errors
    /// When Millstream makes the setting itself, when it is one of `millstream-kafka` alone, or when `replication.factor` cannot have
    /// this value. Other settings are checked by librdkafka when a client is created.
    ///
    /// # Examples
    /// ```
    /// use millstream_librdkafka::LibrdkafkaLog;
    ///
    /// let log = LibrdkafkaLog::new("broker-1:9092").with("compression.type", "lz4")?.with("replication.factor", "3")?;
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
        Ok(Reader::new(&client, signal, monitor))
    }

    fn make_reader_client(&self, config: &GroupConfig) -> MakeClient {
        let (settings, config) = (self.settings.clone(), config.clone());
        Box::new(move || reader_client(&settings, &config.client_id, &config.group_id))
    }
}

fn reader_client(settings: &Settings, client_id: &str, group_id: &str) -> Result<Arc<Client>, LogError> {
    Client::consumer(settings.config(client_id, Role::Reader { group_id })?).map_err(invalid)
}

/// The error for settings that contradict each other.
fn invalid(reason: String) -> LogError {
    LogError::Invalid { reason: format!("librdkafka refuses the settings: {reason}") }
}

impl Log for LibrdkafkaLog {
    fn consumer(&self, config: &GroupConfig, signal: &Signal) -> Result<Box<dyn GroupConsumer>, LogError> {
        config.check()?;
        config.refuse_streams("`LibrdkafkaLog`")?;
        if let Some(assignor) = &config.assignor {
            let name = assignor.name();
            let reason = format!(
                "the group `{}` cannot use the assignor `{name}` through librdkafka, which has none but its own; use \
                 `KafkaLog`, or leave the assignor out",
                config.group_id
            );
            return Err(LogError::Invalid { reason });
        }
        let reader = self.reader(&config.client_id, &config.group_id, signal)?;
        let (make, make_client) = (self.make_member(config, signal), self.make_reader_client(config));
        let member = make()?;
        let (rejoin, protocol) = (Rejoin::new(config, make), self.settings.group_protocol());
        Ok(Box::new(Consumer::new(member, rejoin, reader, make_client, config, protocol, signal)))
    }

    fn fetcher(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Fetching>, LogError> {
        // It joins no group, but librdkafka requires a group id.
        Ok(Box::new(self.reader(client_id, client_id, signal)?))
    }

    fn producer(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Producing>, LogError> {
        let (settings, client_id) = (self.settings.clone(), client_id.to_owned());
        let make_client =
            Box::new(move || Client::producer(settings.config(&client_id, Role::Producer)?).map_err(invalid));
        let client = make_client()?;
        let topics = Topics::new(&client, signal, self.settings.metadata_age_max());
        let messages = Messages::new(&client, make_client, self.settings.writer_limits(), signal);
        Ok(Box::new(Producer::new(topics, messages, signal)))
    }

    fn admin(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Administration>, LogError> {
        let config = self.settings.config(client_id, Role::Admin)?;
        let client = Client::producer(config).map_err(invalid)?;
        Ok(Box::new(Admin::new(&client, self.settings.clone(), client_id, signal)))
    }
}
