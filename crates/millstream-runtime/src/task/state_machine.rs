//! The task itself: its states, and a step.

use std::time::Duration;

use millstream_changelog::Restorer;
use millstream_core::RawRecord;
use millstream_core::chain::{self, Chain, Clock};
use millstream_log::{Chunk, CommittedOffset, TopicState};
use millstream_state::{AnyStore, StoreIndex};
use millstream_types::{TaskId, Timestamp, Topic, TopicPartition};

use super::commit::Commit;
use super::commit_metadata::decode_partition_time;
use super::environment::Surroundings;
use super::error::{failure_of_chain, failure_of_store};
use super::input_queue::InputQueue;
use super::inputs::{Choice, Inputs};
use super::{Outbox, TaskError};
use crate::events::{EventKind, Failure, FailureCause, Skipped};
use crate::metrics::TaskMetrics;

/// Where a task is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// Built; the topics it writes are being looked up.
    Created,
    /// Its stores are being restored.
    Restoring,
    /// It processes records.
    Running,
    /// It holds still, during a rebalance; it may run again or be closed.
    Suspended,
    /// It is of no further use.
    Closed,
}

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Records that went through the operators, without those left out when they were read.
    pub records: usize,
    /// Whether a wall-clock schedule ran.
    pub punctuated: bool,
}

impl Step {
    /// Whether there was nothing to do.
    #[must_use]
    pub const fn is_idle(self) -> bool {
        self.records == 0 && !self.punctuated
    }
}

/// One sub-topology on one partition: its input queues, its operators, its stores.
///
/// It is driven from outside and never blocks; the module's documentation tells its life. After an error it must be
/// closed without a commit.
pub struct Task {
    pub(super) id: TaskId,
    pub(super) state: TaskState,
    pub(super) inputs: Inputs,
    pub(super) chain: Chain,
    pub(super) surroundings: Surroundings,
    /// Per input the number of its source in the recorder.
    pub(super) source_nodes: Vec<usize>,
    /// The topics that its sinks write, without those computed per record.
    pub(super) sinks: Vec<Topic>,
    pub(super) commit: Commit,
    pub(super) enforced_processing: u64,
}

impl Task {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Where it is in its life.
    #[must_use]
    pub fn state(&self) -> TaskState {
        self.state
    }

    /// The partitions it reads, in the order of its sub-topology's sources.
    pub fn partitions(&self) -> impl Iterator<Item = &TopicPartition> {
        self.inputs.iter().filter(|queue| queue.exists()).map(InputQueue::partition)
    }

    /// Its changelog partitions.
    pub fn changelogs(&self) -> impl Iterator<Item = &TopicPartition> {
        self.surroundings.changelogs.partitions()
    }

    /// Takes up where an earlier owner stopped: the partition's time, and the offset that need not be committed again.
    pub fn resume_from(&mut self, partition: &TopicPartition, committed: &CommittedOffset) {
        if let Some(input) = self.inputs.index_of(partition) {
            self.inputs.queue_mut(input).set_committed(committed.offset);
            self.chain.resume_partition_time(input, decode_partition_time(&committed.metadata));
        }
    }

    /// Moves it towards *running*: looks up the topics it writes, has its stores restored, initialises its processors. To
    /// be called until it runs; does nothing then.
    ///
    /// # Errors
    /// When a topic does not exist, or a processor's `init` fails.
    pub fn advance(
        &mut self,
        now: Timestamp,
        outbox: &mut Outbox,
        restorer: &mut Restorer,
    ) -> Result<TaskState, TaskError> {
        if self.state == TaskState::Created && self.look_up_topics(outbox)? {
            restorer.add(self.id, &self.surroundings.changelogs, self.chain.stores_mut());
            self.enter(TaskState::Restoring, EventKind::TaskRestoring);
        }
        if self.state == TaskState::Restoring && !restorer.is_restoring(self.id) {
            let started = self.chain.start(&mut self.surroundings.environment(now, outbox));
            started.map_err(|failure| self.chain_error(failure))?;
            self.enter(TaskState::Running, EventKind::TaskRunning);
        }
        Ok(self.state)
    }

    fn enter(&mut self, state: TaskState, event: EventKind) {
        self.state = state;
        self.surroundings.events.emit(event);
    }

    /// Whether all topics it writes are known.
    fn look_up_topics(&mut self, outbox: &mut Outbox) -> Result<bool, TaskError> {
        let sinks = self.sinks.iter().map(|topic| (topic, false));
        let changelogs = self.surroundings.changelogs.partitions().map(|changelog| (&changelog.topic, true));
        let mut all_known = true;
        for (topic, is_changelog) in sinks.chain(changelogs) {
            match outbox.look_up(topic, is_changelog) {
                TopicState::Ready { .. } => {}
                TopicState::Pending => all_known = false,
                TopicState::Missing => {
                    let detail = format!("topic `{topic}` does not exist; create it before the application starts");
                    return Err(self.error(Failure::new(FailureCause::Topology, detail)));
                }
            }
        }
        Ok(all_known)
    }

