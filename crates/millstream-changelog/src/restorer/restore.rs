//! The restore of one store.

use std::sync::Arc;
use std::time::Duration;

use millstream_log::Chunk;
use millstream_state::{AnyStore, StoreIndex};
use millstream_types::{MonotonicTime, Offset, TaskId, TopicPartition};

use super::goal::Goal;
use crate::{Conversion, RestoreError, RestoreFailure, RestoringStore, TurnLimit};

/// The number of records of a batch for an engine: on disk large batches are five times as fast as small ones.
const BATCH_RECORDS: usize = 10_000;

/// The maximum size of a batch in bytes.
const BATCH_BYTES: usize = 1 << 20;

/// The first and the end offset of a changelog.
pub(super) type Range = (Offset, Offset);

/// The state of a restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It was added.
    Added,
    /// The request for the range of the changelog failed. It is retried at this time.
    BackingOff(MonotonicTime),
    /// The range of the changelog was requested, with this token.
    Requested(u64),
    /// The changelog has this range, and reading has to begin.
    Ready(Range),
    /// The changelog is being read.
    Reading,
}

#[derive(Debug)]
pub(super) struct Restore {
    pub(super) target: RestoringStore,
    pub(super) store: StoreIndex,
    pub(super) phase: Phase,
    /// Where restoring ends before the end of the topic.
    limit: Option<Offset>,
    /// The last known end of the topic, behind the limit or not.
    log_end: Offset,
    /// Whether records behind the limit were fetched and dropped, so that they have to be fetched again.
    is_cut: bool,
    began: MonotonicTime,
    /// Whether the store has all records up to `target.position`, because the changelog was read before.
    is_positioned: bool,
    /// Whether the end was reached that the changelog had when restoring began.
    pub(super) has_caught_up: bool,
    chunk: Option<Chunk>,
    /// The next record of the chunk.
    cursor: usize,
    /// The number of records that the store has not written to its engine.
    batched: usize,
    /// The position up to which the engine has the records, once something was written.
    written_to: Option<Offset>,
}

impl Restore {
    pub(super) fn new(
        task: TaskId,
        store: StoreIndex,
        name: &Arc<str>,
        changelog: &TopicPartition,
        goal: Goal,
    ) -> Self {
        let (position, end) = (Offset::ZERO, Offset::ZERO);
        let (store_name, changelog) = (Arc::clone(name), changelog.clone());
        Self {
            target: RestoringStore { task, goal, store: store_name, changelog, position, end, records: 0 },
            store,
            phase: Phase::Added,
            limit: None,
            log_end: end,
            is_cut: false,
            began: MonotonicTime::START,
            is_positioned: false,
            has_caught_up: false,
            chunk: None,
            cursor: 0,
            batched: 0,
            written_to: None,
        }
    }

    /// The same restore, ending at `limit` if the topic has more.
    pub(super) fn up_to(self, limit: Offset) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// The same restore of a store that has all records up to this position, if there is one.
    pub(super) fn at_position(mut self, position: Option<Offset>) -> Self {
        if let Some(position) = position {
            (self.target.position, self.target.end, self.is_positioned) = (position, position, true);
        }
        self
    }

    /// Moves the limit. Returns whether reading has to continue at the position, because later records were dropped.
    pub(super) fn move_limit(&mut self, limit: Offset) -> bool {
        if self.limit.is_none_or(|before| before >= limit) {
            return false;
        }
        self.limit = Some(limit);
        self.target.end = self.target.end.max(self.log_end.min(limit));
        std::mem::take(&mut self.is_cut) && self.phase == Phase::Reading
    }

    /// Where the store is in its changelog, unless it still has to be compared with it.
    pub(super) fn position(&self) -> Option<Offset> {
        self.is_positioned.then_some(self.target.position)
    }

    /// Sets the offset at which reading begins in a changelog with this range. A store outside of the range is emptied; then its
    /// offset is returned.
    pub(super) fn begin(
        &mut self,
        store: &mut dyn AnyStore,
        (start, end): Range,
        now: MonotonicTime,
    ) -> Result<Option<Offset>, RestoreFailure> {
        self.log_end = end;
        let end = self.limit.map_or(end, |limit| limit.clamp(start, end.max(start)));
        let carried = if self.is_positioned { Some(self.target.position) } else { store.changelog_offset()? };
        let within = carried.filter(|offset| (start..=end).contains(offset));
        match within {
            Some(_) if self.is_positioned => {}
            Some(_) => store.check_stored().map_err(|error| RestoreFailure::kept(store, error))?,
            None => {
                store.clear()?;
                (self.batched, self.written_to) = (0, None);
            }
        }
        (self.target.position, self.target.end) = (within.unwrap_or(start), end);
        (self.phase, self.began, self.chunk) = (Phase::Reading, now, None);
        (self.is_positioned, self.is_cut) = (true, false);
        Ok(carried.filter(|_| within.is_none()))
    }

