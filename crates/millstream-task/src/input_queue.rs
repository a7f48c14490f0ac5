//! The queue of an input partition: chunks, and a position in the first.

use std::collections::VecDeque;

use millstream_log::{Chunk, RecordView};
use millstream_state::PREFETCH_ROWS;
use millstream_types::{MonotonicTime, Offset, Timestamp, TopicPartition};

/// The head of a queue, which is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) timestamp: Timestamp,
    pub(super) offset: Offset,
}

/// Whether a partition exists, since the topics of a sub-topology may have different partition counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Exists,
    Missing,
}

/// The records of a partition, in the order of the log.
///
/// A record is in a chunk, then the head, then processed.
#[derive(Debug)]
pub(super) struct InputQueue {
    partition: TopicPartition,
    presence: Presence,
    chunks: VecDeque<Chunk>,
    /// The next record of the first chunk.
    cursor: usize,
    /// The first record of the first chunk that is not prefetched.
    prefetched: usize,
    /// The number of records in chunks from the cursor on.
    buffered: usize,
    head: Option<Head>,
    /// The chunk whose last record is the head, kept for error handlers.
    head_chunk: Option<Chunk>,
    /// The offset after the chunks; `None` before the first chunk.
    fetched_to: Option<Offset>,
    /// The offset after the records that were taken from chunks.
    taken_to: Option<Offset>,
    /// The offset at which reading began; `None` before the first chunk.
    started_at: Option<Offset>,
    /// The last known end of the partition.
    end: Option<Offset>,
    /// Since when the partition is known to have no more records while the task has others.
    idle_since: Option<MonotonicTime>,
    committed: Option<Offset>,
    /// Whether it is known which offset is committed, if one is.
    is_resumed: bool,
    /// Whether nothing could be fetched for some seconds.
    is_stalled: bool,
}

impl InputQueue {
    pub(super) fn new(partition: TopicPartition, presence: Presence) -> Self {
        Self {
            partition,
            presence,
            chunks: VecDeque::new(),
            cursor: 0,
            prefetched: 0,
            buffered: 0,
            head: None,
            head_chunk: None,
            fetched_to: None,
            taken_to: None,
            started_at: None,
            end: None,
            idle_since: None,
            committed: None,
            is_resumed: false,
            is_stalled: false,
        }
    }

    pub(super) fn partition(&self) -> &TopicPartition {
        &self.partition
    }

    /// Whether the partition exists.
    #[inline]
    pub(super) fn exists(&self) -> bool {
        self.presence == Presence::Exists
    }

    /// Appends a chunk. An empty one advances the position and the end.
    pub(super) fn push(&mut self, chunk: Chunk) {
        self.fetched_to = Some(chunk.next_offset);
        if self.started_at.is_none() {
            let first = (!chunk.is_empty()).then(|| chunk.record(0).offset());
            self.started_at = Some(first.unwrap_or(chunk.next_offset));
        }
        self.end = Some(chunk.end_offset);
        self.is_stalled = false;
        self.buffered += chunk.len();
        if !chunk.is_empty() {
            self.idle_since = None;
        }
        self.chunks.push_back(chunk);
        self.drop_spent_chunks();
    }

