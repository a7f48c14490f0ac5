//! The tasks that a thread owns, with the clients they read and write by: opened, restored, run and closed here.

use std::sync::Arc;

use millstream_changelog::Restorer;
use millstream_core::Topology;
use millstream_core::chain::Decision;
use millstream_log::{Discarded, GroupConsumer, LogError, Signal, StartAt};
use millstream_observe::Outage;
use millstream_observe::events::{EventKind, EventSink, Failure, FailureKind};
use millstream_state::StoreIndex;
use millstream_task::{Outbox, Participant, Task, TaskError, TaskSettings, TaskState, Tasks, Work};
use millstream_types::{Now, Offset, Origin, TaskId, Topic, TopicPartition};

use super::closing::Ending;
use super::commit::Commits;
use super::membership_check::MembershipCheck;
use super::offsets::Offsets;
use super::open::{Opening, TaskParts};
use super::process::{self, Order, Processed, Processing};
use super::restore::{self, Restoring};
use crate::assignment::WorkPlan;
use crate::messages::{StoreQuery, ThreadNumber, thread_name};
use crate::shared::Shared;

/// The clients of a thread.
pub(super) struct Clients {
    pub(super) consumer: Box<dyn GroupConsumer>,
    pub(super) outbox: Outbox,
    pub(super) restorer: Restorer,
    /// Raised by the clients when they have events.
    pub(super) signal: Signal,
}

/// The tasks of a thread, and the parts that change when a task is opened or closed.
pub(super) struct OwnedTasks {
    shared: Arc<Shared>,
    number: ThreadNumber,
    events: EventSink,
    plan: Arc<WorkPlan>,
    settings: TaskSettings,
    signal: Signal,
    cache_bytes: usize,
    pub(super) tasks: Tasks,
    pub(super) consumer: Box<dyn GroupConsumer>,
    pub(super) outbox: Outbox,
    pub(super) opening: Opening,
    pub(super) offsets: Offsets,
    pub(super) commits: Commits,
    restoring: Restoring,
    processing: Processing,
    has_dropped_work: bool,
}

impl OwnedTasks {
    pub(super) fn new(
        shared: &Arc<Shared>,
        number: ThreadNumber,
        plan: Arc<WorkPlan>,
        events: EventSink,
        clients: Clients,
        cache_bytes: usize,
    ) -> Self {
        let config = &shared.config;
        let order = if config.max_task_idle.is_some() { Order::ByTime } else { Order::AsAvailable };
        Self {
            number,
            events,
            plan,
            settings: TaskSettings {
                cache_bytes_max: cache_bytes,
                buffered_records_max: config.buffered_records_per_partition,
                max_task_idle: config.max_task_idle,
                hash_seed: shared.hash_seed,
                handlers: shared.handlers.clone(),
                ..TaskSettings::new(Arc::clone(&shared.id))
            },
            signal: clients.signal,
            cache_bytes,
            tasks: Tasks::default(),
            consumer: clients.consumer,
            outbox: clients.outbox,
            opening: Opening::default(),
            offsets: Offsets::new(&shared.topology, &shared.id, config.reset_policy),
            commits: commits_of(shared),
            restoring: Restoring::new(clients.restorer),
            processing: Processing::new(shared.topology.subtopologies(), order),
            has_dropped_work: false,
            shared: Arc::clone(shared),
        }
    }

    /// The tasks that read these partitions.
    pub(super) fn ids_of(&self, partitions: &[TopicPartition]) -> Vec<TaskId> {
        partitions.iter().filter_map(|partition| self.plan.assignment.task_of(partition)).collect()
    }

    /// Opens tasks that were assigned.
    pub(super) fn assign(&mut self, ids: Vec<TaskId>, now: Now) -> Result<(), Failure> {
        if !self.opening.is_closed() {
            ids.iter().try_for_each(|id| self.plan.check_is_planned(*id, &self.shared.topology, &self.shared.id))?;
            self.open(ids, now)?;
        }
        Ok(())
    }

    /// Opens the tasks that wait for their state. Whether any was opened.
    pub(super) fn open_waiting(&mut self, now: Now) -> Result<bool, Failure> {
        if self.opening.is_empty() {
            return Ok(false);
        }
        self.open(self.opening.due(now.monotonic), now)
    }

    /// Opens tasks, and requests the offsets to read from. Whether any was opened.
    fn open(&mut self, ids: Vec<TaskId>, now: Now) -> Result<bool, Failure> {
        let parts =
            TaskParts { shared: &self.shared, plan: &self.plan, settings: &self.settings, events: &self.events };
        let opened = self.opening.open(ids, &mut self.tasks, &parts, now);
        let partitions = opened.map_err(|error| self.report(error))?;
        if partitions.is_empty() {
            return Ok(false);
        }
        self.share_cache();
        self.offsets.request(&partitions, &mut *self.consumer);
        Ok(true)
    }

