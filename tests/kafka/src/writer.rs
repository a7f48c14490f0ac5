//! A writer of records that waits for their acknowledgement.

use std::fmt;

use millstream::kafka::KafkaLog;
use millstream::logs::{Log, LogEvent, Producing, Signal};
use millstream::{Partition, RecordBytes, Timestamp, Topic};

use crate::waiting::{now, until};

/// A producer that waits for the broker during an outage, and neither loses nor duplicates records.
pub struct Writer {
    producer: Box<dyn Producing>,
    acknowledged: u64,
}

impl Writer {
    /// A writer to this log.
    ///
    /// # Panics
    /// When its settings are refused.
    #[must_use]
    pub fn new(log: &KafkaLog) -> Self {
        Self { producer: log.producer("writer", &Signal::new()).expect("a producer"), acknowledged: 0 }
    }

    /// Writes a record. Waits while the buffer of the producer is full.
    ///
    /// # Panics
    /// When it is still full at the end of the wait.
    pub fn put(&mut self, topic: &Topic, partition: Partition, at: Timestamp, key: Option<&str>, value: &str) {
        let (key, value) = (key.map(str::as_bytes), Some(value.as_bytes()));
        until("there is room for a record", || {
            let is_taken = self.producer.append(topic, partition, &RecordBytes::new(at, key, value));
            if !is_taken {
                self.poll();
            }
            is_taken.then_some(())
        });
    }

    /// Polls the producer. Returns the number of acknowledged records.
    ///
    /// # Panics
    /// When a record was rejected.
    pub fn poll(&mut self) -> u64 {
        let mut events = Vec::new();
        self.producer.poll(now(), &mut events);
        for event in events {
            match event {
                LogEvent::Acknowledged { up_to } => self.acknowledged = up_to,
                LogEvent::ProduceFailed { partition, error, .. } => panic!("{partition}: {error}"),
                _ => {}
            }
        }
        self.acknowledged
    }

    /// Waits until all records are acknowledged.
    ///
    /// # Panics
    /// When they are not acknowledged in time.
    pub fn settle(&mut self) {
        self.producer.flush();
        until("all records are written", || (self.poll() == self.producer.appended()).then_some(()));
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("acknowledged", &self.acknowledged).finish_non_exhaustive()
    }
}
