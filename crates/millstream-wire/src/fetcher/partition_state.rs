//! One partition that is being read.

use std::collections::VecDeque;
use std::time::Duration;

use millstream_log::{BytesInUse, CHUNK_RECORDS_MAX, Chunk, ChunkBuilder, ReadPosition};
use millstream_types::{MonotonicTime, Offset, TopicPartition};

use super::event::Halt;
use super::nearer_replica::NearerReplica;
use crate::batch::{BatchError, Batches};
use crate::codes;
use crate::leaders::Leader;
use crate::messages::fetch::{FetchPartition, Fetched};
use crate::settings::FetchSettings;

/// A partition has stalled when nothing of it was fetched for this long, plus the time that a broker may hold a request.
const STALLED_AFTER: Duration = Duration::from_secs(3);

/// The size of a chunk in bytes, which it exceeds by one record at most.
const CHUNK_BYTES_MAX: usize = 1 << 20;

/// The limits of what may be fetched now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// A partition with more bytes waiting than this is not fetched.
    pub(crate) waiting_bytes_max: usize,
    /// A partition with this many bytes in use is not fetched.
    pub(crate) partition_bytes_max: usize,
    /// Whether all partitions together have reached their limit.
    pub(crate) is_full: bool,
}

/// Why reading a partition cannot continue, and where it could continue after an unreadable batch.
#[derive(Debug)]
pub(crate) struct Halted {
    pub(crate) why: Halt,
    pub(crate) next: Option<Offset>,
}

/// The position of a partition, and its batches that were fetched and not returned yet.
pub(crate) struct PartitionState {
    partition: TopicPartition,
    /// The position of the next record to return.
    position: ReadPosition,
    /// The offset of the next record to request.
    fetch_next: Offset,
    end: Offset,
    waiting: VecDeque<Batches>,
    /// The bytes of the chunks that are still in use.
    in_use: BytesInUse,
    /// The records and bytes of the last chunk, which are reserved for the next one.
    chunk_size: (usize, usize),
    /// Why reading ends after the batches that wait.
    halt: Option<Halted>,
    /// The offset from which it was fetched again because a batch could not be read.
    refetched_at: Option<Offset>,
    pub(crate) leader: Option<Leader>,
    replica: NearerReplica,
    /// Whether a response was lost, or there was none.
    is_new: bool,
    /// The broker whose response is awaited.
    pub(crate) requested_from: Option<i32>,
    /// The broker to which the last request was sent.
    last_requested_from: Option<i32>,
    not_before: MonotonicTime,
    /// Since when a successful response has been awaited.
    awaiting_since: Option<MonotonicTime>,
    is_stalled: bool,
    /// The leader epoch of the batch that was fetched last.
    last_epoch: Option<i32>,
    /// The epoch of the leader whose log is known to contain everything that was fetched.
    checked_epoch: i32,
}

impl PartitionState {
    pub(crate) fn new(partition: TopicPartition, next: Offset, end: Offset, in_use: BytesInUse) -> Self {
        Self {
            partition,
            position: ReadPosition::new(next, end),
            fetch_next: next,
            end,
            waiting: VecDeque::new(),
            in_use,
            chunk_size: (0, 0),
            halt: None,
            refetched_at: None,
            leader: None,
            replica: NearerReplica::Unnamed,
            is_new: true,
            requested_from: None,
            last_requested_from: None,
            not_before: MonotonicTime::START,
            awaiting_since: None,
            is_stalled: false,
            last_epoch: None,
            checked_epoch: -1,
        }
    }

    /// Whether more of it may be requested now.
    pub(crate) fn wants_more(&self, now: MonotonicTime, room: Room) -> bool {
        self.requested_from.is_none() && now >= self.not_before && self.has_room(room)
    }

    /// Whether more may be fetched: what waits must be at most one response, and not too much may be in use. Bytes of other
    /// partitions alone do not stop it: the task may need this partition's records to use theirs.
    fn has_room(&self, room: Room) -> bool {
        let (waiting, in_use) = (self.waiting_bytes(), self.in_use.bytes());
        let is_unused = waiting == 0 && in_use == 0;
        let fits = waiting <= room.waiting_bytes_max && in_use < room.partition_bytes_max && !room.is_full;
        self.halt.is_none() && (is_unused || fits)
    }

