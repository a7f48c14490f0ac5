//! The stream thread as a state machine: one turn after the other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use millstream_changelog::Restorer;
use millstream_core::Topology;
use millstream_log::{GroupConsumer, LogEvent};
use millstream_state::StoreIndex;
use millstream_types::{MonotonicTime, Now, TaskId, Topic};

use super::commit::{CommitOutcome, Commits};
use super::offsets::Offsets;
use super::open::Waiting;
use super::rebalance::Rebalances;
use super::restore::RestoreCounts;
use super::tasks::Tasks;
use crate::assignment::WorkPlan;
use crate::channel::Channel;
use crate::messages::{StoreQuery, ThreadCommand, ThreadEvent, ThreadNumber, thread_name};
use crate::shared::Shared;
use millstream_observe::Outage;
use millstream_observe::events::{EventKind, EventSink, Failure, FailureKind, State};
use millstream_task::{Outbox, Task, TaskError, TaskSettings, TaskState, TooOld};

/// Records a task processes before the next task has its turn.
const RECORDS_PER_STEP: usize = 1000;

/// The longest wait between two turns: polling keeps the membership alive.
const WAIT_MAX: Duration = Duration::from_millis(100);

/// The wait while a task waits for something that raises no signal.
const WAIT_WHILE_OPENING: Duration = Duration::from_millis(5);

/// What a thread does after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The next one: there may be more to do.
    Again,
    /// Wait for the signal, or for this long.
    Wait(Duration),
    /// The end; whether everything processed is committed.
    Closed(bool),
}

/// The clients of a thread.
pub(super) struct Clients {
    pub(super) consumer: Box<dyn GroupConsumer>,
    pub(super) outbox: Outbox,
    pub(super) restorer: Restorer,
}

/// A stream thread between two turns.
pub(super) struct StreamThread {
    pub(super) shared: Arc<Shared>,
    pub(super) events: EventSink,
    pub(super) plan: Arc<WorkPlan>,
    pub(super) settings: TaskSettings,
    pub(super) commands: Channel<ThreadCommand>,
    pub(super) consumer: Box<dyn GroupConsumer>,
    pub(super) outbox: Outbox,
    pub(super) restorer: Restorer,
    pub(super) tasks: Tasks,
    pub(super) waiting: Waiting,
    pub(super) offsets: Offsets,
    pub(super) commits: Commits,
    pub(super) last_outcome: CommitOutcome,
    pub(super) rebalances: Rebalances,
    pub(super) outage: Outage,
    pub(super) restored: RestoreCounts,
    /// Whether the group has answered its first subscription.
    pub(super) has_joined: bool,
    /// The task at work, to name it when user code panics.
    pub(super) current_task: Option<TaskId>,
    pub(super) number: ThreadNumber,
    cache_bytes: usize,
    /// Whether its place in the group is kept for a restart: it is a static member, and is not removed for good.
    comes_back: bool,
    /// Until when it has to have closed.
    closing: Option<MonotonicTime>,
    state: State,
    log_events: Vec<LogEvent>,
}

impl StreamThread {
    pub(super) fn new(
        shared: Arc<Shared>,
        number: ThreadNumber,
        plan: Arc<WorkPlan>,
        commands: Channel<ThreadCommand>,
        clients: Clients,
        cache_bytes: usize,
    ) -> Self {
        let config = &shared.config;
        let now = shared.clock.monotonic();
        let parts = shared.topology.subtopologies();
        let repartition_topics: BTreeSet<Topic> = parts
            .iter()
            .flat_map(|part| &part.repartition_topics)
            .map(|topic| topic.name.resolve(&shared.id))
            .collect();
        Self {
            events: shared.events.for_thread(thread_name(&shared.client_id, number)),
            settings: TaskSettings {
                cache_bytes_max: cache_bytes,
                buffered_records_max: config.buffered_records_per_partition,
                max_task_idle: config.max_task_idle,
                hash_seed: shared.hash_seed,
                handlers: shared.handlers.clone(),
                ..TaskSettings::new(Arc::clone(&shared.id))
            },
            offsets: Offsets::new(&shared.topology, &shared.id, config.reset_policy),
            commits: Commits::new(config.commit_interval, config.repartition_purge_interval, repartition_topics, now),
            last_outcome: CommitOutcome::Done,
            plan,
            commands,
            consumer: clients.consumer,
            outbox: clients.outbox,
            restorer: clients.restorer,
            tasks: Tasks::default(),
            waiting: Waiting::default(),
            rebalances: Rebalances::default(),
            outage: Outage::default(),
            restored: RestoreCounts::default(),
            has_joined: false,
            current_task: None,
            number,
            cache_bytes,
            comes_back: shared.config.instance_id.is_some(),
            closing: None,
            state: State::Created,
            log_events: Vec::new(),
            shared,
        }
    }

    /// Joins the group; the first turns bring its answer.
    pub(super) fn subscribe(&mut self) {
        self.enter(State::Rebalancing);
        self.consumer.subscribe(self.plan.assignment.subscription());
    }

