//! Standbys beside the active tasks: opened, followed, promoted to active tasks, and kept of them.

use std::collections::{BTreeMap, BTreeSet};

use millstream_assign::CopyState;
use millstream_log::{CommittedOffset, StreamsTaskOffset};
use millstream_observe::events::{Failure, SuspendReason};
use millstream_task::{ChangelogSums, StandbyTask, Task, TaskError, TaskState, TaskStores};
use millstream_types::{Now, TaskId, TopicPartition};

use super::OwnedTasks;
use crate::assignment::group::logged_stores;
use crate::state_directory::OffsetNote;
use crate::thread::open::TaskParts;
use crate::thread::restore::task_error;

impl OwnedTasks {
    /// Sets which tasks this thread has standbys of, warm-up replicas included, and which active tasks it has or will be given. Standbys
    /// without state to restore are left out.
    ///
    /// Call it at each assignment, before the tasks are closed that it revokes: a revoked task in the set goes on as a standby with its
    /// state. A standby that is to be active goes on until it is [assigned](Self::assign), and then as an active task. Other standbys that
    /// are not in the set any more are closed on the next turn.
    pub(in crate::thread) fn set_standbys(&mut self, standbys: &BTreeSet<TaskId>, active: &BTreeSet<TaskId>) {
        if self.opening.is_closed() {
            return;
        }
        let subtopologies = self.plan.topology.subtopologies();
        let has_state = |id: &&TaskId| subtopologies.get(id.subtopology as usize).is_some_and(StandbyTask::is_possible);
        let promoted = active.iter().filter(|id| self.standbys.tasks.contains_key(id));
        self.standbys.want(standbys.iter().filter(has_state).chain(promoted).copied().collect());
    }

    /// How far the state of each task has come that this thread has active or as a standby, for the assignment of tasks.
    ///
    /// # Errors
    /// When an engine fails.
    pub(in crate::thread) fn copies(&mut self) -> Result<BTreeMap<TaskId, CopyState>, TaskError> {
        // What another process on this host has open is on the same disk: a task that moves here finds it.
        let held = self.standbys.opening.held().map(|id| (id, CopyState::Behind { records: 0 }));
        let mut copies: BTreeMap<TaskId, CopyState> = held.collect();
        let restorer = &self.restoring.restorer;
        let subtopologies = self.plan.topology.subtopologies();
        let has_state = |id: TaskId| StandbyTask::is_possible(&subtopologies[id.subtopology as usize]);
        for task in self.tasks.iter_mut().filter(|task| has_state(task.id())) {
            let copy = if is_restored(task) { CopyState::Running } else { copy_state(task.changelog_sums(restorer)?) };
            copies.insert(task.id(), copy);
        }
        for (id, standby) in &mut self.standbys.tasks {
            copies.insert(*id, copy_state(standby.changelog_sums(restorer)?));
        }
        Ok(copies)
    }

    /// The tasks of which this thread has a copy, and whether each is restored and runs, in the order in which they are kept.
    pub(in crate::thread) fn held_copies(&self) -> impl Iterator<Item = (TaskId, bool)> {
        let active = self.tasks.iter().map(|task| (task.id(), is_restored(task)));
        active.chain(self.standbys.tasks.keys().map(|id| (*id, false)))
    }

    /// Tells the broker of a streams group how far the copies of tasks' state are.
    ///
    /// # Errors
    /// When an engine fails.
    pub(in crate::thread) fn report_offsets(&mut self) -> Result<(), TaskError> {
        let restorer = &self.restoring.restorer;
        let subtopologies = self.plan.topology.subtopologies();
        let has_state = |id: TaskId| StandbyTask::is_possible(&subtopologies[id.subtopology as usize]);
        let mut offsets = Vec::new();
        for task in self.tasks.iter_mut().filter(|task| has_state(task.id())) {
            offsets.push(task_offset(task.id(), task.changelog_sums(restorer)?));
        }
        for (id, standby) in &mut self.standbys.tasks {
            offsets.push(task_offset(*id, standby.changelog_sums(restorer)?));
        }
        self.consumer.report_offsets(&offsets);
        Ok(())
    }

