//! The way out of a stream thread: one producer, the topics it writes, and a reserve for what cannot be sent yet.

mod reserve;
mod retention;
mod topics;

use std::sync::Arc;
use std::time::Duration;

use millstream_core::chain::{Decision, Destination, Route};
use millstream_log::{DiscardScope, Discarded, LogError, LogEvent, Producing, Sending, TopicState};
use millstream_types::{
    Failure, FailureKind, Headers, Now, Offset, Partition, RecordBytes, SkipReason, TaskId, Timestamp, Topic,
    TopicPartition, catch_panic,
};

use self::reserve::{Parked, Reserve};
use self::retention::AgeCheck;
pub use self::retention::{Retentions, TooOld};
use self::topics::{KnownTopic, Topics};
use crate::Participant;
use crate::call_log;
use crate::handlers::{ErrorContext, Handlers, OutputRecord};

/// How far a flush is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flush {
    /// None was started, or it is over.
    Idle,
    /// Records are still parked that it has to cover.
    Parked,
    /// It is over when this append is acknowledged.
    Sent(u64),
}

/// Everything that the tasks of one stream thread write goes through its outbox, in order.
///
/// Appending never fails half-way through a chain. A record that cannot be sent at once, since the producer is full or
/// the topic is still being looked up, is *parked*; until all parked records are gone, tasks take no further record
/// ([`accepts_records`](Self::accepts_records)). So the reserve holds at most what one record, one punctuation or one
/// flush of the caches has caused, and a partition's records keep their order.
///
/// Each record is kept with the task that wrote it, so that those of a lost task can be discarded
/// ([`Participant::abort`]). After a pause that may have cost the thread its membership, everything is
/// [held back](Self::hold) until that is known.
///
/// A record that the log refuses goes to the production handler; one of a changelog stops the thread's tasks at once. After
/// a failure the outbox stays failed: nothing may be committed any more.
pub struct Outbox {
    producer: Box<dyn Producing>,
    topics: Topics,
    reserve: Reserve,
    handlers: Handlers,
    acknowledged: u64,
    flush: Flush,
    sending: Sending,
    session_timeout: Option<Duration>,
    /// The changelog partitions of tasks; each belongs to one task alone.
    changelogs: Vec<(TaskId, TopicPartition)>,
    failure: Option<Failure>,
    unavailable: Option<String>,
    /// Records left out on the way, for the tasks to count.
    dropped: Vec<Dropped>,
    ages: AgeCheck,
    events: Vec<LogEvent>,
}

