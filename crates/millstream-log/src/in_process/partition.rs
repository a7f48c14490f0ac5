//! A partition: its records, its end offset as an atomic, and its readers.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use millstream_types::{Offset, Timestamp, TopicPartition};

use super::batches::{Batches, Found};
use super::lock::lock;
use super::policy::Policy;
use crate::{Chunk, LogError, Signal};

/// A partition of a topic, shared by its writers and readers.
#[derive(Debug)]
pub(super) struct PartitionLog {
    id: TopicPartition,
    policy: Policy,
    compaction_bytes_min: usize,
    /// The end offset, written under the lock of `batches`. A reader at the end need not take the lock.
    end: AtomicI64,
    is_deleted: AtomicBool,
    batches: Mutex<Batches>,
    watchers: Mutex<Vec<Arc<Watcher>>>,
}

/// The state of a reader of the partition.
#[derive(Debug)]
struct Watcher {
    signal: Signal,
    position: AtomicI64,
}

impl PartitionLog {
    pub(super) fn new(id: TopicPartition, policy: Policy, compaction_bytes_min: usize) -> Self {
        let (end, is_deleted, batches, watchers) = Default::default();
        Self { id, policy, compaction_bytes_min, end, is_deleted, batches, watchers }
    }

    pub(super) fn id(&self) -> &TopicPartition {
        &self.id
    }

    /// The offset of the next record.
    pub(super) fn end(&self) -> Offset {
        Offset::new(self.end.load(Ordering::Acquire))
    }

    /// The first and the end offset.
    pub(super) fn range(&self) -> (Offset, Offset) {
        lock(&self.batches).range()
    }

    /// The offset of the first record with this time or a later one; the end offset if there is none.
    pub(super) fn offset_at(&self, time: Timestamp) -> Offset {
        lock(&self.batches).offset_at(time)
    }

    /// The size of all records in memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        lock(&self.batches).bytes()
    }

    /// Appends a batch with offsets from 0, and wakes readers. Returns the offset of the first record.
    pub(super) fn append(&self, chunk: Chunk) -> Offset {
        let base = {
            let mut batches = lock(&self.batches);
            let base = batches.append(chunk);
            batches.retain(&self.policy);
            if self.policy.compact && batches.is_dirty(self.compaction_bytes_min) {
                batches.compact(self.slowest());
            }
            self.end.store(batches.range().1.number(), Ordering::Release);
            base
        };
        self.wake_readers();
        base
    }

    /// Marks it as deleted, and wakes its readers, which fail.
    pub(super) fn delete(&self) {
        self.is_deleted.store(true, Ordering::Release);
        self.wake_readers();
    }

    pub(super) fn wake_readers(&self) {
        lock(&self.watchers).iter().for_each(|watcher| watcher.signal.raise());
    }

    /// The position of the slowest reader.
    fn slowest(&self) -> Option<Offset> {
        let positions = lock(&self.watchers);
        positions.iter().map(|watcher| Offset::new(watcher.position.load(Ordering::Acquire))).min()
    }

    /// The lag of the slowest reader; the number of records if there is no reader.
    pub(super) fn unread(&self) -> u64 {
        let (start, end) = self.range();
        let position = self.slowest().map_or(start, |slowest| slowest.max(start));
        u64::try_from(end.number() - position.number()).unwrap_or(0)
    }

    /// The records from `offset` to the end of their chunk.
    pub(super) fn read(&self, offset: Offset) -> Found {
        if offset == self.end() { Found::End } else { lock(&self.batches).read(&self.id, offset) }
    }

    /// All chunks, with shared buffers.
    pub(super) fn chunks(&self) -> Vec<Chunk> {
        lock(&self.batches).iter().cloned().collect()
    }

    /// Removes the records before `offset`. Returns the new first offset.
    ///
    /// # Errors
    /// When `offset` is after the end.
    pub(super) fn remove_before(&self, offset: Offset) -> Result<Offset, LogError> {
        let mut batches = lock(&self.batches);
        let (start, end) = batches.range();
        if offset > end {
            return Err(LogError::OffsetOutOfRange { partition: self.id.clone(), offset, start, end });
        }
        batches.remove_before(offset);
        Ok(batches.range().0)
    }

    /// Registers a reader at `position`: `signal` is raised at each append, and tombstones are kept until it has read them.
    pub(super) fn start_reading(self: &Arc<Self>, signal: &Signal, position: Offset) -> ReaderPosition {
        let watcher = Arc::new(Watcher { signal: signal.clone(), position: AtomicI64::new(position.number()) });
        lock(&self.watchers).push(Arc::clone(&watcher));
        ReaderPosition { partition: Arc::clone(self), watcher }
    }
}

/// The registration of a reader, which ends when it is dropped.
#[derive(Debug)]
pub(super) struct ReaderPosition {
    partition: Arc<PartitionLog>,
    watcher: Arc<Watcher>,
}

impl ReaderPosition {
    /// The position of the reader.
    pub(super) fn position(&self) -> Offset {
        Offset::new(self.watcher.position.load(Ordering::Relaxed))
    }

    /// Whether the topic was deleted.
    pub(super) fn is_deleted(&self) -> bool {
        self.partition.is_deleted.load(Ordering::Acquire)
    }

    /// Whether the reader is at the end.
    pub(super) fn is_at_end(&self) -> bool {
        self.position() == self.partition.end()
    }

    /// Reads records at the position, and advances it.
    pub(super) fn read(&self) -> Found {
        let found = self.partition.read(self.position());
        if let Found::Chunk(chunk) = &found {
            self.watcher.position.store(chunk.next_offset.number(), Ordering::Release);
        }
        found
    }
}

impl Drop for ReaderPosition {
    fn drop(&mut self) {
        lock(&self.partition.watchers).retain(|watcher| !Arc::ptr_eq(watcher, &self.watcher));
    }
}
