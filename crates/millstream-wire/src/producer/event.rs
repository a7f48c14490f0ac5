//! What a producer reports.

use millstream_types::{RecordBuf, TopicPartition};

/// What [`Producer::poll`](crate::Producer::poll) reports.
#[derive(Debug)]
pub enum ProduceEvent {
    /// Records are refused, and not in the log; or the error says that the broker does not know.
    Failed {
        /// Of which partition.
        partition: TopicPartition,
        /// How many.
        records: usize,
        /// What they are, in order; empty if the batch, which this producer wrote itself, cannot be read.
        contents: Vec<RecordBuf>,
        /// The size of the batch that they were sent in.
        bytes: usize,
        /// Kafka's number for the error.
        code: i16,
        /// The broker's words for it, if it has any.
        message: Option<String>,
    },
    /// A partition is written later than it should be, or as by a new producer.
    Delayed(String),
    /// A broker that leads partitions cannot be reached, for some time already; it is tried again.
    Unreachable(String),
    /// A broker does not speak what a producer needs; the text says what and how to help.
    Unfit(String),
    /// The brokers give this producer no id; the request is repeated.
    Refused {
        /// Kafka's number for the error.
        code: i16,
    },
}
