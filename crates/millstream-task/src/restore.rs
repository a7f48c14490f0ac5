//! Restoring the stores of tasks, and its events.

use std::collections::BTreeMap;

use millstream_changelog::{DueStore, RestoreEvent, Restorer, TurnLimit};
use millstream_types::{MonotonicTime, TaskId, TopicPartition};

use crate::Task;
use crate::source_stores::SourceConversion;
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
        let is_there = tasks.get_mut(&due.task).is_some_and(|task| task.restore_store(restorer, due, now, limit));
        if !is_there {
            restorer.remove(due.task);
        }
    }
    restorer.take_events()
}

impl Task {
    /// Sets that the group has no committed offset of a partition: nothing of it was processed yet.
    pub fn resume_without_commit(&mut self, partition: &TopicPartition) {
        if let Some(input) = self.inputs.index_of(partition) {
            self.inputs.queue_mut(input).set_resumed();
        }
    }

    /// Whether the committed offsets are known up to which stores are restored from inputs.
    pub(super) fn are_restore_ends_known(&self) -> bool {
        self.sources.iter().all(|source| self.inputs.queue(source.input).is_resumed())
    }

    /// Begins to restore the stores whose changelogs are inputs, up to the committed offsets, where processing begins.
    pub(super) fn restore_from_sources(&mut self, restorer: &mut Restorer) {
        for source in &mut self.sources {
            let (queue, Some(store)) = (self.inputs.queue(source.input), self.stores.get_mut(source.store)) else {
                continue;
            };
            // The times of the records whose rows an engine has are not read again.
            if store.changelog_offset().is_ok_and(|offset| offset.is_some()) {
                source.time = self.chain.partition_time(source.input);
            }
            restorer.add_from_source(self.id, store, queue.partition(), queue.committed());
        }
    }

    /// Restores one of its stores within the limit. Returns `false` if it has no such store.
    pub(super) fn restore_store(
        &mut self,
        restorer: &mut Restorer,
        due: DueStore,
        now: MonotonicTime,
        limit: &mut TurnLimit<'_>,
    ) -> bool {
        let Some(store) = self.stores.get_mut(due.store) else { return false };
        match self.sources.iter_mut().find(|source| source.store == due.store) {
            Some(source) => {
                let partition = self.inputs.queue(source.input).partition();
                let mut conversion = SourceConversion { source, partition, resources: &mut self.resources };
                restorer.advance_converted(due, store, &mut conversion, now, limit);
            }
            None => restorer.advance(due, store, now, limit),
        }
        true
    }
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
