//! A producer that records what is written.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use millstream_log::{DiscardScope, Lease, LogEvent, Producing, Sending, TopicState};
use millstream_types::{MonotonicTime, Offset, Partition, RecordBytes, Topic, TopicPartition};

use crate::outputs::Outputs;

/// The written records, shared by the producer and the test.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedOutputs(Arc<Mutex<Outputs>>);

impl SharedOutputs {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Outputs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A producer that records all accepted records.
pub(crate) struct Tap {
    producer: Box<dyn Producing>,
    outputs: SharedOutputs,
}

impl Tap {
    pub(crate) fn new(producer: Box<dyn Producing>, outputs: SharedOutputs) -> Self {
        Self { producer, outputs }
    }
}

impl Producing for Tap {
    fn topic(&mut self, topic: &Topic) -> TopicState {
        self.producer.topic(topic)
    }

    fn append(&mut self, topic: &Topic, partition: Partition, record: &RecordBytes<'_>) -> bool {
        let taken = self.producer.append(topic, partition, record);
        if taken {
            self.outputs.lock().push(topic, partition, record);
        }
        taken
    }

    fn appended(&self) -> u64 {
        self.producer.appended()
    }

    fn acknowledged_offset(&self, partition: &TopicPartition) -> Option<Offset> {
        self.producer.acknowledged_offset(partition)
    }

    fn flush(&mut self) {
        self.producer.flush();
    }

    fn set_lease(&mut self, lease: Lease) {
        self.producer.set_lease(lease);
    }

    fn set_sending(&mut self, sending: Sending) {
        self.producer.set_sending(sending);
    }

    fn discard(&mut self, scope: DiscardScope<'_>) {
        self.producer.discard(scope);
    }

    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        self.producer.poll(now, events);
    }
}