    /// Whether the range of the changelog has to be requested.
    pub(super) fn wants_range(&self, now: MonotonicTime) -> bool {
        match self.phase {
            Phase::Added => true,
            Phase::BackingOff(until) => now >= until,
            Phase::Requested(_) | Phase::Ready(_) | Phase::Reading => false,
        }
    }

    pub(super) fn wants_chunk(&self) -> bool {
        self.phase == Phase::Reading && self.chunk.is_none() && !self.is_cut
    }

    /// Whether there is work to do that needs the store.
    pub(super) fn is_due(&self) -> bool {
        self.chunk.is_some() || matches!(self.phase, Phase::Ready(_))
    }

    pub(super) fn take_chunk(&mut self, chunk: Chunk) {
        if self.phase == Phase::Reading {
            (self.chunk, self.cursor) = (Some(chunk), 0);
        }
    }

    /// The bytes of the records that were fetched and are not applied.
    pub(super) fn fetched_bytes(&self) -> usize {
        self.chunk.as_ref().map_or(0, Chunk::buffer_bytes)
    }

    /// Applies records of the present chunk, within the limit of the turn and before the end, which advances for a standby.
    pub(super) fn apply(
        &mut self,
        store: &mut dyn AnyStore,
        conversion: &mut impl Conversion,
        limit: &mut TurnLimit<'_>,
    ) -> Result<(), RestoreFailure> {
        let Some(chunk) = &self.chunk else { return Ok(()) };
        if self.target.goal == Goal::StandBy {
            self.log_end = self.log_end.max(chunk.end_offset).max(chunk.next_offset);
            self.target.end = self.target.end.max(self.limit.map_or(self.log_end, |limit| limit.min(self.log_end)));
        }
        while self.cursor < chunk.len() && limit.allows_one_more() {
            let record = chunk.record(self.cursor);
            if record.offset() >= self.target.end {
                break;
            }
            self.cursor += 1;
            if conversion.restore(record, store)? {
                self.target.records += 1;
                self.batched += 1;
            }
        }
        let is_read = self.cursor == chunk.len();
        let next = if is_read { chunk.next_offset } else { chunk.record(self.cursor).offset() };
        self.target.position = next.min(self.target.end);
        let is_cut = self.is_at_end() && (!is_read || next > self.target.end);
        if is_read || is_cut {
            (self.chunk, self.is_cut) = (None, is_cut && self.target.goal == Goal::StandBy);
        }
        let is_batch_full = self.batched >= BATCH_RECORDS || store.unwritten_bytes() >= BATCH_BYTES;
        // A standby is always near the end: its batches for an engine end with its owner's intervals.
        let is_settled = self.is_at_end() && (self.target.goal == Goal::Run || !store.has_engine());
        if is_batch_full || is_settled { self.write_back(store) } else { Ok(()) }
    }

    /// Writes what was applied to the store's engine, with the position.
    pub(super) fn write_back(&mut self, store: &mut dyn AnyStore) -> Result<(), RestoreFailure> {
        store.restored_to(self.target.position)?;
        (self.batched, self.written_to) = (0, Some(self.target.position));
        Ok(())
    }

    /// The error that the store cannot be restored.
    pub(super) fn error(&self, cause: RestoreFailure) -> RestoreError {
        let RestoringStore { task, store, changelog, .. } = self.target.clone();
        RestoreError { task, store, changelog, cause: Box::new(cause) }
    }

    /// Whether the store has applied records, or passed entries of the log, that its engine does not have.
    pub(super) fn is_ahead_of_engine(&self) -> bool {
        self.phase == Phase::Reading && self.written_to != Some(self.target.position)
    }

    /// The offset of the record that is being restored.
    pub(super) fn offset_in_hand(&self) -> Offset {
        let chunk = self.chunk.as_ref().filter(|chunk| (1..=chunk.len()).contains(&self.cursor));
        chunk.map_or(self.target.position, |chunk| chunk.record(self.cursor - 1).offset())
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.phase == Phase::Reading && self.target.position >= self.target.end
    }

    pub(super) fn took(&self, now: MonotonicTime) -> Duration {
        now - self.began
    }
}