    /// The memory of the batches that wait, in bytes.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting.iter().map(Batches::memory_bytes).sum()
    }

    /// Frees what batches that wait take decompressed.
    pub(crate) fn pack(&mut self) {
        self.waiting.iter_mut().for_each(Batches::pack);
    }

    /// Whether another chunk may be made of what waits: not too much may be in use. One chunk is always allowed.
    pub(crate) fn may_unpack(&self, settings: &FetchSettings) -> bool {
        let in_use = self.in_use.bytes();
        let fits =
            || in_use < settings.partition_buffer_bytes_max && self.in_use.all_bytes() < settings.buffer_bytes_max;
        in_use == 0 || fits()
    }

    /// Whether nothing could be fetched for too long. Returns true once, until something is fetched again.
    pub(crate) fn has_stalled(&mut self, now: MonotonicTime, room: Room, wait_max: Duration) -> bool {
        if !self.has_room(room) {
            self.awaiting_since = None;
            return false;
        }
        let since = *self.awaiting_since.get_or_insert(now);
        let is_late = now >= since + STALLED_AFTER.saturating_add(wait_max);
        is_late && !std::mem::replace(&mut self.is_stalled, true)
    }

    /// Handles the result of a look-up. It may be outdated, so a known leader is replaced only by one of a later epoch.
    pub(crate) fn found_leader(&mut self, found: Option<Leader>) {
        match (self.leader, found) {
            (None, found) => self.leader = found,
            (Some(known), Some(found)) if found.epoch > known.epoch => {
                self.lose_leader();
                self.leader = Some(found);
            }
            (Some(_), _) => {}
        }
    }

    /// The broker to read from: its leader, or the replica that this has named.
    pub(crate) fn source(&self, now: MonotonicTime) -> Option<i32> {
        self.leader.map(|leader| self.replica.broker(now).unwrap_or(leader.broker))
    }

    /// The broker to read from, unless the last request for this partition was sent to it.
    pub(crate) fn new_source(&self, now: MonotonicTime) -> Option<i32> {
        self.source(now).filter(|broker| Some(*broker) != self.last_requested_from)
    }

    /// Whether its leader must not name a replica.
    pub(crate) fn avoids_replicas(&self, now: MonotonicTime) -> bool {
        self.replica.is_avoided(now)
    }

    /// Handles a broker that cannot be used: forgets that it is the leader, or reads from the leader instead.
    pub(crate) fn lose_source(&mut self, broker: i32, now: MonotonicTime) {
        if self.leader.is_some_and(|leader| leader.broker == broker) {
            self.lose_leader();
        } else if self.source(now) == Some(broker) || self.requested_from == Some(broker) {
            self.replica.failed(now);
            self.lose_request();
        }
    }

    /// The next request to this broker.
    pub(crate) fn request(&mut self, leader: Leader, broker: i32) -> FetchPartition {
        self.requested_from = Some(broker);
        self.last_requested_from = self.requested_from;
        let has_new_leader = leader.epoch != self.checked_epoch;
        FetchPartition {
            partition: self.partition.clone(),
            offset: self.fetch_next,
            leader_epoch: leader.epoch,
            last_epoch: self.last_epoch.filter(|_| has_new_leader),
            is_new: std::mem::take(&mut self.is_new),
        }
    }

    /// Handles its part of a response. After a retriable error the next request waits for
    /// [`retry_after`](FetchSettings::retry_after).
    pub(crate) fn on_response(&mut self, fetched: Fetched, now: MonotonicTime, settings: &FetchSettings) {
        let from = self.requested_from.take();
        let leader = self.leader.map(|leader| leader.broker);
        let is_replica = from != leader;
        if is_replica && (fetched.error != codes::NONE || fetched.diverges_at.is_some()) {
            // The leader knows better. A replica may be behind, or may not be one any more.
            self.replica.failed(now);
            return;
        }
        if let Some(replica) = fetched.nearer_replica.filter(|_| fetched.error == codes::NONE && !is_replica)
            && !self.replica.is_avoided(now)
        {
            self.replica.named(replica, now);
            return;
        }
        if let Some(end) = fetched.diverges_at {
            self.halt(Halt::Truncated { start: fetched.start, end });
            return;
        }
        match fetched.error {
            codes::NONE => self.take_in(fetched, now, settings),
            codes::OFFSET_OUT_OF_RANGE => self.halt(Halt::OutOfRange),
            code if codes::is_retriable(code) => {
                self.lose_leader();
                self.not_before = now + settings.retry_after;
            }
            code => self.halt(Halt::Refused { code }),
        }
    }

    /// Handles a response in a session that leaves the partition out: it has no new records.
    pub(crate) fn on_unchanged(&mut self) {
        self.has_responded();
    }

    /// Records that its log is known up to its end.
    fn has_responded(&mut self) {
        self.checked_epoch = self.leader.map_or(-1, |leader| leader.epoch);
        self.awaiting_since = None;
        // After a stall the end is reported again, even if there are no new records.
        if std::mem::take(&mut self.is_stalled) {
            self.position.report_end();
        }
    }

    fn halt(&mut self, why: Halt) {
        self.halt = Some(Halted { why, next: None });
    }

    fn take_in(&mut self, fetched: Fetched, now: MonotonicTime, settings: &FetchSettings) {
        self.end = fetched.end;
        self.has_responded();
        if fetched.records.is_empty() {
            return;
        }
        match Batches::new(fetched.records, self.fetch_next, fetched.aborted) {
            Ok(batches) if batches.next_offset() > self.fetch_next => {
                self.fetch_next = batches.next_offset();
                self.last_epoch = batches.leader_epoch();
                self.waiting.push_back(batches.with_batch_bytes_max(settings.batch_bytes_max));
            }
            // There are bytes, but no complete batch: a request sent at once might get the same response for ever.
            Ok(_) => self.not_before = now + settings.retry_after,
            Err(error) => {
                self.not_before = now + settings.retry_after;
                self.damaged(error, self.fetch_next, None);
            }
        }
    }

    /// Handles a batch that cannot be read. If it may have been damaged in transit, it is fetched once more.
    fn damaged(&mut self, error: BatchError, at: Offset, next: Option<Offset>) {
        if error.may_be_transient() && self.refetched_at != Some(at) {
            // A response that is in flight has later offsets, and is dropped.
            (self.refetched_at, self.fetch_next, self.last_epoch) = (Some(at), at, None);
            self.lose_request();
        } else {
            self.halt = Some(Halted { why: Halt::Damaged(error), next });
        }
    }

    /// Forgets its leader, and the request that is in flight.
    pub(crate) fn lose_leader(&mut self) {
        self.replica.forget();
        self.leader = None;
        self.lose_request();
    }

    /// Ignores the response to the request that is in flight.
    fn lose_request(&mut self) {
        self.is_new |= self.requested_from.take().is_some();
    }

    /// Whether there may be something to return.
    pub(crate) fn is_ready(&self) -> bool {
        !self.waiting.is_empty() || self.halt.is_some() || self.position.is_end_due()
    }

    /// Returns what was fetched, at most one chunk of it.
    ///
    /// # Errors
    /// When reading cannot continue from the returned offset. The records before it are returned first.
    pub(crate) fn take(&mut self) -> Result<Option<Chunk>, (Offset, Halted)> {
        if self.waiting.is_empty()
            && let Some(halt) = self.halt.take()
        {
            return Err((self.position.next(), halt));
        }
        let (records, bytes) = self.chunk_size;
        let mut chunk = ChunkBuilder::with_capacity(records, bytes);
        if let Err(error) = self.fill(&mut chunk) {
            let last = self.waiting.front().and_then(Batches::next_batch).map(|(_, last)| last);
            self.waiting.clear();
            self.damaged(error, self.position.next(), last.map(Offset::next));
        }
        if !self.position.take_due() {
            return Ok(None);
        }
        self.chunk_size = (chunk.len(), chunk.size_bytes());
        let next = self.position.next();
        Ok(Some(chunk.count_in(&self.in_use).finish(self.partition.clone(), next, self.end.max(next))))
    }

    fn fill(&mut self, chunk: &mut ChunkBuilder) -> Result<(), BatchError> {
        while let Some(batches) = self.waiting.front_mut() {
            let read = batches.read_up_to(CHUNK_RECORDS_MAX - chunk.len(), CHUNK_BYTES_MAX, chunk);
            self.position.advance(batches.position());
            read?;
            if !batches.is_empty() {
                break;
            }
            self.waiting.pop_front();
        }
        Ok(())
    }
}
