//! Queries of the stores of a thread's tasks.

use std::collections::BTreeMap;

use millstream_changelog::Restorer;
use millstream_core::Topology;
use millstream_state::{AnyStore, StoreIndex};
use millstream_task::{StandbyTask, Task, TaskState, Tasks};
use millstream_types::TaskId;

use super::open::Opening;
use crate::messages::StoreQuery;

/// What a thread has of the stores.
pub(super) struct Queried<'a> {
    pub(super) tasks: &'a mut Tasks,
    pub(super) standbys: &'a mut BTreeMap<TaskId, StandbyTask>,
    pub(super) restorer: &'a mut Restorer,
    pub(super) opening: &'a Opening,
    pub(super) topology: &'a Topology,
}

/// Runs a query on every store of its name, and notes the partitions whose stores cannot be read yet, or only if a stale answer is
/// allowed.
pub(super) fn run(query: &dyn StoreQuery, queried: Queried<'_>) {
    let Queried { tasks, standbys, restorer, opening, topology } = queried;
    for task in tasks.iter_mut() {
        let id = task.id();
        let Some(index) = store_named(topology, id, query.store()) else { continue };
        let (is_running, is_stale_allowed) = (is_running(task), query.allows_stale());
        let processed: Vec<_> = task.processed().collect();
        let is_restored = is_stale_allowed && task.is_restored(index, restorer);
        match task.store_mut(index) {
            Some(store) if is_running => query.run(id.partition, processed, store),
            Some(store) if is_restored => query.run_stale(id.partition, 0, store),
            Some(store) if is_stale_allowed => run_stale(query, id, store, restorer),
            Some(_) | None => query.note_restoring(id.partition),
        }
    }
    for (id, standby) in standbys {
        let Some(index) = store_named(topology, *id, query.store()) else { continue };
        // A store that is not restored from a topic is not copied.
        if restorer.positions(*id).all(|(followed, ..)| followed != index) {
            continue;
        }
        match standby.store_mut(index) {
            Some(store) if query.allows_stale() => run_stale(query, *id, store, restorer),
            Some(_) | None => query.note_standby(id.partition),
        }
    }
    let waiting = opening.ids().filter(|id| store_named(topology, *id, query.store()).is_some());
    waiting.for_each(|id| query.note_restoring(id.partition));
}

/// Runs a query on a store that is being restored, with all that was applied; not before it was compared with its changelog, since
/// it may have rows that are not there any more.
fn run_stale(query: &dyn StoreQuery, id: TaskId, store: &mut dyn AnyStore, restorer: &mut Restorer) {
    let index = store.index();
    // It fails again when its owner writes, and fails the task.
    let is_written = restorer.write_back(id, std::iter::once(&mut *store)).is_ok();
    match restorer.positions(id).find(|(followed, ..)| *followed == index) {
        Some((_, Some(_), restoring)) if is_written => query.run_stale(id.partition, restoring.lag(), store),
        Some(_) | None => query.note_restoring(id.partition),
    }
}

fn is_running(task: &Task) -> bool {
    matches!(task.state(), TaskState::Running | TaskState::Suspended)
}

/// The store of a task that has this name.
fn store_named(topology: &Topology, task: TaskId, name: &str) -> Option<StoreIndex> {
    let stores = &topology.subtopologies()[task.subtopology as usize].stores;
    stores.iter().find(|store| &*store.name == name).map(|store| store.index)
}
