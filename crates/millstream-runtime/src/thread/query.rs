//! Queries of the stores of a thread's tasks.

use millstream_core::Topology;
use millstream_state::StoreIndex;
use millstream_task::{TaskState, Tasks};
use millstream_types::TaskId;

use super::open::Opening;
use crate::messages::StoreQuery;

/// Runs a query on every store of its name, and notes the partitions whose stores cannot be read yet.
pub(super) fn run(query: &dyn StoreQuery, tasks: &mut Tasks, opening: &Opening, topology: &Topology) {
    for task in tasks.iter_mut() {
        let id = task.id();
        let Some(index) = store_named(topology, id, query.store()) else { continue };
        let is_ready = matches!(task.state(), TaskState::Running | TaskState::Suspended);
        let processed = task.processed().collect();
        match task.store_mut(index).filter(|_| is_ready) {
            Some(store) => query.run(id.partition, processed, store),
            None => query.note_restoring(id.partition),
        }
    }
    let waiting = opening.ids().filter(|id| store_named(topology, *id, query.store()).is_some());
    waiting.for_each(|id| query.note_restoring(id.partition));
}

/// The store of a task that has this name.
fn store_named(topology: &Topology, task: TaskId, name: &str) -> Option<StoreIndex> {
    let stores = &topology.subtopologies()[task.subtopology as usize].stores;
    stores.iter().find(|store| &*store.name == name).map(|store| store.index)
}
