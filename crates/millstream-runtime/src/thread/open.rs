//! Tasks that are opened: their state is taken, or waited for while somebody else still has it.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_state::Backing;
use millstream_types::{TaskId, TopicPartition};

use super::Now;
use super::stream_thread::{StreamThread, tell_task_failed};
use crate::events::{EventKind, Failure, FailureCause};
use crate::local_state::{NotOpened, OpenState};
use crate::task::{Task, TaskError};

/// The wait before another try: whoever has the state writes what it holds to files before it lets go.
const RETRY_AFTER: Duration = Duration::from_millis(20);

/// Tasks that this thread was given and cannot open yet, with the time of the next try.
#[derive(Default)]
pub(super) struct Waiting {
    tasks: BTreeMap<TaskId, Duration>,
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

    fn due(&self, now: Duration) -> Vec<TaskId> {
        self.tasks.iter().filter(|(_, due)| **due <= now).map(|(task, _)| *task).collect()
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

    /// Builds a task; the partitions to read for it. None if it is there already, or has to wait.
    fn open_task(&mut self, id: TaskId, now: Now) -> Result<Vec<TopicPartition>, Failure> {
        if self.tasks.contains(id) {
            return Ok(Vec::new());
        }
        let state = match self.open_state(id) {
            Ok(state) => state,
            Err(NotOpened::Held(reason)) => {
                if self.waiting.tasks.insert(id, now.monotonic + RETRY_AFTER).is_none() {
                    self.events.for_task(id).emit(EventKind::TaskWaiting { reason });
                }
                return Ok(Vec::new());
            }
            Err(NotOpened::Failed(failure)) => {
                return Err(tell_task_failed(&self.events, TaskError { task: id, failure }));
            }
        };
        self.waiting.forget(&[id]);
        let task = self.build_task(id, state)?;
        Ok(self.tasks.insert(task))
    }

    fn open_state(&self, id: TaskId) -> Result<Option<OpenState>, NotOpened> {
        let stores = &self.shared.topology.subtopologies()[id.subtopology as usize].stores;
        let local_state = self.shared.local_state.as_ref();
        local_state.map_or(Ok(None), |local| local.open(id, stores, &self.events.for_task(id)))
    }

    fn build_task(&self, id: TaskId, mut state: Option<OpenState>) -> Result<Task, Failure> {
        let shared = &self.shared;
        let built = Task::build(
            &shared.topology,
            id,
            &self.plan.counts,
            &self.settings,
            &mut |store| state.as_mut().map_or(Backing::Resident, |state| state.backing(store.index)),
            &self.events,
            &shared.metrics,
        );
        let mut task = built.map_err(|error| Failure::new(FailureCause::Topology, error))?;
        if let Some(state) = state {
            task.keep_directory(state.directory);
        }
        Ok(task)
    }
}
