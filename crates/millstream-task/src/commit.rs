//! Commits of a task, in phases.

use millstream_changelog::{Changelogs, TurnLimit};
use millstream_core::chain::FlushProgress;
use millstream_log::CommittedOffset;
use millstream_state::{AnyStore, StoreIndex};
use millstream_types::{Now, Offset, Timestamp, TopicPartition};

use crate::commit_metadata::encode_metadata;
use crate::commit_state::{CoveredInput, Hold, Prepared};
use crate::input_queue::InputQueue;
use crate::inputs::Inputs;
use crate::source_stores::{SourceStore, committed_source};
use crate::{CommitBarrier, Outbox, Task, TaskError, TaskState};

impl Task {
    /// Whether there is anything to commit.
    #[must_use]
    pub fn needs_commit(&self) -> bool {
        self.commit.is_due || self.inputs.iter().any(InputQueue::has_moved)
    }

    /// Whether a processor has requested a commit since the last call.
    pub fn take_commit_request(&mut self) -> bool {
        self.chain.take_commit_request()
    }

    /// Whether a commit of the task is in progress.
    #[must_use]
    pub fn is_committing(&self) -> bool {
        self.commit.hold != Hold::None
    }

    /// First phase: logs and forwards what caches hold back, and appends to `covered` what the commit covers: the inputs that
    /// have moved.
    ///
    /// If the limit is reached before the caches are empty, it must be called again, and continues. Until then the task
    /// processes nothing, since the commit would cover records that are not flushed.
    ///
    /// Unless the barrier requires more, a task with only stores in memory continues to process during the commit. One with an
    /// engine that is written does not, also because a record that a damaged engine interrupts would count twice.
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
        self.commit.emitted = self.emitted();
        let holds_still = barrier == CommitBarrier::AllTasks || self.unwritten_bytes() > 0;
        self.commit.hold = if holds_still { Hold::Still } else { Hold::Processing };
        self.commit.is_due = false;
        Ok(Prepared::Ready)
    }

    /// For each store whose windows are emitted when they close, its name and the time by which the emitted ones had ended.
    pub(crate) fn emitted(&mut self) -> Vec<(String, Timestamp)> {
        let stores = &mut self.stores;
        let named = |(index, until)| {
            let store = stores.iter_mut().find(|store| store.index() == index)?;
            Some((store.options().name.to_string(), until))
        };
        self.chain.emitted_until().filter_map(named).collect()
    }

    /// Logs and forwards dirty rows, until there are none or the limit is reached.
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
            let metadata = encode_metadata(time, &self.commit.emitted);
            (self.inputs.queue(input).partition().clone(), CommittedOffset { offset, metadata })
        })
    }

    /// The offsets at which reading of the partitions began, for a commit that covers nothing.
    pub fn start_offsets(&self) -> impl Iterator<Item = (TopicPartition, CommittedOffset)> {
        self.inputs.iter().filter_map(|queue| {
            let committed = CommittedOffset { offset: queue.started_at()?, metadata: String::new() };
            Some((queue.partition().clone(), committed))
        })
    }

    /// What is committed of its inputs.
    pub fn committed(&self) -> impl Iterator<Item = (TopicPartition, CommittedOffset)> {
        self.inputs.iter().enumerate().filter_map(|(input, queue)| {
            let metadata = encode_metadata(self.chain.partition_time(input), &self.commit.emitted);
            Some((queue.partition().clone(), CommittedOffset { offset: queue.committed()?, metadata }))
        })
    }

    /// Last phase, after the offsets are committed: writes to the engines that are due.
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

    /// Writes to all engines before a close, so that the next start restores nothing. It does nothing unless everything is
    /// committed, and for a task that has not run.
    ///
    /// # Errors
    /// When an engine fails. The missing rows are restored from the changelog.
    pub fn finish_stores(&mut self, outbox: &Outbox) -> Result<(), TaskError> {
        let has_run = matches!(self.state, TaskState::Running | TaskState::Suspended);
        if !has_run || self.is_committing() || self.needs_commit() {
            return Ok(());
        }
        let unwritten = self.stores.iter_mut().filter(|store| store.unwritten_bytes() > 0);
        let unwritten: Vec<StoreIndex> = unwritten.map(|store| store.index()).collect();
        self.write_back(&unwritten, outbox)
    }

    /// The estimated size in bytes of the updates since the last commit that are not in engines, which should be limited.
    pub fn uncommitted_bytes(&mut self) -> usize {
        self.unwritten_bytes().saturating_sub(self.commit.kept_bytes)
    }

    fn unwritten_bytes(&mut self) -> usize {
        self.stores.iter_mut().map(|store| store.unwritten_bytes()).sum()
    }

    /// The stores with a write-back that is due.
    fn stores_due(&mut self, outbox: &Outbox) -> Result<Vec<StoreIndex>, TaskError> {
        let changelogs = &self.resources.changelogs;
        let reached = Reached { changelogs, sources: &self.sources, inputs: &self.inputs, outbox };
        let due = self.stores.iter_mut().filter_map(|store| {
            let acknowledged = reached.offset(store);
            let is_due = changelogs.is_write_back_due(store, acknowledged);
            is_due.map(|is_due| is_due.then_some(store.index())).transpose()
        });
        let due = due.collect::<Result<_, _>>();
        due.map_err(|error| self.store_error(error))
    }

    fn write_back(&mut self, stores: &[StoreIndex], outbox: &Outbox) -> Result<(), TaskError> {
        let changelogs = &self.resources.changelogs;
        let reached = Reached { changelogs, sources: &self.sources, inputs: &self.inputs, outbox };
        let named = |store: &&mut dyn AnyStore| stores.contains(&store.index());
        let written = self.stores.iter_mut().filter(named).try_for_each(|store| {
            let acknowledged = reached.offset(store);
            changelogs.write_back(store, acknowledged)
        });
        written.map_err(|error| self.store_error(error))
    }

    /// Abandons a commit that failed. Another one of everything that it covered is due.
    pub fn abandon_commit(&mut self) {
        self.commit.is_due |= self.is_committing();
        self.commit.hold = Hold::None;
    }
}

/// What tells how far the changelogs of the stores reach.
pub(super) struct Reached<'a> {
    pub(super) changelogs: &'a Changelogs,
    pub(super) sources: &'a [SourceStore],
    pub(super) inputs: &'a Inputs,
    pub(super) outbox: &'a Outbox,
}

impl Reached<'_> {
    /// The offset after the last acknowledged record of a store's changelog; the committed one, if that is an input.
    pub(super) fn offset(&self, store: &dyn AnyStore) -> Option<Offset> {
        committed_source(self.sources, self.inputs, store.index()).unwrap_or_else(|| {
            let changelog = self.changelogs.partition(store.index())?;
            self.outbox.acknowledged_offset(changelog)
        })
    }
}
