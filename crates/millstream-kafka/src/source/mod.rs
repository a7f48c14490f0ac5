//! Where the records of a reader come from.
//!
//! Millstream reads by itself ([`Wire`]) where it can, and through librdkafka ([`Queues`]) where the connection is encrypted
//! or asks who is there.

mod partition_state;
mod queues;
mod wire;

use millstream_log::{Chunk, LogError, LogEvent};
use millstream_types::{MonotonicTime, Offset, TopicPartition};

pub(crate) use self::queues::Queues;
pub(crate) use self::wire::Wire;

use crate::native::NativeError;

/// A partition to read from that offset on, and its end.
pub(crate) type Begun = (TopicPartition, Offset, Offset);

/// Brings the records of partitions that are there.
pub(crate) trait Source: Send {
    /// Brings these partitions, too.
    ///
    /// # Errors
    /// When it brings none of them.
    fn begin(&mut self, begun: &[Begun]) -> Result<(), NativeError>;

    /// Brings these no longer, nor what has come of them.
    fn end(&mut self, partitions: &[TopicPartition]);

    /// What has come, at most one chunk of each partition that is wanted.
    fn take(
        &mut self,
        now: MonotonicTime,
        wants: &mut dyn FnMut(&TopicPartition) -> bool,
        source_events: &mut Vec<SourceEvent>,
    );
}

/// What a source reports.
pub(crate) enum SourceEvent {
    Chunk(Chunk),
    /// This partition is no longer read; the records before that were handed over.
    Halted(TopicPartition, Halt),
    /// Something that concerns no partition.
    Log(LogEvent),
}

/// Why a partition stands still.
pub(crate) enum Halt {
    /// There is no such offset, or no longer; its range is reported with it.
    OutOfRange(Offset),
    /// It cannot be read on from there.
    Failed(Offset, LogError),
}
