//! What a fetcher reports.

use millstream_log::Chunk;
use millstream_types::{Offset, TopicPartition};

use crate::batch::BatchError;

/// What [`Fetcher::poll`](crate::Fetcher::poll) reports.
#[derive(Debug)]
pub enum FetchEvent {
    /// Records, or that there are none: the first chunk of a partition that is at its end is empty.
    Chunk(Chunk),
    /// A partition cannot be read on; it is no longer read.
    Halted {
        /// Which one.
        partition: TopicPartition,
        /// The next record that there would have been to hand over.
        offset: Offset,
        /// Where reading may go on without what cannot be read, if that is known.
        next: Option<Offset>,
        /// Why.
        why: Halt,
    },
    /// Nothing of a partition could be fetched for some seconds: its end is not known. It is read on as soon as possible,
    /// and then a chunk follows, an empty one if there is nothing new.
    Stalled(TopicPartition),
    /// A broker that leads partitions cannot be reached or does not respond, for some time already; it is tried again.
    Unreachable(String),
    /// A broker does not speak what a fetcher needs; the text says what and how to help.
    Unfit(String),
}

/// Why a partition is no longer read.
#[derive(Debug)]
pub enum Halt {
    /// There is no such offset, or no longer.
    OutOfRange,
    /// A new leader has lost what was read: its log is another one from `end` on.
    Truncated {
        /// The first offset that it has.
        start: Offset,
        /// Where the logs go apart.
        end: Offset,
    },
    /// The broker refuses.
    Refused {
        /// Kafka's number for the error.
        code: i16,
    },
    /// The log has something that cannot be read.
    Damaged(BatchError),
}
