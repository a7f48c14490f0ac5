//! One partition that is being written.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use millstream_types::{MonotonicTime, Offset, RecordBytes, TopicPartition};

use super::error_class::ErrorClass;
use super::in_flight_batch::InFlightBatch;
use super::producer_id::ProducerId;
use super::report::{AtFault, Report};
use crate::batch::{Batch, BatchBuilder, Compression, Stamp};
use crate::codes;
use crate::messages::produce::Produced;
use crate::settings::ProduceSettings;

/// A delay is reported after this many failures in a row: a moving leader takes some attempts.
const FAILURES_REPORTED: u32 = 20;

/// The batches of a partition in order: first those in flight, then those that are full, then the one being filled.
///
/// A broker appends a producer's batches in the order of their sequence numbers, each once. One request per broker is in
/// flight, and none is sent after a failed one. So only the first batch can have an unknown outcome; it keeps its sequence
/// number until the outcome is known. The other batches are numbered when they are sent.
pub(super) struct PartitionState {
    pub(super) partition: TopicPartition,
    /// The broker to write to, as far as known.
    pub(super) leader: Option<i32>,
    open: Option<Open>,
    waiting: VecDeque<InFlightBatch>,
    /// How many of the waiting batches are in flight.
    in_flight: usize,
    /// A batch has failed: nothing is sent until no batch is in flight any more.
    is_requeuing: bool,
    /// The producer id of this partition. It stays valid here after the producer has dropped it for others.
    identity: Option<ProducerId>,
    next_sequence: i32,
    not_before: MonotonicTime,
    failures: u32,
    /// Since when look-ups have not found the partition.
    unknown_since: Option<MonotonicTime>,
    /// The offset after the last record that is known to be in the log.
    pub(super) acknowledged: Option<Offset>,
}

/// The batch that is being filled.
struct Open {
    builder: BatchBuilder,
    /// The number of its first record.
    first: u64,
}

impl PartitionState {
    pub(super) fn new(partition: TopicPartition) -> Self {
        Self {
            partition,
            leader: None,
            open: None,
            waiting: VecDeque::new(),
            in_flight: 0,
            is_requeuing: false,
            identity: None,
            next_sequence: 0,
            not_before: MonotonicTime::START,
            failures: 0,
            unknown_since: None,
            acknowledged: None,
        }
    }

    /// Appends the record with this number, whose encoded size is at most `bytes_max`. Returns by how many bytes the partition
    /// has grown.
    #[inline]
    pub(super) fn push(
        &mut self,
        record: &RecordBytes<'_>,
        bytes_max: usize,
        number: u64,
        settings: &ProduceSettings,
        spare: &mut Vec<Vec<u8>>,
    ) -> usize {
        let is_full = self.open_bytes() + bytes_max > settings.batch_bytes_max;
        if is_full {
            self.seal(settings.compression);
        }
        let before = self.open_bytes();
        let open = self.open.get_or_insert_with(|| Open::new(number, spare));
        open.builder.push(record);
        open.builder.bytes() - before
    }

    /// Completes the batch that is being filled, if there is one.
    fn seal(&mut self, compression: Compression) {
        if let Some(Open { builder, first }) = self.open.take() {
            let bytes = builder.bytes();
            self.waiting.push_back(InFlightBatch::new(builder.finish(compression), first, bytes));
        }
    }

    fn open_bytes(&self) -> usize {
        self.open.as_ref().map_or(0, |open| open.builder.bytes())
    }

    /// The number of the first record that is not completed.
    pub(super) fn first_pending(&self) -> Option<u64> {
        self.waiting.front().map(|batch| batch.first).or_else(|| self.first_open())
    }

    /// The number of the first record that is not in flight.
    pub(super) fn first_queued(&self) -> Option<u64> {
        self.waiting.get(self.in_flight).map(|batch| batch.first).or_else(|| self.first_open())
    }

    fn first_open(&self) -> Option<u64> {
        self.open.as_ref().map(|open| open.first)
    }

