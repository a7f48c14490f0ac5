//! What is kept of an active task that becomes a standby.

use millstream_changelog::Restorer;
use millstream_observe::events::{Failure, FailureKind};
use millstream_state::AnyStore;

use crate::commit::Reached;
use crate::task_stores::{changelog_sums, engine_offset_sum};
use crate::{ChangelogSums, Outbox, Task, TaskError, TaskState, TaskStores, Work};

impl Task {
    /// Closes a task that becomes a standby here, and returns its stores; `None` if they have to be opened again, since they may have
    /// updates that are not in the changelogs. Call it when everything that the task has processed is committed.
    ///
    /// Stores in memory without a changelog are emptied, as if they were closed: another owner changes them meanwhile, and nothing tells
    /// how.
    ///
    /// # Errors
    /// When an engine fails. The task is closed all the same.
    pub fn into_stores(mut self, outbox: &Outbox, restorer: &mut Restorer) -> Result<Option<TaskStores>, TaskError> {
        let is_committed = !self.needs_commit() && !self.is_committing();
        let finished = self.finish_stores(outbox);
        let had_run = matches!(self.state, TaskState::Running | TaskState::Suspended);
        let written = restorer.write_back(self.id, self.stores.iter_mut());
        for (store, position) in restorer.release(self.id).iter() {
            self.positions.advance(store, position);
        }
        self.close(if is_committed { Work::Committed } else { Work::Repeated });
        finished?;
        written.map_err(|error| self.error(Failure::from_error(FailureKind::Store, error)))?;
        if !is_committed {
            return Ok(None);
        }
        if had_run {
            self.note_written(outbox);
        }
        let changelogs = &self.resources.changelogs;
        let is_lost = |store: &&mut dyn AnyStore| !changelogs.is_restorable(store.index()) && !store.has_engine();
        let cleared = self.stores.iter_mut().filter(is_lost).try_for_each(AnyStore::clear);
        cleared.map_err(|error| self.store_error(error))?;
        let source_times = self.sources.iter().map(|source| {
            let time = self.chain.partition_time(source.input).max(source.time);
            (source.store, time)
        });
        let source_times = source_times.collect();
        let Self { id, stores, positions, held_state, .. } = self;
        Ok(Some(TaskStores { id, stores, positions, source_times, held_state }))
    }

    /// How far its stores have come, for a task that is being restored.
    ///
    /// # Errors
    /// When an engine fails.
    pub fn changelog_sums(&mut self, restorer: &Restorer) -> Result<ChangelogSums, TaskError> {
        let Self { id, stores, resources, positions, .. } = self;
        let sums = changelog_sums(*id, stores, &resources.changelogs, positions, restorer);
        sums.map_err(|error| self.store_error(error))
    }

    /// The sum of the offsets up to which its engines have their changelogs; `None` if it is in memory.
    ///
    /// # Errors
    /// When an engine fails.
    pub fn engine_offset_sum(&mut self) -> Result<Option<i64>, TaskError> {
        engine_offset_sum(&mut self.stores).map_err(|error| self.store_error(error))
    }

    /// Advances the positions of the stores to what the task itself has written, or, where its inputs are changelogs, committed.
    fn note_written(&mut self, outbox: &Outbox) {
        let Self { resources, sources, inputs, stores, positions, .. } = self;
        let reached = Reached { changelogs: &resources.changelogs, sources, inputs, outbox };
        for store in stores.iter_mut() {
            if let Some(offset) = reached.offset(store) {
                positions.advance(store.index(), offset);
            }
        }
    }
}
