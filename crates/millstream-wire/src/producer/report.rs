//! What the responses for partitions change in the producer.

use std::collections::BTreeSet;
use std::sync::Arc;

use millstream_types::TopicPartition;

use super::event::ProduceEvent;
use super::in_flight_batch::InFlightBatch;
use super::producer_id::ProducerId;
use crate::batch::Batch;

/// Which records of a batch are refused.
pub(super) enum AtFault {
    All,
    /// Those at these indexes, counted from 0.
    Some(BTreeSet<u32>),
}

/// The changes and events that partitions report to the producer.
#[derive(Default)]
pub(super) struct Report {
    pub(super) events: Vec<ProduceEvent>,
    /// What has left the buffer.
    pub(super) freed_bytes: usize,
    pub(super) freed_records: usize,
    /// Memory to be used for new batches.
    pub(super) rooms: Vec<Vec<u8>>,
    /// Producer ids that must not be used for more partitions.
    pub(super) dropped_ids: Vec<ProducerId>,
}

impl Report {
    /// Reports that a batch is in the log.
    pub(super) fn written(&mut self, batch: InFlightBatch) {
        self.free(batch.encoded.count() as usize, batch.bytes);
        self.rooms.extend(Arc::try_unwrap(batch.encoded).ok().map(Batch::into_room));
    }

    /// Reports that all or some records of a batch cannot be written.
    pub(super) fn failed(
        &mut self,
        partition: &TopicPartition,
        at_fault: &AtFault,
        batch: &Batch,
        code: i16,
        message: Option<String>,
    ) {
        let (partition, bytes) = (partition.clone(), batch.bytes().len());
        let (records, contents) = match at_fault {
            AtFault::All => (batch.count() as usize, batch.records(|_| true)),
            AtFault::Some(indexes) => (indexes.len(), batch.records(|index| indexes.contains(&index))),
        };
        self.events.push(ProduceEvent::Failed { partition, records, contents, bytes, code, message });
    }

    /// Reports what has left the buffer.
    pub(super) fn free(&mut self, records: usize, bytes: usize) {
        self.freed_records += records;
        self.freed_bytes += bytes;
    }

    pub(super) fn delayed(&mut self, partition: &TopicPartition, code: i16) {
        let reason = format!("{partition} has not been writable for some time: error {code}; writing is retried");
        self.events.push(ProduceEvent::Delayed(reason));
    }

    pub(super) fn producer_unknown(&mut self, partition: &TopicPartition, code: i16) {
        let reason = format!(
            "the brokers have lost the state of this producer for {partition} (error {code}): it continues with a new \
             producer id, and may write the batches in flight twice"
        );
        self.events.push(ProduceEvent::Delayed(reason));
    }
}
