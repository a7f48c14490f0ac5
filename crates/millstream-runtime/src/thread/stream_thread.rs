//! The stream thread as a state machine: one turn after the other.
//!
//! The parts own their state and return what has to be done. This file calls them in order.

use std::sync::Arc;
use std::time::Duration;

use millstream_log::LogEvent;
use millstream_observe::events::{EventKind, EventSink, Failure, State};
use millstream_task::{CommitScope, Task, TooOld, call_log};
use millstream_types::{MonotonicTime, Now, TaskId};

use super::closing::{Closing, ClosingStep, Ending};
use super::commit::CommitStep;
use super::group_events::GroupEvents;
use super::group_tasks::GroupTasks;
use super::membership_check::MembershipCheck;
use super::owned_tasks::{Clients, OwnedTasks};
use super::restore::RestorePace;
use super::task_timeouts::{Standstill, TaskTimeouts};
use crate::assignment::WorkPlan;
use crate::channel::Channel;
use crate::messages::{ThreadCommand, ThreadEvent, ThreadNumber, thread_name};
use crate::shared::Shared;

/// The longest wait between two turns, since polling keeps the membership alive.
const WAIT_MAX: Duration = Duration::from_millis(100);

/// The wait between two turns while a task waits for something that raises no signal.
const WAIT_WHILE_OPENING: Duration = Duration::from_millis(5);

/// What a thread does after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The next turn follows at once: there may be more to do.
    Again,
    /// Wait for the signal, or for this long.
    Wait(Duration),
    /// The thread ends.
    Closed(Ending),
}

/// Whether a thread leaves its group when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AtExit {
    /// It leaves the group, so that other members take over at once.
    LeaveGroup,
    /// It stays a static member that may be restarted: others take over when its session times out.
    KeepMembership,
}

