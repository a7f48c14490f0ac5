//! Restores stores from their changelogs, in turns of bounded time.

mod goal;
mod restore;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use millstream_log::{AdminRequest, AdminResponse, Administration, Fetching, LogError, LogEvent, StartAt};
use millstream_state::{AnyStore, StoreIndex};
use millstream_types::{MonotonicTime, Offset, TaskId, TopicPartition, catch_panic};

pub use self::goal::Goal;
use self::restore::{Phase, Range, Restore};
use crate::conversion::Unconverted;
use crate::{Changelogs, Conversion, Positions, RestoreError, RestoreEvent, RestoreFailure, RestoringStore, TurnLimit};

/// Nothing more is fetched for standbys while so many bytes are fetched and not applied. One more chunk of each may come.
const STANDBY_BYTES_MAX: usize = 16 << 20;

/// The backoff after a failed request.
const REQUEST_BACKOFF: Duration = Duration::from_millis(100);

/// A store with work to do; see [`Restorer::next_due`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DueStore {
    /// The task of the store.
    pub task: TaskId,
    /// The index of the store in the topology.
    pub store: StoreIndex,
}

/// Restores the stores of a thread's tasks, and follows changelogs for standbys, beside running tasks.
///
/// It owns no stores and has no callbacks. In each turn its owner advances requests ([`poll`](Self::poll)), lends it the stores
/// that are due, one after the other ([`next_due`](Self::next_due), [`advance`](Self::advance)), as long as there is time, and
/// takes the events ([`take_events`](Self::take_events)).
///
/// A store is restored from its offset, or from the beginning of the changelog, exactly to the end as of when restoring began:
/// gaps in the offsets count as read, and records after that end are not applied. If the offset of the store is not within the
/// changelog any more, the store is emptied and restored from the beginning, since the records in between, which may be
/// deletes, are unknown.
///
/// # Standbys
/// A standby is restored in the same way and then follows its changelog for ever. It comes after the tasks that will run: while
/// one of those is being restored, nothing is fetched or applied for standbys, as in Kafka Streams. What is fetched for standbys
/// and not applied is bounded in bytes. Their engines get what was applied when [`write_back`](Self::write_back) is called, or
/// earlier, when a batch is full. A task that begins or ceases to be a standby keeps its stores: [`release`](Self::release)
/// returns the positions from which [`add`](Self::add) continues.
///
/// # Examples
/// ```
/// use millstream_changelog::{Changelogs, Goal, Positions, RestoreEvent, Restorer, TurnLimit};
/// use millstream_log::{InProcessLog, Log, Signal};
/// use millstream_state::{AnyStore, Backing, KeyValueStore, StoreIndex, StoreOptions};
/// use millstream_types::{RecordBytes, MonotonicTime, Serde, TaskId, TopicPartition};
///
/// let (log, signal) = (InProcessLog::new(), Signal::new());
/// log.create_topic("app-counts-changelog", 1)?;
/// let changelog = TopicPartition::new("app-counts-changelog", 0);
/// log.append(&changelog, &RecordBytes::new(1.into(), Some(b"a"), Some(&7_i64.to_be_bytes())))?;
///
/// let options = StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog");
/// let mut counts = KeyValueStore::new(options, Serde::<String>::of_type(), Serde::<i64>::of_type(), Backing::InMemory);
/// let mut restorer = Restorer::new(log.fetcher("restore", &signal)?, log.admin("restore", &signal)?);
/// let (task, now) = (TaskId::new(0, 0), MonotonicTime::START);
/// let changelogs = Changelogs::new([(StoreIndex::new(0), changelog)]);
/// let stores = std::iter::once(&mut counts as &mut dyn AnyStore);
/// restorer.add(task, &changelogs, stores, Goal::Run, &Positions::default());
/// while restorer.is_restoring(task) {
///     restorer.poll(now);
///     while let Some(due) = restorer.next_due() {
///         restorer.advance(due, &mut counts, now, &mut TurnLimit::none());
///     }
///     for event in restorer.take_events() {
///         assert!(!matches!(event, RestoreEvent::Failed(_)), "{event:?}");
///     }
/// }
/// assert_eq!(counts.get(&"a".to_owned())?.map(|row| row.value), Some(7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Restorer {
    fetcher: Box<dyn Fetching>,
    admin: Box<dyn Administration>,
    restores: BTreeMap<TopicPartition, Restore>,
    log_events: Vec<LogEvent>,
    /// The events since the last [`take_events`](Restorer::take_events).
    events: Vec<RestoreEvent>,
    /// The changelogs whose stores are due in this turn.
    turn: VecDeque<TopicPartition>,
    /// The last one that was due. The next turn begins after it.
    last: Option<TopicPartition>,
}

