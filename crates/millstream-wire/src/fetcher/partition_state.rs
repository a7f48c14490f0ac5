//! One partition that is being read.

use std::collections::VecDeque;
use std::time::Duration;

use millstream_log::{BytesInUse, Chunk, ChunkBuilder};
use millstream_types::{MonotonicTime, Offset, TopicPartition};

use super::event::Halt;
use crate::batch::{BatchError, Batches};
use crate::codes;
use crate::messages::fetch::{FetchPartition, Fetched};
use crate::messages::metadata::Leader;
use crate::settings::FetchSettings;

/// The most records of a chunk: a task looks at its other partitions in between.
const CHUNK_RECORDS_MAX: usize = 1_000;

/// A partition is stalled when nothing of it was fetched for this long, beyond the time that a broker may hold a request.
const STALLED_AFTER: Duration = Duration::from_secs(3);

/// No chunk has many more bytes: one record more at most.
const CHUNK_BYTES_MAX: usize = 1 << 20;

/// How much more may be fetched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// While more than this waits of a partition it is not fetched.
    pub(crate) waiting_bytes_max: usize,
    /// Nor while so much of it is in use.
    pub(crate) partition_bytes_max: usize,
    /// Whether all partitions together use as much as they may.
    pub(crate) is_full: bool,
}

/// Why a partition cannot be read on, and where it may be read on without what is wrong.
#[derive(Debug)]
pub(crate) struct Halted {
    pub(crate) why: Halt,
    pub(crate) next: Option<Offset>,
}

/// The position of a partition, and the batches of it that were fetched and not handed over.
pub(crate) struct PartitionState {
    partition: TopicPartition,
    /// The offset of the next record to hand over.
    next: Offset,
    /// The offset of the next record to request.
    fetch_next: Offset,
    end: Offset,
    waiting: VecDeque<Batches>,
    /// Counts what was handed over and is still held.
    in_use: BytesInUse,
    /// What the last chunk came to, and the next one may.
    chunk_size: (usize, usize),
    /// It begins at its end, and that was not reported yet.
    is_unheard_of: bool,
    /// Why reading ends after the batches that wait.
    halt: Option<Halted>,
    /// Where it was fetched once more, since what came could not be read.
    refetched_at: Option<Offset>,
    pub(crate) leader: Option<Leader>,
    /// The broker whose response is due.
    pub(crate) requested_from: Option<i32>,
    /// The broker that the last request went to.
    last_requested_from: Option<i32>,
    not_before: MonotonicTime,
    /// Since when a successful response is waited for.
    unheard_since: Option<MonotonicTime>,
    is_stalled: bool,
    /// The epoch of the batch that was fetched last.
    last_epoch: Option<i32>,
    /// The epoch of the leader that was found to have all that was fetched.
    checked_epoch: i32,
}

impl PartitionState {
    pub(crate) fn new(partition: TopicPartition, next: Offset, end: Offset, in_use: BytesInUse) -> Self {
        Self {
            partition,
            next,
            fetch_next: next,
            end,
            waiting: VecDeque::new(),
            in_use,
            chunk_size: (0, 0),
            is_unheard_of: next == end,
            halt: None,
            refetched_at: None,
            leader: None,
            requested_from: None,
            last_requested_from: None,
            not_before: MonotonicTime::START,
            unheard_since: None,
            is_stalled: false,
            last_epoch: None,
            checked_epoch: -1,
        }
    }

    /// Whether more of it may be requested now.
    pub(crate) fn wants_more(&self, now: MonotonicTime, room: Room) -> bool {
        self.requested_from.is_none() && now >= self.not_before && self.has_room(room)
    }

    /// Whether more of it is to be fetched: while what waits is at most one response, and not too much is in use. What is
    /// in use of others alone does not stop it, since they may wait for its records.
    fn has_room(&self, room: Room) -> bool {
        let (waiting, in_use) = (self.waiting_bytes(), self.in_use.bytes());
        let is_unused = waiting == 0 && in_use == 0;
        let fits = waiting <= room.waiting_bytes_max && in_use < room.partition_bytes_max && !room.is_full;
        self.halt.is_none() && (is_unused || fits)
    }

