//! Opens tasks and standbys once no other owner has their state open.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_core::StoreInfo;
use millstream_observe::events::{EventKind, EventSink, Failure, FailureKind};
use millstream_state::Backing;
use millstream_task::{StandbyTask, Task, TaskError, TaskSettings, TaskStores};
use millstream_types::{MonotonicTime, Now, TaskId};

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

    pub(super) fn contains(&self, id: TaskId) -> bool {
        self.waiting.contains_key(&id)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = TaskId> {
        self.waiting.keys().copied()
    }

    /// The tasks whose state another thread or process on this host has open.
    pub(super) fn held(&self) -> impl Iterator<Item = TaskId> {
        self.waiting.iter().filter(|(_, attempt)| attempt.is_held).map(|(task, _)| *task)
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

    /// Opens the stores of tasks, and builds from them what `build` builds. Tasks whose state is open elsewhere wait.
    pub(super) fn open<T>(
        &mut self,
        ids: impl IntoIterator<Item = TaskId>,
        parts: &TaskParts<'_>,
        now: Now,
        build: impl Fn(&TaskParts<'_>, TaskStores) -> Result<T, Failure>,
    ) -> Result<Vec<T>, TaskError> {
        let mut opened = Vec::new();
        for id in ids {
            if let Some(stores) = self.open_stores(id, parts, now)? {
                opened.push(build(parts, stores).map_err(|failure| TaskError { task: id, failure })?);
            }
        }
        Ok(opened)
    }

    /// Opens the stores of a task; `None` if it has to wait.
    fn open_stores(&mut self, id: TaskId, parts: &TaskParts<'_>, now: Now) -> Result<Option<TaskStores>, TaskError> {
        let Attempt { damage, is_held: was_held, .. } = self.waiting.remove(&id).unwrap_or_default();
        match parts.open_state(id, damage.as_deref()) {
            Ok(state) => Ok(Some(parts.stores(id, state))),
            Err(NotOpened::Held(reason)) => {
                if !was_held {
                    parts.events.for_task(id).emit(EventKind::TaskWaiting { reason });
                }
                let next = Attempt { due: now.monotonic + RETRY_AFTER, damage, is_held: true };
                self.waiting.insert(id, next);
                Ok(None)
            }
            Err(NotOpened::Failed(failure)) => Err(TaskError { task: id, failure }),
        }
    }
}

impl TaskParts<'_> {
    fn open_state(&self, id: TaskId, damage: Option<&str>) -> Result<Option<OpenState>, NotOpened> {
        let stores = &self.plan.topology.subtopologies()[id.subtopology as usize].stores;
        let local_state = self.shared.local_state.as_ref();
        local_state.map_or(Ok(None), |local| local.open(id, stores, damage, &self.events.for_task(id)))
    }

    fn stores(&self, id: TaskId, mut state: Option<OpenState>) -> TaskStores {
        let mut backing =
            |store: &StoreInfo| state.as_mut().map_or(Backing::InMemory, |state| state.backing(store.index));
        let stores = TaskStores::open(&self.plan.topology, id, self.settings, &mut backing);
        match state {
            Some(state) => stores.holding(state.held),
            None => stores,
        }
    }

    /// Builds an active task on its stores.
    pub(super) fn task(&self, stores: TaskStores) -> Result<Task, Failure> {
        let (topology, counts) = (&self.plan.topology, &self.plan.counts);
        let built = Task::build_on(topology, counts, self.settings, stores, self.events, &self.shared.metrics);
        built.map_err(|error| Failure::from_error(FailureKind::Topology, error))
    }

    /// Builds a standby on its stores.
    pub(super) fn standby(&self, stores: TaskStores) -> StandbyTask {
        let (topology, counts) = (&self.plan.topology, &self.plan.counts);
        StandbyTask::new(topology, counts, self.settings, stores, self.events, &self.shared.metrics)
    }
}
