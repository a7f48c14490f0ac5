//! How partitions are read and written.

use std::time::Duration;

use crate::batch::Compression;

/// Where the brokers are, and how to speak with them. The names of settings in Kafka's clients stand with them.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// `bootstrap.servers`: addresses of brokers, written `host:port`, with commas between.
    pub bootstrap_servers: String,
    /// `client.id`: what brokers call this client in their logs and quotas.
    pub client_id: String,
    /// A broker that has not responded for this long, beyond the time that a request allows it to wait, is given up:
    /// its connection is closed, and its partitions are looked up and requested again. Each time-out in a row doubles
    /// it, up to [`request_timeout_max`](Self::request_timeout_max), so that a slow broker can respond.
    pub request_timeout: Duration,
    /// `socket.timeout.ms`: the longest time that a response may take.
    pub request_timeout_max: Duration,
}

/// The settings of a [`Fetcher`](crate::Fetcher).
#[derive(Clone, Debug)]
pub struct FetchSettings {
    /// Where the brokers are.
    pub client: ClientSettings,
    /// `fetch.min.bytes`: a broker responds when it has so much, or after [`wait_max`](Self::wait_max).
    pub bytes_min: i32,
    /// `fetch.max.wait.ms`: for how long a broker may hold a request that finds less. One that is not about all partitions
    /// of the broker is held for 20 ms at most, since the others cannot be requested meanwhile.
    pub wait_max: Duration,
    /// `fetch.max.bytes`: no response is larger, but for a single batch that is. At most 128 MiB count.
    pub bytes_max: i32,
    /// `max.partition.fetch.bytes`: nor does it have more of one partition. A partition is not requested while that much
    /// of it waits to be taken, so this bounds the memory of a partition too: about twice as much.
    pub partition_bytes_max: i32,
    /// The largest batch of records, decompressed. It is decompressed only so far; one with more halts its partition.
    pub batch_bytes_max: usize,
    /// `queued.max.messages.kbytes`: records that were handed over and are still held somewhere count too. A partition
    /// with this much in use is neither fetched nor unpacked further.
    pub partition_buffer_bytes_max: usize,
    /// The same of all partitions together. A partition of which nothing is in use may have one chunk nevertheless:
    /// others may wait for its records.
    pub buffer_bytes_max: usize,
    /// `isolation.level`: whether records of open and aborted transactions are left out.
    pub is_read_committed: bool,
    /// `fetch.error.backoff.ms`: after a retriable error a partition is tried again after this.
    pub retry_after: Duration,
}

/// The settings of a [`Producer`](crate::Producer).
#[derive(Clone, Debug)]
pub struct ProduceSettings {
    /// Where the brokers are.
    pub client: ClientSettings,
    /// `linger.ms`: requests to a broker are so far apart at least, unless one is full or requested by a flush. So a record
    /// waits no longer than that for company, and not at all when nothing was sent for as long.
    pub linger: Duration,
    /// `batch.size`: a batch is full with so many bytes, before compression; one of a single record may have more.
    pub batch_bytes_max: usize,
    /// `message.max.bytes`: no larger record is taken, its batch's header included.
    pub record_bytes_max: usize,
    /// `queue.buffering.max.kbytes`: so many bytes of records wait at most to be sent and acknowledged.
    pub buffer_bytes_max: usize,
    /// `queue.buffering.max.messages`: and so many records.
    pub buffer_records_max: usize,
    /// `compression.type`.
    pub compression: Compression,
    /// `request.timeout.ms`: for how long a broker may wait for its replicas.
    pub replicate_within: Duration,
    /// `retry.backoff.ms`: after a retriable error a partition is tried again after this.
    pub retry_after: Duration,
    /// `topic.metadata.propagation.max.ms`: a partition that no broker knows of for so long does not exist.
    pub unknown_for: Duration,
}

/// A broker that is silent is given up after 6 s; a slow one has 60 s, as with librdkafka. No broker is named.
impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            bootstrap_servers: String::new(),
            client_id: "millstream".to_owned(),
            request_timeout: Duration::from_secs(6),
            request_timeout_max: Duration::from_secs(60),
        }
    }
}

/// Kafka's defaults, but for the bytes of a partition; no broker is named.
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
            is_read_committed: true,
            retry_after: Duration::from_millis(100),
        }
    }
}

/// librdkafka's defaults, but for the sizes; no broker is named.
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
    /// A partition is not requested while more than this waits of it.
    pub(crate) fn waiting_bytes_max(&self) -> usize {
        usize::try_from(self.partition_bytes_max).unwrap_or(0)
    }
}
