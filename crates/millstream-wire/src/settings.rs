//! How partitions are read.

use std::time::Duration;

/// The settings of a [`Fetcher`](crate::Fetcher). Their names in Kafka's clients stand with them.
#[derive(Clone, Debug)]
pub struct FetchSettings {
    /// `bootstrap.servers`: addresses of brokers, written `host:port`, with commas between.
    pub bootstrap_servers: String,
    /// `client.id`: what brokers call this reader in their logs and quotas.
    pub client_id: String,
    /// `fetch.min.bytes`: a broker answers when it has so much, or after [`wait_max`](Self::wait_max).
    pub bytes_min: i32,
    /// `fetch.max.wait.ms`: for how long a broker may hold a request that finds less. One that is not about all partitions
    /// of the broker is held for 20 ms at most, since the others cannot be asked for meanwhile.
    pub wait_max: Duration,
    /// `fetch.max.bytes`: no answer is larger, but for a single batch that is. At most 128 MiB count.
    pub bytes_max: i32,
    /// `max.partition.fetch.bytes`: nor does it have more of one partition. A partition is not asked for while that much
    /// of it waits to be taken, so this bounds the memory of a partition too: about twice as much.
    pub partition_bytes_max: i32,
    /// `isolation.level`: whether records of open and aborted transactions are left out.
    pub is_read_committed: bool,
    /// `fetch.error.backoff.ms`: after a passing error a partition is tried again after this.
    pub retry_after: Duration,
    /// `socket.timeout.ms`: a broker that has not answered for longer than this and `wait_max` is given up.
    pub answer_within: Duration,
}

/// Kafka's defaults, but for the bytes of a partition; no broker is named.
impl Default for FetchSettings {
    fn default() -> Self {
        Self {
            bootstrap_servers: String::new(),
            client_id: "millstream".to_owned(),
            bytes_min: 1,
            wait_max: Duration::from_millis(500),
            bytes_max: 50 << 20,
            partition_bytes_max: 512 << 10,
            is_read_committed: true,
            retry_after: Duration::from_millis(100),
            answer_within: Duration::from_secs(60),
        }
    }
}

impl FetchSettings {
    /// A partition is not asked for while more than this waits of it.
    pub(crate) fn waiting_bytes_max(&self) -> usize {
        usize::try_from(self.partition_bytes_max).unwrap_or(0)
    }
}
