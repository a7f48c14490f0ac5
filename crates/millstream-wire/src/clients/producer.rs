//! The producer of the log traits.

use std::time::Duration;

use millstream_log::{DiscardScope, Lease, LogError, LogEvent, Producing, Sending, Signal, TopicState};
use millstream_protocol::ErrorCode;
use millstream_types::{MonotonicTime, Offset, Partition, RecordBytes, Topic, TopicPartition};

use super::topics::{Knowledge, Topics};
use crate::client::{Cluster, about_partition, log_error};
use crate::producer::{self, PartitionHandle, ProduceEvent, Taken};
use crate::settings::ProduceSettings;

/// A producer that looks up topics, and writes records to their partitions. Dropping it discards records that have not been
/// sent.
pub struct Producer {
    pub(super) cluster: Cluster,
    topics: Topics,
    producer: producer::Producer,
    record_bytes_max: usize,
    /// The handles of the partitions that were written to, by topic number and partition.
    handles: Vec<Vec<Option<PartitionHandle>>>,
    signal: Signal,
    /// The number up to which acknowledgements were reported.
    acknowledged: u64,
    failures: Vec<LogEvent>,
    events: Vec<ProduceEvent>,
}

/// The partition of a record.
#[derive(Clone, Copy)]
struct Target<'a> {
    topic: &'a Topic,
    topic_number: usize,
    partition: Partition,
}

impl Target<'_> {
    fn partition(self) -> TopicPartition {
        TopicPartition { topic: self.topic.clone(), partition: self.partition }
    }
}