    /// Opens and closes standbys as they are wanted, and writes to their engines at each commit interval. Returns whether any was opened
    /// or closed.
    pub(in crate::thread) fn keep_standbys(&mut self, now: Now) -> Result<bool, Failure> {
        let unwanted = self.standbys.unwanted();
        let mut has_changed = !unwanted.is_empty();
        for id in unwanted {
            self.close_standby(id);
        }
        let (tasks, opening, plan) = (&self.tasks, &self.opening, &self.plan);
        let is_active = |id: TaskId| tasks.contains(id) || opening.contains(id);
        let mut ids = self.standbys.due_to_open(is_active, now.monotonic);
        ids.retain(|id| plan.is_planned(*id));
        if !ids.is_empty() {
            has_changed |= self.open_standbys(ids, now)?;
        }
        if self.standbys.begins_interval(now.monotonic) {
            let sources = self.standbys.sources();
            self.look_up_committed(&sources);
        }
        if let Some(id) = self.standbys.next_to_write() {
            self.write_standby(id)?;
        }
        Ok(has_changed)
    }

    fn open_standbys(&mut self, ids: Vec<TaskId>, now: Now) -> Result<bool, Failure> {
        let parts =
            TaskParts { shared: &self.shared, plan: &self.plan, settings: &self.settings, events: &self.events };
        let opened = self.standbys.opening.open(ids, &parts, now, |parts, stores| Ok(parts.standby(stores)));
        let opened = opened.map_err(|error| self.report(error))?;
        let has_opened = !opened.is_empty();
        opened.into_iter().for_each(|standby| self.add_standby(standby));
        Ok(has_opened)
    }

    fn add_standby(&mut self, standby: StandbyTask) {
        let sources: Vec<TopicPartition> = standby.sources().cloned().collect();
        self.standbys.tasks.insert(standby.id(), standby);
        self.look_up_committed(&sources);
    }

    fn look_up_committed(&mut self, sources: &[TopicPartition]) {
        if !sources.is_empty() {
            self.offsets.request(sources, &mut *self.consumer);
        }
    }

    /// Takes what the group has committed of topics of tables that standbys follow.
    pub(in crate::thread) fn note_committed(&mut self, committed: &[(TopicPartition, Option<CommittedOffset>)]) {
        for standby in self.standbys.tasks.values_mut() {
            for (partition, committed) in committed {
                standby.set_committed(partition, committed.as_ref(), &mut self.restoring.restorer);
            }
        }
    }

    /// Writes to the engines of a standby what was applied, and notes how far it has come.
    fn write_standby(&mut self, id: TaskId) -> Result<(), Failure> {
        let Some(standby) = self.standbys.tasks.get_mut(&id) else { return Ok(()) };
        let written = standby.write_back(&mut self.restoring.restorer).map_err(task_error);
        match written.and_then(|()| standby.engine_offset_sum()) {
            Ok(sum) => {
                sum.into_iter().for_each(|sum| self.note_offset_sum(id, sum));
                Ok(())
            }
            Err(error) => self.fail_standby(error),
        }
    }

    /// Ends a standby for an active task of its id. Returns its stores; `None` if they are damaged, and have to be opened again.
    pub(super) fn promote_standby(&mut self, id: TaskId) -> Result<Option<TaskStores>, TaskError> {
        let Some(mut standby) = self.standbys.tasks.remove(&id) else { return Ok(None) };
        self.restoring.forget(standby.changelogs());
        let written = standby.write_back(&mut self.restoring.restorer);
        let damage = standby.damage().map(str::to_owned);
        let stores = standby.suspend(SuspendReason::Promoted, &mut self.restoring.restorer);
        match written {
            _ if damage.is_some() => {
                self.opening.reopen(id, damage);
                Ok(None)
            }
            Ok(()) => Ok(Some(stores)),
            Err(error) => Err(task_error(error)),
        }
    }

