//! Restoring the stores of tasks, and its events.

use std::collections::BTreeMap;

use millstream_changelog::{RestoreEvent, Restorer, TurnLimit};
use millstream_types::{MonotonicTime, TaskId};

use crate::Task;
use millstream_observe::events::{EventKind, EventSink};

/// A turn of restoring: lends the stores of `tasks` to the restorer until the limit is reached. Returns the events.
pub fn restore_stores(
    restorer: &mut Restorer,
    tasks: &mut BTreeMap<TaskId, Task>,
    now: MonotonicTime,
    limit: &mut TurnLimit<'_>,
) -> Vec<RestoreEvent> {
    restorer.poll(now);
    while !limit.is_over()
        && let Some(due) = restorer.next_due()
    {
        match tasks.get_mut(&due.task).and_then(|task| task.store_mut(due.store)) {
            Some(store) => restorer.advance(due, store, now, limit),
            None => restorer.remove(due.task),
        }
    }
    restorer.take_events()
}

/// Emits the event of the task, if it has one. Failures and outages are reported by the owner of the task.
pub fn emit_restore_event(events: &EventSink, event: &RestoreEvent) {
    let Some(store) = event.store() else { return };
    let (name, changelog) = (store.store.clone(), store.changelog.clone());
    let (from_offset, to_offset, records) = (store.position, store.end, store.records);
    let kind = match event {
        RestoreEvent::Started(_) => EventKind::RestoreStarted { store: name, changelog, from_offset, to_offset },
        RestoreEvent::Emptied { stood_at, range: (from_offset, to_offset), .. } => EventKind::StoreOutsideChangelog {
            store: name,
            changelog,
            stood_at: *stood_at,
            from_offset: *from_offset,
            to_offset: *to_offset,
        },
        RestoreEvent::Progressed(_) => {
            EventKind::RestoreProgress { store: name, changelog, records, from_offset, to_offset }
        }
        RestoreEvent::Restored { took, .. } => EventKind::RestoreEnded { store: name, changelog, records, took: *took },
        RestoreEvent::CaughtUp(_) | RestoreEvent::Failed(_) | RestoreEvent::LogUnavailable(_) => return,
    };
    events.for_task(store.task).emit(kind);
}
