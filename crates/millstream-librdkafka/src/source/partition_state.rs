//! One partition that is being read.

use std::sync::Arc;

use millstream_log::{CHUNK_RECORDS_MAX, Chunk, ChunkBuilder, ReadPosition, Signal};
use millstream_types::{Offset, RecordBytes, TopicPartition};

use super::Halt;
use crate::native::{Batch, Client, Code, NativeError, Partitions, Queue, Room};

/// A partition whose records arrive in a queue of its own.
pub(crate) struct PartitionState {
    partition: TopicPartition,
    queue: Queue,
    /// A list of just this partition, for queries to librdkafka.
    query: Partitions,
    position: ReadPosition,
    end: Offset,
    /// Why reading cannot continue. It is reported after the records before it.
    halt: Option<Halt>,
}

impl PartitionState {
    /// Creates the state and the partition's own queue. The partition must not be assigned yet.
    pub(crate) fn new(
        client: &Arc<Client>,
        partition: TopicPartition,
        next: Offset,
        end: Offset,
        signal: &Signal,
    ) -> Self {
        let queue = client.partition_queue(&partition, signal);
        let query = Partitions::of([&partition]);
        Self { partition, queue, query, position: ReadPosition::new(next, end), end, halt: None }
    }

    /// Whether there may be something to return.
    pub(crate) fn is_ready(&self) -> bool {
        self.queue.has_events()
    }

    /// Lets the next [`take`](Self::take) return a chunk even if it is empty.
    pub(crate) fn report_end(&mut self) {
        self.position.report_end();
        self.queue.set_flag();
    }

    /// Returns what has arrived, at most one chunk of it.
    ///
    /// # Errors
    /// When reading cannot continue. The records before that are returned first.
    pub(crate) fn take(&mut self, room: &mut Room) -> Result<Option<Chunk>, Halt> {
        if let Some(halt) = self.halt.take() {
            return Err(halt);
        }
        self.queue.clear_flag();
        let batch = self.queue.take(room, CHUNK_RECORDS_MAX);
        let is_full = batch.len() == CHUNK_RECORDS_MAX;
        let copied = copy(&batch);
        drop(batch);
        if let Some(last_offset) = copied.last_offset {
            self.position.advance(last_offset.next());
        }
        if let Some(error) = copied.error {
            self.halt = Some(self.halt(error));
        } else if !is_full {
            self.skip_control_records();
        }
        if is_full || self.halt.is_some() {
            self.queue.set_flag();
        }
        if !self.position.take_due() {
            return Ok(None);
        }
        self.end = self.known_end();
        Ok(Some(copied.records.finish(self.partition.clone(), self.position.next(), self.end)))
    }

    /// Advances past control records, which are in no batch but advance librdkafka's position.
    fn skip_control_records(&mut self) {
        self.queue.client().positions(&mut self.query);
        if let Some(position) = self.query.first_offset() {
            self.position.advance(Offset::new(position));
        }
    }

    fn known_end(&self) -> Offset {
        let known = self.queue.client().known_end(&self.query).map_or(self.end, Offset::new);
        known.max(self.position.next())
    }

    fn halt(&self, error: NativeError) -> Halt {
        match error.code {
            Code::AutoOffsetReset | Code::OffsetOutOfRange => Halt::OutOfRange(self.position.next()),
            _ => Halt::Failed(self.position.next(), error.about_partition(&self.partition)),
        }
    }
}

/// The records of a batch before the first error.
struct Copied {
    records: ChunkBuilder,
    last_offset: Option<Offset>,
    error: Option<NativeError>,
}

fn copy(batch: &Batch<'_>) -> Copied {
    let bytes = batch.iter().map(|record| record.size()).sum();
    let records = ChunkBuilder::with_capacity(batch.len(), bytes);
    let mut copied = Copied { records, last_offset: None, error: None };
    for record in batch.iter() {
        if let Err(error) = record.check() {
            copied.error = Some(error);
            break;
        }
        let (key, value, headers) = (record.key(), record.value(), record.headers());
        let bytes = RecordBytes { timestamp: record.timestamp(), key, value, headers: &headers };
        copied.records.push(record.offset(), &bytes);
        copied.last_offset = Some(record.offset());
    }
    copied
}
