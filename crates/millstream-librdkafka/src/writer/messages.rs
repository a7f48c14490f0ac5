//! Writes records through a librdkafka producer.

use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use millstream_log::{DiscardScope, LogError, LogEvent, Sending, Signal};
use millstream_types::{MonotonicTime, Offset, RecordBytes, Timestamp, TopicPartition};

use super::deliveries::Deliveries;
use super::link::Link;
use super::queue_limit::QueueLimit;
use super::recall::{Recall, Returned};
use super::{Limits, Target, produce_error};
use crate::native::{Client, Code, Delivery, QueueEvent};
use crate::silent_brokers::Statistics;
use crate::topics::Topics;

/// Creates a client to write with.
pub(crate) type MakeClient = Box<dyn Fn() -> Result<Arc<Client>, LogError> + Send>;

/// How often records are taken back that would be sent again after a request in flight has failed.
const TAKE_BACK_EVERY: Duration = Duration::from_millis(100);

/// Writes records to partitions that exist. Dropping it discards records that have not been sent.
pub(crate) struct Messages {
    make_client: MakeClient,
    link: Link,
    signal: Signal,
    deliveries: Deliveries,
    recall: Recall,
    queue_limit: QueueLimit,
    take_back_at: MonotonicTime,
    sending: Sending,
    /// A record that is older is not sent, if there is a limit.
    age_max: Option<Duration>,
    /// Whether the user's settings limit the age. Records that are older are refused.
    has_own_age_max: bool,
    /// The client that has replaced the one before, until it is fetched.
    new_client: Option<Arc<Client>>,
    /// The offset after the last acknowledged record, by the topic's number and the partition.
    offsets: HashMap<(usize, u32), Offset, FixedState>,
    record_bytes_max: usize,
}

impl Messages {
    pub(crate) fn new(client: &Arc<Client>, make_client: MakeClient, limits: Limits, signal: &Signal) -> Self {
        Self {
            make_client,
            link: Link::new(client, signal),
            signal: signal.clone(),
            deliveries: Deliveries::default(),
            recall: Recall::default(),
            queue_limit: QueueLimit::default(),
            take_back_at: MonotonicTime::START,
            sending: Sending::Allowed,
            age_max: None,
            has_own_age_max: limits.has_age_max,
            new_client: None,
            offsets: HashMap::default(),
            record_bytes_max: limits.record_bytes_max,
        }
    }

    /// Takes a record, and gives it the next number; returns `false` if the buffer is full.
    ///
    /// # Errors
    /// When this record cannot be written.
    pub(crate) fn append(&mut self, to: Target<'_>, record: &RecordBytes<'_>) -> Result<bool, LogError> {
        if record.timestamp.as_millis() == 0 {
            let reason = "librdkafka would replace the timestamp 0 by the current time".to_owned();
            return Err(LogError::Unsupported { partition: to.partition(), reason });
        }
        let is_open = self.sending == Sending::Allowed && self.recall.is_over();
        if !is_open || !self.queue_limit.has_room(self.deliveries.incomplete()) {
            return Ok(false);
        }
        let (number, limit) = (self.deliveries.next(), Some(self.record_bytes_max));
        let is_taken = self
            .link
            .handle(to.topic, to.topic_number, self.age_max)?
            .send(to.partition.number(), record, number)
            .map_err(|error| produce_error(error, &to.partition(), record.size_bytes(), limit))?;
        if is_taken {
            self.deliveries.append(record.timestamp);
        }
        Ok(is_taken)
    }

    /// Uses up the next number, for a record that is refused.
    pub(crate) fn skip(&mut self) {
        let number = self.deliveries.next();
        self.deliveries.append(Timestamp::from_millis(0));
        self.deliveries.complete(number);
    }

    /// How many records were taken or skipped.
    pub(crate) fn appended(&self) -> u64 {
        self.deliveries.appended()
    }

    /// The number up to which all records are written or refused.
    pub(crate) fn completed(&self) -> u64 {
        self.deliveries.completed()
    }

    /// The offset after the partition's last record that is known to be written.
    pub(crate) fn acknowledged(&self, topic: usize, partition: u32) -> Option<Offset> {
        self.offsets.get(&(topic, partition)).copied()
    }

    /// Sends without lingering.
    pub(crate) fn flush(&mut self) {
        self.link.main.client().flush();
    }

    /// Stops or resumes sending. librdkafka sends from its own threads, so what it has not sent is taken back.
    pub(crate) fn set_sending(&mut self, sending: Sending) {
        if sending == Sending::Held && self.sending == Sending::Allowed && self.deliveries.incomplete() > 0 {
            self.begin_recall();
        }
        if self.sending != sending {
            self.signal.raise();
        }
        self.sending = sending;
    }

    /// Sets the session time-out of the group. librdkafka cannot be stopped at once, so it must not send records that are about
    /// as old.
    pub(crate) fn set_session_timeout(&mut self, timeout: Duration) {
        let age_max = timeout / 2;
        if self.has_own_age_max || self.age_max.is_some_and(|known| known <= age_max) {
            return;
        }
        self.age_max = Some(age_max);
        // Only a new client applies it to topics that were written to.
        if self.link.has_handles() {
            self.begin_recall();
        }
    }