impl Producer {
    /// A producer that has not connected yet. Topics are looked up again after `metadata_age_max`.
    #[must_use]
    pub fn new(settings: ProduceSettings, metadata_age_max: Option<Duration>, signal: &Signal) -> Self {
        let cluster = Cluster::new(settings.client.clone(), signal);
        Self {
            topics: Topics::new(cluster.clone(), metadata_age_max),
            record_bytes_max: settings.record_bytes_max,
            producer: producer::Producer::of(&cluster, settings, signal),
            cluster,
            handles: Vec::new(),
            signal: signal.clone(),
            acknowledged: 0,
            failures: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Takes a record, and reports that it was not written.
    #[cold]
    fn refuse(&mut self, to: Target<'_>, record: &RecordBytes<'_>, error: LogError) -> bool {
        self.producer.skip();
        let (partition, record) = (to.partition(), Some(Box::new(record.to_buf())));
        self.failures.push(LogEvent::ProduceFailed { partition, record, error });
        self.signal.raise();
        true
    }

    /// Whether a partition may be written to; `None` while its topic is being looked up.
    #[inline]
    fn check(&self, to: Target<'_>) -> Option<Result<(), LogError>> {
        match &self.topics.get(to.topic_number)?.knowledge {
            Knowledge::Pending => None,
            Knowledge::Ready { partitions } if to.partition.number() < *partitions => Some(Ok(())),
            Knowledge::Ready { .. } => Some(Err(LogError::UnknownPartition { partition: to.partition() })),
            Knowledge::Missing => Some(Err(LogError::UnknownTopic { topic: to.topic.clone() })),
            Knowledge::Refused(error) => Some(Err(error.clone())),
        }
    }

    fn handle(&self, topic: usize, partition: u32) -> Option<PartitionHandle> {
        self.handles.get(topic)?.get(partition as usize).copied().flatten()
    }

    #[cold]
    fn add_handle(&mut self, to: Target<'_>) -> PartitionHandle {
        let (partition, handle) = (to.partition.number() as usize, self.producer.open(to.partition()));
        self.handles.resize_with(self.handles.len().max(to.topic_number + 1), Vec::new);
        let handles = &mut self.handles[to.topic_number];
        handles.resize(handles.len().max(partition + 1), None);
        handles[partition] = Some(handle);
        handle
    }
}

impl Producing for Producer {
    fn topic(&mut self, topic: &Topic) -> TopicState {
        self.topics.state(topic)
    }

    fn append(&mut self, topic: &Topic, partition: Partition, record: &RecordBytes<'_>) -> bool {
        let to = Target { topic, topic_number: self.topics.number_of(topic), partition };
        match self.check(to) {
            Some(Ok(())) => {}
            Some(Err(error)) => return self.refuse(to, record, error),
            None => return false,
        }
        if record.timestamp.as_millis() < 0 {
            let reason = "Kafka does not accept negative timestamps".to_owned();
            return self.refuse(to, record, LogError::Unsupported { partition: to.partition(), reason });
        }
        let handle = self.handle(to.topic_number, partition.number()).unwrap_or_else(|| self.add_handle(to));
        match self.producer.append(handle, record) {
            Taken::Yes => true,
            Taken::Full => false,
            Taken::TooLarge { size } => {
                let limit = Some(self.record_bytes_max);
                self.refuse(to, record, LogError::RecordTooLarge { partition: to.partition(), size, limit })
            }
        }
    }

    fn appended(&self) -> u64 {
        self.producer.appended()
    }

    fn acknowledged_offset(&self, partition: &TopicPartition) -> Option<Offset> {
        let topic = self.topics.known_number(&partition.topic)?;
        self.producer.acknowledged(self.handle(topic, partition.partition.number())?)
    }

    fn flush(&mut self) {
        self.producer.flush();
    }

    fn set_sending(&mut self, sending: Sending) {
        self.producer.set_sending(sending);
    }

    fn set_lease(&mut self, lease: Lease) {
        self.producer.set_lease(lease);
    }

    fn discard(&mut self, scope: DiscardScope<'_>) {
        self.producer.discard(scope);
    }

    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        self.cluster.set_now(now);
        self.topics.poll(now, events);
        self.producer.poll(now, &mut self.events);
        self.events.drain(..).for_each(|event| report(event, events));
        events.append(&mut self.failures);
        let completed = self.producer.completed();
        if completed > self.acknowledged {
            self.acknowledged = completed;
            events.push(LogEvent::Acknowledged { up_to: completed });
        }
    }
}

/// Converts the events of the producer to those of the log traits.
fn report(event: ProduceEvent, events: &mut Vec<LogEvent>) {
    match event {
        ProduceEvent::Failed { partition, records, contents, bytes, code, message } => {
            let error = refusal(ErrorCode(code), &message.unwrap_or_default(), &partition, bytes);
            let mut contents = contents.into_iter();
            events.extend((0..records).map(|_| {
                let (partition, error) = (partition.clone(), error.clone());
                LogEvent::ProduceFailed { partition, record: contents.next().map(Box::new), error }
            }));
        }
        ProduceEvent::Delayed(reason) | ProduceEvent::Unreachable(reason) => events.push(LogEvent::Unavailable(reason)),
        ProduceEvent::Unfit(reason) => events.push(LogEvent::Fatal(LogError::Invalid { reason })),
        ProduceEvent::Refused { code } => events.push(LogEvent::Fatal(log_error(ErrorCode(code), ""))),
    }
}

/// The error of a record that the broker has refused, in a batch of this size.
fn refusal(error: ErrorCode, message: &str, partition: &TopicPartition, size: usize) -> LogError {
    match error {
        ErrorCode::MESSAGE_TOO_LARGE | ErrorCode::RECORD_LIST_TOO_LARGE => {
            LogError::RecordTooLarge { partition: partition.clone(), size, limit: None }
        }
        ErrorCode::INVALID_RECORD | ErrorCode::INVALID_TIMESTAMP | ErrorCode::CORRUPT_MESSAGE => {
            let reason = if message.is_empty() { error.to_string() } else { format!("{error}: {message}") };
            LogError::Unsupported { partition: partition.clone(), reason }
        }
        error => about_partition(error, message, partition),
    }
}