    /// Takes what there is to hear, and moves everything along a little.
    pub(super) fn turn(&mut self) -> Result<Turn, Failure> {
        let now = self.shared.clock.both();
        self.obey(now);
        let mut is_active = self.poll_log(now)?;
        is_active |= self.open_waiting(now)?;
        is_active |= self.open_tasks(now)?;
        is_active |= self.process(now)?;
        is_active |= self.step_commit(now)?;
        self.step_rebalance(now)?;
        self.report_state();
        if let Some(turn) = self.step_closing(now)? {
            return Ok(turn);
        }
        Ok(if is_active { Turn::Again } else { Turn::Wait(self.next_wait(now)) })
    }

    fn obey(&mut self, now: Now) {
        while let Some(command) = self.commands.receive() {
            match command {
                ThreadCommand::Close(limit) => self.begin_closing(now.monotonic + limit),
                ThreadCommand::Remove(limit) => {
                    self.comes_back = false;
                    self.begin_closing(now.monotonic + limit);
                }
                ThreadCommand::CacheBytes(bytes) => {
                    self.cache_bytes = bytes;
                    self.share_cache();
                }
                ThreadCommand::Query(query) => self.run_query(&*query),
            }
        }
    }

    /// Hears the log. Whether there was anything.
    fn poll_log(&mut self, now: Now) -> Result<bool, Failure> {
        let mut events = std::mem::take(&mut self.log_events);
        self.consumer.poll(now.monotonic, &mut |partition| self.tasks.wants(partition), &mut events);
        let heard_any = !events.is_empty();
        let heard = events.drain(..).try_for_each(|event| self.hear(event, now));
        self.log_events = events;
        heard?;
        self.outbox.poll(now)?;
        for TooOld { topic, kept_for, age } in self.outbox.take_too_old() {
            self.events.emit(EventKind::RecordsTooOld { topic, kept_for, age });
        }
        if let Some(reason) = self.outbox.take_unavailable() {
            self.outage.goes_on(&reason, now.monotonic, &self.events);
        }
        Ok(heard_any)
    }

    fn hear(&mut self, event: LogEvent, now: Now) -> Result<(), Failure> {
        match event {
            LogEvent::Chunk(chunk) => {
                self.tasks.add_chunk(chunk);
                // Other brokers may go on while one is silent.
                if !self.tasks.iter().any(Task::has_stalled) {
                    self.outage.is_over(now.monotonic, &self.events);
                }
            }
            LogEvent::Assigned(partitions) => self.assigned(partitions, now)?,
            LogEvent::Revoked(partitions) => self.revoked(partitions, now),
            LogEvent::Lost(partitions) => self.lost(partitions)?,
            LogEvent::Committed(committed) => self.begin_reading(committed),
            LogEvent::CommitDone { token, result } => self.commit_answered(token, result, now)?,
            LogEvent::FetchFailed { partition, error } => self.fetch_failed(partition, &error, now)?,
            LogEvent::Stalled(partition) => self.tasks.stalled(&partition),
            LogEvent::Unavailable(reason) => self.outage.goes_on(&reason, now.monotonic, &self.events),
            LogEvent::Fatal(error) => {
                self.events.emit(EventKind::LogFailed { reason: error.to_string() });
                return Err(Failure::new(FailureKind::Log, error));
            }
            // Told to producers and administrators only.
            LogEvent::Acknowledged { .. } | LogEvent::ProduceFailed { .. } | LogEvent::AdminDone { .. } => {}
        }
        Ok(())
    }

    /// Gives every running task a step. Whether any did something.
    fn process(&mut self, now: Now) -> Result<bool, Failure> {
        if self.is_closing() {
            return Ok(false);
        }
        let (mut has_processed, mut is_requested, mut uncommitted, mut failed) = (false, false, 0, None);
        for task in self.tasks.iter_mut() {
            self.current_task = Some(task.id());
            let step = task.step(now, RECORDS_PER_STEP, &mut self.outbox);
            let step = match step.and_then(|step| task.check_state().map(|()| step)) {
                Ok(step) => step,
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            };
            has_processed |= !step.is_idle();
            is_requested |= !step.is_idle() && task.take_commit_request();
            uncommitted += task.uncommitted_bytes();
            task.publish_metrics(now.monotonic);
        }
        self.current_task = None;
        if is_requested || uncommitted > self.shared.config.uncommitted_bytes_max {
            self.commits.request();
        }
        failed.map_or(Ok(has_processed), |error| self.task_failed(error).map(|()| true))
    }

