//! Writes records through librdkafka.

use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use millstream_log::{DiscardScope, Discarded, LogError, LogEvent, Sending, Signal};
use millstream_types::{MonotonicTime, Offset, RecordBytes, TopicPartition};

use super::deliveries::Deliveries;
use super::{Target, Writer, produce_error};
use crate::native::{Client, Delivery, Queue, QueueEvent, TopicHandle};
use crate::outage_tracker::OutageTracker;
use crate::silent_brokers::{SilentBrokers, Statistics};
use crate::topics::Topics;

/// Writes through a librdkafka producer. Dropping it discards records that have not been sent.
pub(crate) struct Messages {
    main: Queue,
    outages: OutageTracker,
    silent: SilentBrokers,
    /// The handles of the topics that were written to, by topic number.
    handles: Vec<Option<TopicHandle>>,
    deliveries: Deliveries,
    /// The offset after the last acknowledged record, by the topic's number and the partition.
    offsets: HashMap<(usize, u32), Offset, FixedState>,
    record_bytes_max: usize,
}

impl Messages {
    pub(crate) fn new(client: &Arc<Client>, signal: &Signal, record_bytes_max: usize) -> Self {
        Self {
            main: client.main_queue(signal),
            outages: OutageTracker::default(),
            silent: SilentBrokers::default(),
            handles: Vec::new(),
            deliveries: Deliveries::default(),
            offsets: HashMap::default(),
            record_bytes_max,
        }
    }

    fn handle(&mut self, to: Target<'_>) -> Result<&TopicHandle, LogError> {
        let number = to.topic_number;
        if self.handles.len() <= number {
            self.handles.resize_with(number + 1, || None);
        }
        if self.handles[number].is_none() {
            let handle = TopicHandle::new(self.main.client(), to.topic.as_str(), number);
            self.handles[number] = Some(handle.map_err(|error| error.about_topic(to.topic))?);
        }
        Ok(self.handles[number].as_ref().expect("it was created if it did not exist"))
    }
}

impl Writer for Messages {
    fn append(&mut self, to: Target<'_>, record: &RecordBytes<'_>) -> Result<bool, LogError> {
        if record.timestamp.as_millis() == 0 {
            let reason = "librdkafka, which writes it, would replace the timestamp 0 by the current time".to_owned();
            return Err(LogError::Unsupported { partition: to.partition(), reason });
        }
        let (number, limit) = (self.deliveries.next(), Some(self.record_bytes_max));
        let is_taken = self
            .handle(to)?
            .send(to.partition.number(), record, number)
            .map_err(|error| produce_error(error, &to.partition(), record.size_bytes(), limit))?;
        if is_taken {
            self.deliveries.append();
        }
        Ok(is_taken)
    }

    fn skip(&mut self) {
        let number = self.deliveries.next();
        self.deliveries.append();
        self.deliveries.complete(number);
    }

    fn appended(&self) -> u64 {
        self.deliveries.appended()
    }

    fn completed(&self) -> u64 {
        self.deliveries.completed()
    }

    fn acknowledged(&self, topic: usize, partition: u32) -> Option<Offset> {
        self.offsets.get(&(topic, partition)).copied()
    }

    fn flush(&mut self) {
        self.main.client().flush();
    }

    /// librdkafka sends from its own threads, and cannot hold messages back.
    fn set_sending(&mut self, _sending: Sending) {}

    /// librdkafka numbers messages when it accepts them, so discarding one would leave a gap.
    fn discard(&mut self, _scope: DiscardScope<'_>) -> Discarded {
        Discarded::Unsupported
    }

    fn poll(&mut self, _now: MonotonicTime, topics: &Topics, events: &mut Vec<LogEvent>) {
        let Self { main, outages, silent, deliveries, offsets, .. } = self;
        let (mut failures, mut reports) = (Vec::new(), Vec::new());
        outages.poll(main, events, |event| {
            if let QueueEvent::Statistics(json) = &event {
                reports.extend(silent.update(&Statistics::parse(json)));
            }
            let QueueEvent::Delivered(delivered) = event else { return };
            for delivery in delivered {
                deliveries.complete(delivery.number);
                let (topic, partition) = (delivery.topic, delivery.partition);
                match delivery.result {
                    Ok(Some(offset)) => drop(offsets.insert((topic, partition), Offset::new(offset).next())),
                    // It was written at an unknown offset: a response was lost, and the record sent again.
                    Ok(None) => {}
                    Err(_) => failures.extend(failure(delivery, topics)),
                }
            }
        });
        events.append(&mut failures);
        events.extend(reports.into_iter().map(LogEvent::Unavailable));
    }
}

fn failure(delivery: Delivery, topics: &Topics) -> Option<LogEvent> {
    let partition = TopicPartition::new(&topics.get(delivery.topic)?.name, delivery.partition);
    let refused = delivery.result.err()?;
    let record = Some(refused.record);
    let size = record.as_ref().map_or(0, |record| record.as_bytes().size_bytes());
    let error = produce_error(refused.error, &partition, size, None);
    Some(LogEvent::ProduceFailed { partition, record, error })
}