/// A stream thread between two turns.
pub(super) struct StreamThread {
    shared: Arc<Shared>,
    events: EventSink,
    number: ThreadNumber,
    plan: Arc<WorkPlan>,
    commands: Channel<ThreadCommand>,
    owned: OwnedTasks,
    group: GroupEvents,
    closing: Closing,
    at_exit: AtExit,
    state: State,
    log_events: Vec<LogEvent>,
    /// Whether the application was paused when the present turn began.
    is_paused: bool,
    timeouts: TaskTimeouts,
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
        let events = shared.events.for_thread(thread_name(&shared.client_id, number));
        let membership = MembershipCheck::new(config.session_timeout, shared.clock.monotonic());
        let membership = membership.with_lease(clients.consumer.lease());
        let group_tasks = GroupTasks::new(Arc::clone(&shared), events.clone(), clients.assignor.clone());
        Self {
            owned: OwnedTasks::new(&shared, Arc::clone(&plan), events.clone(), clients, cache_bytes),
            group: GroupEvents::new(events.clone(), config.session_timeout, membership, group_tasks),
            closing: Closing::default(),
            at_exit: if config.instance_id.is_some() { AtExit::KeepMembership } else { AtExit::LeaveGroup },
            events,
            number,
            plan,
            commands,
            state: State::Created,
            log_events: Vec::new(),
            is_paused: false,
            timeouts: TaskTimeouts::new(config.task_timeout),
            shared,
        }
    }

    pub(super) fn commands(&self) -> &Channel<ThreadCommand> {
        &self.commands
    }

    /// The task whose code has panicked, if user code has.
    pub(super) fn panicked_task(&mut self) -> Option<TaskId> {
        self.owned.tasks.take_current()
    }

    pub(super) fn events(&self) -> &EventSink {
        &self.events
    }

    /// Joins the group; one of the first turns handles the assignment.
    pub(super) fn subscribe(&mut self) {
        self.enter(State::Rebalancing);
        self.owned.consumer.subscribe(self.plan.assignment.subscription());
    }

    /// Handles the events of the log and the commands of the application, then restores, processes and commits for a while.
    pub(super) fn turn(&mut self) -> Result<Turn, Failure> {
        let now = self.read_clock();
        self.is_paused = self.shared.pause.is_on();
        self.run_commands(now);
        let mut is_active = self.poll_log(now)?;
        is_active |= self.owned.take_up_plan();
        is_active |= self.owned.open_waiting(now)?;
        is_active |= self.owned.keep_standbys(now)?;
        let pace = if self.is_paused { RestorePace::Paused } else { RestorePace::Full };
        is_active |= self.owned.restore(pace, &mut self.group.outage, now)?;
        if self.group.membership.is_in_doubt() {
            self.group.check_membership(&mut self.owned, now);
        } else {
            // Before processing, because each record that takes longer than half a session puts the membership in doubt.
            is_active |= self.commit()?;
            is_active |= self.process()?;
        }
        is_active |= self.group.step_rebalance(&mut self.owned, now);
        if !self.closing.is_closing() {
            self.group.tasks.step(&mut self.owned, now)?;
        }
        self.check_timeouts(now)?;
        self.report_state();
        match self.closing.next(&self.owned.tasks, &self.owned.commits, now.monotonic) {
            ClosingStep::End(_) if self.owned.has_dropped_work() => return Ok(Turn::Closed(Ending::Unclean)),
            ClosingStep::End(ending) => return Ok(Turn::Closed(ending)),
            ClosingStep::Commit(uncommitted) if !self.group.membership.is_in_doubt() => {
                self.owned.commits.begin(&self.owned.tasks, &uncommitted, now);
                is_active = true;
            }
            ClosingStep::Commit(_) | ClosingStep::Wait => {}
        }
        Ok(if is_active { Turn::Again } else { Turn::Wait(self.next_wait(now)) })
    }

    /// Reads the clock. After a pause in which the membership may have been lost, nothing more is sent.
    fn read_clock(&mut self) -> Now {
        let now = self.shared.clock.both();
        let was_in_doubt = self.group.membership.is_in_doubt();
        self.group.membership.observe(now.monotonic);
        if self.group.membership.is_in_doubt() {
            self.owned.participants.outbox.hold();
        } else if was_in_doubt {
            self.owned.participants.outbox.release();
        }
        now
    }

    fn run_commands(&mut self, now: Now) {
        while let Some(command) = self.commands.receive() {
            match command {
                ThreadCommand::Close(limit) => self.begin_closing(now.monotonic + limit),
                ThreadCommand::Remove(limit) => {
                    self.at_exit = AtExit::LeaveGroup;
                    self.begin_closing(now.monotonic + limit);
                }
                ThreadCommand::CacheBytes(bytes) => self.owned.set_cache_bytes(bytes),
                ThreadCommand::Query(query) => self.owned.query(&*query),
                ThreadCommand::Plan(plan) => self.owned.set_next_plan(plan),
            }
        }
    }

    /// Begins to close: no further record is processed, what was processed is committed, then the thread ends.
    fn begin_closing(&mut self, deadline: MonotonicTime) {
        if !self.closing.is_closing() {
            self.owned.suspend();
            self.enter(State::Draining);
        }
        self.closing.begin(deadline);
    }

    /// Handles the events of the log. Returns whether there were any.
    fn poll_log(&mut self, now: Now) -> Result<bool, Failure> {
        let (owned, group) = (&mut self.owned, &mut self.group);
        let mut events = std::mem::take(&mut self.log_events);
        let (consumer, tasks) = (&mut owned.consumer, &owned.tasks);
        call_log("consumer", || consumer.poll(now.monotonic, &mut |partition| tasks.wants(partition), &mut events))?;
        let has_events = !events.is_empty();
        let result = events.drain(..).try_for_each(|event| group.handle(event, owned, now));
        self.log_events = events;
        result?;
        owned.participants.outbox.poll(now)?;
        for TooOld { topic, kept_for, age } in owned.participants.outbox.take_too_old() {
            self.events.emit(EventKind::RecordsTooOld { topic, kept_for, age });
        }
        if let Some(reason) = owned.participants.outbox.take_unavailable() {
            group.outage.report(&reason, now.monotonic, &self.events);
        }
        Ok(has_events)
    }

    /// Lets the tasks process for a turn. Returns whether any did.
    fn process(&mut self) -> Result<bool, Failure> {
        if self.closing.is_closing() {
            return Ok(false);
        }
        let now = self.read_clock();
        if self.is_paused {
            self.owned.publish_metrics(now);
            return Ok(false);
        }
        if self.group.membership.is_in_doubt() {
            return Ok(true);
        }
        self.owned.process(&mut self.group.membership, now)
    }

    /// Begins a commit if one is due, and advances the one in progress. Returns whether anything happened.
    fn commit(&mut self) -> Result<bool, Failure> {
        let now = self.read_clock();
        if self.group.membership.is_in_doubt() {
            return Ok(true);
        }
        let OwnedTasks { tasks, participants, consumer, commits, .. } = &mut self.owned;
        commits.begin_if_due(tasks, now);
        let step = commits.advance(&mut CommitScope { tasks, participants }, &mut **consumer, &*self.shared.clock, now);
        if let Some(consumed) = commits.take_consumed(now.monotonic) {
            // The send fails if the application has ended; then nothing has to be deleted.
            _ = self.shared.thread_events.send(ThreadEvent::Consumed(consumed));
        }
        match step {
            Ok(CommitStep::Idle) => Ok(false),
            Ok(CommitStep::Advanced) => Ok(true),
            Ok(CommitStep::Ended(outcome)) => {
                self.owned.note_offset_sums();
                self.group.commit_ended(&outcome, &mut self.owned, now).map(|()| true)
            }
            Err(error) => self.owned.fail(error).map(|()| true),
        }
    }

    /// Fails if a task has waited for the log for longer than the settings allow.
    fn check_timeouts(&mut self, now: Now) -> Result<(), Failure> {
        // A thread that closes has a deadline of its own.
        if self.closing.is_closing() || !self.timeouts.is_check_due(now.monotonic) {
            return Ok(());
        }
        let is_in_doubt = self.group.membership.is_in_doubt();
        let waits = self.owned.awaited(Standstill { is_paused: self.is_paused, is_in_doubt });
        let timed_out = self.timeouts.check(waits, self.group.outage.reason());
        timed_out.map_or(Ok(()), |error| self.owned.fail(error))
    }

    /// Closes all tasks and leaves the group.
    pub(super) fn end(&mut self, ending: Ending) {
        self.owned.close_all(ending);
        self.leave_group();
    }

    /// Leaves the group, unless its membership is kept for a restart.
    pub(super) fn leave_group(&mut self) {
        if self.at_exit == AtExit::LeaveGroup {
            self.owned.consumer.leave();
        }
    }

    fn report_state(&mut self) {
        if !self.closing.is_closing() {
            let is_running = self.group.has_joined() && !self.group.is_rebalancing() && self.owned.are_all_running();
            self.enter(if is_running { State::Running } else { State::Rebalancing });
        }
    }

    pub(super) fn enter(&mut self, to: State) {
        let from = std::mem::replace(&mut self.state, to);
        if from != to {
            self.events.emit(EventKind::ThreadState { from, to });
            // The send fails if the application has ended and abandoned the thread.
            _ = self.shared.thread_events.send(ThreadEvent::StateChanged(self.number, to));
        }
    }

    /// How long to wait until something is due.
    fn next_wait(&self, now: Now) -> Duration {
        let owned = &self.owned;
        let mut wait = WAIT_MAX.min(self.shared.config.session_timeout / 3);
        if self.group.membership.is_in_doubt() {
            // What is due meanwhile, commits and schedules, has to wait.
            return wait.min(WAIT_WHILE_OPENING);
        }
        let is_opening = if self.is_paused { owned.are_any_opening() } else { !owned.are_all_running() };
        if is_opening || self.group.is_rebalancing() || self.closing.is_closing() {
            wait = wait.min(WAIT_WHILE_OPENING);
        }
        if let Some(due) = self.group.tasks.due() {
            wait = wait.min(due - now.monotonic);
        }
        if owned.commits.is_idle() && owned.tasks.iter().any(Task::needs_commit) {
            wait = wait.min(owned.commits.due() - now.monotonic);
        }
        if self.is_paused {
            // What tasks have to do at some time waits until they are resumed, which raises the signal.
            return wait;
        }
        let next = owned.tasks.iter().filter_map(|task| task.next_wake_up(now.monotonic)).min();
        next.map_or(wait, |next| wait.min(next - now.monotonic))
    }
}
