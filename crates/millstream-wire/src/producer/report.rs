//! What responses mean for the producer as a whole.

use std::collections::BTreeSet;
use std::sync::Arc;

use millstream_types::TopicPartition;

use super::event::ProduceEvent;
use super::in_flight_batch::InFlightBatch;
use crate::batch::Batch;
use crate::messages::init_producer_id::ProducerId;

/// Which records of a batch are refused.
pub(super) enum AtFault {
    All,
    /// Those at these indexes, counted from 0.
    Some(BTreeSet<u32>),
}

/// What partitions have to say.
#[derive(Default)]
pub(super) struct Report {
    pub(super) events: Vec<ProduceEvent>,
    /// What waits no longer in the buffer.
    pub(super) freed_bytes: usize,
    pub(super) freed_records: usize,
    /// Memory to fill again.
    pub(super) rooms: Vec<Vec<u8>>,
    /// Numbers as which nothing new should be written.
    pub(super) left: Vec<ProducerId>,
}

impl Report {
    /// A batch is in the log.
    pub(super) fn written(&mut self, batch: InFlightBatch) {
        self.free(batch.encoded.count() as usize, batch.bytes);
        self.rooms.extend(Arc::try_unwrap(batch.encoded).ok().map(Batch::into_room));
    }

    /// Records of this batch, all or some, cannot be written.
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

    /// So much waits no longer.
    pub(super) fn free(&mut self, records: usize, bytes: usize) {
        self.freed_records += records;
        self.freed_bytes += bytes;
    }

    pub(super) fn delayed(&mut self, partition: &TopicPartition, code: i16) {
        let reason = format!("{partition} cannot be written for some time already: error {code}; it is tried again");
        self.events.push(ProduceEvent::Delayed(reason));
    }

    pub(super) fn forgotten(&mut self, partition: &TopicPartition, code: i16) {
        let reason = format!(
            "the brokers no longer know what they have of {partition} by this producer (error {code}): it goes on \
             as a new one, and may write twice what it was just writing"
        );
        self.events.push(ProduceEvent::Delayed(reason));
    }
}
