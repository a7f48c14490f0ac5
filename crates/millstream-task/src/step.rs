//! A task at work: records in, a step, schedules.

use millstream_core::RawKey;
use millstream_core::chain::Decision;
use millstream_log::Chunk;
use millstream_types::{Failure, MonotonicTime, Now, RecordBytes, SkipReason, Skipped, Timestamp, TopicPartition};

use crate::environment::SourceRecord;
use crate::input_queue::InputQueue;
use crate::inputs::Choice;
use crate::{ErrorContext, Outbox, Task, TaskError, TaskState};

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

impl Task {
    /// Whether it has room for more records of `partition`, one of its own.
    #[must_use]
    pub fn wants(&self, partition: &TopicPartition) -> bool {
        self.inputs.index_of(partition).is_some_and(|input| self.inputs.has_room(input))
    }

    /// Takes records, in the order of the log; a chunk of another task's partition is dropped.
    pub fn add_chunk(&mut self, chunk: Chunk) {
        self.inputs.push(chunk);
    }

    /// Asks the deserialization handler about records that could not even be taken out of their batch; says what it
    /// decided. Continued without, they count as one record that was left out.
    pub fn decide_unreadable(&mut self, failure: &Failure) -> Decision {
        let mut context = ErrorContext::new(failure);
        context.task = Some(self.id());
        let decision = self.resources.handlers.decide(&context);
        if decision == Decision::Continue {
            let (reason, origin) = (SkipReason::of_failure(failure.kind), failure.origin.clone());
            let node = failure.node.as_deref().unwrap_or_default();
            self.resources.dropped(&Skipped {
                reason,
                node,
                origin,
                detail: failure.detail.as_deref(),
                record_data: None,
            });
        }
        decision
    }

    /// Marks a partition of which nothing could be fetched for some seconds, until the next chunk of it: its end, and so
    /// the lag, are not known meanwhile.
    pub fn stalled(&mut self, partition: &TopicPartition) {
        if let Some(input) = self.inputs.index_of(partition) {
            self.inputs.queue_mut(input).set_stalled();
        }
    }

    /// Whether nothing could be fetched of one of its partitions.
    #[must_use]
    pub fn has_stalled(&self) -> bool {
        self.inputs.iter().any(InputQueue::is_stalled)
    }

    /// Runs the wall-clock schedules that are due, then processes up to `records_max` records: each the one with the
    /// smallest timestamp among the heads of its partitions, followed by the stream-time schedules it made due.
    ///
    /// It ends earlier when there is nothing to process, a partition is waited for, or the outbox is not free. Does
    /// nothing unless the task is running.
    ///
    /// # Errors
    /// When a record fails and the handler says to stop, a store fails, or the outbox has failed.
    pub fn step(&mut self, now: Now, records_max: usize, outbox: &mut Outbox) -> Result<Step, TaskError> {
        self.step_up_to(Timestamp::from_millis(i64::MAX), now, records_max, outbox)
    }

