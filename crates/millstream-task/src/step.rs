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
    /// All that may have called the user's code: these records, those left out when they were read, rows that a full cache
    /// forwarded, schedules.
    pub work: usize,
}

impl Step {
    /// Whether there was nothing to do.
    #[must_use]
    pub const fn is_idle(self) -> bool {
        self.work == 0
    }
}

/// What a task would process next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextRecord {
    /// It has records that are still to be read; they may be older than those of any other task.
    Unread,
    /// A record of this time.
    At(Timestamp),
    /// Nothing now.
    None,
}

/// Where a step ends.
#[derive(Clone, Copy)]
struct StepLimit {
    /// Before the first record that is later.
    last: Timestamp,
    records_max: usize,
    work_max: usize,
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
    pub fn decide_unreadable(&mut self, failure: &mut Failure) -> Decision {
        let mut context = ErrorContext::new(failure);
        context.task = Some(self.id());
        let asked = self.resources.handlers.ask(&context);
        let decision = asked.unwrap_or_else(|panic| panic.stop(failure));
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
    pub fn mark_stalled(&mut self, partition: &TopicPartition) {
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
        let (last, work_max) = (Timestamp::from_millis(i64::MAX), usize::MAX);
        let due = self.run_due(work_max, now, outbox)?;
        let step = self.step_within(StepLimit { last, records_max, work_max }, now, outbox)?;
        Ok(Step { work: step.work + due.work, ..step })
    }

    /// As [`step`](Self::step), without wall-clock schedules, which are left to [`run_due`](Self::run_due). It ends before
    /// the first record that is later than `last`, as other tasks have older ones, or when so much [work](Step::work) is
    /// done. The next step continues from there, if need be in the middle of what a record has caused.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn step_up_to(
        &mut self,
        last: Timestamp,
        now: Now,
        work_max: usize,
        outbox: &mut Outbox,
    ) -> Result<Step, TaskError> {
        self.step_within(StepLimit { last, records_max: usize::MAX, work_max }, now, outbox)
    }

    fn step_within(&mut self, limit: StepLimit, now: Now, outbox: &mut Outbox) -> Result<Step, TaskError> {
        let mut step = Step::default();
        if !self.may_process() {
            return Ok(step);
        }
        let mut left = limit.work_max;
        self.settle(&mut left, now, outbox)?;
        while step.records < limit.records_max && left > 0 && outbox.accepts_records() {
            if !self.step_once(limit.last, &mut left, now, outbox)? {
                break;
            }
            step.records += 1;
        }
        self.check_outbox(outbox)?;
        step.work = limit.work_max - left;
        Ok(step)
    }

    /// Processes one record, if there is one to process now that is not later than `last`.
    #[inline]
    fn step_once(
        &mut self,
        last: Timestamp,
        left: &mut usize,
        now: Now,
        outbox: &mut Outbox,
    ) -> Result<bool, TaskError> {
        if !self.fill_heads(left, now, outbox)? {
            return Ok(false);
        }
        let Choice::Take { input, enforced } = self.inputs.choose(now.monotonic) else { return Ok(false) };
        if self.inputs.queue(input).head().is_some_and(|head| head.timestamp > last) {
            return Ok(false);
        }
        *left = left.saturating_sub(1);
        let head = SourceRecord::Head(self.inputs.queue(input));
        let mut environment = self.resources.environment(now, outbox).processing(head);
        let processed = self
            .chain
            .process(input, &mut self.stores, &mut environment)
            .and_then(|()| self.chain.settle(left, &mut self.stores, &mut environment));
        self.inputs.queue_mut(input).drop_head();
        self.enforced_processing += u64::from(enforced);
        processed.map(|_| true).map_err(|failure| self.error(failure))
    }

