//! The sources of a reader's records: [`Wire`] reads by `millstream-wire`, [`Queues`] by librdkafka, which is needed for TLS and
//! SASL.

mod partition_state;
mod queues;
mod wire;

use millstream_log::{Chunk, LogError, LogEvent};
use millstream_types::{MonotonicTime, Offset, TopicPartition};

pub(crate) use self::queues::Queues;
pub(crate) use self::wire::Wire;

use crate::native::NativeError;
use crate::silent_brokers::Statistics;

/// A partition to read, its start offset and its end.
pub(crate) type Begun = (TopicPartition, Offset, Offset);

/// Reads the records of partitions.
pub(crate) trait Source: Send {
    /// Starts to read these partitions too.
    ///
    /// # Errors
    /// When none of them can be read.
    fn begin(&mut self, begun: &[Begun]) -> Result<(), NativeError>;

    /// Stops reading these partitions, and drops their records that were fetched.
    fn end(&mut self, partitions: &[TopicPartition]);

    /// Appends what has arrived to `source_events`: at most one chunk per partition, and only for those that `wants` accepts.
    fn take(
        &mut self,
        now: MonotonicTime,
        wants: &mut dyn FnMut(&TopicPartition) -> bool,
        source_events: &mut Vec<SourceEvent>,
    );

    /// Takes in librdkafka's statistics, where librdkafka reads.
    fn take_statistics(&mut self, statistics: &Statistics);
}

/// What a source reports.
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
