//! Reads records by `millstream-wire`.

use millstream_log::{LogError, LogEvent, Signal};
use millstream_types::{MonotonicTime, Offset, TopicPartition};
use millstream_wire::{FetchEvent, FetchSettings, Fetcher, Halt as Why};

use super::{Begun, Halt, Source, SourceEvent};
use crate::native::NativeError;
use crate::silent_brokers::Statistics;

/// Reads by Kafka's own protocol.
pub(crate) struct Wire {
    fetcher: Fetcher,
    events: Vec<FetchEvent>,
}

impl Wire {
    pub(crate) fn new(settings: FetchSettings, signal: &Signal) -> Self {
        Self { fetcher: Fetcher::new(settings, signal), events: Vec::new() }
    }
}

impl Source for Wire {
    fn begin(&mut self, begun: &[Begun]) -> Result<(), NativeError> {
        begun.iter().for_each(|(partition, next, end)| self.fetcher.assign(partition.clone(), *next, *end));
        Ok(())
    }

    fn end(&mut self, partitions: &[TopicPartition]) {
        partitions.iter().for_each(|partition| self.fetcher.unassign(partition));
    }

    fn take(
        &mut self,
        now: MonotonicTime,
        wants: &mut dyn FnMut(&TopicPartition) -> bool,
        source_events: &mut Vec<SourceEvent>,
    ) {
        self.fetcher.poll(now, wants, &mut self.events);
        source_events.extend(self.events.drain(..).map(|event| match event {
            FetchEvent::Chunk(chunk) => SourceEvent::Chunk(chunk),
            FetchEvent::Halted { partition, offset, next, why } => {
                let halt = halt(&partition, offset, next, why);
                SourceEvent::Halted(partition, halt)
            }
            FetchEvent::Stalled(partition) => SourceEvent::Log(LogEvent::Stalled(partition)),
            FetchEvent::Unreachable(reason) => SourceEvent::Log(LogEvent::Unavailable(reason)),
            FetchEvent::Unfit(reason) => SourceEvent::Log(LogEvent::Fatal(LogError::Invalid { reason })),
        }));
    }

    /// The fetcher itself notices silent brokers.
    fn take_statistics(&mut self, _statistics: &Statistics) {}
}

/// Converts the reason why a partition is no longer read.
fn halt(partition: &TopicPartition, offset: Offset, next: Option<Offset>, why: Why) -> Halt {
    let error = match why {
        Why::OutOfRange => return Halt::OutOfRange(offset),
        Why::Truncated { start, end } => {
            LogError::OffsetOutOfRange { partition: partition.clone(), offset, start, end }
        }
        Why::Refused { code } => NativeError::from_number(code).about_partition(partition),
        Why::Damaged(error) => {
            let last = next.map(|next| Offset::new(next.number() - 1));
            LogError::Undecodable { partition: partition.clone(), first: offset, last, reason: error.to_string() }
        }
    };
    Halt::Failed(offset, error)
}
