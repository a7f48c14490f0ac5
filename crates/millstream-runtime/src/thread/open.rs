//! Tasks that are opened: their state is taken, or waited for while somebody else still has it.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_state::Backing;
use millstream_types::{MonotonicTime, Now, TaskId, TopicPartition};

use super::stream_thread::{StreamThread, tell_task_failed};
use crate::local_state::{NotOpened, OpenState};
use millstream_observe::events::{EventKind, Failure, FailureKind};
use millstream_task::{Task, TaskError, TaskState};

/// The wait before another try: whoever has the state writes what it holds to files before it lets go.
const RETRY_AFTER: Duration = Duration::from_millis(20);

/// Tasks that this thread was given and has not opened yet.
#[derive(Default)]
pub(super) struct Waiting {
    tasks: BTreeMap<TaskId, Try>,
}

/// A try to open a task.
struct Try {
    due: MonotonicTime,
    /// What was wrong with its state when it was open last.
    damage: Option<String>,
    /// Whether somebody else was seen to have its state.
    is_held: bool,
}

impl Waiting {
    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = TaskId> {
        self.tasks.keys().copied()
    }

    /// Forgets tasks that go elsewhere.
    pub(super) fn forget(&mut self, tasks: &[TaskId]) {
        self.tasks.retain(|task, _| !tasks.contains(task));
    }

    pub(super) fn clear(&mut self) {
        self.tasks.clear();
    }

    fn due(&self, now: MonotonicTime) -> Vec<TaskId> {
        self.tasks.iter().filter(|(_, next)| next.due <= now).map(|(task, _)| *task).collect()
    }
}

impl StreamThread {
    /// Opens tasks, and asks where to read for them. Those whose state somebody else has wait.
    pub(super) fn open(&mut self, tasks: Vec<TaskId>, now: Now) -> Result<bool, Failure> {
        let mut partitions = Vec::new();
        for id in tasks {
            partitions.extend(self.open_task(id, now)?);
        }
        if partitions.is_empty() {
            return Ok(false);
        }
        self.share_cache();
        self.ask_for_committed(&partitions);
        Ok(true)
    }

    /// Tries again those that wait. Whether any was opened.
    pub(super) fn open_waiting(&mut self, now: Now) -> Result<bool, Failure> {
        if self.waiting.is_empty() {
            return Ok(false);
        }
        self.open(self.waiting.due(now.monotonic), now)
    }

    /// What becomes of a task that failed. If its state on disk turned out to be damaged, the task is closed, and opened
    /// anew on the next turn, with its state restored; any other failure is the thread's.
    pub(super) fn task_failed(&mut self, error: TaskError) -> Result<(), Failure> {
        let id = error.task;
        let damage = self.tasks.get(id).and_then(|task| Some((task.damage()?.to_owned(), task.state())));
        let Some((damage, state)) = damage else { return Err(tell_task_failed(&self.events, error)) };
        self.close_task(id, false);
        if state != TaskState::Suspended && !self.is_closing() {
            let next = Try { due: MonotonicTime::START, damage: Some(damage), is_held: false };
            self.waiting.tasks.insert(id, next);
        }
        Ok(())
    }

    /// Builds a task; the partitions to read for it. None if it is there already, or has to wait.
    fn open_task(&mut self, id: TaskId, now: Now) -> Result<Vec<TopicPartition>, Failure> {
        if self.tasks.contains(id) {
            return Ok(Vec::new());
        }
        let earlier = self.waiting.tasks.remove(&id);
        let (damage, was_held) = earlier.map_or((None, false), |earlier| (earlier.damage, earlier.is_held));
        let state = match self.open_state(id, damage.as_deref()) {
            Ok(state) => state,
            Err(NotOpened::Held(reason)) => {
                if !was_held {
                    self.events.for_task(id).emit(EventKind::TaskWaiting { reason });
                }
                let next = Try { due: now.monotonic + RETRY_AFTER, damage, is_held: true };
                self.waiting.tasks.insert(id, next);
                return Ok(Vec::new());
            }
            Err(NotOpened::Failed(failure)) => {
                return Err(tell_task_failed(&self.events, TaskError { task: id, failure }));
            }
        };
        let task = self.build_task(id, state)?;
        Ok(self.tasks.insert(task))
    }

    fn open_state(&self, id: TaskId, damage: Option<&str>) -> Result<Option<OpenState>, NotOpened> {
        let stores = &self.shared.topology.subtopologies()[id.subtopology as usize].stores;
        let local_state = self.shared.local_state.as_ref();
        local_state.map_or(Ok(None), |local| local.open(id, stores, damage, &self.events.for_task(id)))
    }

    fn build_task(&self, id: TaskId, mut state: Option<OpenState>) -> Result<Task, Failure> {
        let shared = &self.shared;
        let built = Task::build(
            &shared.topology,
            id,
            &self.plan.counts,
            &self.settings,
            &mut |store| state.as_mut().map_or(Backing::InMemory, |state| state.backing(store.index)),
            &self.events,
            &shared.metrics,
        );
        let mut task = built.map_err(|error| Failure::new(FailureKind::Topology, error))?;
        if let Some(state) = state {
            task.hold_state(state.held);
        }
        Ok(task)
    }
}
