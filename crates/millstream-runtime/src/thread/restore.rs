//! Restoring beside processing, told as events and counted in the tasks' numbers.

use std::collections::HashMap;
use std::time::Duration;

use millstream_changelog::{RestoreError, RestoreFailure, RestoreListener, RestoringStore};
use millstream_types::{Now, Offset, TaskId, TopicPartition};

use super::stream_thread::StreamThread;
use millstream_observe::events::{Failure, FailureCause, RecordPlace};
use millstream_task::{RestoreEvents, TaskError, TaskState, TaskStores};

/// Records restored in a turn: few beside tasks that run, many when there are none to hold up.
const RESTORED_BESIDE_OTHERS: usize = 2_000;
const RESTORED_ALONE: usize = 20_000;

/// How many records of each changelog are restored and counted.
#[derive(Default)]
pub(super) struct RestoreCounts {
    counted: HashMap<TopicPartition, u64>,
}

/// Tells as events how restoring goes, and notes it.
struct Listener<'a> {
    events: RestoreEvents<'a>,
    noted: Vec<(RestoringStore, bool)>,
}

impl RestoreListener for Listener<'_> {
    fn started(&mut self, store: &RestoringStore) {
        self.events.started(store);
        self.noted.push((store.clone(), false));
    }

    fn removed(&mut self, store: &RestoringStore, offset: Offset, range: (Offset, Offset)) {
        self.events.removed(store, offset, range);
    }

    fn progressed(&mut self, store: &RestoringStore) {
        self.events.progressed(store);
        self.noted.push((store.clone(), false));
    }

    fn ended(&mut self, store: &RestoringStore, took: Duration) {
        self.events.ended(store, took);
        self.noted.push((store.clone(), true));
    }
}

fn failure_of(error: &RestoreError) -> Failure {
    let failure = Failure::new(FailureCause::Store, error);
    match *error.cause {
        RestoreFailure::Record { offset, .. } => failure.at(RecordPlace::new(&error.changelog, offset)),
        _ => failure,
    }
}

impl StreamThread {
    /// Moves tasks towards running, and restores beside those that run. Whether anything happened.
    pub(super) fn open_tasks(&mut self, now: Now) -> Result<bool, Failure> {
        if self.tasks.are_all_running() {
            return Ok(false);
        }
        let opening =
            self.tasks.iter().filter(|task| matches!(task.state(), TaskState::Created | TaskState::Restoring));
        let opening: Vec<(TaskId, TaskState)> = opening.map(|task| (task.id(), task.state())).collect();
        let is_alone = opening.len() == self.tasks.len();
        let mut has_advanced = false;
        for (id, before) in opening {
            let after = self.run_task(id, |task, outbox, restorer| task.advance(now, outbox, restorer))?;
            let has_changed = after.is_some_and(|after| after != before);
            has_advanced |= has_changed;
            if let Some(task) = self.tasks.get_mut(id).filter(|_| has_changed) {
                task.publish_metrics_now();
            }
        }
        let has_restored = self.restore(now, if is_alone { RESTORED_ALONE } else { RESTORED_BESIDE_OTHERS })?;
        Ok(has_advanced || has_restored)
    }

    fn restore(&mut self, now: Now, records_max: usize) -> Result<bool, Failure> {
        let mut listener = Listener { events: RestoreEvents(&self.events), noted: Vec::new() };
        let mut stores = TaskStores(self.tasks.by_id_mut());
        let restored = self.restorer.poll(now.monotonic, records_max, &mut stores, &mut listener);
        let noted = listener.noted;
        for (store, has_ended) in &noted {
            self.count_restored(store, *has_ended);
        }
        if let Err(error) = restored {
            let failure = failure_of(&error);
            self.task_failed(TaskError { task: error.task, failure })?;
        }
        Ok(!noted.is_empty())
    }

    fn count_restored(&mut self, store: &RestoringStore, has_ended: bool) {
        let counted = self.restored.counted.entry(store.changelog.clone()).or_default();
        let new = store.records.saturating_sub(std::mem::replace(counted, store.records));
        if has_ended {
            self.restored.counted.remove(&store.changelog);
        }
        let remaining = store.end.number().saturating_sub(store.position.number());
        if let Some(task) = self.tasks.get_mut(store.task) {
            task.count_restored(&store.store, new, u64::try_from(remaining).unwrap_or(0));
        }
    }

    /// Forgets how far the stores of a task were restored.
    pub(super) fn forget_restores<'a>(&mut self, changelogs: impl Iterator<Item = &'a TopicPartition>) {
        for changelog in changelogs {
            self.restored.counted.remove(changelog);
        }
    }
}
