//! Writes records, and checks their acknowledgements.

use std::time::{Duration, Instant};

use millstream::logs::{Log, LogEvent, Producing, TopicState};
use millstream::{Partition, RecordBytes, Timestamp, Topic};

use super::client::{BrokerClient, PATIENCE, now};
use crate::Outcome;
use crate::workload::records::Made;

/// A producer is polled after this many records.
const RECORDS_PER_POLL: u64 = 1_000;

/// A producer for one topic.
pub(crate) struct Feeder<'a> {
    client: &'a BrokerClient,
    topic: Topic,
    producer: Box<dyn Producing>,
    acknowledged: u64,
}

impl<'a> Feeder<'a> {
    pub(crate) fn new(client: &'a BrokerClient, topic: &str) -> Outcome<Self> {
        let topic = Topic::from(topic);
        let mut producer = client.log.producer("compare", &client.signal)?;
        client.until("find a topic", || {
            producer.poll(now(), &mut Vec::new());
            matches!(producer.topic(&topic), TopicState::Ready { .. }).then_some(())
        })?;
        Ok(Self { client, topic, producer, acknowledged: 0 })
    }

    /// Sends a record; waits while the buffer is full.
    pub(crate) fn append(&mut self, record: &Made<'_>) -> Outcome<()> {
        let (partition, at) = (Partition::new(record.partition), Timestamp::from_millis(record.timestamp_ms));
        while !self.producer.append(&self.topic, partition, &RecordBytes::new(at, record.key, Some(record.value))) {
            self.poll()?;
            self.client.signal.wait(Duration::from_millis(1));
        }
        if self.producer.appended().is_multiple_of(RECORDS_PER_POLL) { self.poll() } else { Ok(()) }
    }

    /// Handles acknowledgements and failures.
    pub(crate) fn poll(&mut self) -> Outcome<()> {
        let mut events = Vec::new();
        self.producer.poll(now(), &mut events);
        for event in events {
            match event {
                LogEvent::Acknowledged { up_to } => self.acknowledged = up_to,
                LogEvent::ProduceFailed { error, .. } | LogEvent::Fatal(error) => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Waits until all records are acknowledged.
    pub(crate) fn finish(mut self) -> Outcome<()> {
        self.producer.flush();
        let deadline = Instant::now() + PATIENCE;
        while self.acknowledged < self.producer.appended() {
            if Instant::now() > deadline {
                return Err("the broker did not take all records".into());
            }
            self.poll()?;
            self.client.signal.wait(Duration::from_millis(1));
        }
        Ok(())
    }
}
