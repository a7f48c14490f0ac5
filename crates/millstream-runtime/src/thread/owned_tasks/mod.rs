//! The tasks that a thread owns, with the clients they read and write by: opened, restored and run here, closed in `close`,
//! and beside them their `standbys`.

mod awaited;
mod close;
mod standbys;
mod topics;

use std::collections::BTreeMap;
use std::sync::Arc;

use millstream_changelog::Restorer;
use millstream_core::chain::Decision;
use millstream_log::{GroupConsumer, LogError, StartAt};
use millstream_observe::Outage;
use millstream_observe::events::{EventKind, EventSink, Failure, FailureKind};
use millstream_task::{Outbox, Participants, Task, TaskError, TaskSettings, TaskState, TaskStores, Tasks, Work};
use millstream_types::{Now, Offset, Origin, TaskId, Topic, TopicPartition};

use super::changing_topics::ChangingTopics;
use super::commit::Commits;
use super::membership_check::MembershipCheck;
use super::offsets::Offsets;
use super::open::{Opening, TaskParts};
use super::process::{self, Order, Processed, Processing};
use super::query;
use super::restore::{self, RestorePace, Restoring};
use super::standbys::Standbys;
use crate::assignment::WorkPlan;
use crate::assignment::group::ThreadAssignor;
use crate::messages::StoreQuery;
use crate::shared::Shared;

/// The clients of a thread.
pub(super) struct Clients {
    pub(super) consumer: Box<dyn GroupConsumer>,
    /// What the thread brings into its group, if the log takes it.
    pub(super) assignor: Option<Arc<ThreadAssignor>>,
    pub(super) outbox: Outbox,
    pub(super) restorer: Restorer,
}

/// The tasks of a thread, and the parts that change when a task is opened or closed.
pub(super) struct OwnedTasks {
    shared: Arc<Shared>,
    events: EventSink,
    plan: Arc<WorkPlan>,
    settings: TaskSettings,
    cache_bytes: usize,
    pub(super) tasks: Tasks,
    pub(super) consumer: Box<dyn GroupConsumer>,
    /// What the tasks write to.
    pub(super) participants: Participants,
    pub(super) opening: Opening,
    pub(super) standbys: Standbys,
    pub(super) offsets: Offsets,
    pub(super) commits: Commits,
    restoring: Restoring,
    processing: Processing,
    has_dropped_work: bool,
    topics: ChangingTopics,
    /// What the state directory has noted of how far tasks have come.
    noted_sums: BTreeMap<TaskId, i64>,
}

impl OwnedTasks {
    pub(super) fn new(
        shared: &Arc<Shared>,
        plan: Arc<WorkPlan>,
        events: EventSink,
        clients: Clients,
        cache_bytes: usize,
    ) -> Self {
        let config = &shared.config;
        let order = if config.max_task_idle.is_some() { Order::ByTime } else { Order::AsAvailable };
        Self {
            events,
            settings: TaskSettings {
                cache_bytes_max: cache_bytes,
                buffered_records_max: config.buffered_records_per_partition,
                max_task_idle: config.max_task_idle,
                hash_seed: shared.hash_seed,
                emit_interval: config.emit_interval,
                handlers: shared.handlers.clone(),
                globals: shared.globals.get().cloned(),
                ..TaskSettings::new(Arc::clone(&shared.id))
            },
            cache_bytes,
            tasks: Tasks::default(),
            consumer: clients.consumer,
            participants: Participants::new(clients.outbox),
            opening: Opening::default(),
            standbys: Standbys::new(config.commit_interval, shared.clock.monotonic()),
            offsets: Offsets::new(&plan.topology, &shared.id, config.reset_policy),
            commits: commits_of(shared),
            restoring: Restoring::new(clients.restorer),
            processing: Processing::new(plan.topology.subtopologies(), order),
            has_dropped_work: false,
            topics: ChangingTopics::default(),
            noted_sums: BTreeMap::new(),
            plan,
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
            ids.iter().try_for_each(|id| self.plan.check_is_planned(*id, &self.shared.id))?;
            self.open(ids, now)?;
        }
        Ok(())
    }

    /// Opens the tasks that wait for their state. Returns whether any was opened.
    pub(super) fn open_waiting(&mut self, now: Now) -> Result<bool, Failure> {
        if self.opening.is_empty() {
            return Ok(false);
        }
        self.open(self.opening.due(now.monotonic), now)
    }