    /// Whether it has room for more records of `partition`, one of its own.
    #[must_use]
    pub fn wants(&self, partition: &TopicPartition) -> bool {
        self.inputs.index_of(partition).is_some_and(|input| self.inputs.has_room(input))
    }

    /// Takes records, in the order of the log; a chunk of another task's partition is dropped.
    pub fn add_chunk(&mut self, chunk: Chunk) {
        self.inputs.push(chunk);
    }

    /// Runs the wall-clock schedules that are due, then processes up to `records_max` records: each the one with the
    /// smallest timestamp among the heads of its partitions, followed by the stream-time schedules it made due.
    ///
    /// It ends earlier when there is nothing to process, a partition is waited for, or the outbox is not free. Does
    /// nothing unless the task is running.
    ///
    /// # Errors
    /// When a record fails and the handler says to stop, a store fails, or the outbox has failed.
    pub fn step(&mut self, now: Timestamp, records_max: usize, outbox: &mut Outbox) -> Result<Step, TaskError> {
        let mut step = Step::default();
        if !self.may_process() {
            return Ok(step);
        }
        step.punctuated = self.punctuate(now, outbox)?;
        while step.records < records_max && outbox.accepts_records() {
            if !self.step_once(now, outbox)? {
                break;
            }
            step.records += 1;
        }
        self.settle(outbox)?;
        Ok(step)
    }

    /// Processes one record, if there is one to process now.
    #[inline]
    fn step_once(&mut self, now: Timestamp, outbox: &mut Outbox) -> Result<bool, TaskError> {
        self.fill_heads(now, outbox)?;
        let Choice::Take { input, enforced } = self.inputs.choose(now) else { return Ok(false) };
        let mut environment = self.surroundings.environment(now, outbox);
        let processed = self.chain.process(input, &mut environment).and_then(|()| {
            let stream_time = self.chain.stream_time();
            self.chain.punctuate(Clock::StreamTime, stream_time, &mut environment)
        });
        self.inputs.queue_mut(input).drop_head();
        self.enforced_processing += u64::from(enforced);
        processed.map(|_| true).map_err(|failure| self.chain_error(failure))
    }

    /// Gives every input a head that has a record which is not left out.
    #[inline]
    fn fill_heads(&mut self, now: Timestamp, outbox: &mut Outbox) -> Result<(), TaskError> {
        for input in 0..self.inputs.len() {
            let queue = self.inputs.queue_mut(input);
            while queue.head().is_none()
                && let Some(record) = queue.peek()
            {
                let offset = record.offset();
                let raw = RawRecord {
                    offset,
                    timestamp: record.timestamp(),
                    key: record.key(),
                    value: record.value(),
                    headers: record.headers(),
                };
                let bytes = record.size_bytes() as u64;
                self.surroundings.recorder.node(self.source_nodes[input]).count_in(1, bytes);
                let mut environment = self.surroundings.environment(now, outbox);
                match self.chain.prepare(input, raw, &mut environment) {
                    Ok(timestamp) => queue.take(offset, timestamp),
                    Err(failure) => return Err(self.chain_error(failure)),
                }
            }
        }
        Ok(())
    }

    /// The timestamp of the record it would process next; `None` if there is none to process now.
    ///
    /// # Errors
    /// When a head cannot be read and the handler says to stop.
    pub fn next_timestamp(&mut self, now: Timestamp, outbox: &mut Outbox) -> Result<Option<Timestamp>, TaskError> {
        if !self.may_process() {
            return Ok(None);
        }
        self.fill_heads(now, outbox)?;
        Ok(match self.inputs.choose(now) {
            Choice::Take { input, .. } => self.inputs.queue(input).head().map(|head| head.timestamp),
            Choice::Wait => None,
        })
    }

    /// Runs the wall-clock schedules that are due; `true` if there was one. Part of each [`step`](Self::step).
    ///
    /// # Errors
    /// When a processor fails and the handler says to stop.
    pub fn punctuate(&mut self, now: Timestamp, outbox: &mut Outbox) -> Result<bool, TaskError> {
        if !self.may_process() || !outbox.accepts_records() {
            return Ok(false);
        }
        let mut environment = self.surroundings.environment(now, outbox);
        let punctuated = self.chain.punctuate(Clock::WallClock, now, &mut environment);
        let punctuated = punctuated.map_err(|failure| self.chain_error(failure))?;
        self.commit.is_due |= punctuated;
        Ok(punctuated)
    }

    fn may_process(&self) -> bool {
        self.state == TaskState::Running && !self.commit.blocks_processing()
    }

