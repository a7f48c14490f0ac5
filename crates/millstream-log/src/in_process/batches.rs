//! The records of a partition: batches in order, with retention and compaction.

use std::collections::VecDeque;

use millstream_types::{Offset, Timestamp, TopicPartition};

use super::batch::Batch;
use super::compaction::{self, Tombstones};
use super::policy::Policy;
use crate::{Chunk, ChunkBuilder};

/// Small batches are joined into chunks up to this size, so that many small appends are read efficiently.
const JOINED_BYTES_MAX: usize = 64 * 1024;

/// The result of reading at an offset.
#[derive(Debug)]
pub(super) enum Found {
    /// The offset is the end.
    End,
    /// A chunk, which may be empty with a later next offset.
    Chunk(Chunk),
    /// The offset is out of range; the first and the end offset.
    OutOfRange(Offset, Offset),
}

/// All batches of a partition. Offsets never decrease, even when all records are removed.
#[derive(Debug, Default)]
pub(super) struct Batches {
    batches: VecDeque<Batch>,
    start: i64,
    end: i64,
    bytes: usize,
    newest: Option<i64>,
    /// The end of the compacted part.
    clean_end: i64,
    /// The size of the compacted part in bytes.
    clean_bytes: usize,
}

impl Batches {
    /// The first and the end offset.
    pub(super) fn range(&self) -> (Offset, Offset) {
        (Offset::new(self.start), Offset::new(self.end))
    }

    /// The size of all records in memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The batches, in order.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Chunk> {
        self.batches.iter().map(|batch| &batch.chunk)
    }

    /// Appends a batch with offsets from 0. Returns the offset of its first record.
    pub(super) fn append(&mut self, chunk: Chunk) -> Offset {
        let base = Offset::new(self.end);
        let batch = Batch::new(chunk.based_at(base));
        self.end = batch.last_offset_before();
        self.newest = self.newest.max(Some(batch.newest));
        if !self.join(&batch) {
            self.bytes += batch.bytes();
            self.batches.push_back(batch);
        }
        base
    }

    /// Joins a small batch to a small last one, unless a reader uses that.
    fn join(&mut self, batch: &Batch) -> bool {
        let Some(last) = self.batches.back_mut() else { return false };
        let before = last.bytes();
        if before + batch.bytes() > JOINED_BYTES_MAX || !last.chunk.try_extend(&batch.chunk) {
            return false;
        }
        last.newest = last.newest.max(batch.newest);
        self.bytes += last.bytes() - before;
        true
    }

    /// The records from `offset` to the end of their chunk; an empty chunk if compaction has removed them.
    pub(super) fn read(&self, partition: &TopicPartition, offset: Offset) -> Found {
        let (start, end) = self.range();
        if offset < start || offset > end {
            return Found::OutOfRange(start, end);
        }
        if offset == end {
            return Found::End;
        }
        let index = self.batches.partition_point(|batch| batch.chunk.next_offset <= offset);
        let found = self.batches.get(index).map(|batch| batch.chunk.from_offset(offset));
        let mut chunk = found.unwrap_or_else(|| ChunkBuilder::new().finish(partition.clone(), end, end));
        chunk.end_offset = end;
        Found::Chunk(chunk)
    }

    /// The offset of the first record with this time or a later one; the end offset if there is none.
    pub(super) fn offset_at(&self, time: Timestamp) -> Offset {
        let with_later = self.batches.iter().filter(|batch| batch.newest >= time.as_millis());
        let mut records = with_later.flat_map(|batch| batch.chunk.iter());
        let first = records.find(|record| record.timestamp() >= time).map(|record| record.offset());
        first.unwrap_or(Offset::new(self.end))
    }

    /// Removes the records before `offset`, which must not be after the end.
    pub(super) fn remove_before(&mut self, offset: Offset) {
        self.start = self.start.max(offset.number());
        while self.batches.front().is_some_and(|batch| batch.chunk.next_offset <= offset) {
            self.pop_front();
        }
        if let Some(front) = self.batches.front_mut() {
            front.chunk = front.chunk.from_offset(offset);
        }
    }

    /// Removes batches by the retention, but never the last one.
    ///
    /// The time retention is relative to the newest record and not to a clock, so that replayed old data is kept.
    pub(super) fn retain(&mut self, policy: &Policy) {
        while self.batches.len() > 1 && self.front_is_spent(policy) {
            self.pop_front();
        }
    }

    fn front_is_spent(&self, policy: &Policy) -> bool {
        let Some(front) = self.batches.front() else { return false };
        let newest = self.newest.unwrap_or(i64::MIN);
        policy.retention_bytes.is_some_and(|keep| self.bytes - front.bytes() >= keep)
            || policy.retention_ms.is_some_and(|keep| front.newest < newest.saturating_sub(keep))
    }

    fn pop_front(&mut self) {
        if let Some(front) = self.batches.pop_front() {
            self.bytes -= front.bytes();
            self.clean_bytes = self.clean_bytes.min(self.bytes);
            self.start = self.start.max(front.last_offset_before());
        }
    }

    /// Whether compaction is due: the new part is as large as the compacted one, so that each byte is moved at most twice on
    /// average.
    pub(super) fn is_dirty(&self, bytes_min: usize) -> bool {
        self.bytes - self.clean_bytes >= self.clean_bytes.max(bytes_min).max(1)
    }

    /// Keeps the last record of each key. A tombstone is removed if an earlier compaction has kept it and all readers have read
    /// it; `slowest` is the position of the slowest reader.
    pub(super) fn compact(&mut self, slowest: Option<Offset>) {
        let before = Offset::new(self.clean_end);
        let tombstones = Tombstones { spent_before: slowest.map_or(before, |slowest| slowest.min(before)) };
        self.batches = compaction::compact(&self.batches, tombstones).into_iter().map(Batch::new).collect();
        self.bytes = self.batches.iter().map(Batch::bytes).sum();
        self.clean_bytes = self.bytes;
        self.clean_end = self.end;
    }
}