    /// The next record of the chunks.
    #[inline]
    pub(super) fn peek(&self) -> Option<RecordView<'_>> {
        self.chunks.front().map(|chunk| chunk.record(self.cursor))
    }

    /// The next records of the first chunk, if none of them is prefetched. A record that is alone has nothing to gain: it is
    /// processed before its row could have arrived.
    #[inline]
    pub(super) fn prefetch(&mut self) -> Option<impl Iterator<Item = RecordView<'_>>> {
        if self.cursor < self.prefetched {
            return None;
        }
        let chunk = self.chunks.front()?;
        let end = chunk.len().min(self.cursor + PREFETCH_ROWS);
        if end - self.cursor < 2 {
            return None;
        }
        self.prefetched = end;
        Some((self.cursor..self.prefetched).map(|number| chunk.record(number)))
    }

    /// Takes the record that [`peek`](Self::peek) returned. With a `timestamp` it becomes the head, with `None` it is skipped.
    #[inline]
    pub(super) fn take(&mut self, offset: Offset, timestamp: Option<Timestamp>) {
        self.head = timestamp.map(|timestamp| Head { timestamp, offset });
        self.cursor += 1;
        self.buffered -= 1;
        if self.chunks.front().is_some_and(|chunk| chunk.len() <= self.cursor) {
            self.drop_spent_chunks();
        }
    }

    #[inline]
    fn drop_spent_chunks(&mut self) {
        while let Some(chunk) = self.chunks.front().filter(|chunk| chunk.len() <= self.cursor) {
            self.taken_to = Some(chunk.next_offset);
            let spent = self.chunks.pop_front();
            if self.cursor > 0 && self.head.is_some() {
                self.head_chunk = spent;
            }
            (self.cursor, self.prefetched) = (0, 0);
        }
    }

    #[inline]
    pub(super) fn head(&self) -> Option<Head> {
        self.head
    }

    /// The bytes of the head.
    pub(super) fn head_record(&self) -> Option<RecordView<'_>> {
        match (self.cursor.checked_sub(1), &self.head_chunk) {
            (Some(last), _) => self.chunks.front().map(|chunk| chunk.record(last)),
            (None, Some(chunk)) => chunk.len().checked_sub(1).map(|last| chunk.record(last)),
            (None, None) => None,
        }
        .filter(|record| self.head.is_some_and(|head| head.offset == record.offset()))
    }

    /// Removes the head after it was processed.
    #[inline]
    pub(super) fn drop_head(&mut self) {
        self.head = None;
        self.head_chunk = None;
    }

    /// Whether there are no records.
    pub(super) fn is_empty(&self) -> bool {
        self.head.is_none() && self.buffered == 0
    }

    /// The number of records.
    pub(super) fn len(&self) -> usize {
        self.buffered + usize::from(self.head.is_some())
    }

    /// The offset to commit: of the head, otherwise of the next record in a chunk, otherwise the offset after the chunks.
    pub(super) fn committable(&self) -> Option<Offset> {
        self.head.map(|head| head.offset).or_else(|| self.peek().map(|record| record.offset())).or(self.taken_to)
    }

    /// The offset of the next record to process; before the first chunk the committed offset.
    pub(super) fn next(&self) -> Option<Offset> {
        self.committable().or(self.committed)
    }

    /// Sets the committed offset. There is nothing to commit as long as the offset does not advance.
    pub(super) fn set_committed(&mut self, offset: Offset) {
        self.committed = Some(offset);
        self.is_resumed = true;
    }

    /// The committed offset; `None` if there is none, or it is not known.
    pub(super) fn committed(&self) -> Option<Offset> {
        self.committed
    }

    /// Sets that no offset is committed, unless one is.
    pub(super) fn set_resumed(&mut self) {
        self.is_resumed = true;
    }

    /// Whether it is known which offset is committed, if one is.
    pub(super) fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    /// The offset at which reading began, if it is known.
    pub(super) fn started_at(&self) -> Option<Offset> {
        self.started_at
    }

    /// The offset to commit, if it has moved past what is committed.
    pub(super) fn uncommitted(&self) -> Option<Offset> {
        self.committable().filter(|offset| Some(*offset) != self.committed)
    }

    /// Whether it has moved past what is committed.
    pub(super) fn has_moved(&self) -> bool {
        self.uncommitted().is_some()
    }

    /// The last known end of the partition.
    pub(super) fn end(&self) -> Option<Offset> {
        self.end
    }

    /// Marks the partition as stalled until the next chunk.
    pub(super) fn set_stalled(&mut self) {
        self.is_stalled = true;
    }

    /// Whether nothing could be fetched for some seconds, so that the end is unknown.
    pub(super) fn is_stalled(&self) -> bool {
        self.is_stalled
    }

    /// The number of records that are known to be in the log and not fetched; `None` before the first chunk.
    pub(super) fn unfetched(&self) -> Option<i64> {
        Some(self.end?.number().saturating_sub(self.fetched_to?.number()))
    }

    /// Since when it is idle, from `now` on if it was not.
    pub(super) fn idle_since(&mut self, now: MonotonicTime) -> MonotonicTime {
        *self.idle_since.get_or_insert(now)
    }

    pub(super) fn stop_idling(&mut self) {
        self.idle_since = None;
    }

    /// Since when it is idle, if it is.
    pub(super) fn idling(&self) -> Option<MonotonicTime> {
        self.idle_since
    }

    /// Begins anew, because the partition has appeared, or is gone.
    pub(super) fn reset(&mut self, presence: Presence) {
        *self = Self::new(self.partition.clone(), presence);
    }

    /// Removes all records, after the partition was assigned elsewhere.
    pub(super) fn clear(&mut self) {
        *self = Self { committed: self.committed, ..Self::new(self.partition.clone(), self.presence) };
    }
}