    /// Bytes of memory that wait to be taken.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting.iter().map(Batches::memory_bytes).sum()
    }

    /// Whether another chunk may be made of what waits: while not too much is in use. One chunk may always be.
    pub(crate) fn may_unpack(&self, settings: &FetchSettings) -> bool {
        let in_use = self.in_use.bytes();
        let fits =
            || in_use < settings.partition_buffer_bytes_max && self.in_use.all_bytes() < settings.buffer_bytes_max;
        in_use == 0 || fits()
    }

    /// Whether nothing of it could be fetched for too long; that is so once until something is fetched.
    pub(crate) fn has_stalled(&mut self, now: MonotonicTime, room: Room, wait_max: Duration) -> bool {
        if !self.has_room(room) {
            self.unheard_since = None;
            return false;
        }
        let since = *self.unheard_since.get_or_insert(now);
        let is_late = now >= since + STALLED_AFTER.saturating_add(wait_max);
        is_late && !std::mem::replace(&mut self.is_stalled, true)
    }

    /// Takes in what a look-up has found: it may be behind, so a known leader gives way only to a later one.
    pub(crate) fn found_leader(&mut self, found: Option<Leader>) {
        match (self.leader, found) {
            (None, found) => self.leader = found,
            (Some(known), Some(found)) if found.epoch > known.epoch => {
                self.lose_leader();
                self.leader = Some(found);
            }
            _ => {}
        }
    }

    /// Its leader, if no request for this partition went to it yet, or another broker got one since.
    pub(crate) fn new_leader(&self) -> Option<i32> {
        self.leader.map(|leader| leader.broker).filter(|broker| Some(*broker) != self.last_requested_from)
    }

    /// The next request to its leader.
    pub(crate) fn ask(&mut self, leader: Leader) -> FetchPartition {
        self.requested_from = Some(leader.broker);
        self.last_requested_from = self.requested_from;
        let has_new_leader = leader.epoch != self.checked_epoch;
        FetchPartition {
            partition: self.partition.clone(),
            offset: self.fetch_next,
            leader_epoch: leader.epoch,
            last_epoch: self.last_epoch.filter(|_| has_new_leader),
        }
    }

    /// Takes in the response of its leader. After a retriable error the next request waits for
    /// [`retry_after`](FetchSettings::retry_after).
    pub(crate) fn on_response(&mut self, fetched: Fetched, now: MonotonicTime, settings: &FetchSettings) {
        self.requested_from = None;
        if let Some(end) = fetched.diverges_at {
            self.halt(Halt::Truncated { start: fetched.start, end });
            return;
        }
        match fetched.error {
            codes::NONE => self.take_in(fetched, now, settings),
            codes::OFFSET_OUT_OF_RANGE => self.halt(Halt::OutOfRange),
            code if codes::is_retriable(code) => {
                self.leader = None;
                self.not_before = now + settings.retry_after;
            }
            code => self.halt(Halt::Refused { code }),
        }
    }

    fn halt(&mut self, why: Halt) {
        self.halt = Some(Halted { why, next: None });
    }

    fn take_in(&mut self, fetched: Fetched, now: MonotonicTime, settings: &FetchSettings) {
        self.checked_epoch = self.leader.map_or(-1, |leader| leader.epoch);
        self.end = fetched.end;
        self.unheard_since = None;
        // The end is known again, which is reported even if there is nothing new.
        self.is_unheard_of |= std::mem::take(&mut self.is_stalled);
        if fetched.records.is_empty() {
            return;
        }
        match Batches::new(fetched.records, self.fetch_next, fetched.aborted) {
            Ok(batches) if batches.next_offset() > self.fetch_next => {
                self.fetch_next = batches.next_offset();
                self.last_epoch = batches.leader_epoch();
                self.waiting.push_back(batches.with_batch_bytes_max(settings.batch_bytes_max));
            }
            // Bytes, and nothing whole among them: a request sent at once might get the same response for ever.
            Ok(_) => self.not_before = now + settings.retry_after,
            Err(error) => {
                self.not_before = now + settings.retry_after;
                self.damaged(error, self.fetch_next, None);
            }
        }
    }

    /// A batch cannot be read. One that may have been damaged on the way is fetched once more.
    fn damaged(&mut self, error: BatchError, at: Offset, next: Option<Offset>) {
        if error.may_be_transient() && self.refetched_at != Some(at) {
            // A response that is under way is about later offsets, and is dropped.
            (self.refetched_at, self.fetch_next, self.requested_from, self.last_epoch) = (Some(at), at, None, None);
        } else {
            self.halt = Some(Halted { why: Halt::Damaged(error), next });
        }
    }

    /// Forgets its leader, and the request that is in flight.
    pub(crate) fn lose_leader(&mut self) {
        (self.leader, self.requested_from) = (None, None);
    }

    /// Whether there may be something to take.
    pub(crate) fn is_ready(&self) -> bool {
        !self.waiting.is_empty() || self.halt.is_some() || self.is_unheard_of
    }

    /// What has come, at most one chunk of it.
    ///
    /// # Errors
    /// When it cannot be read on from that offset; that comes alone, after the records before it.
    pub(crate) fn take(&mut self) -> Result<Option<Chunk>, (Offset, Halted)> {
        if self.waiting.is_empty()
            && let Some(halt) = self.halt.take()
        {
            return Err((self.next, halt));
        }
        let before = self.next;
        let (records, bytes) = self.chunk_size;
        let mut chunk = ChunkBuilder::with_capacity(records, bytes);
        if let Err(error) = self.fill(&mut chunk) {
            let last = self.waiting.front().and_then(Batches::next_batch).map(|(_, last)| last);
            self.waiting.clear();
            self.damaged(error, self.next, last.map(Offset::next));
        }
        if self.next == before && !std::mem::take(&mut self.is_unheard_of) {
            return Ok(None);
        }
        self.is_unheard_of = false;
        self.chunk_size = (chunk.len(), chunk.size_bytes());
        let end = self.end.max(self.next);
        Ok(Some(chunk.count_in(&self.in_use).finish(self.partition.clone(), self.next, end)))
    }

    fn fill(&mut self, chunk: &mut ChunkBuilder) -> Result<(), BatchError> {
        while let Some(batches) = self.waiting.front_mut() {
            let read = batches.read_up_to(CHUNK_RECORDS_MAX - chunk.len(), CHUNK_BYTES_MAX, chunk);
            self.next = batches.position();
            read?;
            if !batches.is_empty() {
                break;
            }
            self.waiting.pop_front();
        }
        Ok(())
    }
}
