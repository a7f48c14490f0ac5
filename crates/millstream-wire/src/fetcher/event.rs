//! What a fetcher reports.

use millstream_log::Chunk;
use millstream_types::{Offset, TopicPartition};

use crate::batch::BatchError;

/// What [`Fetcher::poll`](crate::Fetcher::poll) reports.
#[derive(Debug)]
pub enum FetchEvent {
    /// Records. The first chunk of a partition that is read from its end is empty.
    Chunk(Chunk),
    /// Reading a partition cannot continue; it is no longer read.
    Halted {
        /// The partition.
        partition: TopicPartition,
        /// The offset of the next record that would have been returned.
        offset: Offset,
        /// The offset after the unreadable batch, if it is known: reading may continue there.
        next: Option<Offset>,
        /// The reason.
        why: Halt,
    },
    /// Nothing of a partition could be fetched for some seconds, so its end is not known. As soon as reading continues, a
    /// chunk follows; it is empty if there are no new records.
    Stalled(TopicPartition),
    /// A broker that leads partitions has not been reachable, or has not responded, for some time. It is retried.
    Unreachable(String),
    /// A broker cannot be used before someone changes settings, certificates, users or the broker: it does not support a request
    /// that is needed, TLS is not possible, or it does not authenticate the client. The text names the remedy.
    Unfit(String),
}

/// Why a partition is no longer read.
#[derive(Debug)]
pub enum Halt {
    /// The offset does not exist, or no longer.
    OutOfRange,
    /// A new leader has lost records that were read: its log differs from `end` on.
    Truncated {
        /// The start of the new leader's log.
        start: Offset,
        /// The first offset at which the logs differ.
        end: Offset,
    },
    /// The broker refuses the request.
    Refused {
        /// Kafka's number for the error.
        code: i16,
    },
    /// A batch of the log cannot be read.
    Damaged(BatchError),
}
