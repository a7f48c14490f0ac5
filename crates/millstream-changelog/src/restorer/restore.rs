//! The restore of one store.

use std::sync::Arc;
use std::time::Duration;

use millstream_log::Chunk;
use millstream_state::{AnyStore, StoreIndex};
use millstream_types::{MonotonicTime, Offset, TaskId, TopicPartition};

use super::goal::Goal;
use crate::{Conversion, RestoreFailure, RestoringStore, TurnLimit};

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
    pub(super) goal: Goal,
    /// Where restoring ends before the end of the topic.
    limit: Option<Offset>,
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
            target: RestoringStore { task, store: store_name, changelog, position, end, records: 0 },
            store,
            phase: Phase::Added,
            goal,
            limit: None,
            began: MonotonicTime::START,
            is_positioned: false,
            has_caught_up: false,
            chunk: None,
            cursor: 0,
            batched: 0,
        }
    }

    /// The same restore, ending at `limit` if the topic has more.
    pub(super) fn up_to(self, limit: Offset) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// Changes the goal. The end of the changelog is requested again, and reading continues at the position.
    pub(super) fn set_goal(&mut self, goal: Goal) {
        (self.goal, self.phase, self.chunk, self.has_caught_up) = (goal, Phase::Added, None, false);
    }

    /// Sets the offset at which reading begins in a changelog with this range. A store outside of the range is emptied; then its
    /// offset is returned.
    pub(super) fn begin(
        &mut self,
        store: &mut dyn AnyStore,
        (start, end): Range,
        now: MonotonicTime,
    ) -> Result<Option<Offset>, RestoreFailure> {
        let end = self.limit.map_or(end, |limit| limit.clamp(start, end.max(start)));
        let carried = if self.is_positioned { Some(self.target.position) } else { store.changelog_offset()? };
        let within = carried.filter(|offset| (start..=end).contains(offset));
        match within {
            Some(_) if self.is_positioned => {}
            Some(_) => store.check_stored().map_err(|error| RestoreFailure::kept(store, error))?,
            None => {
                store.clear()?;
                self.batched = 0;
            }
        }
        (self.target.position, self.target.end) = (within.unwrap_or(start), end);
        (self.phase, self.began, self.chunk) = (Phase::Reading, now, None);
        self.is_positioned = true;
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
        self.phase == Phase::Reading && self.chunk.is_none()
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

    /// Applies records of the present chunk, within the limit of the turn and (unless it is a standby) before the end.
    pub(super) fn apply(
        &mut self,
        store: &mut dyn AnyStore,
        conversion: &mut impl Conversion,
        limit: &mut TurnLimit<'_>,
    ) -> Result<(), RestoreFailure> {
        let Some(chunk) = &self.chunk else { return Ok(()) };
        if self.goal == Goal::StandBy {
            self.target.end = self.target.end.max(chunk.end_offset).max(chunk.next_offset);
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
        let next = if self.cursor < chunk.len() { chunk.record(self.cursor).offset() } else { chunk.next_offset };
        self.target.position = next.min(self.target.end);
        if self.cursor == chunk.len() {
            self.chunk = None;
        }
        if self.is_at_end() || self.batched >= BATCH_RECORDS || store.unwritten_bytes() >= BATCH_BYTES {
            self.batched = 0;
            store.restored_to(self.target.position)?;
        }
        Ok(())
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
