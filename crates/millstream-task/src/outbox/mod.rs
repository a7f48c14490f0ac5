//! What the tasks of a stream thread write: one producer, the topics that it writes, and the records that cannot be sent yet.

mod pending;
mod retention;
mod topics;

use std::sync::Arc;
use std::time::Duration;

use millstream_core::chain::{Decision, Destination, Route};
use millstream_log::{DiscardScope, Lease, LogError, LogEvent, Producing, Sending, TopicState};
use millstream_types::{
    Failure, FailureKind, Headers, Now, Offset, Partition, RecordBytes, SkipReason, TaskId, Topic, TopicPartition,
    catch_panic,
};

use self::pending::{PendingRecord, PendingRecords};
use self::retention::AgeCheck;
pub use self::retention::{Retentions, TooOld};
use self::topics::{KnownTopic, Topics};
use crate::Participant;
use crate::call_log;
use crate::handlers::{ErrorContext, Handlers, OutputRecord};
use crate::records_apart::{RecordApart, add_failure, node_of};

/// The state of a flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flush {
    /// No flush was started, or it is complete.
    Idle,
    /// Some of the records to flush are still pending.
    WaitsForPending,
    /// The flush is complete when this append is acknowledged.
    Sent(u64),
}

/// The outbox of a stream thread writes the records of all its tasks, in order.
///
/// Sending never fails in the middle of a chain. A record that cannot be sent at once, because the producer is full or the
/// topic is still being looked up, is *pending*. While records are pending, tasks process no further record
/// ([`accepts_records`](Self::accepts_records)). So at most the output of one record, one punctuation or one flush of the
/// caches is pending, and the records of a partition keep their order.
///
/// The outbox knows which task wrote which pending record and which changelog, so that the records of a lost task can be
/// discarded ([`Participant::abort`]). After a pause in which the thread may have lost its membership, all records are
/// [held back](Self::hold) until the group has confirmed it.
///
/// When the log rejects a record, the production handler decides; a rejected record of a changelog always stops the tasks of
/// the thread. After a failure the outbox stays failed: nothing may be committed any more.
pub struct Outbox {
    producer: Box<dyn Producing>,
    topics: Topics,
    pending: PendingRecords,
    handlers: Handlers,
    acknowledged: u64,
    flush: Flush,
    sending: Sending,
    /// The changelog partitions of the tasks. Each belongs to one task.
    changelogs: Vec<(TaskId, TopicPartition)>,
    failure: Option<Failure>,
    unavailable: Option<String>,
    /// Records that were skipped after their chain had sent them, for the tasks to count.
    dropped: Vec<Dropped>,
    ages: AgeCheck,
    events: Vec<LogEvent>,
}

/// A record that was skipped after its chain had sent it.
#[derive(Debug)]
pub(super) struct Dropped {
    pub(super) node: Arc<str>,
    pub(super) reason: SkipReason,
    pub(super) detail: Option<String>,
}

impl Outbox {
    /// An outbox that writes through `producer`.
    #[must_use]
    pub fn new(producer: Box<dyn Producing>, handlers: Handlers) -> Self {
        Self {
            producer,
            topics: Topics::new(),
            pending: PendingRecords::default(),
            handlers,
            acknowledged: 0,
            flush: Flush::Idle,
            sending: Sending::Allowed,
            changelogs: Vec::new(),
            failure: None,
            unavailable: None,
            dropped: Vec::new(),
            ages: AgeCheck::default(),
            events: Vec::new(),
        }
    }

    /// The same, with a check for records that are older than the retention of their topic.
    #[must_use]
    pub fn with_retentions(self, retentions: Arc<Retentions>) -> Self {
        Self { ages: AgeCheck::over(retentions), ..self }
    }

    /// Discards all records that are not sent yet. All tasks must be closed before. Requests that are in flight are not
    /// cancelled: until [`is_empty`](Self::is_empty) their records may still reach the log.
    pub fn discard_all(&mut self) {
        self.pending = PendingRecords::default();
        self.changelogs.clear();
        self.flush = Flush::Idle;
        self.producer.discard(DiscardScope::All);
    }

    /// Sets the time after which the group removes a silent member. If it is set more than once, the shortest one is used.
    pub fn set_session_timeout(&mut self, timeout: Duration) {
        self.producer.set_session_timeout(timeout);
    }

    /// Sets the lease of the group member that this outbox writes for: nothing is sent while it does not hold.
    pub fn set_lease(&mut self, lease: Lease) {
        self.producer.set_lease(lease);
    }

    /// Holds back all records that are not sent yet, until [`release`](Self::release). Meanwhile tasks may not process records.
    pub fn hold(&mut self) {
        self.sending = Sending::Held;
        self.producer.set_sending(self.sending);
    }

