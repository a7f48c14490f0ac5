//! Restores stores beside processing, and reports it in events and metrics.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use millstream_changelog::{RestoreError, RestoreEvent, RestoreFailure, Restorer, RestoringStore, TurnLimit};
use millstream_observe::events::{EventSink, Failure, FailureKind, Origin};
use millstream_observe::{Clock, Outage};
use millstream_task::{Outbox, StandbyTask, TaskError, TaskState, Tasks, emit_restore_event, restore_stores};
use millstream_types::{Now, TaskId, TopicPartition};

/// How long a turn restores: beside running tasks, and without any.
const BESIDE_OTHERS: Duration = Duration::from_millis(2);
const ALONE: Duration = Duration::from_millis(20);

/// The stores of a thread's tasks that are being restored.
pub(super) struct Restoring {
    pub(super) restorer: Restorer,
    /// How many restored records of each changelog the metrics have counted.
    counted: HashMap<TopicPartition, u64>,
}

/// How fast stores are restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RestorePace {
    /// As fast as possible beside the tasks that run.
    Full,
    /// Not at all: the application is paused. Requests of the log are continued, and what has arrived is kept.
    Paused,
}

/// What a turn works on.
pub(super) struct Turn<'a> {
    pub(super) pace: RestorePace,
    pub(super) tasks: &'a mut Tasks,
    pub(super) standbys: &'a mut BTreeMap<TaskId, StandbyTask>,
    pub(super) outbox: &'a mut Outbox,
    pub(super) outage: &'a mut Outage,
    pub(super) events: &'a EventSink,
    pub(super) clock: &'a dyn Clock,
    pub(super) now: Now,
}

/// The result of a turn.
#[derive(Default)]
pub(super) struct Restored {
    /// Whether anything happened.
    pub(super) any: bool,
    /// The tasks whose stores cannot be restored.
    pub(super) failed: Vec<TaskError>,
}

/// The error of the task whose store cannot be restored.
pub(super) fn task_error(error: RestoreError) -> TaskError {
    TaskError { task: error.task, failure: failure_of(error) }
}

fn failure_of(error: RestoreError) -> Failure {
    let (kind, offset) = match *error.cause {
        // It names the record.
        RestoreFailure::Source(failure) => return failure,
        RestoreFailure::Panicked { offset, .. } => (FailureKind::Panic, Some(offset)),
        RestoreFailure::Record { offset, .. } => (FailureKind::Store, Some(offset)),
        RestoreFailure::Log(_) | RestoreFailure::Store(_) | RestoreFailure::Kept { .. } => (FailureKind::Store, None),
    };
    let origin = offset.map(|offset| Origin::new(&error.changelog, offset));
    let failure = Failure::from_error(kind, error);
    match origin {
        Some(origin) => failure.at(origin),
        None => failure,
    }
}

impl Restoring {
    pub(super) fn new(restorer: Restorer) -> Self {
        Self { restorer, counted: HashMap::new() }
    }

    /// Advances tasks towards running, restores their stores, and lets standbys follow their changelogs.
    pub(super) fn advance(&mut self, turn: &mut Turn<'_>) -> Result<Restored, TaskError> {
        let Turn { tasks, standbys, outbox, now, .. } = turn;
        let opening = tasks.iter().filter(|task| matches!(task.state(), TaskState::Created | TaskState::Restoring));
        let opening: Vec<(TaskId, TaskState)> = opening.map(|task| (task.id(), task.state())).collect();
        if opening.is_empty() && standbys.is_empty() {
            return Ok(Restored::default());
        }
        let limit = if opening.len() == tasks.len() { ALONE } else { BESIDE_OTHERS };
        let restorer = &mut self.restorer;
        let mut has_advanced = false;
        standbys.values_mut().for_each(|standby| has_advanced |= standby.follow(restorer));
        for (id, before) in opening {
            let after = tasks.run(id, |task| task.advance(*now, outbox, restorer)).transpose()?;
            let has_changed = after.is_some_and(|after| after != before);
            has_advanced |= has_changed;
            if let Some(task) = tasks.get_mut(id).filter(|_| has_changed) {
                task.publish_metrics_now(outbox);
            }
            // Processors may take long to begin: the other tasks follow in the next turn. A turn looks at all tasks, so it
            // begins many where that is quick.
            if has_changed && turn.clock.monotonic() - now.monotonic >= 5 * limit {
                break;
            }
        }
        let limit = (turn.pace == RestorePace::Full).then_some(limit);
        let (has_restored, failed) = self.restore(turn, limit);
        Ok(Restored { any: has_advanced || has_restored, failed })
    }

    /// Restores stores for this long; without a limit it only polls the log.
    fn restore(&mut self, turn: &mut Turn<'_>, limit: Option<Duration>) -> (bool, Vec<TaskError>) {
        let (clock, now) = (turn.clock, turn.now.monotonic);
        let mut read_clock = || clock.monotonic();
        let events = if let Some(limit) = limit {
            let mut limit = TurnLimit::until(now + limit, &mut read_clock);
            restore_stores(&mut self.restorer, turn.tasks.by_id_mut(), turn.standbys, now, &mut limit)
        } else {
            self.restorer.poll(now);
            self.restorer.take_events()
        };
        let has_restored = !events.is_empty();
        let mut failed = Vec::new();
        for event in events {
            emit_restore_event(turn.events, &event);
            if let Some(store) = event.store() {
                self.count(store, &event, turn);
                turn.outage.end(now, turn.events);
            }
            match event {
                RestoreEvent::Failed(error) => failed.push(task_error(error)),
                RestoreEvent::LogUnavailable(reason) => turn.outage.report(&reason, now, turn.events),
                RestoreEvent::Emptied { .. }
                | RestoreEvent::Started(_)
                | RestoreEvent::Progressed(_)
                | RestoreEvent::CaughtUp(_)
                | RestoreEvent::Restored { .. } => {}
            }
        }
        (has_restored, failed)
    }

    fn count(&mut self, store: &RestoringStore, event: &RestoreEvent, turn: &mut Turn<'_>) {
        let counted = self.counted.entry(store.changelog.clone()).or_default();
        let new = store.records.saturating_sub(std::mem::replace(counted, store.records));
        if matches!(event, RestoreEvent::Restored { .. }) {
            self.counted.remove(&store.changelog);
        }
        if let Some(task) = turn.tasks.get_mut(store.task) {
            task.count_restored(store, new);
        } else if let Some(standby) = turn.standbys.get_mut(&store.task) {
            standby.count_applied(store, new, turn.now.monotonic);
        }
    }

    /// What a task that is being restored waits for; see [`Restorer::awaited`].
    pub(super) fn awaited(&self, id: TaskId) -> Option<(&TopicPartition, u64)> {
        self.restorer.awaited(id)
    }

    /// Removes the progress of changelogs that are not restored any more, or by a task in another role.
    pub(super) fn forget<'a>(&mut self, changelogs: impl Iterator<Item = &'a TopicPartition>) {
        for changelog in changelogs {
            self.counted.remove(changelog);
        }
    }
}
