//! The restoring of one store.

use std::sync::Arc;
use std::time::Duration;

use millstream_log::Chunk;
use millstream_state::{AnyStore, StoreIndex};
use millstream_types::{MonotonicTime, Offset, TaskId, TopicPartition};

use crate::{RestoreFailure, RestoringStore};

/// An engine gets so many records at once: one on disk takes up large batches five times as fast as small ones.
const BATCH_RECORDS: usize = 10_000;

/// Or so many bytes, if that is less.
const BATCH_BYTES: usize = 1 << 20;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing has happened yet.
    Added,
    /// The changelog's range was not told; it is asked for again at that time.
    Waiting(MonotonicTime),
    /// The changelog's range was asked for, with this token.
    Asked(u64),
    /// The changelog is being read.
    Reading,
}

#[derive(Debug)]
pub(super) struct Restore {
    pub(super) target: RestoringStore,
    pub(super) store: StoreIndex,
    pub(super) phase: Phase,
    began: MonotonicTime,
    chunk: Option<Chunk>,
    /// The next record of the chunk.
    cursor: usize,
    /// Records that the store has collected and not written to its engine.
    batched: usize,
}

impl Restore {
    pub(super) fn new(task: TaskId, store: StoreIndex, name: &Arc<str>, changelog: &TopicPartition) -> Self {
        let (position, end) = (Offset::ZERO, Offset::ZERO);
        let (store_name, changelog) = (Arc::clone(name), changelog.clone());
        Self {
            target: RestoringStore { task, store: store_name, changelog, position, end, records: 0 },
            store,
            phase: Phase::Added,
            began: MonotonicTime::START,
            chunk: None,
            cursor: 0,
            batched: 0,
        }
    }

    /// Finds where to begin in a changelog that has the records of `range`. A store that is elsewhere is emptied; returns
    /// where it was.
    pub(super) fn begin(
        &mut self,
        store: &mut dyn AnyStore,
        (start, end): (Offset, Offset),
        now: MonotonicTime,
    ) -> Result<Option<Offset>, RestoreFailure> {
        let carried = store.changelog_offset()?;
        let within = carried.filter(|offset| (start..=end).contains(offset));
        match within {
            Some(_) => store.check_stored().map_err(|error| RestoreFailure::kept(store, error))?,
            None => store.clear()?,
        }
        (self.target.position, self.target.end) = (within.unwrap_or(start), end);
        (self.phase, self.began, self.chunk, self.batched) = (Phase::Reading, now, None, 0);
        Ok(carried.filter(|_| within.is_none()))
    }

    /// Whether the changelog's range is to be asked for.
    pub(super) fn is_to_ask(&self, now: MonotonicTime) -> bool {
        match self.phase {
            Phase::Added => true,
            Phase::Waiting(until) => now >= until,
            Phase::Asked(_) | Phase::Reading => false,
        }
    }

    pub(super) fn wants_chunk(&self) -> bool {
        self.phase == Phase::Reading && self.chunk.is_none()
    }

    pub(super) fn has_chunk(&self) -> bool {
        self.chunk.is_some()
    }

    pub(super) fn take_chunk(&mut self, chunk: Chunk) {
        (self.chunk, self.cursor) = (Some(chunk), 0);
    }

    /// Restores up to `records_max` records of the chunk at hand, and none behind the end.
    pub(super) fn apply(&mut self, store: &mut dyn AnyStore, records_max: usize) -> Result<(), RestoreFailure> {
        let Some(chunk) = &self.chunk else { return Ok(()) };
        let last = chunk.len().min(self.cursor.saturating_add(records_max));
        while self.cursor < last {
            let record = chunk.record(self.cursor);
            if record.offset() >= self.target.end {
                break;
            }
            self.cursor += 1;
            // A record without a key was written by somebody else; Kafka Streams reads over it, too.
            if let Some(key) = record.key() {
                let restored = store.restore(key, record.value(), record.timestamp());
                restored.map_err(|error| RestoreFailure::at(record.offset(), store, error))?;
                self.target.records += 1;
                self.batched += 1;
            }
        }
        let next = if self.cursor < chunk.len() { chunk.record(self.cursor).offset() } else { chunk.next_offset };
        self.target.position = next.min(self.target.end);
        if self.cursor == chunk.len() {
            self.chunk = None;
        }
        if self.is_finished() || self.batched >= BATCH_RECORDS || store.unwritten_bytes() >= BATCH_BYTES {
            self.batched = 0;
            store.restored_to(self.target.position)?;
        }
        Ok(())
    }

    pub(super) fn is_finished(&self) -> bool {
        self.phase == Phase::Reading && self.target.position >= self.target.end
    }

    pub(super) fn took(&self, now: MonotonicTime) -> Duration {
        now - self.began
    }
}
