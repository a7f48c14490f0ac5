//! The in-process [`Fetching`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use millstream_types::{MonotonicTime, Offset, TopicPartition};

use super::batches::Found;
use super::partition::ReaderPosition;
use super::shared::Shared;
use crate::{ChunkBuilder, Fetching, LogError, LogEvent, Signal, StartAt};

/// A reader of partitions. It has no buffer: chunks are taken from the log by polls.
#[derive(Debug)]
pub(super) struct Reader {
    shared: Arc<Shared>,
    signal: Signal,
    positions: BTreeMap<TopicPartition, ReaderPosition>,
    /// Assigned partitions without a chunk since the assignment.
    not_reported: BTreeSet<TopicPartition>,
    failures: BTreeMap<TopicPartition, LogError>,
}

impl Reader {
    pub(super) fn new(shared: Arc<Shared>, signal: &Signal) -> Self {
        let (positions, not_reported, failures) = Default::default();
        Self { shared, signal: signal.clone(), positions, not_reported, failures }
    }

    fn begin(&self, partition: &TopicPartition, start_at: StartAt) -> Result<ReaderPosition, LogError> {
        let log = self.shared.topics.partition(partition)?;
        let (start, end) = log.range();
        let position = match start_at {
            StartAt::Earliest => start,
            StartAt::Latest => end,
            StartAt::Offset(offset) => offset,
            StartAt::Time(time) => log.offset_at(time),
        };
        Ok(log.start_reading(&self.signal, position))
    }

    /// Stops reading all partitions.
    pub(super) fn clear(&mut self) {
        self.positions.clear();
        self.not_reported.clear();
        self.failures.clear();
    }

    fn fail(&mut self, partition: TopicPartition, (start, end): (Offset, Offset)) {
        if let Some(position) = self.positions.remove(&partition) {
            let error =
                LogError::OffsetOutOfRange { partition: partition.clone(), offset: position.position(), start, end };
            self.failures.insert(partition, error);
        }
    }
}

impl Fetching for Reader {
    fn assign(&mut self, partitions: &[(TopicPartition, StartAt)]) {
        for (partition, start_at) in partitions {
            self.unassign(std::slice::from_ref(partition));
            match self.begin(partition, *start_at) {
                Ok(position) => {
                    self.positions.insert(partition.clone(), position);
                    self.not_reported.insert(partition.clone());
                }
                Err(error) => drop(self.failures.insert(partition.clone(), error)),
            }
        }
        self.signal.raise();
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.positions.remove(partition);
            self.not_reported.remove(partition);
            self.failures.remove(partition);
        }
    }

    fn poll(&mut self, now: MonotonicTime, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<LogEvent>) {
        let (mut failed, mut deleted) = (Vec::new(), Vec::new());
        for (partition, position) in &self.positions {
            if position.is_deleted() {
                deleted.push(partition.clone());
                continue;
            }
            if position.is_at_end() && !self.not_reported.contains(partition)
                || !wants(partition)
                || self.shared.faults.withholds(partition, now)
            {
                continue;
            }
            match position.read() {
                Found::End => {
                    let (nothing, end) = (ChunkBuilder::new(), position.position());
                    events.push(LogEvent::Chunk(nothing.finish(partition.clone(), end, end)));
                }
                Found::Chunk(chunk) => events.push(LogEvent::Chunk(chunk)),
                Found::OutOfRange(start, end) => failed.push((partition.clone(), (start, end))),
            }
            self.not_reported.remove(partition);
        }
        for (partition, range) in failed {
            self.fail(partition, range);
        }
        for partition in deleted {
            self.positions.remove(&partition);
            self.failures.insert(partition.clone(), LogError::UnknownTopic { topic: partition.topic });
        }
        let failures = std::mem::take(&mut self.failures).into_iter();
        events.extend(failures.map(|(partition, error)| LogEvent::FetchFailed { partition, error }));
    }
}
