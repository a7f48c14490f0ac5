//! Committing a task, in phases between which the log does its part.

use millstream_changelog::{Changelogs, TurnLimit};
use millstream_core::chain::FlushProgress;
use millstream_log::CommittedOffset;
use millstream_state::{AnyStore, StoreIndex};
use millstream_types::{Now, Offset, TopicPartition};

use crate::commit_metadata::encode_partition_time;
use crate::commit_state::{CoveredInput, Hold, Prepared};
use crate::input_queue::InputQueue;
use crate::{CommitBarrier, Outbox, Task, TaskError, TaskState};

impl Task {
    /// Whether anything happened since the last commit.
    #[must_use]
    pub fn needs_commit(&self) -> bool {
        self.commit.is_due || self.inputs.iter().any(InputQueue::has_moved)
    }

    /// Whether a processor has asked for a commit since the last call.
    pub fn take_commit_request(&mut self) -> bool {
        self.chain.take_commit_request()
    }

    /// Whether a commit of it is between its first and its last phase.
    #[must_use]
    pub fn is_committing(&self) -> bool {
        self.commit.hold != Hold::None
    }

    /// First phase: logs and forwards what caches hold back, and appends to `covered` what the commit covers: the inputs that
    /// have moved.
    ///
    /// When the limit is over before the caches are empty, it is to be called again and goes on from there. The task
    /// processes nothing until then: what it processed would be in the commit, and had not been flushed.
    ///
    /// Unless the barrier asks for more, a task all of whose stores live in memory goes on processing meanwhile. One with
    /// an engine to write to holds still, also because what a damaged engine interrupts half-way would count twice.
    ///
    /// # Errors
    /// When an operator or a store fails.
    pub fn prepare_commit(
        &mut self,
        now: Now,
        outbox: &mut Outbox,
        barrier: CommitBarrier,
        limit: &mut TurnLimit<'_>,
        covered: &mut Vec<CoveredInput>,
    ) -> Result<Prepared, TaskError> {
        if !matches!(self.state, TaskState::Running | TaskState::Suspended) {
            return Ok(Prepared::NotRunning);
        }
        if self.flush(now, outbox, limit)? == FlushProgress::More {
            self.commit.hold = Hold::Still;
            return Ok(Prepared::InPart);
        }
        for (input, queue) in self.inputs.iter().enumerate() {
            if let Some(offset) = queue.uncommitted() {
                covered.push(CoveredInput { input, offset, time: self.chain.partition_time(input) });
            }
        }
        let holds_still = barrier == CommitBarrier::AllTasks || self.unwritten_bytes() > 0;
        self.commit.hold = if holds_still { Hold::Still } else { Hold::Processing };
        self.commit.is_due = false;
        Ok(Prepared::Ready)
    }

    /// Logs and forwards what caches hold back, until there is nothing left or the limit is over.
    fn flush(&mut self, now: Now, outbox: &mut Outbox, limit: &mut TurnLimit<'_>) -> Result<FlushProgress, TaskError> {
        loop {
            let rows_max = limit.take_some();
            let mut environment = self.resources.environment(now, outbox);
            let flushed = self.chain.flush(rows_max, &mut self.stores, &mut environment);
            let progress = flushed.map_err(|failure| self.error(failure))?;
            if progress == FlushProgress::Done || rows_max == 0 {
                return Ok(progress);
            }
        }
    }

    /// Third phase, once everything is durable: the offsets to commit, each with its partition's time.
    pub fn offsets_to_commit(
        &self,
        covered: &[CoveredInput],
    ) -> impl Iterator<Item = (TopicPartition, CommittedOffset)> {
        covered.iter().map(|&CoveredInput { input, offset, time }| {
            let metadata = encode_partition_time(time);
            (self.inputs.queue(input).partition().clone(), CommittedOffset { offset, metadata })
        })
    }