    /// Discards records that have not been sent.
    pub(crate) fn discard(&mut self, scope: DiscardScope<'_>, topics: &Topics) {
        if self.deliveries.incomplete() == 0 {
            return;
        }
        let discarded = match scope {
            DiscardScope::All => self.recall.discard_all(),
            DiscardScope::Partitions(partitions) => {
                let numbers =
                    partitions.iter().map(|of| Some((topics.known_number(&of.topic)?, of.partition.number())));
                self.recall.discard(numbers.flatten())
            }
        };
        self.complete(discarded);
        self.begin_recall();
    }

    /// Does what is due without blocking, and reports what happened, except for acknowledgements.
    pub(crate) fn poll(&mut self, now: MonotonicTime, topics: &Topics, events: &mut Vec<LogEvent>) {
        let (mut delivered, mut reports) = (Vec::new(), Vec::new());
        let Link { main, outages, silent, .. } = &mut self.link;
        outages.poll(main, events, |event| match event {
            QueueEvent::Statistics(json) => reports.extend(silent.update(&Statistics::parse(&json))),
            QueueEvent::Delivered(of_event) => delivered.push(of_event),
            _ => {}
        });
        for delivery in delivered.into_iter().flatten() {
            events.extend(self.delivered(delivery, topics));
        }
        events.extend(reports.into_iter().map(LogEvent::Unavailable));
        if let Err(error) = self.advance_recall(now) {
            events.push(LogEvent::Fatal(error));
        }
        self.send_returned(topics, events);
    }

    /// The client that it has begun to use in place of the one before, if it has since the last call.
    pub(crate) fn take_new_client(&mut self) -> Option<Arc<Client>> {
        self.new_client.take()
    }

    /// Takes back all records that are not sent.
    fn begin_recall(&mut self) {
        if !self.recall.is_running() {
            self.recall.begin();
            self.link.main.client().purge_queued();
        }
        // What has come back is seen in the next poll.
        self.signal.raise();
    }

    fn complete(&mut self, numbers: Vec<u64>) {
        numbers.into_iter().for_each(|number| self.deliveries.complete(number));
    }

    fn delivered(&mut self, delivery: Delivery, topics: &Topics) -> Option<LogEvent> {
        let Delivery { number, topic, partition, result } = delivery;
        let mut refused = match result {
            Ok(offset) => {
                // Without an offset it was written at an unknown one: a response was lost, and the record sent again.
                if let Some(offset) = offset {
                    self.offsets.insert((topic, partition), Offset::new(offset).next());
                }
                self.deliveries.complete(number);
                self.queue_limit.acknowledged();
                return None;
            }
            Err(refused) => refused,
        };
        if let Some(timestamp) = self.deliveries.timestamp(number) {
            refused.record.timestamp = timestamp;
        }
        if self.is_returned(refused.error.code) {
            if !self.recall.add(number, Returned { topic, partition, record: refused.record }) {
                self.deliveries.complete(number);
            }
            if refused.error.code == Code::MessageTimedOut && !self.recall.is_running() {
                self.queue_limit.held_too_long();
            }
            // One that was not sent for too long must not come behind those that follow it.
            self.begin_recall();
            return None;
        }
        self.deliveries.complete(number);
        let partition = TopicPartition::new(&topics.get(topic)?.name, partition);
        let error = produce_error(refused.error, &partition, refused.record.as_bytes().size_bytes(), None);
        Some(LogEvent::ProduceFailed { partition, record: Some(refused.record), error })
    }

    /// Whether this error says that a record was not sent, and nothing else is wrong with it.
    fn is_returned(&self, code: Code) -> bool {
        let is_recalled = matches!(code, Code::PurgeQueue | Code::PurgeInflight);
        is_recalled || (code == Code::MessageTimedOut && !self.has_own_age_max)
    }

    /// Advances a recall: once nothing is in flight, a new client replaces the one whose sequence has gaps.
    fn advance_recall(&mut self, now: MonotonicTime) -> Result<(), LogError> {
        if self.recall.end_if_complete(self.deliveries.incomplete()) {
            let client = (self.make_client)()?;
            self.link = Link::new(&client, &self.signal);
            self.queue_limit.client_replaced();
            self.new_client = Some(client);
        } else if self.recall.is_running() && now >= self.take_back_at {
            self.take_back_at = now + TAKE_BACK_EVERY;
            self.link.main.client().purge_queued();
        }
        Ok(())
    }

    /// Gives the records that have come back to the new client.
    fn send_returned(&mut self, topics: &Topics, events: &mut Vec<LogEvent>) {
        if self.sending == Sending::Held || self.recall.is_running() || self.recall.is_over() {
            return;
        }
        while let Some((number, returned)) = self.recall.first() {
            if !self.queue_limit.has_room(self.deliveries.incomplete() - self.recall.len()) {
                break;
            }
            let (topic, partition) = (returned.topic, returned.partition);
            let Some(known) = topics.get(topic) else { return };
            let sent = self.link.handle(&known.name, topic, self.age_max).and_then(|handle| {
                let record = returned.record.as_bytes();
                let partition = TopicPartition::new(&known.name, partition);
                let error = |error| produce_error(error, &partition, record.size_bytes(), Some(self.record_bytes_max));
                handle.send(returned.partition, &record, number).map_err(error)
            });
            match sent {
                Ok(true) => drop(self.recall.remove_first()),
                Ok(false) => return,
                Err(error) => {
                    let record = self.recall.remove_first().map(|returned| returned.record);
                    let partition = TopicPartition::new(&known.name, partition);
                    events.push(LogEvent::ProduceFailed { partition, record, error });
                    self.deliveries.complete(number);
                }
            }
        }
        // A commit may wait for them.
        self.flush();
    }
}
