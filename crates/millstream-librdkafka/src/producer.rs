//! The producer of the log traits.

use std::time::Duration;

use millstream_log::{DiscardScope, LogError, LogEvent, Producing, Sending, Signal, TopicState};
use millstream_types::{MonotonicTime, Offset, Partition, RecordBytes, Topic, TopicPartition};

use crate::topics::{Knowledge, Topics};
use crate::writer::{Messages, Target};

/// A producer: it looks up topics, and writes through [`Messages`]. Dropping it discards records that have not been sent.
pub(crate) struct Producer {
    topics: Topics,
    messages: Messages,
    signal: Signal,
    /// The number up to which acknowledgements were reported.
    acknowledged: u64,
    failures: Vec<LogEvent>,
}

impl Producer {
    pub(crate) fn new(topics: Topics, messages: Messages, signal: &Signal) -> Self {
        Self { topics, messages, signal: signal.clone(), acknowledged: 0, failures: Vec::new() }
    }

    /// Takes a record, and reports that it was not written.
    #[cold]
    fn refuse(&mut self, to: Target<'_>, record: &RecordBytes<'_>, error: LogError) -> bool {
        self.messages.skip();
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
        match self.messages.append(to, record) {
            Ok(is_taken) => is_taken,
            Err(error) => self.refuse(to, record, error),
        }
    }

    fn appended(&self) -> u64 {
        self.messages.appended()
    }

    fn acknowledged_offset(&self, partition: &TopicPartition) -> Option<Offset> {
        let topic = self.topics.known_number(&partition.topic)?;
        self.messages.acknowledged(topic, partition.partition.number())
    }

    fn flush(&mut self) {
        self.messages.flush();
    }

    fn set_sending(&mut self, sending: Sending) {
        self.messages.set_sending(sending);
    }

    fn set_session_timeout(&mut self, timeout: Duration) {
        self.messages.set_session_timeout(timeout);
    }

    fn discard(&mut self, scope: DiscardScope<'_>) {
        self.messages.discard(scope, &self.topics);
    }

    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        self.topics.poll(now, events);
        self.messages.poll(now, &self.topics, events);
        if let Some(client) = self.messages.take_new_client() {
            self.topics.use_client(&client, &self.signal);
        }
        events.append(&mut self.failures);
        let completed = self.messages.completed();
        if completed > self.acknowledged {
            self.acknowledged = completed;
            events.push(LogEvent::Acknowledged { up_to: completed });
        }
    }
}
