//! How brokers append batches, and respond.

use super::bytes::Writing;
use super::codes::{NOT_LEADER, UNKNOWN_TOPIC_OR_PARTITION};
use super::partition::TestPartition;
use super::records::{self, Written};
use super::requests::{ProduceRequest, SentBatch};
use super::script::Script;
use super::sequences::SequenceCheck;

const MESSAGE_TOO_LARGE: i16 = 10;
const INVALID_RECORD: i16 = 87;

/// The first id that a producer gets.
const FIRST_PRODUCER_ID: i64 = 1000;

/// The response to a batch.
struct Outcome {
    error: i16,
    base_offset: i64,
    /// The indexes of records that are refused.
    at_fault: Vec<usize>,
}

impl Outcome {
    fn appended(base_offset: i64, error: i16) -> Self {
        Self { error, base_offset, at_fault: Vec::new() }
    }

    fn refused(error: i16) -> Self {
        Self { error, base_offset: -1, at_fault: Vec::new() }
    }
}

impl Script {
    pub(super) fn produce(&mut self, broker: i32, request: &ProduceRequest, response: &mut Writing) {
        let by_topic = request.batches.chunk_by(|one, other| one.topic == other.topic);
        response.count(by_topic.clone().count());
        for batches in by_topic {
            response.compact(&batches[0].topic).count(batches.len());
            for batch in batches {
                let outcome = self.take(broker, batch);
                let partition = self.partitions.get(&(batch.topic.clone(), batch.number));
                put_outcome(batch, &outcome, partition.map_or(-1, |it| it.start), response);
            }
            response.tags(None);
        }
        response.int32(self.throttle_ms).tags(None);
    }

    pub(super) fn init_producer_id(&mut self, response: &mut Writing) {
        let error = self.producer_id_errors.pop_front().unwrap_or(0);
        let (id, epoch) = if error == 0 { (FIRST_PRODUCER_ID + self.producer_ids, 0) } else { (-1, -1) };
        self.producer_ids += i64::from(error == 0);
        response.int32(self.throttle_ms).int16(error).int64(id).int16(epoch).tags(None);
    }

    fn take(&mut self, broker: i32, batch: &SentBatch) -> Outcome {
        let records = records::check(&batch.bytes);
        let Some(partition) = self.partitions.get_mut(&(batch.topic.clone(), batch.number)) else {
            return Outcome::refused(UNKNOWN_TOPIC_OR_PARTITION);
        };
        match partition {
            it if it.error != 0 => Outcome::refused(it.error),
            it if it.leader != broker => Outcome::refused(NOT_LEADER),
            it => it.take(batch, &records, self.passed_sequence_error),
        }
    }
}

impl TestPartition {
    fn take(&mut self, batch: &SentBatch, records: &[Written], error_of_passed: i16) -> Outcome {
        if let Some(error) = self.produce_errors.pop_front() {
            return Outcome::refused(error);
        }
        if self.batch_bytes_max.is_some_and(|bytes_max| batch.bytes.len() > bytes_max) {
            return Outcome::refused(MESSAGE_TOO_LARGE);
        }
        let at_fault = self.at_fault(records);
        if !at_fault.is_empty() {
            return Outcome { at_fault, ..Outcome::refused(INVALID_RECORD) };
        }
        let known = self.producers.get(&batch.producer_id);
        let base_offset = match known.map_or(SequenceCheck::Next, |producer| producer.check(batch, error_of_passed)) {
            SequenceCheck::Wrong(error) => return Outcome::refused(error),
            SequenceCheck::Again(base_offset) => base_offset,
            SequenceCheck::Next => self.append(batch),
        };
        Outcome::appended(base_offset, self.produce_errors_after_append.pop_front().unwrap_or(0))
    }

    fn at_fault(&self, records: &[Written]) -> Vec<usize> {
        let Some(refused) = &self.refused_values else { return Vec::new() };
        let is_refused = |record: &Written| record.value.as_ref().is_some_and(|value| value.starts_with(refused));
        (0..records.len()).filter(|index| is_refused(&records[*index])).collect()
    }

    fn append(&mut self, batch: &SentBatch) -> i64 {
        let base_offset = self.end();
        let placed = records::placed(&batch.bytes, base_offset, self.epoch);
        self.batches.push((base_offset + i64::from(batch.count), placed));
        if batch.producer_id >= 0 {
            self.producers.entry(batch.producer_id).or_default().appended(batch, base_offset);
        }
        base_offset
    }
}

fn put_outcome(batch: &SentBatch, outcome: &Outcome, log_start: i64, response: &mut Writing) {
    response.int32(batch.number).int16(outcome.error).int64(outcome.base_offset).int64(-1).int64(log_start);
    response.count(outcome.at_fault.len());
    for index in &outcome.at_fault {
        response.int32(*index as i32).compact(format!("the value of record {index} is refused")).tags(None);
    }
    if outcome.at_fault.is_empty() {
        response.null().tags(None);
    } else {
        response.compact("values are refused").tags(None);
    }
}