    /// As [`step`](Self::step), and ends before the first record that is later than `last`: other tasks have older ones.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn step_up_to(
        &mut self,
        last: Timestamp,
        now: Now,
        records_max: usize,
        outbox: &mut Outbox,
    ) -> Result<Step, TaskError> {
        let mut step = Step::default();
        if !self.may_process() {
            return Ok(step);
        }
        step.punctuated = self.punctuate(now, outbox)?;
        while step.records < records_max && outbox.accepts_records() {
            if !self.step_once(last, now, outbox)? {
                break;
            }
            step.records += 1;
        }
        self.settle(outbox)?;
        Ok(step)
    }

    /// Processes one record, if there is one to process now that is not later than `last`.
    #[inline]
    fn step_once(&mut self, last: Timestamp, now: Now, outbox: &mut Outbox) -> Result<bool, TaskError> {
        self.fill_heads(now, outbox)?;
        let Choice::Take { input, enforced } = self.inputs.choose(now.monotonic) else { return Ok(false) };
        if self.inputs.queue(input).head().is_some_and(|head| head.timestamp > last) {
            return Ok(false);
        }
        let head = SourceRecord::Head(self.inputs.queue(input));
        let mut environment = self.resources.environment(now, outbox).processing(head);
        let processed = self
            .chain
            .process(input, &mut self.stores, &mut environment)
            .and_then(|()| self.chain.punctuate_by_stream_time(&mut self.stores, &mut environment));
        self.inputs.queue_mut(input).drop_head();
        self.enforced_processing += u64::from(enforced);
        processed.map(|_| true).map_err(|failure| self.error(failure))
    }

    /// Gives every input a head that has a record which is not left out.
    #[inline]
    fn fill_heads(&mut self, now: Now, outbox: &mut Outbox) -> Result<(), TaskError> {
        for input in 0..self.inputs.len() {
            while self.inputs.queue(input).head().is_none() {
                self.prefetch(input, now, outbox);
                let queue = self.inputs.queue_mut(input);
                let Some(record) = queue.peek() else { break };
                let offset = record.offset();
                let headers = record.headers();
                let raw = RecordBytes {
                    timestamp: record.timestamp(),
                    key: record.key(),
                    value: record.value(),
                    headers: &headers,
                };
                let bytes = record.size_bytes() as u64;
                self.resources.recorder.node(self.source_nodes[input]).count_in(1, bytes);
                let next = SourceRecord::Next(record);
                let mut environment = self.resources.environment(now, outbox).processing(next);
                match self.chain.prepare(input, offset, raw, &mut self.stores, &mut environment) {
                    Ok(timestamp) => queue.take(offset, timestamp),
                    Err(failure) => return Err(self.error(failure)),
                }
            }
        }
        Ok(())
    }

    /// Shows the chain some records that come next, whenever it has come to the end of those shown before.
    #[inline]
    fn prefetch(&mut self, input: usize, now: Now, outbox: &mut Outbox) {
        if self.chain.prefetches()
            && let Some(next) = self.inputs.queue_mut(input).prefetch()
        {
            let mut environment = self.resources.environment(now, outbox);
            let mut keys =
                next.map(|record| RawKey { offset: record.offset(), timestamp: record.timestamp(), key: record.key() });
            self.chain.prefetch(input, &mut keys, &mut self.stores, &mut environment);
        }
    }

    /// The timestamp of the record it would process next; `None` if there is none to process now.
    ///
    /// # Errors
    /// When a head cannot be read and the handler says to stop.
    pub fn next_timestamp(&mut self, now: Now, outbox: &mut Outbox) -> Result<Option<Timestamp>, TaskError> {
        if !self.may_process() {
            return Ok(None);
        }
        self.fill_heads(now, outbox)?;
        Ok(match self.inputs.choose(now.monotonic) {
            Choice::Take { input, .. } => self.inputs.queue(input).head().map(|head| head.timestamp),
            Choice::Wait => None,
        })
    }

    /// Runs the wall-clock schedules that are due; `true` if there was one. Part of each [`step`](Self::step).
    ///
    /// # Errors
    /// When a processor fails and the handler says to stop.
    pub fn punctuate(&mut self, now: Now, outbox: &mut Outbox) -> Result<bool, TaskError> {
        if !self.may_process() || !outbox.accepts_records() {
            return Ok(false);
        }
        let mut environment = self.resources.environment(now, outbox);
        let punctuated = self.chain.punctuate_by_wall_clock(&mut self.stores, &mut environment);
        let punctuated = punctuated.map_err(|failure| self.error(failure))?;
        self.commit.is_due |= punctuated;
        Ok(punctuated)
    }

    fn may_process(&self) -> bool {
        self.state == TaskState::Running && !self.commit.blocks_processing()
    }

    /// Counts what the outbox skipped, and returns its failure.
    fn settle(&mut self, outbox: &mut Outbox) -> Result<(), TaskError> {
        for dropped in outbox.take_dropped() {
            let (reason, node, detail) = (dropped.reason, &*dropped.node, dropped.detail.as_deref());
            self.resources.dropped(&Skipped { reason, node, origin: None, detail, record_data: None });
        }
        outbox.check().map_err(|failure| self.error(failure))
    }

    /// When it has something to do although nothing comes in: a wall-clock schedule, or the end of a wait.
    #[must_use]
    pub fn next_wake_up(&self) -> Option<MonotonicTime> {
        let wake_ups = [self.chain.next_wall_clock_punctuation(), self.inputs.wait_ends()];
        wake_ups.into_iter().flatten().min()
    }

    /// Whether it has nothing to process now although records are known to be in the log for it, or nothing is known of
    /// one of its partitions yet.
    #[must_use]
    pub fn awaits_records(&self) -> bool {
        let may_have_more = |queue: &InputQueue| queue.unfetched().is_none_or(|records| records > 0);
        self.may_process() && self.inputs.iter().any(|queue| queue.exists() && queue.is_empty() && may_have_more(queue))
    }

    /// The time that its records have reached.
    #[must_use]
    pub fn stream_time(&self) -> Timestamp {
        self.chain.stream_time()
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
}