    /// Counts what the outbox left out, and hears of its failure.
    fn settle(&mut self, outbox: &mut Outbox) -> Result<(), TaskError> {
        for dropped in outbox.take_dropped() {
            let (reason, node, detail) = (dropped.reason, &*dropped.node, dropped.detail.as_deref());
            self.surroundings.dropped(&Skipped { reason, node, place: None, detail });
        }
        outbox.check().map_err(|failure| self.error(failure))
    }

    /// When it has something to do although nothing comes in: a wall-clock schedule, or the end of a wait.
    #[must_use]
    pub fn next_wake_up(&self) -> Option<Timestamp> {
        let wake_ups = [self.chain.next_wall_clock_punctuation(), self.inputs.wait_ends()];
        wake_ups.into_iter().flatten().min()
    }

    /// Records it has that are not processed yet.
    #[must_use]
    pub fn buffered_records(&self) -> usize {
        self.inputs.iter().map(InputQueue::len).sum()
    }

    /// How often it processed a record although another partition had none and its time to wait was over.
    #[must_use]
    pub fn enforced_processing(&self) -> u64 {
        self.enforced_processing
    }

    /// Holds still until [`resume`](Self::resume); what was processed can still be committed.
    pub fn suspend(&mut self) {
        if self.state == TaskState::Running {
            self.state = TaskState::Suspended;
        }
    }

    /// Goes on after [`suspend`](Self::suspend).
    pub fn resume(&mut self) {
        if self.state == TaskState::Suspended {
            self.state = TaskState::Running;
        }
    }

    /// Tells its processors that no more records come. Whoever wants what it processed to count commits before and says
    /// `clean`; otherwise it is repeated by the next owner. A restore under way is to be
    /// [removed](millstream_changelog::Restorer::remove).
    pub fn close(&mut self, clean: bool) {
        if self.state == TaskState::Closed {
            return;
        }
        if matches!(self.state, TaskState::Running | TaskState::Suspended) {
            self.chain.close();
        }
        self.inputs.iter_mut().for_each(InputQueue::clear);
        self.enter(TaskState::Closed, EventKind::TaskClosed { clean });
    }

    /// Its numbers as they are now.
    #[must_use]
    pub fn metrics(&self) -> &TaskMetrics {
        self.surroundings.recorder.current()
    }

    /// Publishes its numbers if a second has passed since the last time; `now` is [monotonic](crate::Clock::monotonic).
    /// Cheap otherwise.
    pub fn publish_metrics(&mut self, now: Duration) {
        if self.surroundings.recorder.publish_if_due(now) {
            self.gauge();
        }
    }

    /// Publishes its numbers, as they are this moment.
    pub fn publish_metrics_now(&mut self) {
        self.gauge();
        self.surroundings.recorder.publish();
    }

    /// Brings up to date what is measured and not counted: positions, sizes.
    fn gauge(&mut self) {
        let recorder = &mut self.surroundings.recorder;
        for (input, queue) in self.inputs.iter().enumerate() {
            if let (Some(position), Some(end)) = (queue.committable(), queue.end()) {
                recorder.partition(input).at(position, end);
            }
        }
        for (place, store) in self.chain.stores_mut().enumerate() {
            recorder.store(place).entries = store.len() as u64;
        }
    }

    /// Counts records restored into one of its stores, of which `remaining` are still to come.
    pub fn count_restored(&mut self, store: &str, records: u64, remaining: u64) {
        let recorder = &mut self.surroundings.recorder;
        if let Some(place) = recorder.current().stores.iter().position(|known| &*known.store == store) {
            let numbers = recorder.store(place);
            numbers.restored += records;
            numbers.restore_remaining = remaining;
        }
    }

    /// Counts a commit that took this long from its first phase to its last.
    pub fn count_commit(&mut self, took: Duration) {
        self.surroundings.recorder.count_commit(took);
    }

    /// One of its stores.
    pub fn store_mut(&mut self, index: StoreIndex) -> Option<&mut dyn AnyStore> {
        self.chain.store_mut(index)
    }

    /// Its stores, in the order they were added to the topology.
    pub fn stores_mut(&mut self) -> impl Iterator<Item = &mut dyn AnyStore> {
        self.chain.stores_mut()
    }

    /// Its operators, for what only they know: stream time, the cache's share.
    pub fn chain_mut(&mut self) -> &mut Chain {
        &mut self.chain
    }

    pub(super) fn error(&self, failure: Failure) -> TaskError {
        TaskError { task: self.id, failure }
    }

    pub(super) fn chain_error(&self, failure: chain::Failure) -> TaskError {
        self.error(failure_of_chain(failure))
    }

    pub(super) fn store_error(&self, error: &millstream_state::StoreError) -> TaskError {
        self.error(failure_of_store(error))
    }
}

#[cfg(test)]
mod tests;
