//! Tasks on their way out: closed with their work committed, or dropped for others to repeat.

use millstream_task::{Participant, Task, TaskState, Work};
use millstream_types::TaskId;

use super::OwnedTasks;
use crate::thread::closing::Ending;

impl OwnedTasks {
    /// Closes a task and removes it. If its work is repeated, what it has written and is not sent is dropped: the next
    /// owner writes all of it again.
    pub(super) fn close(&mut self, id: TaskId, work: Work) {
        let Some((mut task, partitions)) = self.tasks.remove(id) else { return };
        let is_repeated = work == Work::Repeated && (task.needs_commit() || task.is_committing());
        self.has_dropped_work |= is_repeated && self.opening.is_closed();
        self.tasks.set_current(Some(id));
        self.restoring.forget(task.changelogs());
        self.processing.remove(id);
        self.commits.task_closed(id, &partitions);
        self.consumer.unassign(&partitions);
        if task.is_committing() {
            task.abandon_commit();
        }
        task.publish_metrics_now(&self.participants.outbox);
        if work == Work::Committed && self.standbys.is_wanted(id) {
            self.close_into_standby(task);
        } else {
            self.close_for_good(task, work);
        }
        self.tasks.set_current(None);
    }

    fn close_for_good(&mut self, mut task: Task, work: Work) {
        let id = task.id();
        self.restoring.restorer.remove(id);
        if work == Work::Committed
            && let Err(error) = task.finish_stores(&self.participants.outbox)
        {
            // Reported only: what is not written is restored.
            self.report(error);
        }
        task.close(work);
        if let Ok(Some(sum)) = task.engine_offset_sum() {
            self.note_offset_sum(id, sum);
        }
        if work == Work::Repeated {
            self.participants.abort(id);
        }
    }

    /// Closes a task whose state goes on as a standby's.
    fn close_into_standby(&mut self, task: Task) {
        match task.into_stores(&self.participants.outbox, &mut self.restoring.restorer) {
            Ok(Some(stores)) => self.keep_as_standby(stores),
            // It is opened as a standby on the next turn.
            Ok(None) => {}
            Err(error) => _ = self.report(error),
        }
    }

    /// Closes revoked tasks. The work of those that are not committed is repeated by their next owners.
    pub(in crate::thread) fn close_revoked(&mut self, ids: Vec<TaskId>) {
        for id in ids {
            let is_committed = self.tasks.get(id).is_some_and(|task| !task.needs_commit() && !task.is_committing());
            self.close(id, if is_committed { Work::Committed } else { Work::Repeated });
        }
        self.share_cache();
        self.discard_records();
    }

    /// Closes tasks without a commit: their partitions have other owners already.
    pub(in crate::thread) fn close_lost(&mut self, ids: Vec<TaskId>) {
        ids.into_iter().for_each(|id| self.close(id, Work::Repeated));
        self.share_cache();
        self.discard_records();
    }

    /// Closes all tasks at the end of the thread.
    pub(in crate::thread) fn close_all(&mut self, ending: Ending) {
        self.close_standbys();
        for id in self.tasks.ids() {
            let is_committed = ending == Ending::Clean && self.tasks.get(id).is_some_and(|task| !task.needs_commit());
            self.close(id, if is_committed { Work::Committed } else { Work::Repeated });
        }
    }

    /// Drops everything since the last commit: others own the partitions. The state is restored from the changelogs, and
    /// reading starts at the committed offsets, in case the group assigns them here again. Tasks that it revokes stay closed.
    pub(in crate::thread) fn drop_work(&mut self) {
        for id in self.tasks.ids() {
            let is_revoked = self.tasks.get(id).is_some_and(|task| task.state() == TaskState::Suspended);
            self.close(id, Work::Repeated);
            if !is_revoked {
                self.opening.reopen(id, None);
            }
        }
        self.discard_records();
    }

    /// Drops everything that is not sent, if no task is left that has written any of it.
    fn discard_records(&mut self) {
        if self.tasks.is_empty() && !self.participants.outbox.is_empty() {
            self.participants.outbox.discard_all();
        }
    }
}
