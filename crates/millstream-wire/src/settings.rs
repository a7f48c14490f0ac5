//! The settings of fetchers and producers.

use std::time::Duration;

use crate::batch::Compression;
use crate::bootstrap::BootstrapServers;
use crate::security::Security;

/// The settings of the connections to brokers. Each names its counterpart in Kafka's clients.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// `bootstrap.servers`: addresses of brokers. They are connected to when no other broker responds, too.
    pub bootstrap_servers: BootstrapServers,
    /// `client.id`: the name of this client in the brokers' logs and quotas.
    pub client_id: String,
    /// When a broker has not responded for this long, plus the time that the request allows it to wait, the connection is
    /// closed, and its partitions are looked up and requested again. Each time-out in a row doubles the limit, up to
    /// [`request_timeout_max`](Self::request_timeout_max), so that a slow broker can respond.
    pub request_timeout: Duration,
    /// `socket.timeout.ms`: the longest time that a response may take.
    pub request_timeout_max: Duration,
    /// `connections.max.idle.ms`: a connection on which nothing was sent for so long is closed, before the broker does that.
    pub idle_max: Duration,
    /// TLS and SASL.
    pub security: Security,
}

/// The settings of a [`Fetcher`](crate::Fetcher).
#[derive(Clone, Debug)]
pub struct FetchSettings {
    /// Where the brokers are.
    pub client: ClientSettings,
    /// `fetch.min.bytes`: a broker responds when it has this many bytes, or after [`wait_max`](Self::wait_max).
    pub bytes_min: i32,
    /// `fetch.max.wait.ms`: how long a broker may hold a request while it has fewer bytes. A request without all partitions of
    /// the broker is held for at most 20 ms, since the others cannot be requested meanwhile.
    pub wait_max: Duration,
    /// `fetch.max.bytes`: the size of a response, which only a single larger batch exceeds. Values above 128 MiB count as
    /// 128 MiB.
    pub bytes_max: i32,
    /// `max.partition.fetch.bytes`: the same for each partition of a response. A partition with more than this waiting is not
    /// requested, so this limits the buffer of a partition to about twice as much.
    pub partition_bytes_max: i32,
    /// The largest size of a decompressed batch in bytes. A larger one is not decompressed further, and halts its partition.
    pub batch_bytes_max: usize,
    /// `queued.max.messages.kbytes`, in bytes and per partition: a partition with this much in use is neither fetched nor
    /// decompressed further. Chunks that were returned and not dropped yet count too.
    pub partition_buffer_bytes_max: usize,
    /// The same for all partitions together. A partition with nothing in use may have one chunk nevertheless: the task may
    /// need its records to use those of others.
    pub buffer_bytes_max: usize,
    /// `isolation.level`: whether records of open and aborted transactions are read.
    pub isolation: IsolationLevel,
    /// `client.rack`: where this client is. If it is not empty, a leader may name a replica that is nearer (KIP-392).
    pub rack: String,
    /// `fetch.error.backoff.ms`: the backoff of a partition after a retriable error.
    pub retry_after: Duration,
}

/// Which records of transactions are read (`isolation.level`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsolationLevel {
    /// Only records of committed transactions, and those written without a transaction.
    ReadCommitted,
    /// All records.
    ReadUncommitted,
}

impl IsolationLevel {
    /// The number in fetch requests.
    pub(crate) fn number(self) -> i8 {
        match self {
            Self::ReadUncommitted => 0,
            Self::ReadCommitted => 1,
        }
    }
}

/// The settings of a [`Producer`](crate::Producer).
#[derive(Clone, Debug)]
pub struct ProduceSettings {
    /// Where the brokers are.
    pub client: ClientSettings,
    /// `linger.ms`: the shortest time between two requests to a broker, unless a batch is full or a flush was requested. So a
    /// record lingers for at most this long, and not at all if nothing was sent during this time.
    pub linger: Duration,
    /// `batch.size`: the size of a full batch in bytes, before compression. A batch with a single record may be larger.
    pub batch_bytes_max: usize,
    /// `message.max.bytes`: the largest record in bytes, with the header of its batch. Larger ones are not taken.
    pub record_bytes_max: usize,
    /// `queue.buffering.max.kbytes`, in bytes: the most that may wait to be sent or acknowledged.
    pub buffer_bytes_max: usize,
    /// `queue.buffering.max.messages`: the same, in records.
    pub buffer_records_max: usize,
    /// `compression.type`: how batches are compressed.
    pub compression: Compression,
    /// `request.timeout.ms`: how long a broker may wait for its replicas.
    pub replicate_within: Duration,
    /// `retry.backoff.ms`: the backoff of a partition after a retriable error.
    pub retry_after: Duration,
    /// `topic.metadata.propagation.max.ms`: a partition that look-ups have not found for this long does not exist, and its
    /// records fail.
    pub unknown_for: Duration,
}

/// A time-out of 6 s for silent brokers and of up to 60 s for slow ones, as with librdkafka; nine minutes for idle connections, as
/// with Kafka's Java clients; no bootstrap servers; neither TLS nor SASL.
impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            bootstrap_servers: BootstrapServers::default(),
            client_id: "millstream".to_owned(),
            request_timeout: Duration::from_secs(6),
            request_timeout_max: Duration::from_secs(60),
            idle_max: Duration::from_secs(540),
            security: Security::default(),
        }
    }
}

/// Kafka's defaults, except for the bytes of a partition; no bootstrap servers.
impl Default for FetchSettings {
    fn default() -> Self {
        Self {
            client: ClientSettings::default(),
            bytes_min: 1,
            wait_max: Duration::from_millis(500),
            bytes_max: 50 << 20,
            partition_bytes_max: 512 << 10,
            batch_bytes_max: 64 << 20,
            partition_buffer_bytes_max: 8 << 20,
            buffer_bytes_max: 256 << 20,
            isolation: IsolationLevel::ReadCommitted,
            rack: String::new(),
            retry_after: Duration::from_millis(100),
        }
    }
}

/// librdkafka's defaults, except for the sizes; no bootstrap servers.
impl Default for ProduceSettings {
    fn default() -> Self {
        Self {
            client: ClientSettings::default(),
            linger: Duration::from_millis(5),
            batch_bytes_max: 256 << 10,
            record_bytes_max: 1_000_000,
            buffer_bytes_max: 32 << 20,
            buffer_records_max: 100_000,
            compression: Compression::None,
            replicate_within: Duration::from_secs(30),
            retry_after: Duration::from_millis(100),
            unknown_for: Duration::from_secs(30),
        }
    }
}

impl FetchSettings {
    /// A partition with more bytes waiting than this is not requested.
    pub(crate) fn waiting_bytes_max(&self) -> usize {
        usize::try_from(self.partition_bytes_max).unwrap_or(0)
    }
}