    /// Moves tasks towards running, and restores beside those that run. Whether anything happened.
    pub(super) fn restore(&mut self, outage: &mut Outage, now: Now) -> Result<bool, Failure> {
        let restored = self.restoring.advance(&mut restore::Turn {
            tasks: &mut self.tasks,
            outbox: &mut self.outbox,
            outage,
            events: &self.events,
            clock: &*self.shared.clock,
            now,
        });
        match restored {
            Ok(restored) => {
                restored.failed.into_iter().try_for_each(|error| self.fail(error))?;
                Ok(restored.any)
            }
            Err(error) => self.fail(error).map(|()| true),
        }
    }

    /// Gives the tasks time to process. Whether any did something.
    pub(super) fn process(&mut self, membership: &mut MembershipCheck, now: Now) -> Result<bool, Failure> {
        let processed = self.processing.run(&mut process::Turn {
            tasks: &mut self.tasks,
            outbox: &mut self.outbox,
            clock: &*self.shared.clock,
            membership,
            now,
        });
        match processed {
            Ok(Processed { any, wants_commit, uncommitted_bytes }) => {
                if wants_commit || uncommitted_bytes > self.shared.config.uncommitted_bytes_max {
                    self.commits.request();
                }
                Ok(any)
            }
            Err(error) => self.fail(error).map(|()| true),
        }
    }

    /// Handles the failure of a task. If its state on disk turned out to be damaged, the task is closed, and opened again
    /// on the next turn, with its state restored; any other failure is the thread's.
    pub(super) fn fail(&mut self, error: TaskError) -> Result<(), Failure> {
        let id = error.task;
        let damage = self.tasks.get(id).and_then(|task| Some((task.damage()?.to_owned(), task.state())));
        let Some((damage, state)) = damage else { return Err(self.report(error)) };
        self.close(id, Work::Repeated);
        if state != TaskState::Suspended {
            self.opening.reopen(id, Some(damage));
        }
        Ok(())
    }

    /// A batch cannot be decoded: the deserialization handler decides whether reading continues after it.
    pub(super) fn skip_or_fail(
        &mut self,
        partition: TopicPartition,
        first: Offset,
        last: Option<Offset>,
        error: &LogError,
    ) -> Result<(), Failure> {
        let mut failure = Failure::from_error(FailureKind::Deserialization, error.clone())
            .in_node(self.source_of(&partition.topic))
            .at(Origin::new(&partition, first));
        let task = self.tasks.reader_of(&partition).and_then(|id| self.tasks.get_mut(id));
        let decision = task.map_or(Decision::Fail, |task| task.decide_unreadable(&mut failure));
        match (decision, last) {
            (Decision::Continue, Some(last)) => {
                self.consumer.assign(&[(partition, StartAt::Offset(last.next()))]);
                Ok(())
            }
            // Where the batch ends is not known: nothing can be read after it.
            (Decision::Continue, None) | (Decision::Fail, _) => Err(failure),
        }
    }

    /// The name of the source that reads a topic.
    fn source_of(&self, topic: &Topic) -> Arc<str> {
        let mut sources = self.shared.topology.subtopologies().iter().flat_map(|subtopology| &subtopology.sources);
        let source = sources.find(|source| source.topic.resolve(&self.shared.id) == *topic);
        source.map_or_else(|| topic.as_str().into(), |source| Arc::clone(&source.node))
    }

    /// Closes a task and removes it. If its work is repeated, what it has written and is not sent is dropped: the next
    /// owner writes all of it again.
    pub(super) fn close(&mut self, id: TaskId, work: Work) {
        let Some((mut task, partitions)) = self.tasks.remove(id) else { return };
        let is_repeated = work == Work::Repeated && (task.needs_commit() || task.is_committing());
        self.has_dropped_work |= is_repeated && self.opening.is_closed();
        self.tasks.set_current(Some(id));
        self.restoring.remove(id, task.changelogs());
        self.processing.remove(id);
        self.commits.task_closed(id, &partitions);
        self.consumer.unassign(&partitions);
        if task.is_committing() {
            task.abandon_commit();
        }
        task.publish_metrics_now();
        if work == Work::Committed
            && let Err(error) = task.finish_stores(&self.outbox)
        {
            // Reported only: what is not written is restored.
            self.report(error);
        }
        task.close(work);
        if work == Work::Repeated {
            self.outbox.abort(id);
        }
        self.tasks.set_current(None);
    }

    /// Closes revoked tasks. The work of those that are not committed is repeated by their next owners.
    pub(super) fn close_revoked(&mut self, ids: Vec<TaskId>) -> Result<(), Failure> {
        for id in ids {
            let is_committed = self.tasks.get(id).is_some_and(|task| !task.needs_commit() && !task.is_committing());
            self.close(id, if is_committed { Work::Committed } else { Work::Repeated });
        }
        self.share_cache();
        self.discard_unsent()
    }