    /// Whether a complete batch waits: one that is full or was requeued.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() > self.in_flight
    }

    /// The broker to which a batch may be sent now, if any. A partition that has no producer id yet uses `identity`.
    pub(super) fn receiver(&self, identity: Option<ProducerId>, now: MonotonicTime) -> Option<i32> {
        let is_ready = self.identity.or(identity).is_some() && !self.is_requeuing && now >= self.not_before;
        self.leader.filter(|_| is_ready && self.first_queued().is_some())
    }

    /// The next batch to send. There must be a [`receiver`](Self::receiver).
    pub(super) fn send(&mut self, identity: Option<ProducerId>, compression: Compression) -> Option<Arc<Batch>> {
        if !self.is_full() {
            self.seal(compression);
        }
        let batch = self.waiting.get_mut(self.in_flight)?;
        self.identity = self.identity.or(identity);
        let identity = self.identity?;
        if batch.stamp.is_none() {
            let (producer_id, producer_epoch) = (identity.id, identity.epoch);
            batch.stamp(Stamp { producer_id, producer_epoch, sequence: self.next_sequence });
            self.next_sequence = sequence_after(self.next_sequence, batch.encoded.count());
        }
        self.in_flight += 1;
        Some(Arc::clone(&batch.encoded))
    }

    /// Discards everything. A batch in flight may reach the log, but will not be sent again.
    pub(super) fn discard(&mut self, report: &mut Report) {
        if let Some(Open { builder, .. }) = self.open.take() {
            report.free(builder.count() as usize, builder.bytes());
        }
        self.waiting.iter_mut().for_each(|batch| batch.is_discarded = true);
        if self.in_flight == 0 {
            return self.drop_discarded(report);
        }
        for batch in self.waiting.drain(self.in_flight..).rev() {
            report.free(batch.encoded.count() as usize, batch.bytes);
            if let Some(stamp) = batch.stamp {
                self.next_sequence = stamp.sequence;
            }
        }
    }

    /// Handles a batch that was not sent because one before it failed.
    pub(super) fn requeue(&mut self, report: &mut Report) {
        self.in_flight -= 1;
        self.is_requeuing = true;
        self.settle(report);
    }

    /// Handles the end of the connection on which a batch was in flight.
    pub(super) fn connection_lost(&mut self, report: &mut Report) {
        self.mark_first_uncertain();
        self.requeue(report);
    }

    fn mark_first_uncertain(&mut self) {
        if let Some(batch) = self.waiting.front_mut() {
            batch.is_uncertain = true;
        }
    }

    /// When no batch is in flight any more, drops those that were discarded meanwhile, and takes back the sequence numbers of
    /// all others but the first.
    fn settle(&mut self, report: &mut Report) {
        if self.in_flight > 0 || !std::mem::take(&mut self.is_requeuing) {
            return;
        }
        self.drop_discarded(report);
        self.waiting.iter_mut().skip(1).for_each(|batch| batch.stamp = None);
        if let Some(stamp) = self.waiting.front().and_then(|batch| batch.stamp) {
            self.next_sequence = sequence_after(stamp.sequence, self.waiting[0].encoded.count());
        }
    }

    /// Drops the batches that were discarded, none of which is in flight. They are in front of all others.
    fn drop_discarded(&mut self, report: &mut Report) {
        let discarded = self.waiting.iter().take_while(|batch| batch.is_discarded).count();
        if discarded > 0 && self.waiting[0].stamp.is_some() {
            self.reuse_sequence(report);
            self.is_requeuing = false;
        }
        for batch in self.waiting.drain(..discarded) {
            report.free(batch.encoded.count() as usize, batch.bytes);
        }
    }

    /// Handles the partition's part of a response, which is about the first batch in flight.
    pub(super) fn on_response(
        &mut self,
        produced: Option<Produced>,
        settings: &ProduceSettings,
        now: MonotonicTime,
        report: &mut Report,
    ) {
        self.in_flight -= 1;
        let code = produced.as_ref().map_or(codes::UNKNOWN_TOPIC_OR_PARTITION, |produced| produced.error);
        match (ErrorClass::of(code), produced) {
            (ErrorClass::Written, produced) => self.written(produced.and_then(|produced| produced.base_offset), report),
            (ErrorClass::Retriable, _) => self.retry(code, settings, now, report),
            (ErrorClass::LeaderLost, _) => {
                self.leader = None;
                self.retry(code, settings, now, report);
            }
            (ErrorClass::ProducerUnknown, _) => self.producer_unknown(code, settings, now, report),
            (ErrorClass::TooLarge, _) if self.first_count() > 1 => self.split(code, settings.compression, report),
            (ErrorClass::Refused, Some(produced)) => self.remove_at_fault(produced, settings.compression, report),
            (ErrorClass::OutcomeUnknown, produced) => {
                self.mark_first_uncertain();
                self.fail_first(code, produced.and_then(|produced| produced.message), report);
            }
            (ErrorClass::TooLarge | ErrorClass::Refused, produced) => {
                self.fail_first(code, produced.and_then(|produced| produced.message), report);
            }
        }
        self.settle(report);
    }

    fn first_count(&self) -> u32 {
        self.waiting.front().map_or(0, |batch| batch.encoded.count())
    }

    fn written(&mut self, base_offset: Option<Offset>, report: &mut Report) {
        self.failures = 0;
        if let Some(batch) = self.waiting.pop_front() {
            let next = base_offset.map(|offset| Offset::new(offset.number() + i64::from(batch.encoded.count())));
            self.acknowledged = next.or(self.acknowledged);
            report.written(batch);
        }
    }

    fn retry(&mut self, code: i16, settings: &ProduceSettings, now: MonotonicTime, report: &mut Report) {
        self.mark_first_uncertain();
        self.is_requeuing = true;
        self.not_before = now + settings.retry_after;
        self.failures += 1;
        if self.failures == FAILURES_REPORTED {
            report.delayed(&self.partition, code);
        }
    }

    /// Handles a broker that has lost the state of this producer.
    fn producer_unknown(&mut self, code: i16, settings: &ProduceSettings, now: MonotonicTime, report: &mut Report) {
        self.not_before = now + settings.retry_after;
        report.producer_unknown(&self.partition, code);
        self.reset_identity(report);
    }

    /// Drops the producer id: all batches will be written with another one.
    fn reset_identity(&mut self, report: &mut Report) {
        self.is_requeuing = true;
        report.dropped_ids.extend(self.identity.take());
        self.next_sequence = 0;
        for batch in &mut self.waiting {
            (batch.stamp, batch.is_uncertain) = (None, false);
        }
    }

    /// The next batch gets the sequence number of the first, which is not in the log. If that is not certain, it is written
    /// with another producer id, since the broker could take it for a repetition of the first.
    fn reuse_sequence(&mut self, report: &mut Report) {
        match self.waiting.front().map(|batch| (batch.stamp, batch.is_uncertain)) {
            Some((Some(stamp), false)) => {
                self.is_requeuing = true;
                self.next_sequence = stamp.sequence;
                self.waiting.iter_mut().for_each(|batch| batch.stamp = None);
            }
            _ => self.reset_identity(report),
        }
    }

    /// Splits the first batch; its halves are sent one after the other.
    fn split(&mut self, code: i16, compression: Compression, report: &mut Report) {
        let Some((first, second)) = self.waiting.front().and_then(|batch| batch.halves(compression)) else {
            return self.fail_first(code, None, report);
        };
        self.reuse_sequence(report);
        self.waiting[0] = second;
        self.waiting.push_front(first);
    }

    /// Removes the records that are at fault; the others are sent again.
    fn remove_at_fault(&mut self, produced: Produced, compression: Compression, report: &mut Report) {
        let count = self.first_count();
        let at_fault: BTreeSet<u32> = produced.at_fault.into_iter().filter(|index| *index < count).collect();
        let rest = self.waiting.front().and_then(|batch| batch.without(&at_fault, compression));
        let Some(rest) = rest.filter(|_| !at_fault.is_empty()) else {
            return self.fail_first(produced.error, produced.message, report);
        };
        self.reuse_sequence(report);
        let whole = std::mem::replace(&mut self.waiting[0], rest);
        report.free(at_fault.len(), whole.bytes - self.waiting[0].bytes);
        let at_fault = AtFault::Some(at_fault);
        report.failed(&self.partition, &at_fault, &whole.encoded, produced.error, produced.message);
    }

    fn fail_first(&mut self, code: i16, message: Option<String>, report: &mut Report) {
        self.reuse_sequence(report);
        if let Some(batch) = self.waiting.pop_front() {
            let records = batch.encoded.count() as usize;
            report.free(records, batch.bytes);
            report.failed(&self.partition, &AtFault::All, &batch.encoded, code, message);
        }
    }

    /// Handles the result of a look-up: the partition was not found, has no leader, or has a leader.
    pub(super) fn found(
        &mut self,
        found: Option<Option<i32>>,
        settings: &ProduceSettings,
        now: MonotonicTime,
        report: &mut Report,
    ) {
        if let Some(leader) = found {
            (self.leader, self.unknown_since) = (leader, None);
            return;
        }
        let since = *self.unknown_since.get_or_insert(now);
        if now >= since + settings.unknown_for && self.in_flight == 0 {
            self.seal(settings.compression);
            while !self.waiting.is_empty() {
                self.fail_first(codes::UNKNOWN_TOPIC_OR_PARTITION, None, report);
            }
            self.settle(report);
        }
    }
}

impl Open {
    fn new(first: u64, spare: &mut Vec<Vec<u8>>) -> Self {
        Self { builder: BatchBuilder::new(spare.pop().unwrap_or_default()), first }
    }
}

/// The sequence number after a batch. After 2³¹ − 1 comes 0.
fn sequence_after(sequence: i32, count: u32) -> i32 {
    ((sequence as u32).wrapping_add(count) & i32::MAX as u32) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `DefaultRecordBatch.incrementSequence` of Kafka's Java client.
    #[test]
    fn sequence_numbers_wrap_around_after_the_largest() {
        let cases = [(0, 5, 5), (i32::MAX - 1, 1, i32::MAX), (i32::MAX, 1, 0), (i32::MAX - 2, 10, 7)];
        cases.iter().for_each(|(from, count, next)| assert_eq!(sequence_after(*from, *count), *next));
    }
}