    /// Where its partitions began to be read: what a commit would be that covers nothing.
    pub fn start_offsets(&self) -> impl Iterator<Item = (TopicPartition, CommittedOffset)> {
        self.inputs.iter().filter_map(|queue| {
            let committed = CommittedOffset { offset: queue.started_at()?, metadata: String::new() };
            Some((queue.partition().clone(), committed))
        })
    }

    /// Last phase, after the offsets are committed: brings the engines up to date that are due.
    ///
    /// # Errors
    /// When an engine fails. The commit stands all the same; the engine restores the rest from the changelog.
    pub fn finish_commit(&mut self, covered: &[CoveredInput], outbox: &Outbox) -> Result<(), TaskError> {
        let hold = std::mem::take(&mut self.commit.hold);
        if hold == Hold::None {
            return Ok(());
        }
        for covered in covered {
            self.inputs.queue_mut(covered.input).set_committed(covered.offset);
        }
        if hold == Hold::Still {
            let due = self.stores_due(outbox)?;
            self.write_back(&due, outbox)?;
        }
        self.commit.kept_bytes = self.unwritten_bytes();
        Ok(())
    }

    /// Brings all engines up to date, due or not, so that the next start restores nothing: before a close. Does nothing
    /// unless everything is committed; a task that has not run has nothing to write.
    ///
    /// # Errors
    /// When an engine fails. It restores the rest from the changelog.
    pub fn finish_stores(&mut self, outbox: &Outbox) -> Result<(), TaskError> {
        let has_run = matches!(self.state, TaskState::Running | TaskState::Suspended);
        if !has_run || self.is_committing() || self.needs_commit() {
            return Ok(());
        }
        let unwritten = self.stores.iter_mut().filter(|store| store.unwritten_bytes() > 0);
        let unwritten: Vec<StoreIndex> = unwritten.map(|store| store.index()).collect();
        self.write_back(&unwritten, outbox)
    }

    /// About how many bytes its stores have taken from their engines since the last commit: what should not grow for ever.
    pub fn uncommitted_bytes(&mut self) -> usize {
        self.unwritten_bytes().saturating_sub(self.commit.kept_bytes)
    }

    fn unwritten_bytes(&mut self) -> usize {
        self.stores.iter_mut().map(|store| store.unwritten_bytes()).sum()
    }

    /// The stores whose engines are to be written to now.
    fn stores_due(&mut self, outbox: &Outbox) -> Result<Vec<StoreIndex>, TaskError> {
        let changelogs = &self.resources.changelogs;
        let due = self.stores.iter_mut().filter_map(|store| {
            let acknowledged = acknowledged(changelogs, store, outbox);
            let is_due = changelogs.is_write_back_due(store, acknowledged);
            is_due.map(|is_due| is_due.then_some(store.index())).transpose()
        });
        let due = due.collect::<Result<_, _>>();
        due.map_err(|error| self.store_error(error))
    }

    fn write_back(&mut self, stores: &[StoreIndex], outbox: &Outbox) -> Result<(), TaskError> {
        let changelogs = &self.resources.changelogs;
        let named = |store: &&mut dyn AnyStore| stores.contains(&store.index());
        let written = self.stores.iter_mut().filter(named).try_for_each(|store| {
            let acknowledged = acknowledged(changelogs, store, outbox);
            changelogs.write_back(store, acknowledged)
        });
        written.map_err(|error| self.store_error(error))
    }

    /// Ends a commit that failed half-way: another one is due, of everything that this one covered.
    pub fn abandon_commit(&mut self) {
        self.commit.is_due |= self.is_committing();
        self.commit.hold = Hold::None;
    }
}

/// The offset behind the last record of a store's changelog that is known to be durable.
fn acknowledged(changelogs: &Changelogs, store: &dyn AnyStore, outbox: &Outbox) -> Option<Offset> {
    changelogs.partition(store.index()).and_then(|changelog| outbox.acknowledged_offset(changelog))
}
