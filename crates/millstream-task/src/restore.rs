//! Restoring the stores of tasks, and its events.

use std::collections::BTreeMap;

use millstream_changelog::{DueStore, Goal, RestoreEvent, Restorer, TurnLimit};
use millstream_state::StoreIndex;
use millstream_types::{MonotonicTime, Offset, TaskId, TopicPartition};

use crate::source_stores::SourceConversion;
use crate::{StandbyTask, Task, TaskState};
use millstream_observe::events::{EventKind, EventSink};

/// A turn of restoring: lends the stores of `tasks` and `standbys` to the restorer until the limit is reached. Returns the events.
pub fn restore_stores(
    restorer: &mut Restorer,
    tasks: &mut BTreeMap<TaskId, Task>,
    standbys: &mut BTreeMap<TaskId, StandbyTask>,
    now: MonotonicTime,
    limit: &mut TurnLimit<'_>,
) -> Vec<RestoreEvent> {
    restorer.poll(now);
    while !limit.is_over()
        && let Some(due) = restorer.next_due()
    {
        let is_there = match (tasks.get_mut(&due.task), standbys.get_mut(&due.task)) {
            (Some(task), _) => task.restore_store(restorer, due, now, limit),
            (None, Some(standby)) => standby.restore_store(restorer, due, now, limit),
            (None, None) => false,
        };
        if !is_there {
            restorer.remove(due.task);
        }
    }
    let events = restorer.take_events();
    for event in &events {
        if let RestoreEvent::Restored { store, .. } = event
            && let Some(task) = tasks.get_mut(&store.task)
        {
            task.restored_to(&store.store, store.position);
        }
    }
    events
}

impl Task {
    /// Sets that the group has no committed offset of a partition: nothing of it was processed yet.
    pub fn resume_without_commit(&mut self, partition: &TopicPartition) {
        if let Some(input) = self.inputs.index_of(partition) {
            self.inputs.queue_mut(input).set_resumed();
        }
    }

    /// Notes how far a store has come in its changelog.
    fn restored_to(&mut self, name: &str, position: Offset) {
        let index = self.stores.iter_mut().find(|store| store.name() == name).map(|store| store.index());
        index.into_iter().for_each(|store| self.positions.advance(store, position));
    }

    /// Whether one of its stores is restored, while others may not be.
    #[must_use]
    pub fn is_restored(&self, store: StoreIndex, restorer: &Restorer) -> bool {
        let is_left = restorer.positions(self.id).any(|(left, ..)| left == store);
        self.state != TaskState::Created && !is_left && self.positions.get(store).is_some()
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
            let was_open = self.positions.get(source.store).is_some();
            if !was_open && store.changelog_offset().is_ok_and(|offset| offset.is_some()) {
                source.time = self.chain.partition_time(source.input);
            }
            let (partition, committed) = (queue.partition(), queue.committed());
            restorer.add_from_source(self.id, store, partition, committed, Goal::Run, &self.positions);
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
    let is_standby = store.goal == Goal::StandBy;
    let kind = match event {
        RestoreEvent::Started(_) if is_standby => {
            EventKind::StandbyStarted { store: name, changelog, from_offset, to_offset }
        }
        RestoreEvent::Progressed(_) if is_standby => {
            EventKind::StandbyProgress { store: name, changelog, records, from_offset, to_offset }
        }
        RestoreEvent::CaughtUp(_) => EventKind::StandbyCaughtUp { store: name, changelog, records },
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
        RestoreEvent::Failed(_) | RestoreEvent::LogUnavailable(_) => return,
    };
    events.for_task(store.task).emit(kind);
}
