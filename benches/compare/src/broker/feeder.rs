//! Writing records, with an eye on what becomes of them.

use std::time::{Duration, Instant};

use millstream::logs::{Log, LogEvent, Producing, TopicState};
use millstream::{Partition, RecordBytes, Timestamp, Topic};

use super::hands::{Hands, PATIENCE, now};
use crate::Outcome;
use crate::workload::records::Made;

/// A producer is polled after so many records.
const RECORDS_PER_POLL: u64 = 1_000;

/// A producer into one topic.
pub(crate) struct Feeder<'a> {
    hands: &'a Hands,
    topic: Topic,
    producer: Box<dyn Producing>,
    acknowledged: u64,
}

impl<'a> Feeder<'a> {
    pub(crate) fn new(hands: &'a Hands, topic: &str) -> Outcome<Self> {
        let topic = Topic::from(topic);
        let mut producer = hands.log.producer("compare", &hands.signal)?;
        hands.until("find a topic", || {
            producer.poll(now(), &mut Vec::new());
            matches!(producer.topic(&topic), TopicState::Ready { .. }).then_some(())
        })?;
        Ok(Self { hands, topic, producer, acknowledged: 0 })
    }

    /// Sends a record, as soon as there is room for it.
    pub(crate) fn append(&mut self, record: &Made<'_>) -> Outcome<()> {
        let (partition, at) = (Partition::new(record.partition), Timestamp::from_millis(record.timestamp_ms));
        while !self.producer.append(&self.topic, partition, &RecordBytes::new(at, record.key, Some(record.value))) {
            self.poll()?;
            self.hands.signal.wait(Duration::from_millis(1));
        }
        if self.producer.appended().is_multiple_of(RECORDS_PER_POLL) { self.poll() } else { Ok(()) }
    }

    /// Takes note of what the broker has acknowledged.
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

    /// Waits until all is written.
    pub(crate) fn finish(mut self) -> Outcome<()> {
        self.producer.flush();
        let deadline = Instant::now() + PATIENCE;
        while self.acknowledged < self.producer.appended() {
            if Instant::now() > deadline {
                return Err("the broker did not take all records".into());
            }
            self.poll()?;
            self.hands.signal.wait(Duration::from_millis(1));
        }
        Ok(())
    }
}