/// A record that was left out after its chain was done with it.
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
            reserve: Reserve::default(),
            handlers,
            acknowledged: 0,
            flush: Flush::Idle,
            sending: Sending::Allowed,
            session_timeout: None,
            changelogs: Vec::new(),
            failure: None,
            unavailable: None,
            dropped: Vec::new(),
            ages: AgeCheck::default(),
            events: Vec::new(),
        }
    }

    /// The same, noticing records that are older than their topics keep records.
    #[must_use]
    pub fn with_retentions(self, retentions: Arc<Retentions>) -> Self {
        Self { ages: AgeCheck::over(retentions), ..self }
    }

    /// Writes through another producer from now on, and throws away with the present one what has not reached the log. All
    /// tasks that have written here must be closed: they would take it for written.
    pub fn replace_producer(&mut self, producer: Box<dyn Producing>) {
        self.producer = producer;
        self.producer.set_sending(self.sending);
        if let Some(timeout) = self.session_timeout {
            self.producer.set_session_timeout(timeout);
        }
        self.topics.refresh(&mut *self.producer);
        self.reserve = Reserve::default();
        (self.acknowledged, self.flush) = (0, Flush::Idle);
    }

    /// Throws away everything that is not sent yet, of all tasks, which must be closed. Requests in flight are awaited:
    /// until [`is_empty`](Self::is_empty) their records may still reach the log.
    ///
    /// A producer that cannot throw records away answers so; the caller then [replaces](Self::replace_producer) it.
    pub fn discard_all(&mut self) -> Discarded {
        self.reserve = Reserve::default();
        self.changelogs.clear();
        self.flush = Flush::Idle;
        self.producer.discard(DiscardScope::All)
    }

    /// The group removes a member that is silent for this long. The shortest one counts.
    pub fn set_session_timeout(&mut self, timeout: Duration) {
        let timeout = self.session_timeout.map_or(timeout, |known| known.min(timeout));
        self.session_timeout = Some(timeout);
        self.producer.set_session_timeout(timeout);
    }

    /// Holds back everything that is not sent yet, until [`release`](Self::release). Tasks may not take records meanwhile.
    pub fn hold(&mut self) {
        self.sending = Sending::Held;
        self.producer.set_sending(self.sending);
    }

    /// Sends again after [`hold`](Self::hold).
    pub fn release(&mut self) {
        self.sending = Sending::Allowed;
        self.producer.set_sending(self.sending);
    }

    /// Whether everything that was written is durable.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.acknowledged == self.written()
    }

    /// Whether tasks may take records: nothing is parked or held back, and nothing has failed.
    #[inline]
    #[must_use]
    pub fn accepts_records(&self) -> bool {
        self.reserve.is_empty() && self.failure.is_none() && self.sending == Sending::Allowed
    }

    /// Moves work along without blocking: sends parked records, handles acknowledgements and failures.
    ///
    /// # Errors
    /// When a record was refused that may not be left out, or the producer is of no further use. All tasks that write
    /// here must be closed without a commit.
    pub fn poll(&mut self, now: Now) -> Result<(), Failure> {
        let mut events = std::mem::take(&mut self.events);
        let producer = &mut *self.producer;
        call_log("producer", || producer.poll(now.monotonic, &mut events))?;
        self.topics.refresh(&mut *self.producer);
        events.drain(..).for_each(|event| self.handle(event));
        self.events = events;
        self.ages.advance(now.wall);
        self.send_parked();
        self.check()
    }

    /// The failure that ended the work of this outbox, if one did.
    ///
    /// # Errors
    /// That failure.
    pub fn check(&self) -> Result<(), Failure> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    /// How many records were written so far, those included that are not sent yet.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.producer.appended() + self.reserve.len()
    }

    /// Up to where a changelog surely holds what was written here; `None` while nothing written there is durable.
    #[must_use]
    pub fn acknowledged_offset(&self, changelog: &TopicPartition) -> Option<Offset> {
        self.producer.acknowledged_offset(changelog)
    }

    /// Why the log could not be reached, if it was unavailable since the last call.
    pub fn take_unavailable(&mut self) -> Option<String> {
        self.unavailable.take()
    }

    /// Records that were written although they are older than their topics keep records: one for each topic, ever.
    pub fn take_too_old(&mut self) -> Vec<TooOld> {
        self.ages.take_noticed()
    }

    /// Looks up a topic before its first record.
    pub(super) fn look_up(&mut self, topic: &Topic) -> TopicState {
        let index = self.topics.index_of(topic);
        self.topics.state(index, &mut *self.producer)
    }

    /// Looks up a changelog before its first record, and remembers it as one, of this task.
    pub(super) fn look_up_changelog(&mut self, task: TaskId, changelog: &TopicPartition) -> TopicState {
        if !self.changelogs.iter().any(|(owner, known)| (*owner, known) == (task, changelog)) {
            self.changelogs.push((task, changelog.clone()));
        }
        let index = self.topics.index_of(&changelog.topic);
        self.topics[index].is_changelog = true;
        self.topics.state(index, &mut *self.producer)
    }

    /// How many partitions `topic` has, if that is known.
    pub(super) fn partition_count(&mut self, topic: &Topic) -> Option<u32> {
        let index = self.topics.index_of(topic);
        match self.topics.state(index, &mut *self.producer) {
            TopicState::Ready { partitions } => Some(partitions),
            TopicState::Pending | TopicState::Missing => None,
        }
    }

    /// Takes an output record of a task; `false` if its partitioner wants it nowhere.
    #[inline]
    pub(super) fn send(&mut self, task: TaskId, destination: Destination<'_>, content: RecordBytes<'_>) -> bool {
        let Destination { node, topic, route } = destination;
        if matches!(&route, Route::To(partitions) if partitions.is_empty()) {
            return false;
        }
        let index = self.topics.index_of(topic);
        self.topics[index].written_by(node);
        self.ages.look_at(topic, content.timestamp);
        if !self.reserve.is_empty() {
            self.park(task, index, route, &content);
        } else if let Err(rest) = self.dispatch(index, route, &content) {
            self.park(task, index, rest, &content);
        }
        true
    }

    /// Takes a changelog record of a task.
    #[inline]
    pub(super) fn log(
        &mut self,
        task: TaskId,
        changelog: &TopicPartition,
        timestamp: Timestamp,
        key: &[u8],
        value: Option<&[u8]>,
    ) {
        let TopicPartition { topic, partition } = changelog;
        self.ages.look_at(topic, timestamp);
        let headers = Headers::new();
        let content = RecordBytes { timestamp, key: Some(key), value, headers: &headers };
        if !(self.reserve.is_empty() && self.producer.append(topic, *partition, &content)) {
            let index = self.topics.index_of(topic);
            self.park(task, index, Route::To(vec![*partition]), &content);
        }
    }

    /// Whether it has left out records that no task has counted yet, or has failed.
    #[inline]
    pub(super) fn has_dropped_or_failed(&self) -> bool {
        !self.dropped.is_empty() || self.failure.is_some()
    }

    /// The records left out since the last call, for a task to count.
    pub(super) fn take_dropped(&mut self) -> Vec<Dropped> {
        std::mem::take(&mut self.dropped)
    }

    fn park(&mut self, task: TaskId, topic: usize, route: Route, content: &RecordBytes<'_>) {
        self.reserve.push(Parked {
            task,
            topic,
            route,
            timestamp: content.timestamp,
            key: content.key.map(<[u8]>::to_vec),
            value: content.value.map(<[u8]>::to_vec),
            headers: content.headers.clone(),
        });
    }

    /// Sends what is parked as far as it goes; the last of it sets the end of a started flush.
    fn send_parked(&mut self) {
        if self.sending == Sending::Held {
            return;
        }
        while let Some(Parked { task, topic, route, timestamp, key, value, headers }) = self.reserve.pop() {
            let content = RecordBytes { timestamp, key: key.as_deref(), value: value.as_deref(), headers: &headers };
            if let Err(route) = self.dispatch(topic, route, &content) {
                self.reserve.put_back(Parked { task, topic, route, timestamp, key, value, headers });
                return;
            }
        }
        if self.flush == Flush::Parked {
            self.producer.flush();
            self.flush = Flush::Sent(self.producer.appended());
        }
    }

    /// Sends a record or leaves it out for good; `Err` with what is left of its route if it has to wait.
    #[inline]
    fn dispatch(&mut self, index: usize, route: Route, content: &RecordBytes<'_>) -> Result<(), Route> {
        let partitions = match self.topics.state(index, &mut *self.producer) {
            TopicState::Ready { partitions } => partitions,
            TopicState::Pending => return Err(route),
            TopicState::Missing => {
                let topic = self.topics[index].topic.clone();
                self.refused(index, LogError::UnknownTopic { topic }, None, Some(*content));
                return Ok(());
            }
        };
        match route {
            Route::ByKey => self.send_by(index, content.key, partitions, content),
            Route::ByKeyPrefix(len) => {
                let prefix = content.key.map(|key| key.get(..len).unwrap_or(key));
                self.send_by(index, prefix, partitions, content)
            }
            Route::To(chosen) => self.send_to_each(index, chosen, partitions, content),
            // User code, and no task is at work here that a panic could be put down to.
            Route::Later(choose) => match catch_panic(|| choose(partitions)) {
                Ok(Route::To(chosen)) if chosen.is_empty() => {
                    self.leave_out(index, SkipReason::NoPartition, None);
                    Ok(())
                }
                Ok(route) => self.dispatch(index, route, content),
                Err(message) => {
                    let failure = Failure::new(FailureKind::Panic, message);
                    let failure = failure.in_node(Arc::clone(&self.topics[index].node));
                    self.decide(index, failure, None, Some(*content));
                    Ok(())
                }
            },
        }
    }

    /// Sends a record to the partition of this key.
    #[inline]
    fn send_by(
        &mut self,
        index: usize,
        key: Option<&[u8]>,
        partitions: u32,
        content: &RecordBytes<'_>,
    ) -> Result<(), Route> {
        let partition = self.topics[index].choose_partition(key, partitions);
        self.append_to(index, partition, content).then_some(()).ok_or_else(|| Route::To(vec![partition]))
    }

    fn send_to_each(
        &mut self,
        index: usize,
        chosen: Vec<Partition>,
        partitions: u32,
        content: &RecordBytes<'_>,
    ) -> Result<(), Route> {
        for (sent, &partition) in chosen.iter().enumerate() {
            if partition.number() >= partitions {
                let topic = self.topics[index].topic.clone();
                let error = LogError::UnknownPartition { partition: TopicPartition { topic, partition } };
                self.refused(index, error, Some(partition), Some(*content));
            } else if !self.append_to(index, partition, content) {
                return Err(Route::To(chosen[sent..].to_vec()));
            }
        }
        Ok(())
    }

    fn append_to(&mut self, index: usize, partition: Partition, content: &RecordBytes<'_>) -> bool {
        self.producer.append(&self.topics[index].topic, partition, content)
    }

    fn handle(&mut self, event: LogEvent) {
        match event {
            LogEvent::Acknowledged { up_to } => self.acknowledged = self.acknowledged.max(up_to),
            LogEvent::ProduceFailed { partition, record, error } => {
                let index = self.topics.index_of(&partition.topic);
                let content = record.as_ref().map(|record| record.as_bytes());
                self.refused(index, error, Some(partition.partition), content);
            }
            LogEvent::Fatal(error) => self.fail(Failure::from_error(FailureKind::Log, error)),
            LogEvent::Unavailable(reason) => self.unavailable = Some(reason),
            // Events of consumers and administrators.
            LogEvent::Chunk(_)
            | LogEvent::Assigned(_)
            | LogEvent::Revoked(_)
            | LogEvent::Lost(_)
            | LogEvent::Committed(_)
            | LogEvent::CommitDone { .. }
            | LogEvent::FetchFailed { .. }
            | LogEvent::SessionTimeout(_)
            | LogEvent::Stalled(_)
            | LogEvent::AdminDone { .. } => {}
        }
    }

    /// A record for this topic was refused: the handler decides, but not on a changelog's.
    fn refused(
        &mut self,
        index: usize,
        error: LogError,
        partition: Option<Partition>,
        content: Option<RecordBytes<'_>>,
    ) {
        let KnownTopic { topic, node, is_changelog, .. } = &self.topics[index];
        let kind_of_topic = if *is_changelog { "changelog" } else { "topic" };
        let detail = format!("{kind_of_topic} `{topic}` refused a record: {error}");
        let failure = Failure::new(FailureKind::Production, detail).caused_by(error);
        // A changelog is written by a store, which its name names, and by no node.
        let failure = if *is_changelog { failure } else { failure.in_node(Arc::clone(node)) };
        self.decide(index, failure, partition, content);
    }

    /// A record for this topic failed on its way out: the handler decides, but not on a changelog's.
    fn decide(
        &mut self,
        index: usize,
        mut failure: Failure,
        partition: Option<Partition>,
        content: Option<RecordBytes<'_>>,
    ) {
        let KnownTopic { topic, is_changelog, .. } = &self.topics[index];
        let output = Some(OutputRecord::new(topic, partition, content));
        let context = ErrorContext { output, ..ErrorContext::new(&failure) };
        let asked = if *is_changelog { Ok(Decision::Fail) } else { self.handlers.ask(&context) };
        if asked.unwrap_or_else(|panic| panic.stop(&mut failure)) == Decision::Continue {
            self.leave_out(index, SkipReason::of_failure(failure.kind), failure.detail);
        } else {
            self.fail(failure);
        }
    }

    fn leave_out(&mut self, index: usize, reason: SkipReason, detail: Option<String>) {
        let node = Arc::clone(&self.topics[index].node);
        self.dropped.push(Dropped { node, reason, detail });
    }

    fn fail(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }
}