    /// Runs something of one task; `None` if the task has gone, or goes because of it.
    pub(super) fn run_task<T>(
        &mut self,
        id: TaskId,
        run: impl FnOnce(&mut Task, &mut Outbox, &mut Restorer) -> Result<T, TaskError>,
    ) -> Result<Option<T>, Failure> {
        let Some(task) = self.tasks.get_mut(id) else { return Ok(None) };
        self.current_task = Some(id);
        let result = run(task, &mut self.outbox, &mut self.restorer);
        self.current_task = None;
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) => self.task_failed(error).map(|()| None),
        }
    }

    /// Divides the thread's share of the cache among its tasks.
    pub(super) fn share_cache(&mut self) {
        let share = self.cache_bytes / self.tasks.len().max(1);
        self.settings.cache_bytes_max = share;
        self.tasks.iter_mut().for_each(|task| task.set_cache_bytes_max(share));
    }

    fn run_query(&mut self, query: &dyn StoreQuery) {
        for task in self.tasks.iter_mut() {
            let id = task.id();
            let Some(index) = store_named(&self.shared.topology, id, query.store()) else { continue };
            let is_ready = matches!(task.state(), TaskState::Running | TaskState::Suspended);
            match task.store_mut(index).filter(|_| is_ready) {
                Some(store) => query.run(id.partition, store),
                None => query.note_restoring(id.partition),
            }
        }
        let topology = &self.shared.topology;
        let waiting = self.waiting.ids().filter(|id| store_named(topology, *id, query.store()).is_some());
        waiting.for_each(|id| query.note_restoring(id.partition));
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// Takes no further record: what was processed is committed, then it ends.
    fn begin_closing(&mut self, deadline: MonotonicTime) {
        if self.closing.is_none() {
            self.waiting.clear();
            self.tasks.iter_mut().for_each(Task::suspend);
            self.enter(State::Draining);
        }
        self.closing = Some(self.closing.map_or(deadline, |earlier| earlier.min(deadline)));
    }

    /// Commits until nothing is left to commit, or the time is over.
    fn step_closing(&mut self, now: Now) -> Result<Option<Turn>, Failure> {
        let Some(deadline) = self.closing else { return Ok(None) };
        let uncommitted: Vec<TaskId> =
            self.tasks.iter().filter(|task| task.needs_commit()).map(|task| task.id()).collect();
        if uncommitted.is_empty() && self.commits.is_idle() {
            return Ok(Some(Turn::Closed(true)));
        }
        if now.monotonic >= deadline {
            return Ok(Some(Turn::Closed(false)));
        }
        if !uncommitted.is_empty() && self.commits.may_begin(now.monotonic) {
            self.begin_commit(uncommitted, now)?;
            return Ok(Some(Turn::Again));
        }
        Ok(None)
    }

    /// Ends: closes every task and leaves the group.
    pub(super) fn end(&mut self, is_clean: bool) {
        for id in self.tasks.ids() {
            let is_committed = is_clean && self.tasks.get_mut(id).is_some_and(|task| !task.needs_commit());
            self.close_task(id, is_committed);
        }
        self.leave_group();
    }

    /// Leaves the group, so that the others take over at once. A static member that may come back keeps its place; the
    /// others take over when its session is over.
    pub(super) fn leave_group(&mut self) {
        if !self.comes_back {
            self.consumer.leave();
        }
    }

    fn report_state(&mut self) {
        if self.is_closing() {
            return;
        }
        let is_running = self.has_joined && self.rebalances.is_empty() && self.are_all_running();
        self.enter(if is_running { State::Running } else { State::Rebalancing });
    }

    /// Whether all tasks it was given run.
    fn are_all_running(&self) -> bool {
        self.waiting.is_empty() && self.tasks.are_all_running()
    }

    pub(super) fn enter(&mut self, to: State) {
        let from = std::mem::replace(&mut self.state, to);
        if from != to {
            self.events.emit(EventKind::ThreadState { from, to });
            // Refused, the application has ended and the thread is abandoned.
            _ = self.shared.thread_events.send(ThreadEvent::StateChanged(self.number, to));
        }
    }

    /// How long nothing is due.
    fn next_wait(&self, now: Now) -> Duration {
        let mut wait = WAIT_MAX.min(self.shared.config.session_timeout / 3);
        if !self.are_all_running() || !self.rebalances.is_empty() || self.is_closing() {
            wait = wait.min(WAIT_WHILE_OPENING);
        }
        if self.commits.is_idle() && self.tasks.iter().any(Task::needs_commit) {
            wait = wait.min(self.commits.due() - now.monotonic);
        }
        let next = self.tasks.iter().filter_map(Task::next_wake_up).min();
        next.map_or(wait, |next| wait.min(next - now.monotonic))
    }
}

/// The store of a task that has this name.
fn store_named(topology: &Topology, task: TaskId, name: &str) -> Option<StoreIndex> {
    let stores = &topology.subtopologies()[task.subtopology as usize].stores;
    stores.iter().find(|store| &*store.name == name).map(|store| store.index)
}

/// Tells of a task that failed; its failure.
pub(super) fn tell_task_failed(events: &EventSink, error: TaskError) -> Failure {
    events.for_task(error.task).emit(EventKind::TaskFailed(error.failure.clone()));
    error.failure
}
