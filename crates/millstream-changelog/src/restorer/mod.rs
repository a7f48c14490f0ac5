//! Restores stores from their changelogs, a bounded piece at a time.

mod restore;

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_log::{AdminRequest, AdminResponse, Administration, Fetching, LogError, LogEvent, StartAt};
use millstream_state::{AnyStore, StoreIndex};
use millstream_types::{MonotonicTime, Offset, TaskId, TopicPartition};

use self::restore::{Phase, Restore};
use crate::{Changelogs, RestoreError, RestoreFailure, RestoreListener, RestoringStore};

/// What the log could not tell is asked for again after this.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Where the restorer finds the stores it restores.
pub trait Stores {
    /// A store of a task; `None` if the task is gone.
    fn store(&mut self, task: TaskId, store: StoreIndex) -> Option<&mut dyn AnyStore>;
}

/// Restores the stores of a thread's tasks, beside those tasks that run.
///
/// A store is read from the offset it carries, or from the changelog's beginning, to the end as it was when restoring
/// began, exactly: gaps in the offsets count as read, records behind that end are not applied. If the store's offset is
/// not within the changelog any more, the store is emptied and restored from the beginning: what happened in between is
/// unknown, deletes included.
pub struct Restorer {
    fetcher: Box<dyn Fetching>,
    admin: Box<dyn Administration>,
    restores: BTreeMap<TopicPartition, Restore>,
    events: Vec<LogEvent>,
}

impl Restorer {
    /// A restorer that reads with these clients, which are its own.
    #[must_use]
    pub fn new(fetcher: Box<dyn Fetching>, admin: Box<dyn Administration>) -> Self {
        Self { fetcher, admin, restores: BTreeMap::new(), events: Vec::new() }
    }