    /// Closes tasks without a commit: their partitions have other owners already.
    pub(super) fn close_lost(&mut self, ids: Vec<TaskId>) -> Result<(), Failure> {
        ids.into_iter().for_each(|id| self.close(id, Work::Repeated));
        self.share_cache();
        self.discard_unsent()
    }

    /// Closes all tasks at the end of the thread.
    pub(super) fn close_all(&mut self, ending: Ending) {
        for id in self.tasks.ids() {
            let is_committed = ending == Ending::Clean && self.tasks.get(id).is_some_and(|task| !task.needs_commit());
            self.close(id, if is_committed { Work::Committed } else { Work::Repeated });
        }
    }

    /// Drops everything since the last commit: others own the partitions. The state is restored from the changelogs, and
    /// reading starts at the committed offsets, in case the group assigns them here again. Tasks that it revokes stay closed.
    pub(super) fn drop_work(&mut self) -> Result<(), Failure> {
        for id in self.tasks.ids() {
            let is_revoked = self.tasks.get(id).is_some_and(|task| task.state() == TaskState::Suspended);
            self.close(id, Work::Repeated);
            if !is_revoked {
                self.opening.reopen(id, None);
            }
        }
        self.discard_unsent()
    }

    /// Drops everything that is not sent, if no task is left that has written any of it.
    fn discard_unsent(&mut self) -> Result<(), Failure> {
        if !self.tasks.is_empty() || self.outbox.is_empty() {
            return Ok(());
        }
        if self.outbox.discard_unsent() == Discarded::Unsupported {
            let client_id = thread_name(&self.shared.client_id, self.number);
            let producer = self.shared.log.producer(&client_id, &self.signal);
            self.outbox.replace_producer(producer.map_err(|error| Failure::from_error(FailureKind::Log, error))?);
        }
        Ok(())
    }

    /// Sets the thread's share of the cache.
    pub(super) fn set_cache_bytes(&mut self, bytes: usize) {
        self.cache_bytes = bytes;
        self.share_cache();
    }

    /// Divides the thread's share of the cache among its tasks.
    fn share_cache(&mut self) {
        let share = self.cache_bytes / self.tasks.len().max(1);
        self.settings.cache_bytes_max = share;
        self.tasks.iter_mut().for_each(|task| task.set_cache_bytes_max(share));
    }

    /// Runs a query on the stores of the tasks.
    pub(super) fn query(&mut self, query: &dyn StoreQuery) {
        let topology = &self.shared.topology;
        for task in self.tasks.iter_mut() {
            let id = task.id();
            let Some(index) = store_named(topology, id, query.store()) else { continue };
            let is_ready = matches!(task.state(), TaskState::Running | TaskState::Suspended);
            match task.store_mut(index).filter(|_| is_ready) {
                Some(store) => query.run(id.partition, store),
                None => query.note_restoring(id.partition),
            }
        }
        let waiting = self.opening.ids().filter(|id| store_named(topology, *id, query.store()).is_some());
        waiting.for_each(|id| query.note_restoring(id.partition));
    }

    /// Opens no further task, and processes no further record.
    pub(super) fn suspend(&mut self) {
        self.opening.close();
        self.tasks.iter_mut().for_each(Task::suspend);
    }

    /// Whether a task was closed since [`suspend`](Self::suspend) whose work is repeated.
    pub(super) fn has_dropped_work(&self) -> bool {
        self.has_dropped_work
    }

    /// Whether all tasks that are assigned are running.
    pub(super) fn are_all_running(&self) -> bool {
        self.opening.is_empty() && self.tasks.are_all_running()
    }

    /// Whether there is no task, and nothing written that is not sent.
    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.opening.is_empty() && self.outbox.is_empty()
    }

    /// Reports a task that failed; its failure.
    fn report(&self, error: TaskError) -> Failure {
        self.events.for_task(error.task).emit(EventKind::TaskFailed(error.failure.clone()));
        error.failure
    }
}

fn commits_of(shared: &Shared) -> Commits {
    let config = &shared.config;
    let topics = shared.topology.subtopologies().iter().flat_map(|subtopology| &subtopology.repartition_topics);
    Commits::new(
        config.guarantee,
        config.commit_interval,
        config.repartition_purge_interval,
        topics.map(|topic| topic.name.resolve(&shared.id)).collect(),
        shared.clock.monotonic(),
    )
}

/// The store of a task that has this name.
fn store_named(topology: &Topology, task: TaskId, name: &str) -> Option<StoreIndex> {
    let stores = &topology.subtopologies()[task.subtopology as usize].stores;
    stores.iter().find(|store| &*store.name == name).map(|store| store.index)
}