    /// Closes a standby: its engines have all that was applied, and its state on disk is free.
    pub(super) fn close_standby(&mut self, id: TaskId) {
        let Some(mut standby) = self.standbys.tasks.remove(&id) else { return };
        self.restoring.forget(standby.changelogs());
        let written = standby.write_back(&mut self.restoring.restorer).map_err(task_error);
        match written.and_then(|()| standby.engine_offset_sum()) {
            Ok(sum) => sum.into_iter().for_each(|sum| self.note_offset_sum(id, sum)),
            // Reported only: what is not written is read again.
            Err(error) => _ = self.report(error),
        }
        drop(standby.suspend(SuspendReason::Migrated, &mut self.restoring.restorer));
    }

    /// Drops a standby that has failed.
    fn drop_standby(&mut self, standby: StandbyTask) {
        self.restoring.forget(standby.changelogs());
        drop(standby.suspend(SuspendReason::Migrated, &mut self.restoring.restorer));
    }

    /// Keeps what an active task has, as a standby.
    pub(super) fn keep_as_standby(&mut self, stores: TaskStores) {
        let parts =
            TaskParts { shared: &self.shared, plan: &self.plan, settings: &self.settings, events: &self.events };
        let standby = parts.standby(stores);
        self.add_standby(standby);
    }

    /// Closes all standbys at the end of the thread.
    pub(super) fn close_standbys(&mut self) {
        self.standbys.stop();
        for id in self.standbys.unwanted() {
            self.close_standby(id);
        }
    }

    /// Handles the failure of a standby: one with damaged state on disk is opened again, and restored; any other failure fails the
    /// thread.
    pub(super) fn fail_standby(&mut self, error: TaskError) -> Result<(), Failure> {
        let id = error.task;
        let Some(standby) = self.standbys.tasks.remove(&id) else { return Err(self.report(error)) };
        let damage = standby.damage().map(str::to_owned);
        self.drop_standby(standby);
        if damage.is_none() {
            return Err(self.report(error));
        }
        self.standbys.opening.reopen(id, damage);
        Ok(())
    }

    /// Notes how far the state of each active task on disk has come, after a commit.
    pub(in crate::thread) fn note_offset_sums(&mut self) {
        if self.shared.local_state.is_some() {
            for id in self.tasks.ids() {
                let sum = self.tasks.get_mut(id).and_then(|task| task.engine_offset_sum().ok().flatten());
                sum.into_iter().for_each(|sum| self.note_offset_sum(id, sum));
            }
        }
    }

    /// Notes the sum of the changelog offsets that a task's engines have, if it has changed.
    pub(super) fn note_offset_sum(&mut self, id: TaskId, sum: i64) {
        let Some(local) = &self.shared.local_state else { return };
        if self.noted_sums.insert(id, sum) != Some(sum) {
            // Only the assignment of tasks goes by it, and goes on without.
            let stores = self.plan.topology.subtopologies().get(id.subtopology as usize).map(logged_stores);
            let note = OffsetNote { task: id, sum, stores: stores.unwrap_or_default() };
            _ = local.directory().note_offset_sum(&note);
        }
    }
}

/// Whether a task has all its state.
fn is_restored(task: &Task) -> bool {
    matches!(task.state(), TaskState::Running | TaskState::Suspended)
}

/// How far a copy is: by the ends of its changelogs, if all of them were seen.
fn task_offset(task: TaskId, sums: ChangelogSums) -> StreamsTaskOffset {
    let sum = |sum: i64| sum.max(0).unsigned_abs();
    StreamsTaskOffset { task, offset_sum: sum(sums.offset_sum), end_offset_sum: sums.end_sum.map(sum) }
}

fn copy_state(sums: ChangelogSums) -> CopyState {
    match sums.end_sum {
        Some(end) => CopyState::Behind { records: end.saturating_sub(sums.offset_sum).max(0).unsigned_abs() },
        None => CopyState::At { offset_sum: sums.offset_sum.max(0).unsigned_abs() },
    }
}

#[cfg(test)]
mod tests;