    /// Begins to restore those of `stores` that have a changelog.
    pub fn add<'a>(
        &mut self,
        task: TaskId,
        changelogs: &Changelogs,
        stores: impl Iterator<Item = &'a mut dyn AnyStore>,
    ) {
        for store in stores {
            let Some(changelog) = changelogs.partition(store.index()) else { continue };
            let restore = Restore::new(task, store.index(), &store.options().name, changelog);
            self.restores.insert(changelog.clone(), restore);
        }
    }

    /// Stops restoring for a task that is going away.
    pub fn remove(&mut self, task: TaskId) {
        let gone: Vec<TopicPartition> = self.partitions(|restore| restore.target.task == task).cloned().collect();
        self.fetcher.unassign(&gone);
        self.restores.retain(|_, restore| restore.target.task != task);
    }

    /// Whether stores of this task are still to be restored.
    #[must_use]
    pub fn is_restoring(&self, task: TaskId) -> bool {
        self.restores.values().any(|restore| restore.target.task == task)
    }

    /// Whether there is nothing to restore.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.restores.is_empty()
    }

    /// The stores being restored, with how far they are.
    pub fn stores(&self) -> impl Iterator<Item = &RestoringStore> {
        self.restores.values().map(|restore| &restore.target)
    }

    /// Moves work along without blocking, restoring about `records_max` records at most, shared among the stores.
    ///
    /// # Errors
    /// When a store cannot be restored. Its task's restores are given up, the others go on with the next call.
    pub fn poll(
        &mut self,
        now: MonotonicTime,
        records_max: usize,
        stores: &mut dyn Stores,
        listener: &mut dyn RestoreListener,
    ) -> Result<(), RestoreError> {
        if self.restores.is_empty() {
            return Ok(());
        }
        self.ask_for_ranges(now);
        let mut events = std::mem::take(&mut self.events);
        self.admin.poll(now, &mut events);
        let restores = &self.restores;
        let mut wants = |partition: &TopicPartition| restores.get(partition).is_some_and(Restore::wants_chunk);
        self.fetcher.poll(now, &mut wants, &mut events);
        let mut first_error = Ok(());
        for event in events.drain(..) {
            first_error = first_error.and(self.hear(event, now, stores, listener));
        }
        self.events = events;
        first_error.and_then(|()| self.apply(now, records_max, stores, listener))
    }

    /// Asks for the ends of the changelogs that were added since, or were not told.
    fn ask_for_ranges(&mut self, now: MonotonicTime) {
        let unasked = |restore: &Restore| restore.is_to_ask(now);
        let partitions: Vec<TopicPartition> = self.partitions(unasked).cloned().collect();
        if partitions.is_empty() {
            return;
        }
        let token = self.admin.request(AdminRequest::OffsetRanges(partitions));
        for restore in self.restores.values_mut().filter(|restore| unasked(restore)) {
            restore.phase = Phase::Asked(token);
        }
    }

    /// The changelogs of those restores that are like this.
    fn partitions(&self, is_like: impl Fn(&Restore) -> bool) -> impl Iterator<Item = &TopicPartition> {
        self.restores.iter().filter(move |(_, restore)| is_like(restore)).map(|(partition, _)| partition)
    }

    /// Whether this answer is the one that the changelog's restore waits for. A task that went and came back waits for
    /// another one: the answer to its earlier question says where the changelog ended before others wrote on.
    fn awaits(&self, partition: &TopicPartition, token: u64) -> bool {
        self.restores.get(partition).is_some_and(|restore| restore.phase == Phase::Asked(token))
    }

    fn hear(
        &mut self,
        event: LogEvent,
        now: MonotonicTime,
        stores: &mut dyn Stores,
        listener: &mut dyn RestoreListener,
    ) -> Result<(), RestoreError> {
        match event {
            LogEvent::AdminDone { token, result: Ok(AdminResponse::OffsetRanges(mut ranges)) } => {
                let mut first_error = Ok(());
                ranges.retain(|(partition, _)| self.awaits(partition, token));
                for (partition, range) in ranges {
                    let begun = self.begin(&partition, range, now, stores, listener);
                    first_error = first_error.and(begun);
                }
                first_error
            }
            LogEvent::AdminDone { token, result: Err(error) } => self.ask_again(token, &error, now),
            LogEvent::Chunk(chunk) => {
                if let Some(restore) = self.restores.get_mut(&chunk.partition) {
                    restore.take_chunk(chunk);
                }
                Ok(())
            }
            LogEvent::FetchFailed { partition, error: LogError::OffsetOutOfRange { start, end, .. } } => {
                self.begin(&partition, Ok((start, end)), now, stores, listener)
            }
            LogEvent::FetchFailed { partition, error } if !error.is_retriable() => self.fail(&partition, error.into()),
            _ => Ok(()),
        }
    }

    /// The changelog's range is known: reading begins, or there is nothing to read.
    fn begin(
        &mut self,
        partition: &TopicPartition,
        range: Result<(Offset, Offset), LogError>,
        now: MonotonicTime,
        stores: &mut dyn Stores,
        listener: &mut dyn RestoreListener,
    ) -> Result<(), RestoreError> {
        let Some(restore) = self.restores.get_mut(partition) else { return Ok(()) };
        let Some(store) = stores.store(restore.target.task, restore.store) else {
            self.restores.remove(partition);
            return Ok(());
        };
        let begun = range.map_err(RestoreFailure::from);
        let begun = begun.and_then(|range| Ok((restore.begin(store, range, now)?, range)));
        match begun {
            Err(cause) if is_retriable(&cause) => restore.phase = Phase::Waiting(now + ASK_AGAIN_AFTER),
            Err(cause) => return self.fail(partition, cause),
            Ok((elsewhere, range)) => {
                if let Some(offset) = elsewhere {
                    listener.removed(&restore.target, offset, range);
                }
                listener.started(&restore.target);
                let start_at = StartAt::Offset(restore.target.position);
                if restore.is_finished() {
                    self.finish(partition, now, listener);
                } else {
                    self.fetcher.assign(&[(partition.clone(), start_at)]);
                }
            }
        }
        Ok(())
    }

    /// A request failed as a whole; one that may succeed later is made again.
    fn ask_again(&mut self, token: u64, error: &LogError, now: MonotonicTime) -> Result<(), RestoreError> {
        let asked = Phase::Asked(token);
        if error.is_retriable() {
            let asked = self.restores.values_mut().filter(|restore| restore.phase == asked);
            asked.for_each(|restore| restore.phase = Phase::Waiting(now + ASK_AGAIN_AFTER));
            return Ok(());
        }
        let first = self.partitions(|restore| restore.phase == asked).next().cloned();
        match first {
            Some(partition) => self.fail(&partition, error.clone().into()),
            None => Ok(()),
        }
    }

    /// Restores from the chunks at hand.
    fn apply(
        &mut self,
        now: MonotonicTime,
        records_max: usize,
        stores: &mut dyn Stores,
        listener: &mut dyn RestoreListener,
    ) -> Result<(), RestoreError> {
        let ready: Vec<TopicPartition> = self.partitions(Restore::has_chunk).cloned().collect();
        let share = (records_max / ready.len().max(1)).max(1);
        for partition in ready {
            let Some(restore) = self.restores.get_mut(&partition) else { continue };
            let Some(store) = stores.store(restore.target.task, restore.store) else { continue };
            if let Err(error) = restore.apply(store, share) {
                return self.fail(&partition, error);
            }
            listener.progressed(&restore.target);
            if restore.is_finished() {
                self.fetcher.unassign(std::slice::from_ref(&partition));
                self.finish(&partition, now, listener);
            }
        }
        Ok(())
    }

    fn finish(&mut self, partition: &TopicPartition, now: MonotonicTime, listener: &mut dyn RestoreListener) {
        if let Some(restore) = self.restores.remove(partition) {
            listener.ended(&restore.target, restore.took(now));
        }
    }

    fn fail(&mut self, partition: &TopicPartition, cause: RestoreFailure) -> Result<(), RestoreError> {
        let Some(restore) = self.restores.get(partition) else { return Ok(()) };
        let RestoringStore { task, store, changelog, .. } = restore.target.clone();
        self.remove(task);
        Err(RestoreError { task, store, changelog, cause: Box::new(cause) })
    }
}

fn is_retriable(cause: &RestoreFailure) -> bool {
    matches!(cause, RestoreFailure::Log(error) if error.is_retriable())
}

#[cfg(test)]
mod tests;
