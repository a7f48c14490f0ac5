//! Records that Millstream reads by itself.

use millstream_log::{LogError, LogEvent, Signal};
use millstream_types::{MonotonicTime, Offset, TopicPartition};
use millstream_wire::{FetchSettings, Fetcher, Halt as Why, Told};

use super::{Begun, Brought, Halt, Source};
use crate::native::NativeError;

/// What `millstream-wire` reads.
pub(crate) struct Wire {
    fetcher: Fetcher,
    told: Vec<Told>,
}

impl Wire {
    pub(crate) fn new(settings: FetchSettings, signal: &Signal) -> Self {
        Self { fetcher: Fetcher::new(settings, signal), told: Vec::new() }
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

    fn take(&mut self, now: MonotonicTime, wants: &mut dyn FnMut(&TopicPartition) -> bool, brought: &mut Vec<Brought>) {
        self.fetcher.poll(now, wants, &mut self.told);
        brought.extend(self.told.drain(..).map(|told| match told {
            Told::Chunk(chunk) => Brought::Chunk(chunk),
            Told::Halted { partition, offset, why } => {
                let halt = halt(&partition, offset, why);
                Brought::Halted(partition, halt)
            }
            Told::Unreachable(reason) => Brought::Told(LogEvent::Unavailable(reason)),
            Told::Unfit(reason) => Brought::Told(LogEvent::Fatal(LogError::Invalid { reason })),
        }));
    }
}

/// Why a partition stands still, in the words of the log traits.
fn halt(partition: &TopicPartition, offset: Offset, why: Why) -> Halt {
    let error = match why {
        Why::OutOfRange => return Halt::OutOfRange(offset),
        Why::Truncated { start, end } => {
            LogError::OffsetOutOfRange { partition: partition.clone(), offset, start, end }
        }
        Why::Refused { code } => NativeError::from_number(code).about_partition(partition),
        Why::Damaged(error) => LogError::Invalid { reason: format!("{partition}: {error}") },
    };
    Halt::Failed(offset, error)
}