    /// Opens tasks, and requests the committed offsets. Those that this thread has as standbys go on with their stores. Returns whether
    /// any was opened.
    fn open(&mut self, mut ids: Vec<TaskId>, now: Now) -> Result<bool, Failure> {
        self.postpone_unplanned(&mut ids, now);
        ids.retain(|id| !self.tasks.contains(*id));
        let promoted: Result<Vec<_>, _> = ids.iter().map(|id| self.promote_standby(*id)).collect();
        let kept: Vec<TaskStores> = promoted.map_err(|error| self.report(error))?.into_iter().flatten().collect();
        ids.retain(|id| kept.iter().all(|stores| stores.id() != *id));
        let parts =
            TaskParts { shared: &self.shared, plan: &self.plan, settings: &self.settings, events: &self.events };
        let mut opened = Vec::new();
        for stores in kept {
            let id = stores.id();
            let built = parts.task(stores).map_err(|failure| TaskError { task: id, failure });
            opened.push(built.map_err(|error| self.report(error))?);
        }
        let others = self.opening.open(ids, &parts, now, |parts, stores| parts.task(stores));
        opened.extend(others.map_err(|error| self.report(error))?);
        if opened.is_empty() {
            return Ok(false);
        }
        let partitions: Vec<TopicPartition> = opened.into_iter().flat_map(|task| self.tasks.insert(task)).collect();
        self.share_cache();
        self.offsets.request(&partitions, &mut *self.consumer);
        Ok(true)
    }

    /// Advances tasks towards running, and restores stores. Returns whether anything happened.
    pub(super) fn restore(&mut self, pace: RestorePace, outage: &mut Outage, now: Now) -> Result<bool, Failure> {
        let restored = self.restoring.advance(&mut restore::Turn {
            pace,
            tasks: &mut self.tasks,
            standbys: &mut self.standbys.tasks,
            outbox: &mut self.participants.outbox,
            outage,
            events: &self.events,
            clock: &*self.shared.clock,
            now,
        });
        match restored {
            Ok(restored) => {
                restored.failed.into_iter().try_for_each(|error| self.fail_restoring(error))?;
                Ok(restored.any)
            }
            Err(error) => self.fail(error).map(|()| true),
        }
    }

    /// Handles stores that cannot be restored, of an active task or a standby.
    fn fail_restoring(&mut self, error: TaskError) -> Result<(), Failure> {
        if self.tasks.contains(error.task) { self.fail(error) } else { self.fail_standby(error) }
    }

    /// Lets the tasks process for a turn. Returns whether any did.
    pub(super) fn process(&mut self, membership: &mut MembershipCheck, now: Now) -> Result<bool, Failure> {
        let processed = self.processing.run(&mut process::Turn {
            tasks: &mut self.tasks,
            outbox: &mut self.participants.outbox,
            clock: &*self.shared.clock,
            membership,
            now,
        });
        match processed {
            Ok(Processed { any, requests_commit, uncommitted_bytes }) => {
                if requests_commit || uncommitted_bytes > self.shared.config.uncommitted_bytes_max {
                    self.commits.request();
                }
                Ok(any)
            }
            Err(error) => self.fail(error).map(|()| true),
        }
    }

    /// Publishes the metrics of the tasks if it is time, while they process nothing.
    pub(super) fn publish_metrics(&mut self, now: Now) {
        let outbox = &self.participants.outbox;
        self.tasks.iter_mut().for_each(|task| task.publish_metrics(now.monotonic, outbox));
    }

    /// Handles the failure of a task. If its state on disk is damaged, the task is closed, and opened again on the next turn
    /// with restored state. Any other failure fails the thread.
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

    /// Handles a batch that cannot be decoded: the deserialization handler decides whether reading continues after it.
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
            // The end of the batch is not known, so nothing can be read after it.
            (Decision::Continue, None) | (Decision::Fail, _) => Err(failure),
        }
    }

    /// The name of the source that reads a topic.
    fn source_of(&self, topic: &Topic) -> Arc<str> {
        let mut sources = self.plan.topology.subtopologies().iter().flat_map(|subtopology| &subtopology.sources);
        let source = sources.find(|source| source.topic.resolve(&self.shared.id) == *topic);
        source.map_or_else(|| topic.as_str().into(), |source| Arc::clone(&source.node))
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
        let queried = query::Queried {
            tasks: &mut self.tasks,
            standbys: &mut self.standbys.tasks,
            restorer: &mut self.restoring.restorer,
            opening: &self.opening,
            topology: &self.shared.topology,
        };
        query::run(query, queried);
    }

    /// Opens no further task, and processes no further record.
    pub(super) fn suspend(&mut self) {
        self.opening.close();
        self.standbys.opening.close();
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

    /// Whether a task is neither running nor being restored.
    pub(super) fn are_any_opening(&self) -> bool {
        let is_open = |task: &Task| matches!(task.state(), TaskState::Running | TaskState::Restoring);
        !self.opening.is_empty() || !self.tasks.iter().all(is_open)
    }

    /// Whether there is no task and no record in the outbox.
    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.opening.is_empty() && self.participants.outbox.is_empty()
    }

    /// Emits the failure of a task, and returns it.
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

#[cfg(test)]
mod tests;