    /// Gives every input a head that has a record which is not left out. Each that is left out takes one of `left`; whether
    /// all are read before none is left.
    #[inline]
    fn fill_heads(&mut self, left: &mut usize, now: Now, outbox: &mut Outbox) -> Result<bool, TaskError> {
        for input in 0..self.inputs.len() {
            while self.inputs.queue(input).head().is_none() {
                self.prefetch(input, now, outbox);
                let queue = self.inputs.queue_mut(input);
                let Some(record) = queue.peek() else { break };
                if *left == 0 {
                    return Ok(false);
                }
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
                    Ok(timestamp) => {
                        *left -= usize::from(timestamp.is_none());
                        queue.take(offset, timestamp);
                    }
                    Err(failure) => return Err(self.error(failure)),
                }
            }
        }
        Ok(true)
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
        Ok(match self.next_record(usize::MAX, now, outbox)? {
            NextRecord::At(timestamp) => Some(timestamp),
            NextRecord::Unread | NextRecord::None => None,
        })
    }

    /// What it would process next. Reads records to find out, unless `work_max` is 0, until it has left out so many.
    ///
    /// # Errors
    /// When a head cannot be read and the handler says to stop, or the outbox has failed.
    pub fn next_record(&mut self, work_max: usize, now: Now, outbox: &mut Outbox) -> Result<NextRecord, TaskError> {
        if !self.may_process() {
            return Ok(NextRecord::None);
        }
        self.check_outbox(outbox)?;
        let mut left = work_max;
        if !self.fill_heads(&mut left, now, outbox)? {
            self.idling_since = None;
            return Ok(NextRecord::Unread);
        }
        Ok(match self.inputs.choose(now.monotonic) {
            Choice::Take { input, .. } => {
                self.idling_since = None;
                let head = self.inputs.queue(input).head();
                head.map_or(NextRecord::None, |head| NextRecord::At(head.timestamp))
            }
            Choice::Wait => {
                self.idling_since.get_or_insert(now.monotonic);
                NextRecord::None
            }
        })
    }

    /// Runs the wall-clock schedules that are due; `true` if there was one. Part of each [`step`](Self::step).
    ///
    /// # Errors
    /// When a processor fails and the handler says to stop.
    pub fn punctuate(&mut self, now: Now, outbox: &mut Outbox) -> Result<bool, TaskError> {
        Ok(!self.run_due(usize::MAX, now, outbox)?.is_idle())
    }

    /// Continues what the last record has caused, if a step ended in the middle of it, and runs the wall-clock schedules
    /// that are due, the earliest first. Ends when so much [work](Step::work) is done. Returns how much it was.
    ///
    /// # Errors
    /// When a processor or a store fails and the handler says to stop, or has no say.
    pub fn run_due(&mut self, work_max: usize, now: Now, outbox: &mut Outbox) -> Result<Step, TaskError> {
        let mut left = work_max;
        if self.may_process() && outbox.accepts_records() {
            self.settle(&mut left, now, outbox)?;
            let mut environment = self.resources.environment(now, outbox);
            let punctuated = self.chain.punctuate_by_wall_clock(&mut left, &mut self.stores, &mut environment);
            punctuated.map_err(|failure| self.error(failure))?;
        }
        let work = work_max - left;
        self.commit.is_due |= work > 0;
        Ok(Step { records: 0, work })
    }

    /// Continues what the last record has caused, if there is something left of it.
    #[inline]
    fn settle(&mut self, left: &mut usize, now: Now, outbox: &mut Outbox) -> Result<(), TaskError> {
        if self.chain.is_settled() || !outbox.accepts_records() {
            return Ok(());
        }
        self.commit.is_due = true;
        let mut environment = self.resources.environment(now, outbox);
        let settled = self.chain.settle(left, &mut self.stores, &mut environment);
        settled.map(drop).map_err(|failure| self.error(failure))
    }

    fn may_process(&self) -> bool {
        self.state == TaskState::Running && !self.commit.blocks_processing()
    }

    /// Counts what the outbox skipped, and returns its failure.
    #[inline]
    fn check_outbox(&mut self, outbox: &mut Outbox) -> Result<(), TaskError> {
        if outbox.has_dropped_or_failed() { self.report_outbox(outbox) } else { Ok(()) }
    }

    #[cold]
    fn report_outbox(&mut self, outbox: &mut Outbox) -> Result<(), TaskError> {
        for dropped in outbox.take_dropped() {
            let (reason, node, detail) = (dropped.reason, &*dropped.node, dropped.detail.as_deref());
            self.resources.dropped(&Skipped { reason, node, origin: None, detail, record_data: None });
        }
        outbox.check().map_err(|failure| self.error(failure))
    }

    /// When it has something to do although nothing comes in: a wall-clock schedule, or the end of a wait.
    #[must_use]
    pub fn next_wake_up(&self, now: MonotonicTime) -> Option<MonotonicTime> {
        let wake_ups = [self.next_due(), self.inputs.wait_ends(now)];
        wake_ups.into_iter().flatten().min()
    }

    /// When there is something to [run](Self::run_due): the start of time if the last record has left some of it.
    #[must_use]
    pub fn next_due(&self) -> Option<MonotonicTime> {
        if !self.may_process() {
            return None;
        }
        if self.chain.is_settled() { self.chain.next_wall_clock_punctuation() } else { Some(MonotonicTime::START) }
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
