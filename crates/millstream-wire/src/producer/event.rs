//! What a producer reports.

use millstream_types::{RecordBuf, TopicPartition};

/// What [`Producer::poll`](crate::Producer::poll) reports.
#[derive(Debug)]
pub enum ProduceEvent {
    /// Records were refused and are not in the log, unless the error code says that the outcome is unknown.
    Failed {
        /// Their partition.
        partition: TopicPartition,
        /// Their number.
        records: usize,
        /// The records in order; empty if the batch cannot be read again.
        contents: Vec<RecordBuf>,
        /// The size of their batch in bytes.
        bytes: usize,
        /// Kafka's error code.
        code: i16,
        /// The broker's error message, if there is one.
        message: Option<String>,
    },
    /// Writing a partition is delayed, or continues with a new producer id.
    Delayed(String),
    /// A broker that leads partitions has not been reachable, or has not responded, for some time. It is retried.
    Unreachable(String),
    /// A broker cannot be used before someone changes settings, certificates, users or the broker: it does not support a request
    /// that is needed, TLS is not possible, or it does not authenticate the client. The text names the remedy.
    Unfit(String),
    /// The brokers refuse this producer an id. The request is repeated.
    Refused {
        /// Kafka's error code.
        code: i16,
    },
}