impl Participant for Outbox {
    fn begin_flush(&mut self) {
        self.flush = Flush::Parked;
        self.send_parked();
    }

    fn is_flushed(&self) -> bool {
        match self.flush {
            Flush::Idle => true,
            Flush::Parked => false,
            Flush::Sent(append) => self.acknowledged >= append && self.failure.is_none(),
        }
    }

    /// Throws away what this task has parked, and what of its changelogs is not sent yet: the next owner has asked where
    /// they end, and an older state of a key that arrived behind its own would be the newer one for whoever restores it.
    ///
    /// Output records that are in a batch already stand there among those of other tasks. They are sent, and the next
    /// owner writes them again, as at-least-once allows.
    fn abort(&mut self, task: TaskId) {
        self.reserve.drop_task(task);
        let (of_task, others) = std::mem::take(&mut self.changelogs).into_iter().partition(|(owner, _)| *owner == task);
        self.changelogs = others;
        let of_task: Vec<(TaskId, TopicPartition)> = of_task;
        let changelogs: Vec<TopicPartition> = of_task.into_iter().map(|(_, changelog)| changelog).collect();
        if !changelogs.is_empty() {
            // A producer that cannot throw away a part of its records keeps them all.
            _ = self.producer.discard(DiscardScope::Partitions(&changelogs));
        }
    }
}

#[cfg(test)]
mod tests;
