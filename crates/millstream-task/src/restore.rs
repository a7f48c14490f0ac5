//! What restoring needs of tasks: their stores, and somebody who tells how it goes.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_changelog::{RestoreListener, RestoringStore, Stores};
use millstream_state::{AnyStore, StoreIndex};
use millstream_types::{Offset, TaskId};

use crate::Task;
use millstream_observe::events::{EventKind, EventSink};

/// The stores of a thread's tasks, for the restorer.
pub struct TaskStores<'a>(pub &'a mut BTreeMap<TaskId, Task>);

impl Stores for TaskStores<'_> {
    fn store(&mut self, task: TaskId, store: StoreIndex) -> Option<&mut dyn AnyStore> {
        self.0.get_mut(&task)?.store_mut(store)
    }
}

/// Tells as events how restoring goes.
#[derive(Debug)]
pub struct RestoreEvents<'a>(pub &'a EventSink);

impl RestoreListener for RestoreEvents<'_> {
    fn started(&mut self, store: &RestoringStore) {
        self.0.for_task(store.task).emit(EventKind::RestoreStarted {
            store: store.store.clone(),
            changelog: store.changelog.clone(),
            from_offset: store.position,
            to_offset: store.end,
        });
    }

    fn removed(&mut self, store: &RestoringStore, offset: Offset, (from_offset, to_offset): (Offset, Offset)) {
        self.0.for_task(store.task).emit(EventKind::StoreOutsideChangelog {
            store: store.store.clone(),
            changelog: store.changelog.clone(),
            stood_at: offset,
            from_offset,
            to_offset,
        });
    }

    fn progressed(&mut self, store: &RestoringStore) {
        self.0.for_task(store.task).emit(EventKind::RestoreProgress {
            store: store.store.clone(),
            changelog: store.changelog.clone(),
            records: store.records,
            from_offset: store.position,
            to_offset: store.end,
        });
    }

    fn ended(&mut self, store: &RestoringStore, took: Duration) {
        self.0.for_task(store.task).emit(EventKind::RestoreEnded {
            store: store.store.clone(),
            changelog: store.changelog.clone(),
            records: store.records,
            took,
        });
    }
}