    /// Sends again after [`hold`](Self::hold).
    pub fn release(&mut self) {
        self.sending = Sending::Allowed;
        self.producer.set_sending(self.sending);
    }

    /// Whether the log has acknowledged all records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.acknowledged == self.written()
    }

    /// The number of records up to which the log has acknowledged all, or refused them.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Whether tasks may process records: none is pending or held back, and the outbox has not failed.
    #[inline]
    #[must_use]
    pub fn accepts_records(&self) -> bool {
        self.pending.is_empty() && self.failure.is_none() && self.sending == Sending::Allowed
    }

    /// Sends pending records, and handles acknowledgements and failures, without blocking.
    ///
    /// # Errors
    /// When a record was rejected that must not be skipped, or the producer has failed for good. All tasks of the thread must
    /// then be closed without a commit.
    pub fn poll(&mut self, now: Now) -> Result<(), Failure> {
        let mut events = std::mem::take(&mut self.events);
        let producer = &mut *self.producer;
        call_log("producer", || producer.poll(now.monotonic, &mut events))?;
        self.topics.refresh(&mut *self.producer);
        events.drain(..).for_each(|event| self.handle(event));
        self.events = events;
        self.ages.advance(now.wall);
        self.send_pending();
        self.check()
    }

    /// Checks that the outbox has not failed.
    ///
    /// # Errors
    /// The failure, if it has.
    pub fn check(&self) -> Result<(), Failure> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    /// The number of records written so far, with those that are not sent yet.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.producer.appended() + self.pending.len()
    }

    /// The offset up to which the records written to a changelog are acknowledged; `None` before the first acknowledgement.
    #[must_use]
    pub fn acknowledged_offset(&self, changelog: &TopicPartition) -> Option<Offset> {
        self.producer.acknowledged_offset(changelog)
    }

    /// The reason why the log could not be reached, if it was unavailable since the last call.
    pub fn take_unavailable(&mut self) -> Option<String> {
        self.unavailable.take()
    }

    /// Records that were written although they are older than the retention of their topic: only the first one of each topic.
    pub fn take_too_old(&mut self) -> Vec<TooOld> {
        self.ages.take_found()
    }

    /// Looks up a topic before its first record.
    pub(super) fn look_up(&mut self, topic: &Topic) -> TopicState {
        let index = self.topics.index_of(topic);
        self.topics.state(index, &mut *self.producer)
    }

    /// Looks up a changelog before its first record, and registers it as a changelog of this task.
    pub(super) fn look_up_changelog(&mut self, task: TaskId, changelog: &TopicPartition) -> TopicState {
        if !self.changelogs.iter().any(|(owner, known)| (*owner, known) == (task, changelog)) {
            self.changelogs.push((task, changelog.clone()));
        }
        let index = self.topics.index_of(&changelog.topic);
        self.topics[index].is_changelog = true;
        self.topics.state(index, &mut *self.producer)
    }

    /// The number of partitions of `topic`, if it is known.
    pub(super) fn partition_count(&mut self, topic: &Topic) -> Option<u32> {
        let index = self.topics.index_of(topic);
        match self.topics.state(index, &mut *self.producer) {
            TopicState::Ready { partitions } => Some(partitions),
            TopicState::Pending | TopicState::Missing => None,
        }
    }

    /// Sends an output record of a task. Returns `false` if its partitioner has chosen no partition.
    #[inline]
    pub(super) fn send(&mut self, task: TaskId, destination: Destination<'_>, record: RecordBytes<'_>) -> bool {
        let Destination { node, topic, route } = destination;
        if matches!(&route, Route::To(partitions) if partitions.is_empty()) {
            return false;
        }
        let index = self.topics.index_of(topic);
        self.topics[index].set_sink(node);
        self.ages.check(topic, record.timestamp);
        if !self.pending.is_empty() {
            self.add_pending(task, index, route, &record);
        } else if let Err(rest) = self.dispatch(index, route, &record) {
            self.add_pending(task, index, rest, &record);
        }
        true
    }

    /// Sends a changelog record of a task.
    #[inline]
    pub(super) fn log(&mut self, task: TaskId, changelog: &TopicPartition, record: &RecordBytes<'_>) {
        let TopicPartition { topic, partition } = changelog;
        self.ages.check(topic, record.timestamp);
        if !(self.pending.is_empty() && self.producer.append(topic, *partition, record)) {
            let index = self.topics.index_of(topic);
            self.add_pending(task, index, Route::To(vec![*partition]), record);
        }
    }

    /// Whether it has skipped records that no task has counted yet, or has failed.
    #[inline]
    pub(super) fn has_dropped_or_failed(&self) -> bool {
        !self.dropped.is_empty() || self.failure.is_some()
    }

    /// The records skipped since the last call, for a task to count.
    pub(super) fn take_dropped(&mut self) -> Vec<Dropped> {
        std::mem::take(&mut self.dropped)
    }

    fn add_pending(&mut self, task: TaskId, topic: usize, route: Route, record: &RecordBytes<'_>) {
        self.pending.push(PendingRecord {
            task,
            topic,
            route,
            timestamp: record.timestamp,
            key: record.key.map(<[u8]>::to_vec),
            value: record.value.map(<[u8]>::to_vec),
            headers: record.headers.clone(),
        });
    }

    /// Sends pending records as long as the producer accepts them. When none is left, a flush that waits for them begins.
    fn send_pending(&mut self) {
        if self.sending == Sending::Held {
            return;
        }
        while let Some(PendingRecord { task, topic, route, timestamp, key, value, headers }) = self.pending.pop() {
            let record = RecordBytes { timestamp, key: key.as_deref(), value: value.as_deref(), headers: &headers };
            if let Err(route) = self.dispatch(topic, route, &record) {
                self.pending.push_front(PendingRecord { task, topic, route, timestamp, key, value, headers });
                return;
            }
        }
        if self.flush == Flush::WaitsForPending {
            self.producer.flush();
            self.flush = Flush::Sent(self.producer.appended());
        }
    }

    /// Sends a record, or skips it. `Err` if it has to wait, with the partitions to which it was not sent yet.
    #[inline]
    fn dispatch(&mut self, index: usize, route: Route, record: &RecordBytes<'_>) -> Result<(), Route> {
        let partitions = match self.topics.state(index, &mut *self.producer) {
            TopicState::Ready { partitions } => partitions,
            TopicState::Pending => return Err(route),
            TopicState::Missing => {
                let topic = self.topics[index].topic.clone();
                self.rejected(index, LogError::UnknownTopic { topic }, None, Some(*record));
                return Ok(());
            }
        };
        match route {
            Route::ByKey => self.send_by_key(index, record.key, partitions, record),
            Route::ByKeyPrefix(len) => {
                let prefix = record.key.map(|key| key.get(..len).unwrap_or(key));
                self.send_by_key(index, prefix, partitions, record)
            }
            Route::To(chosen) => self.send_to_each(index, chosen, partitions, record),
            // This is user code outside of any task, so its panic is caught here.
            Route::Later(choose) => match catch_panic(|| choose(partitions)) {
                Ok(Route::To(chosen)) if chosen.is_empty() => {
                    self.skip(index, SkipReason::NoPartition, None);
                    Ok(())
                }
                Ok(route) => self.dispatch(index, route, record),
                Err(message) => {
                    let failure = Failure::new(FailureKind::Panic, message);
                    let failure = failure.in_node(Arc::clone(&self.topics[index].node));
                    self.decide(index, failure, None, Some(*record));
                    Ok(())
                }
            },
        }
    }

    /// Sends a record to the partition of this key.
    #[inline]
    fn send_by_key(
        &mut self,
        index: usize,
        key: Option<&[u8]>,
        partitions: u32,
        record: &RecordBytes<'_>,
    ) -> Result<(), Route> {
        let partition = self.topics[index].choose_partition(key, partitions);
        self.append_to(index, partition, record).then_some(()).ok_or_else(|| Route::To(vec![partition]))
    }

    fn send_to_each(
        &mut self,
        index: usize,
        chosen: Vec<Partition>,
        partitions: u32,
        record: &RecordBytes<'_>,
    ) -> Result<(), Route> {
        for (sent, &partition) in chosen.iter().enumerate() {
            if partition.number() >= partitions {
                let topic = self.topics[index].topic.clone();
                let error = LogError::UnknownPartition { partition: TopicPartition { topic, partition } };
                self.rejected(index, error, Some(partition), Some(*record));
            } else if !self.append_to(index, partition, record) {
                return Err(Route::To(chosen[sent..].to_vec()));
            }
        }
        Ok(())
    }

    fn append_to(&mut self, index: usize, partition: Partition, record: &RecordBytes<'_>) -> bool {
        self.producer.append(&self.topics[index].topic, partition, record)
    }

    fn handle(&mut self, event: LogEvent) {
        match event {
            LogEvent::Acknowledged { up_to } => self.acknowledged = self.acknowledged.max(up_to),
            LogEvent::ProduceFailed { partition, record, error } => {
                let index = self.topics.index_of(&partition.topic);
                let record = record.as_ref().map(|record| record.as_bytes());
                self.rejected(index, error, Some(partition.partition), record);
            }
            LogEvent::Fatal(error) => self.fail(Failure::from_error(FailureKind::Log, error)),
            LogEvent::Unavailable(reason) => self.unavailable = Some(reason),
            // Events of consumers and administrators.
            LogEvent::Chunk(_)
            | LogEvent::AssignmentData { .. }
            | LogEvent::StreamsTasks(_)
            | LogEvent::AssignorFailed(_)
            | LogEvent::Assigned(_)
            | LogEvent::Revoked(_)
            | LogEvent::Lost(_)
            | LogEvent::Committed(_)
            | LogEvent::CommitDone { .. }
            | LogEvent::FetchFailed { .. }
            | LogEvent::CoordinatorSilent(_)
            | LogEvent::CoordinatorResponds
            | LogEvent::SessionTimeout(_)
            | LogEvent::Stalled(_)
            | LogEvent::AdminDone { .. } => {}
        }
    }

    /// Handles a record that the log has rejected.
    fn rejected(
        &mut self,
        index: usize,
        error: LogError,
        partition: Option<Partition>,
        record: Option<RecordBytes<'_>>,
    ) {
        let KnownTopic { topic, node, is_changelog, .. } = &self.topics[index];
        let kind_of_topic = if *is_changelog { "changelog" } else { "topic" };
        let detail = format!("{kind_of_topic} `{topic}` refused a record: {error}");
        let failure = Failure::new(FailureKind::Production, detail).caused_by(error);
        // A changelog is written by a store, which is part of its name, and not by a node.
        let failure = if *is_changelog { failure } else { failure.in_node(Arc::clone(node)) };
        self.decide(index, failure, partition, record);
    }

    /// Skips a record that could not be sent, or fails, as the handler decides. It is not asked for a changelog, whose records
    /// cannot be skipped.
    fn decide(
        &mut self,
        index: usize,
        mut failure: Failure,
        partition: Option<Partition>,
        record: Option<RecordBytes<'_>>,
    ) {
        let KnownTopic { topic, is_changelog, .. } = &self.topics[index];
        let output = Some(OutputRecord::new(topic, partition, record));
        let context = ErrorContext { output, ..ErrorContext::new(&failure) };
        let asked = if *is_changelog { Ok(Decision::Fail) } else { self.handlers.ask(&context) };
        if asked.unwrap_or_else(|panic| panic.stop(&mut failure)) == Decision::Continue {
            self.send_dead_letter(index, &failure, record);
            self.skip(index, SkipReason::of_failure(failure.kind), failure.detail);
        } else {
            self.fail(failure);
        }
    }

    /// Sends a record that the log has refused to the topic of dead letters, if there is one, unless it was sent there.
    fn send_dead_letter(&mut self, index: usize, failure: &Failure, record: Option<RecordBytes<'_>>) {
        let (Some(topic), Some(record)) = (self.handlers.dead_letters.clone(), record) else { return };
        if self.topics[index].topic != topic {
            let letter = RecordApart { topic: &topic, node: &node_of(failure), record };
            let add = |headers: &mut Headers| add_failure(headers, failure);
            letter.send(add, record.timestamp, |task, destination, record| self.send(task, destination, record));
        }
    }

    fn skip(&mut self, index: usize, reason: SkipReason, detail: Option<String>) {
        let node = Arc::clone(&self.topics[index].node);
        self.dropped.push(Dropped { node, reason, detail });
    }

    fn fail(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }
}

