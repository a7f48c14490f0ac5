//! The stream thread as a state machine: one turn after the other.
//!
//! The parts own their state and return what is to be done; this file does it, and is the only one that knows them all.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use millstream_changelog::Restorer;
use millstream_core::Topology;
use millstream_core::chain::Decision;
use millstream_log::{Discarded, GroupConsumer, LogError, LogEvent, StartAt};
use millstream_observe::Outage;
use millstream_observe::events::{EventKind, EventSink, Failure, FailureKind, State};
use millstream_state::StoreIndex;
use millstream_task::{
    Commit, CommitOutcome, Outbox, Participant, Task, TaskError, TaskSettings, TaskState, Tasks, TooOld, Work,
};
use millstream_types::{MonotonicTime, Now, Offset, Origin, TaskId, Topic, TopicPartition};

use super::commit::{CommitStep, Commits};
use super::membership_check::{Checked, MembershipCheck};
use super::offsets::{FetchFailure, Offsets};
use super::open::{Opening, TaskParts};
use super::process::{self, Order, Processing};
use super::rebalance::{RebalanceStep, Rebalances};
use super::restore::Restoring;
use crate::assignment::WorkPlan;
use crate::channel::Channel;
use crate::messages::{StoreQuery, ThreadCommand, ThreadEvent, ThreadNumber, thread_name};
use crate::shared::Shared;

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
    shared: Arc<Shared>,
    events: EventSink,
    plan: Arc<WorkPlan>,
    settings: TaskSettings,
    commands: Channel<ThreadCommand>,
    consumer: Box<dyn GroupConsumer>,
    outbox: Outbox,
    tasks: Tasks,
    opening: Opening,
    restoring: Restoring,
    offsets: Offsets,
    processing: Processing,
    commits: Commits,
    rebalances: Rebalances,
    membership: MembershipCheck,
    outage: Outage,
    /// Whether the group has answered its first subscription.
    has_joined: bool,
    number: ThreadNumber,
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
        let order = if config.max_task_idle.is_some() { Order::ByTime } else { Order::AsAvailable };
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
            commits: Commits::new(
                config.guarantee,
                config.commit_interval,
                config.repartition_purge_interval,
                repartition_topics(&shared),
                now,
            ),
            processing: Processing::new(shared.topology.subtopologies(), order),
            membership: MembershipCheck::new(config.session_timeout, now),
            plan,
            commands,
            consumer: clients.consumer,
            outbox: clients.outbox,
            tasks: Tasks::default(),
            opening: Opening::default(),
            restoring: Restoring::new(clients.restorer),
            rebalances: Rebalances::default(),
            outage: Outage::default(),
            has_joined: false,
            number,
            cache_bytes,
            comes_back: config.instance_id.is_some(),
            closing: None,
            state: State::Created,
            log_events: Vec::new(),
            shared,
        }
    }

    pub(super) fn commands(&self) -> &Channel<ThreadCommand> {
        &self.commands
    }

    /// The task whose code has panicked, if that was it.
    pub(super) fn panicked_task(&mut self) -> Option<TaskId> {
        self.tasks.take_current()
    }

    pub(super) fn events(&self) -> &EventSink {
        &self.events
    }

    /// Joins the group; the first turns bring its answer.
    pub(super) fn subscribe(&mut self) {
        self.enter(State::Rebalancing);
        self.consumer.subscribe(self.plan.assignment.subscription());
    }

    /// Takes what log and application have sent, and moves everything along a little.
    pub(super) fn turn(&mut self) -> Result<Turn, Failure> {
        let now = self.look_at_clock();
        self.run_commands(now);
        let mut is_active = self.poll_log(now)?;
        is_active |= self.open_waiting(now)?;
        is_active |= self.restore(now)?;
        if self.membership.is_in_doubt() {
            self.check_membership(now);
        } else {
            is_active |= self.process(now)?;
            is_active |= self.commit()?;
        }
        is_active |= self.step_rebalance(now)?;
        self.report_state();
        if let Some(turn) = self.step_closing(now) {
            return Ok(turn);
        }
        Ok(if is_active { Turn::Again } else { Turn::Wait(self.next_wait(now)) })
    }

    /// The time. After a pause that may have cost the membership, nothing is sent any more.
    fn look_at_clock(&mut self) -> Now {
        let now = self.shared.clock.both();
        self.membership.observe(now.monotonic);
        if self.membership.is_in_doubt() {
            self.outbox.hold();
        }
        now
    }

    fn run_commands(&mut self, now: Now) {
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

    /// Takes the events of the log. Whether there were any.
    fn poll_log(&mut self, now: Now) -> Result<bool, Failure> {
        let mut events = std::mem::take(&mut self.log_events);
        self.consumer.poll(now.monotonic, &mut |partition| self.tasks.wants(partition), &mut events);
        let has_events = !events.is_empty();
        let result = events.drain(..).try_for_each(|event| self.on_log_event(event, now));
        self.log_events = events;
        result?;
        self.outbox.poll(now)?;
        for TooOld { topic, kept_for, age } in self.outbox.take_too_old() {
            self.events.emit(EventKind::RecordsTooOld { topic, kept_for, age });
        }
        if let Some(reason) = self.outbox.take_unavailable() {
            self.outage.report(&reason, now.monotonic, &self.events);
        }
        Ok(has_events)
    }

    fn on_log_event(&mut self, event: LogEvent, now: Now) -> Result<(), Failure> {
        match event {
            LogEvent::Chunk(chunk) => {
                self.tasks.add_chunk(chunk);
                // Other brokers may go on while one is silent.
                if !self.tasks.iter().any(Task::has_stalled) {
                    self.outage.end(now.monotonic, &self.events);
                }
            }
            LogEvent::Assigned(partitions) => self.assigned(partitions, now)?,
            LogEvent::Revoked(partitions) => self.revoked(partitions, now),
            LogEvent::Lost(partitions) => self.lost(partitions)?,
            LogEvent::Committed(committed) => {
                let starts = self.offsets.begin(committed, &mut self.tasks, &mut self.commits);
                self.consumer.assign(&starts);
            }
            LogEvent::CommitDone { token, result } => self.commit_answered(token, result, now)?,
            LogEvent::FetchFailed { partition, error } => self.fetch_failed(partition, &error, now)?,
            LogEvent::Stalled(partition) => self.tasks.stalled(&partition),
            LogEvent::Unavailable(reason) => self.outage.report(&reason, now.monotonic, &self.events),
            LogEvent::Fatal(error) => {
                self.events.emit(EventKind::LogFailed { reason: error.to_string() });
                return Err(Failure::from_error(FailureKind::Log, error));
            }
            // Producers and administrators have these.
            LogEvent::Acknowledged { .. } | LogEvent::ProduceFailed { .. } | LogEvent::AdminDone { .. } => {}
        }
        Ok(())
    }

    fn fetch_failed(&mut self, partition: TopicPartition, error: &LogError, now: Now) -> Result<(), Failure> {
        if self.tasks.reader_of(&partition).is_none() {
            return Ok(());
        }
        match self.offsets.fetch_failed(&partition, error) {
            FetchFailure::OutOfRange { resume_at, event } => {
                self.events.emit(event);
                self.consumer.assign(&[(partition, resume_at)]);
            }
            FetchFailure::Undecodable { first, last } => return self.batch_failed(partition, first, last, error),
            FetchFailure::Retriable => self.outage.report(&error.to_string(), now.monotonic, &self.events),
            FetchFailure::Final(failure) => return Err(failure),
        }
        Ok(())
    }

    /// A batch cannot be read: the deserialization handler decides whether reading goes on after it.
    fn batch_failed(
        &mut self,
        partition: TopicPartition,
        first: Offset,
        last: Option<Offset>,
        error: &LogError,
    ) -> Result<(), Failure> {
        let failure = Failure::from_error(FailureKind::Deserialization, error.clone())
            .in_node(self.source_of(&partition.topic))
            .at(Origin::new(&partition, first));
        let task = self.tasks.reader_of(&partition).and_then(|id| self.tasks.get_mut(id));
        let decision = task.map_or(Decision::Fail, |task| task.decide_unreadable(&failure));
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

    /// Gives the tasks time to process. Whether any did something.
    fn process(&mut self, now: Now) -> Result<bool, Failure> {
        if self.is_closing() {
            return Ok(false);
        }
        let processed = self.processing.run(&mut process::Turn {
            tasks: &mut self.tasks,
            outbox: &mut self.outbox,
            clock: &*self.shared.clock,
            membership: &mut self.membership,
            now,
        });
        match processed {
            Ok(processed) => {
                if processed.wants_commit || processed.uncommitted_bytes > self.shared.config.uncommitted_bytes_max {
                    self.commits.request();
                }
                Ok(processed.any)
            }
            Err(error) => self.task_failed(error).map(|()| true),
        }
    }

    /// Begins a commit when one is due, and moves the one under way along. Whether anything happened.
    fn commit(&mut self) -> Result<bool, Failure> {
        let now = self.look_at_clock();
        if self.membership.is_in_doubt() {
            return Ok(true);
        }
        self.commits.begin_if_due(&self.tasks, now);
        let step = self.commits.advance(&mut self.tasks, &mut self.outbox, &mut *self.consumer, now);
        if let Some(consumed) = self.commits.take_consumed(now.monotonic) {
            // Refused, the application has ended, and nothing needs to be deleted.
            _ = self.shared.thread_events.send(ThreadEvent::Consumed(consumed));
        }
        match step {
            Ok(CommitStep::Idle) => Ok(false),
            Ok(CommitStep::Advanced) => Ok(true),
            Ok(CommitStep::Ended(commit)) => self.commit_ended(&commit, now).map(|()| true),
            Err(error) => self.task_failed(error).map(|()| true),
        }
    }

    fn commit_ended(&mut self, commit: &Commit, now: Now) -> Result<(), Failure> {
        self.rebalances.commit_ended(commit.outcome());
        let CommitOutcome::Failed(error) = commit.outcome() else {
            self.outage.end(now.monotonic, &self.events);
            return Ok(());
        };
        let retried = commit.outcome().is_refused() || error.is_retriable();
        self.events.emit(EventKind::CommitFailed { reason: error.to_string(), retried });
        if retried {
            return Ok(());
        }
        Err(not_committed(error.clone()))
    }

    fn commit_answered(&mut self, token: u64, result: Result<(), LogError>, now: Now) -> Result<(), Failure> {
        let checked = self.membership.answered(token, &result, now.monotonic);
        if let (Checked::Refused | Checked::Again, Err(error)) = (&checked, &result) {
            self.events.emit(EventKind::CommitFailed { reason: error.to_string(), retried: true });
        }
        match checked {
            Checked::NotAsked => drop(self.commits.answered(token, result)),
            Checked::Confirmed => self.outbox.release(),
            Checked::Refused => self.drop_work()?,
            Checked::Again => {}
            Checked::Failed(error) => {
                return Err(not_committed(error));
            }
        }
        Ok(())
    }

    /// Asks the group whether this thread is still a member, after a pause.
    fn check_membership(&mut self, now: Now) {
        if self.tasks.is_empty() && self.opening.is_empty() && self.outbox.is_empty() {
            self.membership.nothing_to_lose();
            self.outbox.release();
        } else if self.membership.is_due(now.monotonic) && !self.commits.is_sent() {
            let unchanged = self.commits.unchanged_offsets(&self.tasks);
            if !unchanged.is_empty() {
                self.membership.sent(self.consumer.commit(&unchanged));
            }
        }
    }

    /// Drops everything since the last commit: others have the partitions. The state goes back to the changelogs, and
    /// reading to the committed offsets, in case the group gives them back.
    fn drop_work(&mut self) -> Result<(), Failure> {
        for id in self.tasks.ids() {
            self.close_task(id, Work::Repeated);
            if !self.is_closing() {
                self.opening.reopen(id, None);
            }
        }
        self.discard_unsent()
    }

    /// Opens the tasks that wait for their state. Whether any was opened.
    fn open_waiting(&mut self, now: Now) -> Result<bool, Failure> {
        if self.opening.is_empty() {
            return Ok(false);
        }
        self.open(self.opening.due(now.monotonic), now)
    }

    /// Opens tasks, and asks where to read for them. Whether any was opened.
    fn open(&mut self, ids: Vec<TaskId>, now: Now) -> Result<bool, Failure> {
        let parts =
            TaskParts { shared: &self.shared, plan: &self.plan, settings: &self.settings, events: &self.events };
        let opened = self.opening.open(ids, &mut self.tasks, &parts, now);
        let partitions = opened.map_err(|error| report_task_failed(&self.events, error))?;
        if partitions.is_empty() {
            return Ok(false);
        }
        self.share_cache();
        self.offsets.request(&partitions, &mut *self.consumer);
        Ok(true)
    }

    /// Moves tasks towards running, and restores beside those that run. Whether anything happened.
    fn restore(&mut self, now: Now) -> Result<bool, Failure> {
        let clock = &*self.shared.clock;
        match self.restoring.advance(&mut self.tasks, &mut self.outbox, &self.events, clock, now) {
            Ok(restored) => {
                restored.failed.into_iter().try_for_each(|error| self.task_failed(error))?;
                Ok(restored.any)
            }
            Err(error) => self.task_failed(error).map(|()| true),
        }
    }

    /// What becomes of a task that failed. If its state on disk turned out to be damaged, the task is closed, and opened
    /// anew on the next turn, with its state restored; any other failure is the thread's.
    fn task_failed(&mut self, error: TaskError) -> Result<(), Failure> {
        let id = error.task;
        let damage = self.tasks.get(id).and_then(|task| Some((task.damage()?.to_owned(), task.state())));
        let Some((damage, state)) = damage else { return Err(report_task_failed(&self.events, error)) };
        self.close_task(id, Work::Repeated);
        if state != TaskState::Suspended && !self.is_closing() {
            self.opening.reopen(id, Some(damage));
        }
        Ok(())
    }

    /// The group gives partitions: the tasks that go with them are built, and reading begins when it is known where.
    fn assigned(&mut self, assigned: Vec<TopicPartition>, now: Now) -> Result<(), Failure> {
        self.has_joined = true;
        let tasks = self.tasks_of(&assigned);
        self.events.emit(EventKind::Rebalanced { assigned, revoked: Vec::new(), lost: Vec::new() });
        if !self.is_closing() {
            tasks.iter().try_for_each(|id| self.plan.check_is_planned(*id, &self.shared.topology, &self.shared.id))?;
            self.open(tasks, now)?;
        }
        self.rebalances.add_ready();
        Ok(())
    }

    /// The group takes partitions away and waits: their tasks hold still, are committed and closed.
    fn revoked(&mut self, revoked: Vec<TopicPartition>, now: Now) {
        let tasks = self.tasks_of(&revoked);
        self.events.emit(EventKind::Rebalanced { assigned: Vec::new(), revoked, lost: Vec::new() });
        self.opening.forget(&tasks);
        for id in &tasks {
            if let Some(task) = self.tasks.get_mut(*id) {
                task.suspend();
            }
        }
        self.rebalances.add_revoked(tasks, now.monotonic + self.shared.config.session_timeout);
    }

    /// Others have the partitions already: their tasks are closed without a commit.
    fn lost(&mut self, lost: Vec<TopicPartition>) -> Result<(), Failure> {
        let tasks = self.tasks_of(&lost);
        self.events.emit(EventKind::Rebalanced { assigned: Vec::new(), revoked: Vec::new(), lost });
        self.opening.forget(&tasks);
        tasks.into_iter().for_each(|id| self.close_task(id, Work::Repeated));
        self.share_cache();
        self.rebalances.add_ready();
        self.discard_unsent()
    }

    fn tasks_of(&self, partitions: &[TopicPartition]) -> Vec<TaskId> {
        partitions.iter().filter_map(|partition| self.plan.assignment.task_of(partition)).collect()
    }

    /// Moves the oldest rebalances along, and answers those whose tasks are closed. Whether anything happened.
    fn step_rebalance(&mut self, now: Now) -> Result<bool, Failure> {
        let mut has_moved = false;
        loop {
            match self.rebalances.next(&self.tasks, &self.commits, now.monotonic) {
                RebalanceStep::Nothing | RebalanceStep::Wait => return Ok(has_moved),
                RebalanceStep::Commit(uncommitted) => self.commits.begin(&self.tasks, uncommitted, now),
                RebalanceStep::Finish(tasks) => {
                    for id in tasks {
                        let is_committed =
                            self.tasks.get(id).is_some_and(|task| !task.needs_commit() && !task.is_committing());
                        self.close_task(id, if is_committed { Work::Committed } else { Work::Repeated });
                    }
                    self.share_cache();
                    self.discard_unsent()?;
                    self.consumer.finish_rebalance();
                }
            }
            has_moved = true;
        }
    }

    /// Closes a task and forgets it. If its work is repeated, what it has written and not sent is dropped: its next owner
    /// writes all of it anew.
    fn close_task(&mut self, id: TaskId, work: Work) {
        let Some((mut task, partitions)) = self.tasks.remove(id) else { return };
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
            // Reported, and no more: what is not written is restored.
            report_task_failed(&self.events, error);
        }
        task.close(work);
        if work == Work::Repeated {
            self.outbox.abort(id);
        }
        self.tasks.set_current(None);
    }

    /// Drops everything that is not sent, if no task is left that has written any of it.
    fn discard_unsent(&mut self) -> Result<(), Failure> {
        if !self.tasks.is_empty() || self.outbox.is_empty() {
            return Ok(());
        }
        if self.outbox.discard_unsent() == Discarded::Unsupported {
            let client_id = thread_name(&self.shared.client_id, self.number);
            let producer = self.shared.log.producer(&client_id, self.commands.signal());
            self.outbox.replace_producer(producer.map_err(|error| Failure::from_error(FailureKind::Log, error))?);
        }
        Ok(())
    }

    /// Divides the thread's share of the cache among its tasks.
    fn share_cache(&mut self) {
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
        let waiting = self.opening.ids().filter(|id| store_named(topology, *id, query.store()).is_some());
        waiting.for_each(|id| query.note_restoring(id.partition));
    }

    fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// Takes no further record: what was processed is committed, then it ends.
    fn begin_closing(&mut self, deadline: MonotonicTime) {
        if self.closing.is_none() {
            self.opening.clear();
            self.tasks.iter_mut().for_each(Task::suspend);
            self.enter(State::Draining);
        }
        self.closing = Some(self.closing.map_or(deadline, |earlier| earlier.min(deadline)));
    }

    /// Commits until nothing is left to commit, or the time is over.
    fn step_closing(&mut self, now: Now) -> Option<Turn> {
        let deadline = self.closing?;
        let uncommitted = self.tasks.uncommitted();
        if uncommitted.is_empty() && self.commits.is_idle() {
            return Some(Turn::Closed(true));
        }
        if now.monotonic >= deadline {
            return Some(Turn::Closed(false));
        }
        if uncommitted.is_empty() || self.membership.is_in_doubt() || !self.commits.may_begin(now.monotonic) {
            return None;
        }
        self.commits.begin(&self.tasks, uncommitted, now);
        Some(Turn::Again)
    }

    /// Ends: closes every task and leaves the group.
    pub(super) fn end(&mut self, is_clean: bool) {
        for id in self.tasks.ids() {
            let is_committed = is_clean && self.tasks.get(id).is_some_and(|task| !task.needs_commit());
            self.close_task(id, if is_committed { Work::Committed } else { Work::Repeated });
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
        self.opening.is_empty() && self.tasks.are_all_running()
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
        let is_settled = self.are_all_running() && self.rebalances.is_empty() && !self.is_closing();
        if !is_settled || self.membership.is_in_doubt() {
            wait = wait.min(WAIT_WHILE_OPENING);
        }
        if self.commits.is_idle() && self.tasks.iter().any(Task::needs_commit) {
            wait = wait.min(self.commits.due() - now.monotonic);
        }
        let next = self.tasks.iter().filter_map(Task::next_wake_up).min();
        next.map_or(wait, |next| wait.min(next - now.monotonic))
    }
}

/// The repartition topics of the application.
fn repartition_topics(shared: &Shared) -> BTreeSet<Topic> {
    let topics = shared.topology.subtopologies().iter().flat_map(|subtopology| &subtopology.repartition_topics);
    topics.map(|topic| topic.name.resolve(&shared.id)).collect()
}

/// The store of a task that has this name.
fn store_named(topology: &Topology, task: TaskId, name: &str) -> Option<StoreIndex> {
    let stores = &topology.subtopologies()[task.subtopology as usize].stores;
    stores.iter().find(|store| &*store.name == name).map(|store| store.index)
}

/// Reports a task that failed; its failure.
fn report_task_failed(events: &EventSink, error: TaskError) -> Failure {
    events.for_task(error.task).emit(EventKind::TaskFailed(error.failure.clone()));
    error.failure
}

fn not_committed(error: LogError) -> Failure {
    Failure::new(FailureKind::Log, format!("offsets cannot be committed: {error}")).caused_by(error)
}
