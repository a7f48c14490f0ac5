//! Standbys: copies of a task's stores that follow its changelogs and process nothing.

use std::collections::BTreeMap;

use millstream_changelog::{DueStore, Goal, Positions, RestoreError, Restorer, RestoringStore, TurnLimit};
use millstream_core::{PartitionCounts, Stores, SubTopology, Topology};
use millstream_log::CommittedOffset;
use millstream_observe::events::{EventKind, EventSink, SuspendReason};
use millstream_observe::metrics::{ChangelogMetrics, MetricsRegistry};
use millstream_state::{AnyStore, StoreError, StoreIndex};
use millstream_types::{MonotonicTime, Offset, TaskId, Timestamp, TopicPartition};

use crate::build::{changelogs_of, plan_of};
use crate::environment::TaskResources;
use crate::error::failure_of_store;
use crate::source_stores::{SourceConversion, SourceStore};
use crate::task_stores::{changelog_sums, engine_offset_sum};
use crate::{ChangelogSums, HeldState, TaskError, TaskSettings, TaskStores, decode_partition_time};

/// A copy of a task's stores that follows their changelogs, so that the task can go on here without a long restore.
///
/// It has stores and no processors: it processes no record, schedules nothing, and writes to no topic. Its owner lends it to a
/// [`Restorer`] beside the active tasks, by [`restore_stores`](crate::restore_stores), and has what was applied written to the engines
/// [now and then](Self::write_back). Stores without a changelog stay as they are.
///
/// A store that is restored from the topic of its table follows it up to the committed offset of the group, of which the owner
/// [tells it](Self::set_committed) from time to time, since the active task has not processed what comes after it.
///
/// The sources of its rules are Kafka Streams' `StandbyTask` and `StoreChangelogReader`.
pub struct StandbyTask {
    id: TaskId,
    stores: Stores,
    sources: Vec<SourceStore>,
    /// The partitions of the sources, and what the group has committed of them, once that is known.
    committed: BTreeMap<TopicPartition, Option<Option<Offset>>>,
    resources: TaskResources,
    positions: Positions,
    is_following: bool,
    /// Dropped after the stores, since it has the lock of their directory.
    held_state: Option<HeldState>,
}

impl StandbyTask {
    /// Whether tasks of a sub-topology have standbys: some of its stores can be restored from a topic.
    #[must_use]
    pub fn is_possible(subtopology: &SubTopology) -> bool {
        subtopology.stores.iter().any(|store| store.is_restorable())
    }

    /// A standby with these stores, which were opened for it or belonged to an active task.
    ///
    /// # Panics
    /// When the topology has not the sub-topology of the stores.
    #[must_use]
    pub fn new(
        topology: &Topology,
        counts: &PartitionCounts,
        settings: &TaskSettings,
        stores: TaskStores,
        events: &EventSink,
        metrics: &MetricsRegistry,
    ) -> Self {
        let TaskStores { id, mut stores, positions, source_times, held_state } = stores;
        // It reads no row again; the cache is for active tasks.
        stores.set_cache_bytes_max(0);
        let subtopology = &topology.subtopologies()[id.subtopology as usize];
        let plan = plan_of(subtopology, id, settings);
        let sources = SourceStore::all(topology, subtopology, id, counts, &source_times);
        let changelogs = changelogs_of(subtopology, id, settings, &sources, &plan);
        let mut recorder = metrics.standby(id, plan);
        recorder.set_thread(events.thread());
        recorder.publish();
        let committed = changelogs.sources().map(|(store, source)| (source.clone(), positions.get(store).map(Some)));
        Self {
            id,
            stores,
            committed: committed.collect(),
            sources,
            resources: TaskResources::new(id, settings, changelogs, events.for_task(id), recorder),
            positions,
            is_following: false,
            held_state,
        }
    }

    /// The id of the task.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// The damage of its state on disk, if an engine has found any.
    #[must_use]
    pub fn damage(&self) -> Option<&str> {
        self.held_state.as_ref().and_then(|held| held.damage.get())
    }

    /// The partitions whose committed offsets limit it: the topics of tables that serve as changelogs.
    pub fn sources(&self) -> impl Iterator<Item = &TopicPartition> {
        self.committed.keys()
    }

    /// Its changelog partitions, and those of tables that serve as changelogs.
    pub fn changelogs(&self) -> impl Iterator<Item = &TopicPartition> {
        self.resources.changelogs.all()
    }

    /// Sets what the group has committed of one of its [`sources`](Self::sources).
    pub fn set_committed(
        &mut self,
        partition: &TopicPartition,
        committed: Option<&CommittedOffset>,
        restorer: &mut Restorer,
    ) {
        let Some(known) = self.committed.get_mut(partition) else { return };
        *known = Some(committed.map(|committed| committed.offset));
        let Some(committed) = committed else { return };
        if self.is_following {
            restorer.committed(partition, committed.offset);
            return;
        }
        // The times of the records whose rows an engine has are not read again.
        let time = decode_partition_time(&committed.metadata);
        for source in &mut self.sources {
            let is_kept = |store: &mut dyn AnyStore| store.changelog_offset().is_ok_and(|offset| offset.is_some());
            if source.time == Timestamp::UNKNOWN
                && self.resources.changelogs.source(source.store) == Some(partition)
                && self.stores.get_mut(source.store).is_some_and(is_kept)
            {
                source.time = time;
            }
        }
    }