impl Restorer {
    /// A restorer with these clients.
    #[must_use]
    pub fn new(fetcher: Box<dyn Fetching>, admin: Box<dyn Administration>) -> Self {
        let (restores, log_events, events, turn, last) = Default::default();
        Self { fetcher, admin, restores, log_events, events, turn, last }
    }

    /// Begins to restore the stores of `stores` with a changelog. A store with a position has all records up to there already.
    pub fn add<'a>(
        &mut self,
        task: TaskId,
        changelogs: &Changelogs,
        stores: impl Iterator<Item = &'a mut dyn AnyStore>,
        goal: Goal,
        positions: &Positions,
    ) {
        for store in stores {
            let Some(changelog) = changelogs.partition(store.index()) else { continue };
            let restore = Restore::new(task, store.index(), &store.options().name, changelog, goal);
            self.restores.insert(changelog.clone(), restore.at_position(positions.get(store.index())));
        }
    }

    /// Begins to restore a store from the partition that its table reads, up to the offset `committed` of the group, where
    /// processing begins. Without one nothing was processed yet, and nothing is restored. A store with rows of later offsets is
    /// emptied first. Lend it to [`advance_converted`](Self::advance_converted). A standby continues when
    /// [`committed`](Self::committed) says that the group has committed more.
    ///
    /// The source of the rule is Kafka Streams' `StoreChangelogReader`: the end is the smaller one of end and committed offset.
    pub fn add_from_source(
        &mut self,
        task: TaskId,
        store: &dyn AnyStore,
        source: &TopicPartition,
        committed: Option<Offset>,
        goal: Goal,
        positions: &Positions,
    ) {
        let restore = Restore::new(task, store.index(), &store.options().name, source, goal);
        let restore = restore.up_to(committed.unwrap_or(Offset::ZERO)).at_position(positions.get(store.index()));
        self.restores.insert(source.clone(), restore);
    }

    /// Lets a standby that is restored from `source` read up to the offset that the group has committed by now.
    pub fn committed(&mut self, source: &TopicPartition, committed: Offset) {
        let Some(restore) = self.restores.get_mut(source) else { return };
        if restore.target.goal == Goal::StandBy && restore.move_limit(committed) {
            self.fetcher.assign(&[(source.clone(), StartAt::Offset(restore.target.position))]);
        }
    }

    /// Writes to the engines of a task's stores what was applied, each with the position that it reaches, so that a restart goes on
    /// from there. A batch has at most a megabyte and 10 000 records per store.
    ///
    /// # Errors
    /// When an engine fails. Nothing of its store was written, and it can be called again.
    pub fn write_back<'a>(
        &mut self,
        task: TaskId,
        stores: impl Iterator<Item = &'a mut dyn AnyStore>,
    ) -> Result<(), RestoreError> {
        for store in stores {
            let index = store.index();
            let is_meant = |restore: &&mut Restore| (restore.target.task, restore.store) == (task, index);
            let Some(restore) = self.restores.values_mut().find(is_meant) else { continue };
            if restore.is_ahead_of_engine() {
                let offset = restore.target.position;
                let written = catch_panic(|| restore.write_back(store));
                let written = written.unwrap_or_else(|message| Err(RestoreFailure::Panicked { offset, message }));
                written.map_err(|cause| restore.error(cause))?;
            }
        }
        Ok(())
    }

    /// Stops restoring the stores of a task that goes on with them in another role. Returns how far they have come. What was applied and
    /// is not [written](Self::write_back) yet is to be written first.
    pub fn release(&mut self, task: TaskId) -> Positions {
        let mut positions = Positions::default();
        for restore in self.restores.values().filter(|restore| restore.target.task == task) {
            restore.position().into_iter().for_each(|position| positions.advance(restore.store, position));
        }
        self.remove(task);
        positions
    }

    /// Stops restoring the stores of a task.
    pub fn remove(&mut self, task: TaskId) {
        let gone: Vec<TopicPartition> = self.partitions(|restore| restore.target.task == task).cloned().collect();
        self.fetcher.unassign(&gone);
        self.restores.retain(|_, restore| restore.target.task != task);
    }

    /// The index and the position of each store of a task that is being restored or is a standby; no position if it still has to
    /// be compared with the changelog.
    pub fn positions(&self, task: TaskId) -> impl Iterator<Item = (StoreIndex, Option<Offset>, &RestoringStore)> {
        let restores = self.restores.values().filter(move |restore| restore.target.task == task);
        restores.map(|restore| (restore.store, restore.position(), &restore.target))
    }

    /// Whether stores of this task, which will run, are not restored yet.
    #[must_use]
    pub fn is_restoring(&self, task: TaskId) -> bool {
        self.restores.values().any(|restore| restore.target.task == task && restore.target.goal == Goal::Run)
    }

    /// A changelog of this task, which will run, of which the end or records have to come from the log before it can be restored
    /// further; `None` if there is none. The number changes whenever the stores of the task come closer to their ends.
    #[must_use]
    pub fn awaited(&self, task: TaskId) -> Option<(&TopicPartition, u64)> {
        let of_task = |restore: &&Restore| restore.target.task == task && restore.target.goal == Goal::Run;
        let restores = || self.restores.values().filter(of_task);
        let awaited = restores().find(|restore| !restore.is_due())?;
        let progress = restores().map(|restore| restore.target.position.number().unsigned_abs().wrapping_add(1));
        Some((&awaited.target.changelog, progress.fold(0, u64::wrapping_add)))
    }

    /// Whether there are no stores.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.restores.is_empty()
    }

    /// The stores that are being restored or are standbys, with their progress.
    pub fn stores(&self) -> impl Iterator<Item = &RestoringStore> {
        self.restores.values().map(|restore| &restore.target)
    }

    /// The events since the last call, the oldest first.
    pub fn take_events(&mut self) -> Vec<RestoreEvent> {
        std::mem::take(&mut self.events)
    }

    /// Begins a turn: advances requests and fetches, without blocking and without a store.
    pub fn poll(&mut self, now: MonotonicTime) {
        self.turn.clear();
        if self.restores.is_empty() {
            return;
        }
        self.request_ranges(now);
        let mut events = std::mem::take(&mut self.log_events);
        let serves_standbys = self.serves_standbys();
        let may_fetch =
            serves_standbys && self.restores.values().map(Restore::fetched_bytes).sum::<usize>() < STANDBY_BYTES_MAX;
        let (admin, fetcher, restores) = (&mut self.admin, &mut self.fetcher, &self.restores);
        let polled = catch_panic(|| {
            admin.poll(now, &mut events);
            let mut wants = |partition: &TopicPartition| {
                let wanted = restores.get(partition).filter(|restore| restore.wants_chunk());
                wanted.is_some_and(|restore| may_fetch || restore.target.goal == Goal::Run)
            };
            fetcher.poll(now, &mut wants, &mut events);
        });
        for event in events.drain(..) {
            self.handle(event, now);
        }
        if let Err(message) = polled {
            let reason = format!("the log's client for restoring panicked: {message}");
            self.fail_all(&LogError::Invalid { reason });
        }
        self.log_events = events;
        let serves = |restore: &Restore| serves_standbys || restore.target.goal == Goal::Run;
        let due = self.restores.iter().filter(|(_, restore)| restore.is_due() && serves(restore));
        self.turn.extend(due.map(|(changelog, _)| changelog.clone()));
        let behind_last = self.turn.partition_point(|changelog| Some(changelog) <= self.last.as_ref());
        self.turn.rotate_left(behind_last);
    }

    /// Whether there is time for standbys: all tasks that will run are restored.
    fn serves_standbys(&self) -> bool {
        self.restores.values().all(|restore| restore.target.goal == Goal::StandBy)
    }

    /// The next store with work to do. Each is returned at most once in a turn, and turns begin with different ones.
    pub fn next_due(&mut self) -> Option<DueStore> {
        while let Some(changelog) = self.turn.pop_front() {
            if let Some(restore) = self.restores.get(&changelog).filter(|restore| restore.is_due()) {
                let due = DueStore { task: restore.target.task, store: restore.store };
                self.last = Some(changelog);
                return Some(due);
            }
        }
        None
    }

    /// Restores a store that is due, within the limit of the turn.
    pub fn advance(&mut self, due: DueStore, store: &mut dyn AnyStore, now: MonotonicTime, limit: &mut TurnLimit<'_>) {
        self.advance_converted(due, store, &mut Unconverted, now, limit);
    }

    /// Restores a store that is due through `conversion`, within the limit of the turn.
    pub fn advance_converted(
        &mut self,
        due: DueStore,
        store: &mut dyn AnyStore,
        conversion: &mut impl Conversion,
        now: MonotonicTime,
        limit: &mut TurnLimit<'_>,
    ) {
        let is_due = |restore: &Restore| (restore.target.task, restore.store) == (due.task, due.store);
        let Some(partition) = self.partitions(is_due).next().cloned() else { return };
        let Some(restore) = self.restores.get(&partition) else { return };
        let phase = restore.phase;
        // Both read rows by the user's serdes.
        let advanced = catch_panic(|| match phase {
            Phase::Ready(range) => self.begin(&partition, range, store, now),
            Phase::Added | Phase::BackingOff(_) | Phase::Requested(_) | Phase::Reading => {
                self.apply(&partition, store, conversion, limit)
            }
        });
        match advanced.unwrap_or_else(|message| Err(self.panicked(&partition, message))) {
            Ok(()) => self.conclude(&partition, now),
            Err(cause) => self.fail(&partition, cause),
        }
    }

    fn apply(
        &mut self,
        partition: &TopicPartition,
        store: &mut dyn AnyStore,
        conversion: &mut impl Conversion,
        limit: &mut TurnLimit<'_>,
    ) -> Result<(), RestoreFailure> {
        let Some(restore) = self.restores.get_mut(partition) else { return Ok(()) };
        restore.apply(store, conversion, limit)?;
        self.events.push(RestoreEvent::Progressed(restore.target.clone()));
        Ok(())
    }

    fn panicked(&self, partition: &TopicPartition, message: String) -> RestoreFailure {
        let offset = self.restores.get(partition).map_or(Offset::new(0), Restore::offset_in_hand);
        RestoreFailure::Panicked { offset, message }
    }

    /// Requests the ranges of the changelogs that were added since, or whose request failed.
    fn request_ranges(&mut self, now: MonotonicTime) {
        let wants_range = |restore: &Restore| restore.wants_range(now);
        let partitions: Vec<TopicPartition> = self.partitions(wants_range).cloned().collect();
        if partitions.is_empty() {
            return;
        }
        let token = self.admin.request(AdminRequest::OffsetRanges(partitions));
        for restore in self.restores.values_mut().filter(|restore| wants_range(restore)) {
            restore.phase = Phase::Requested(token);
        }
    }

    /// The changelogs of the restores that match.
    fn partitions(&self, matches: impl Fn(&Restore) -> bool) -> impl Iterator<Item = &TopicPartition> {
        self.restores.iter().filter(move |(_, restore)| matches(restore)).map(|(partition, _)| partition)
    }

    fn handle(&mut self, event: LogEvent, now: MonotonicTime) {
        match event {
            LogEvent::AdminDone { token, result: Ok(AdminResponse::OffsetRanges(ranges)) } => {
                for (partition, range) in ranges {
                    self.range_known(&partition, token, range, now);
                }
            }
            LogEvent::AdminDone { token, result: Err(error) } => self.request_failed(token, &error, now),
            LogEvent::Chunk(chunk) => {
                if let Some(restore) = self.restores.get_mut(&chunk.partition) {
                    restore.take_chunk(chunk);
                }
            }
            LogEvent::FetchFailed { partition, error: LogError::OffsetOutOfRange { start, end, .. } } => {
                if let Some(restore) = self.restores.get_mut(&partition) {
                    restore.phase = Phase::Ready((start, end));
                }
            }
            LogEvent::FetchFailed { partition, error } if !error.is_retriable() => self.fail(&partition, error.into()),
            LogEvent::Fatal(error) => self.fail_all(&error),
            LogEvent::Unavailable(reason) => self.events.push(RestoreEvent::LogUnavailable(reason)),
            LogEvent::FetchFailed { error, .. } => self.unavailable(&error),
            // `Unavailable` follows with the reason, and chunks when the partition can be fetched again.
            LogEvent::Stalled(_) => {}
            // There are no requests with these responses.
            LogEvent::AdminDone { result: Ok(_), .. } => {}
            // Events of group members and producers.
            LogEvent::AssignmentData { .. }
            | LogEvent::StreamsTasks(_)
            | LogEvent::AssignorFailed(_)
            | LogEvent::Assigned(_)
            | LogEvent::Revoked(_)
            | LogEvent::Lost(_)
            | LogEvent::Committed(_)
            | LogEvent::CommitDone { .. }
            | LogEvent::CoordinatorSilent(_)
            | LogEvent::CoordinatorResponds
            | LogEvent::SessionTimeout(_)
            | LogEvent::Acknowledged { .. }
            | LogEvent::ProduceFailed { .. } => {}
        }
    }

    /// Handles the range of a changelog. For a task that was removed and added again only a later response counts, since an
    /// earlier one may have an outdated end.
    fn range_known(
        &mut self,
        partition: &TopicPartition,
        token: u64,
        range: Result<Range, LogError>,
        now: MonotonicTime,
    ) {
        let Some(restore) = self.restores.get_mut(partition) else { return };
        if restore.phase != Phase::Requested(token) {
            return;
        }
        match range {
            Ok(range) => restore.phase = Phase::Ready(range),
            Err(error) if error.is_retriable() => {
                restore.phase = Phase::BackingOff(now + REQUEST_BACKOFF);
                self.unavailable(&error);
            }
            Err(error) => self.fail(partition, error.into()),
        }
    }

    /// Handles the failure of a request, which is retried if it may succeed later.
    fn request_failed(&mut self, token: u64, error: &LogError, now: MonotonicTime) {
        let requested = Phase::Requested(token);
        if error.is_retriable() {
            let requested = self.restores.values_mut().filter(|restore| restore.phase == requested);
            requested.for_each(|restore| restore.phase = Phase::BackingOff(now + REQUEST_BACKOFF));
            self.unavailable(error);
            return;
        }
        let first = self.partitions(|restore| restore.phase == requested).next().cloned();
        if let Some(partition) = first {
            self.fail(&partition, error.clone().into());
        }
    }

    /// Sets the position of a store in its changelog, and begins to read.
    fn begin(
        &mut self,
        partition: &TopicPartition,
        range: Range,
        store: &mut dyn AnyStore,
        now: MonotonicTime,
    ) -> Result<(), RestoreFailure> {
        let Some(restore) = self.restores.get_mut(partition) else { return Ok(()) };
        let stood_at = restore.begin(store, range, now)?;
        let target = &restore.target;
        if let Some(stood_at) = stood_at {
            self.events.push(RestoreEvent::Emptied { store: target.clone(), stood_at, range });
        }
        self.events.push(RestoreEvent::Started(target.clone()));
        if restore.target.goal == Goal::StandBy || !restore.is_at_end() {
            self.fetcher.assign(&[(partition.clone(), StartAt::Offset(target.position))]);
        }
        Ok(())
    }

    /// Ends a restore that has reached its end. A standby continues.
    fn conclude(&mut self, partition: &TopicPartition, now: MonotonicTime) {
        let Some(restore) = self.restores.get_mut(partition).filter(|restore| restore.is_at_end()) else { return };
        let store = restore.target.clone();
        match restore.target.goal {
            Goal::Run => {
                let took = restore.took(now);
                self.fetcher.unassign(std::slice::from_ref(partition));
                self.restores.remove(partition);
                self.events.push(RestoreEvent::Restored { store, took });
            }
            Goal::StandBy => {
                if !std::mem::replace(&mut restore.has_caught_up, true) {
                    self.events.push(RestoreEvent::CaughtUp(store));
                }
            }
        }
    }

    /// Records a retriable error.
    fn unavailable(&mut self, error: &LogError) {
        self.events.push(RestoreEvent::LogUnavailable(error.to_string()));
    }

    /// Fails all restores after a final error of a client.
    fn fail_all(&mut self, error: &LogError) {
        while let Some(partition) = self.restores.keys().next().cloned() {
            self.fail(&partition, error.clone().into());
        }
    }

    fn fail(&mut self, partition: &TopicPartition, cause: RestoreFailure) {
        let Some(error) = self.restores.get(partition).map(|restore| restore.error(cause)) else { return };
        self.remove(error.task);
        self.events.push(RestoreEvent::Failed(error));
    }
}

#[cfg(test)]
mod tests;