impl Participant for Outbox {
    fn begin_flush(&mut self) {
        self.flush = Flush::WaitsForPending;
        self.send_pending();
    }

    fn is_flushed(&self) -> bool {
        match self.flush {
            Flush::Idle => true,
            Flush::WaitsForPending => false,
            Flush::Sent(append) => self.acknowledged >= append && self.failure.is_none(),
        }
    }

    /// Discards the pending records of this task, and those records of its changelogs that are not sent yet. The next owner has
    /// already looked up where its changelogs end. A record that arrived after that would overwrite newer rows when the store
    /// is restored.
    ///
    /// Output records that are already in a batch are sent, since the batch has records of other tasks too. The next owner
    /// writes them again, as at-least-once allows.
    fn abort(&mut self, task: TaskId) {
        self.pending.drop_task(task);
        let (of_task, others) = std::mem::take(&mut self.changelogs).into_iter().partition(|(owner, _)| *owner == task);
        self.changelogs = others;
        let of_task: Vec<(TaskId, TopicPartition)> = of_task;
        let changelogs: Vec<TopicPartition> = of_task.into_iter().map(|(_, changelog)| changelog).collect();
        if !changelogs.is_empty() {
            self.producer.discard(DiscardScope::Partitions(&changelogs));
        }
    }
}

#[cfg(test)]
mod tests;
