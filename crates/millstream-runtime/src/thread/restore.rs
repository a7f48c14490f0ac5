//! Restoring beside processing, told as events and counted in the tasks' numbers.

use std::collections::HashMap;
use std::time::Duration;

use millstream_changelog::{RestoreError, RestoreEvent, RestoreFailure, RestoringStore, TurnLimit};
use millstream_types::{Now, TaskId, TopicPartition};

use super::stream_thread::StreamThread;
use millstream_observe::events::{Failure, FailureKind, Origin};
use millstream_task::{TaskError, TaskState, emit_restore_event, restore_stores};

/// How long a turn restores: shortly beside tasks that run, longer when there are none to hold up.
const TURN_BESIDE_OTHERS: Duration = Duration::from_millis(2);
const TURN_ALONE: Duration = Duration::from_millis(20);

/// How many records of each changelog are restored and counted.
#[derive(Default)]
pub(super) struct RestoreCounts {
    counted: HashMap<TopicPartition, u64>,
}

fn failure_of(error: &RestoreError) -> Failure {
    let failure = Failure::new(FailureKind::Store, error);
    match *error.cause {
        RestoreFailure::Record { offset, .. } => failure.at(Origin::new(&error.changelog, offset)),
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
        let has_restored = self.restore(now, if is_alone { TURN_ALONE } else { TURN_BESIDE_OTHERS })?;
        Ok(has_advanced || has_restored)
    }

    fn restore(&mut self, now: Now, turn: Duration) -> Result<bool, Failure> {
        let shared = &self.shared;
        let mut clock = || shared.clock.monotonic();
        let mut limit = TurnLimit::until(now.monotonic + turn, &mut clock);
        let events = restore_stores(&mut self.restorer, self.tasks.by_id_mut(), now.monotonic, &mut limit);
        let has_restored = !events.is_empty();
        for event in events {
            emit_restore_event(&self.events, &event);
            if let Some(store) = event.store() {
                self.count_restored(store, matches!(event, RestoreEvent::Restored { .. }));
            }
            if let RestoreEvent::Failed(error) = event {
                let failure = failure_of(&error);
                self.task_failed(TaskError { task: error.task, failure })?;
            }
        }
        Ok(has_restored)
    }

    fn count_restored(&mut self, store: &RestoringStore, has_ended: bool) {
        let counted = self.restored.counted.entry(store.changelog.clone()).or_default();
        let new = store.records.saturating_sub(std::mem::replace(counted, store.records));
        if has_ended {
            self.restored.counted.remove(&store.changelog);
        }
        if let Some(task) = self.tasks.get_mut(store.task) {
            task.count_restored(&store.store, new, store.lag());
        }
    }

    /// Forgets how far the stores of a task were restored.
    pub(super) fn forget_restores<'a>(&mut self, changelogs: impl Iterator<Item = &'a TopicPartition>) {
        for changelog in changelogs {
            self.restored.counted.remove(changelog);
        }
    }
}
