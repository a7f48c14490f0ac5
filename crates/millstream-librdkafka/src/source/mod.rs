//! Where a reader's records come from: librdkafka's queues, one for each partition.

mod partition_state;
mod queues;

use millstream_log::{Chunk, LogError, LogEvent};
use millstream_types::{Offset, TopicPartition};

pub(crate) use self::queues::Queues;

/// A partition to read, its start offset and its end.
pub(crate) type Begun = (TopicPartition, Offset, Offset);

/// What the queues report.
pub(crate) enum SourceEvent {
    Chunk(Chunk),
    /// This partition is no longer read. The records before that have been returned.
    Halted(TopicPartition, Halt),
    /// An event of the log traits.
    Log(LogEvent),
}

/// Why a partition is no longer read.
pub(crate) enum Halt {
    /// The offset does not exist, or no longer. It is reported together with the partition's range.
    OutOfRange(Offset),
    /// Reading cannot continue from this offset.
    Failed(Offset, LogError),
}
