//! Opens tasks once no other owner has their state open.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_observe::events::{EventKind, EventSink, Failure, FailureKind};
use millstream_state::Backing;
use millstream_task::{Task, TaskError, TaskSettings, Tasks};
use millstream_types::{MonotonicTime, Now, TaskId, TopicPartition};

use crate::assignment::WorkPlan;
use crate::local_state::{NotOpened, OpenState};
use crate::shared::Shared;

/// The backoff before another attempt. The owner of the state writes its caches before it closes the files.
const RETRY_AFTER: Duration = Duration::from_millis(20);

/// Tasks that are assigned to this thread and not open yet.
#[derive(Default)]
pub(super) struct Opening {
    waiting: BTreeMap<TaskId, Attempt>,
    /// Whether the thread is closing, so that no further task is opened.
    is_closed: bool,
}

/// The next attempt to open a task.
#[derive(Default)]
struct Attempt {
    due: MonotonicTime,
    /// The damage that was found when the state was open last.
    damage: Option<String>,
    /// Whether an earlier attempt found the state open elsewhere.
    is_held: bool,
}

/// What tasks are built from.
pub(super) struct TaskParts<'a> {
    pub(super) shared: &'a Shared,
    pub(super) plan: &'a WorkPlan,
    pub(super) settings: &'a TaskSettings,
    pub(super) events: &'a EventSink,
}

impl Opening {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = TaskId> {
        self.waiting.keys().copied()
    }

    /// Removes tasks that are assigned elsewhere.
    pub(super) fn forget(&mut self, tasks: &[TaskId]) {
        self.waiting.retain(|task, _| !tasks.contains(task));
    }

    /// Opens no further task.
    pub(super) fn close(&mut self) {
        self.waiting.clear();
        self.is_closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Schedules a task to be opened again on the next turn, unless the thread is closing. Its state has this damage, or has
    /// to be restored from its changelogs.
    pub(super) fn reopen(&mut self, id: TaskId, damage: Option<String>) {
        if !self.is_closed {
            self.waiting.insert(id, Attempt { damage, ..Attempt::default() });
        }
    }

    /// Lets a task wait until there is a plan for it.
    pub(super) fn postpone(&mut self, id: TaskId, now: MonotonicTime) {
        self.waiting.entry(id).or_default().due = now + RETRY_AFTER;
    }

    /// The waiting tasks whose next attempt is due.
    pub(super) fn due(&self, now: MonotonicTime) -> Vec<TaskId> {
        self.waiting.iter().filter(|(_, next)| next.due <= now).map(|(task, _)| *task).collect()
    }

    /// Opens tasks, except those that are open already. Tasks whose state is open elsewhere wait. Returns the partitions to
    /// read for the opened ones.
    pub(super) fn open(
        &mut self,
        ids: Vec<TaskId>,
        tasks: &mut Tasks,
        parts: &TaskParts<'_>,
        now: Now,
    ) -> Result<Vec<TopicPartition>, TaskError> {
        let mut partitions = Vec::new();
        for id in ids {
            if !tasks.contains(id)
                && let Some(task) = self.open_task(id, parts, now)?
            {
                partitions.extend(tasks.insert(task));
            }
        }
        Ok(partitions)
    }

    /// Builds a task; `None` if it has to wait.
    fn open_task(&mut self, id: TaskId, parts: &TaskParts<'_>, now: Now) -> Result<Option<Task>, TaskError> {
        let Attempt { damage, is_held: was_held, .. } = self.waiting.remove(&id).unwrap_or_default();
        let failed = |failure| TaskError { task: id, failure };
        match parts.open_state(id, damage.as_deref()) {
            Ok(state) => parts.build(id, state).map(Some).map_err(failed),
            Err(NotOpened::Held(reason)) => {
                if !was_held {
                    parts.events.for_task(id).emit(EventKind::TaskWaiting { reason });
                }
                let next = Attempt { due: now.monotonic + RETRY_AFTER, damage, is_held: true };
                self.waiting.insert(id, next);
                Ok(None)
            }
            Err(NotOpened::Failed(failure)) => Err(failed(failure)),
        }
    }
}

impl TaskParts<'_> {
    fn open_state(&self, id: TaskId, damage: Option<&str>) -> Result<Option<OpenState>, NotOpened> {
        let stores = &self.plan.topology.subtopologies()[id.subtopology as usize].stores;
        let local_state = self.shared.local_state.as_ref();
        local_state.map_or(Ok(None), |local| local.open(id, stores, damage, &self.events.for_task(id)))
    }

    fn build(&self, id: TaskId, mut state: Option<OpenState>) -> Result<Task, Failure> {
        let built = Task::build(
            &self.plan.topology,
            id,
            &self.plan.counts,
            self.settings,
            &mut |store| state.as_mut().map_or(Backing::InMemory, |state| state.backing(store.index)),
            self.events,
            &self.shared.metrics,
        );
        let mut task = built.map_err(|error| Failure::from_error(FailureKind::Topology, error))?;
        if let Some(state) = state {
            task.hold_state(state.held);
        }
        Ok(task)
    }
}
