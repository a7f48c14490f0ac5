//! Writing records.

use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use millstream_log::{LogError, LogEvent, Producing, Signal, TopicState};
use millstream_types::{Headers, Offset, Partition, Timestamp, Topic, TopicPartition};

use crate::deliveries::Deliveries;
use crate::native::{Client, Code, Delivery, NativeError, Outgoing, Queue, Told};
use crate::outage::Complaints;
use crate::topics::{Knowledge, Topics};

/// A producer. Dropping it throws away what is not yet sent.
pub(crate) struct Producer {
    topics: Topics,
    main: Queue,
    complaints: Complaints,
    signal: Signal,
    deliveries: Deliveries,
    acknowledged: u64,
    /// The offset after the last acknowledged record, by the topic's number and the partition.
    offsets: HashMap<(usize, u32), Offset, FixedState>,
    record_bytes_max: usize,
    failures: Vec<LogEvent>,
}

impl Producer {
    pub(crate) fn new(client: &Arc<Client>, topics: Topics, signal: &Signal, record_bytes_max: usize) -> Self {
        Self {
            topics,
            main: client.main_queue(signal),
            complaints: Complaints::default(),
            signal: signal.clone(),
            deliveries: Deliveries::default(),
            acknowledged: 0,
            offsets: HashMap::default(),
            record_bytes_max,
            failures: Vec::new(),
        }
    }

    /// Takes a record only to tell that it will not become durable.
    #[cold]
    fn refuse(&mut self, partition: TopicPartition, error: LogError) -> bool {
        let number = self.deliveries.next();
        self.deliveries.append();
        self.deliveries.answer(number);
        self.failures.push(LogEvent::ProduceFailed { partition, error });
        self.signal.raise();
        true
    }

    #[cold]
    fn refuse_with(&mut self, partition: TopicPartition, error: NativeError, size: usize) -> bool {
        let error = produce_error(error, &partition, size, self.record_bytes_max);
        self.refuse(partition, error)
    }

    fn poll_main(&mut self, events: &mut Vec<LogEvent>) {
        if !self.main.is_rung() {
            return;
        }
        self.main.silence();
        while let Some(told) = self.main.poll() {
            match told {
                Told::Delivered(delivered) => delivered.for_each(|delivery| self.delivered(delivery)),
                Told::Error { error, is_fatal } => {
                    events.extend(self.complaints.hear(self.main.client(), error, is_fatal));
                }
                _ => {}
            }
        }
    }

    fn delivered(&mut self, delivery: Delivery) {
        match delivery.result {
            Ok(Some(offset)) => {
                self.offsets.insert((delivery.topic, delivery.partition), Offset::new(offset).next());
            }
            // Durable, but nobody knows where: an answer was lost on the way and the record sent again.
            Ok(None) => {}
            Err(error) => {
                if let Some(known) = self.topics.get(delivery.topic) {
                    let partition = TopicPartition::new(&known.name, delivery.partition);
                    let error = produce_error(error, &partition, delivery.size, self.record_bytes_max);
                    self.failures.push(LogEvent::ProduceFailed { partition, error });
                }
            }
        }
        self.deliveries.answer(delivery.number);
    }
}

/// What went wrong with a record.
fn produce_error(error: NativeError, partition: &TopicPartition, size: usize, limit: usize) -> LogError {
    match error.code {
        Code::MessageSizeTooLarge | Code::InvalidMessageSize | Code::MessageBatchTooLarge => {
            LogError::RecordTooLarge { partition: partition.clone(), size, limit }
        }
        Code::InvalidRecord | Code::InvalidTimestamp | Code::InvalidMessage => {
            LogError::Unsupported { partition: partition.clone(), reason: error.message }
        }
        _ => error.about_partition(partition),
    }
}

/// librdkafka takes 0 for "now", and Kafka's own producers take no time before 1970.
fn unsupported_time(timestamp: Timestamp) -> Option<&'static str> {
    match timestamp.as_millis() {
        0 => Some("librdkafka, through which it goes, would replace the timestamp 0 by the present time"),
        ..0 => Some("Kafka takes no negative timestamp"),
        _ => None,
    }
}

fn size_of_record(key: Option<&[u8]>, value: Option<&[u8]>) -> usize {
    key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len)
}

impl Producing for Producer {
    fn topic(&mut self, topic: &Topic) -> TopicState {
        self.topics.state(topic)
    }

    fn append(
        &mut self,
        topic: &Topic,
        partition: Partition,
        timestamp: Timestamp,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &Headers,
    ) -> bool {
        let at = || TopicPartition { topic: topic.clone(), partition };
        let topic_number = self.topics.number_of(topic);
        let knowledge = self.topics.get(topic_number).map(|known| &known.knowledge);
        let handle = match knowledge {
            Some(Knowledge::Ready { partitions, handle }) if partition.number() < *partitions => handle,
            Some(Knowledge::Ready { .. }) => return self.refuse(at(), LogError::UnknownPartition { partition: at() }),
            Some(Knowledge::Missing) => return self.refuse(at(), LogError::UnknownTopic { topic: topic.clone() }),
            Some(Knowledge::Refused(error)) => {
                let error = error.clone();
                return self.refuse(at(), error);
            }
            Some(Knowledge::Pending) | None => return false,
        };
        if let Some(reason) = unsupported_time(timestamp) {
            return self.refuse(at(), LogError::Unsupported { partition: at(), reason: reason.to_owned() });
        }
        let (partition_number, number) = (partition.number(), self.deliveries.next());
        let record =
            Outgoing { partition: partition_number, timestamp: timestamp.as_millis(), key, value, headers, number };
        match handle.send(&record) {
            Ok(true) => self.deliveries.append(),
            Ok(false) => return false,
            Err(error) => return self.refuse_with(at(), error, size_of_record(key, value)),
        }
        true
    }

    fn appended(&self) -> u64 {
        self.deliveries.appended()
    }

    fn acknowledged_offset(&self, partition: &TopicPartition) -> Option<Offset> {
        let topic = self.topics.known_number(&partition.topic)?;
        self.offsets.get(&(topic, partition.partition.number())).copied()
    }

    fn flush(&mut self) {
        self.main.client().flush();
    }

    fn poll(&mut self, now: Timestamp, events: &mut Vec<LogEvent>) {
        self.topics.poll(now, events);
        self.poll_main(events);
        events.append(&mut self.failures);
        let answered = self.deliveries.answered();
        if answered > self.acknowledged {
            self.acknowledged = answered;
            events.push(LogEvent::Acknowledged { up_to: answered });
        }
    }
}
