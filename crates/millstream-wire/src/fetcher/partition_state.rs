//! One partition that is being read.

use std::collections::VecDeque;
use std::time::Duration;

use millstream_log::{Chunk, ChunkBuilder};
use millstream_types::{MonotonicTime, Offset, TopicPartition};

use super::Halt;
use crate::batch::{BatchError, Batches};
use crate::codes;
use crate::messages::fetch::{FetchPartition, Fetched};
use crate::messages::metadata::Leader;

/// No chunk holds more records: a task wants to look at its other partitions too.
const CHUNK_RECORDS_MAX: usize = 1_000;

/// A partition is stalled when nothing of it was fetched for this long, beyond the time that a broker may hold a request.
const STALLED_AFTER: Duration = Duration::from_secs(3);

/// How far a partition is, and what has come of it and waits to be taken.
pub(crate) struct PartitionState {
    partition: TopicPartition,
    /// The offset of the next record to hand over.
    next: Offset,
    /// The offset of the next record to request.
    fetch_next: Offset,
    end: Offset,
    waiting: VecDeque<Batches>,
    /// What the last chunk came to, and the next one may.
    chunk_size: (usize, usize),
    /// It begins at its end, and that was not reported yet.
    is_unheard_of: bool,
    /// Why it cannot be read on, once what waits is taken.
    halt: Option<Halt>,
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
    pub(crate) fn new(partition: TopicPartition, next: Offset, end: Offset) -> Self {
        Self {
            partition,
            next,
            fetch_next: next,
            end,
            waiting: VecDeque::new(),
            chunk_size: (0, 0),
            is_unheard_of: next == end,
            halt: None,
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
    pub(crate) fn wants_more(&self, now: MonotonicTime, waiting_bytes_max: usize) -> bool {
        self.requested_from.is_none() && now >= self.not_before && self.has_room(waiting_bytes_max)
    }

    /// Whether more of it is to be fetched: while what waits is at most one response, of so many bytes.
    fn has_room(&self, waiting_bytes_max: usize) -> bool {
        self.halt.is_none() && self.waiting.iter().map(Batches::size_bytes).sum::<usize>() <= waiting_bytes_max
    }

    /// Whether nothing of it could be fetched for too long; that is so once until something is fetched.
    pub(crate) fn has_stalled(&mut self, now: MonotonicTime, waiting_bytes_max: usize, wait_max: Duration) -> bool {
        if !self.has_room(waiting_bytes_max) {
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

    /// Takes in the response of its leader. After a retriable error the next request waits for `retry_after`.
    pub(crate) fn on_response(&mut self, fetched: Fetched, now: MonotonicTime, retry_after: Duration) {
        self.requested_from = None;
        if let Some(end) = fetched.diverges_at {
            self.halt = Some(Halt::Truncated { start: fetched.start, end });
            return;
        }
        match fetched.error {
            codes::NONE => self.take_in(fetched, now, retry_after),
            codes::OFFSET_OUT_OF_RANGE => self.halt = Some(Halt::OutOfRange),
            code if codes::is_retriable(code) => {
                self.leader = None;
                self.not_before = now + retry_after;
            }
            code => self.halt = Some(Halt::Refused { code }),
        }
    }

    fn take_in(&mut self, fetched: Fetched, now: MonotonicTime, retry_after: Duration) {
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
                self.waiting.push_back(batches);
            }
            // Bytes, and nothing whole among them: a request sent at once might get the same response for ever.
            Ok(_) => self.not_before = now + retry_after,
            Err(error) => self.halt = Some(Halt::Damaged(error)),
        }
    }

    /// Its leader is not to be had any more.
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
    pub(crate) fn take(&mut self) -> Result<Option<Chunk>, (Offset, Halt)> {
        if self.waiting.is_empty()
            && let Some(halt) = self.halt.take()
        {
            return Err((self.next, halt));
        }
        let before = self.next;
        let (records, bytes) = self.chunk_size;
        let mut chunk = ChunkBuilder::with_capacity(records, bytes);
        if let Err(error) = self.fill(&mut chunk) {
            self.waiting.clear();
            self.halt = Some(Halt::Damaged(error));
        }
        if self.next == before && !std::mem::take(&mut self.is_unheard_of) {
            return Ok(None);
        }
        self.is_unheard_of = false;
        self.chunk_size = (chunk.len(), chunk.size_bytes());
        let end = self.end.max(self.next);
        Ok(Some(chunk.finish(self.partition.clone(), self.next, end)))
    }

    fn fill(&mut self, chunk: &mut ChunkBuilder) -> Result<(), BatchError> {
        while let Some(batches) = self.waiting.front_mut() {
            let read = batches.read(CHUNK_RECORDS_MAX - chunk.len(), chunk);
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