    /// Begins to follow the changelogs, once the committed offsets are known where they matter. Returns whether it has begun now.
    pub fn follow(&mut self, restorer: &mut Restorer) -> bool {
        if self.is_following || self.committed.values().any(Option::is_none) {
            return false;
        }
        self.is_following = true;
        restorer.add(self.id, &self.resources.changelogs, self.stores.iter_mut(), Goal::StandBy, &self.positions);
        for (index, partition) in self.resources.changelogs.sources() {
            let committed = self.committed.get(partition).copied().flatten().flatten();
            if let Some(store) = self.stores.get_mut(index) {
                restorer.add_from_source(self.id, store, partition, committed, Goal::StandBy, &self.positions);
            }
        }
        true
    }

    /// Applies records to one of its stores within the limit. Returns `false` if it has no such store.
    pub(crate) fn restore_store(
        &mut self,
        restorer: &mut Restorer,
        due: DueStore,
        now: MonotonicTime,
        limit: &mut TurnLimit<'_>,
    ) -> bool {
        let Some(store) = self.stores.get_mut(due.store) else { return false };
        let Some(source) = self.sources.iter_mut().find(|source| source.store == due.store) else {
            restorer.advance(due, store, now, limit);
            return true;
        };
        let Some(partition) = self.resources.changelogs.source(due.store).cloned() else { return false };
        let mut conversion = SourceConversion { source, partition: &partition, resources: &mut self.resources };
        restorer.advance_converted(due, store, &mut conversion, now, limit);
        true
    }

    /// Writes what was applied to the engines, each with the offset that it reaches, so that a restart goes on from there.
    ///
    /// # Errors
    /// When an engine fails.
    pub fn write_back(&mut self, restorer: &mut Restorer) -> Result<(), RestoreError> {
        restorer.write_back(self.id, self.stores.iter_mut())
    }

    /// How far its stores have come.
    ///
    /// # Errors
    /// When an engine fails.
    pub fn changelog_sums(&mut self, restorer: &Restorer) -> Result<ChangelogSums, TaskError> {
        let Self { id, stores, resources, positions, .. } = self;
        let sums = changelog_sums(*id, stores, &resources.changelogs, positions, restorer);
        sums.map_err(|error| self.error(error))
    }

    /// The sum of the offsets up to which its engines have their changelogs; `None` if it is in memory.
    ///
    /// # Errors
    /// When an engine fails.
    pub fn engine_offset_sum(&mut self) -> Result<Option<i64>, TaskError> {
        engine_offset_sum(&mut self.stores).map_err(|error| self.error(error))
    }

    fn error(&self, error: StoreError) -> TaskError {
        TaskError { task: self.id, failure: failure_of_store(error) }
    }

    /// The store with this index, for a query.
    pub fn store_mut(&mut self, index: StoreIndex) -> Option<&mut dyn AnyStore> {
        self.stores.get_mut(index)
    }

    /// Its stores, in the order in which they were added to the topology.
    pub fn stores_mut(&mut self) -> impl Iterator<Item = &mut dyn AnyStore> {
        self.stores.iter_mut()
    }

    /// Counts records that were applied to one of its stores, and publishes the metrics if that is due.
    pub fn count_applied(&mut self, store: &RestoringStore, records: u64, now: MonotonicTime) {
        let recorder = &mut self.resources.recorder;
        let Some(index) = recorder.current().stores.iter().position(|known| known.store == store.store) else { return };
        let metrics = recorder.store(index);
        (metrics.restored, metrics.standby_lag) = (metrics.restored + records, store.lag());
        metrics.changelog = Some(ChangelogMetrics { position: store.position, end_offset: store.end });
        if recorder.is_publication_due(now) {
            for (index, store) in self.stores.iter_mut().enumerate() {
                recorder.store(index).entries = store.len() as u64;
            }
            recorder.publish();
        }
    }

    /// Ends the standby: nothing is followed any more. What was applied is to be [written](Self::write_back) before. Returns the stores,
    /// for the active task; dropped, they are closed.
    #[must_use]
    pub fn suspend(self, reason: SuspendReason, restorer: &mut Restorer) -> TaskStores {
        for (_, _, store) in restorer.positions(self.id) {
            let RestoringStore { store, changelog, records, position, end, .. } = store.clone();
            let (from_offset, to_offset) = (position, end);
            let kind = EventKind::StandbySuspended { store, changelog, records, from_offset, to_offset, reason };
            self.resources.events.emit(kind);
        }
        let mut positions = self.positions;
        for (store, position) in restorer.release(self.id).iter() {
            positions.advance(store, position);
        }
        let source_times = self.sources.iter().map(|source| (source.store, source.time)).collect();
        TaskStores { id: self.id, stores: self.stores, positions, source_times, held_state: self.held_state }
    }
}
