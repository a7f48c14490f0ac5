//! The supervisor: starts an application, supervises its threads, and closes it.
//!
//! It runs on a thread that processes nothing, so it responds whatever the stream threads are doing. Only the supervisor
//! changes the state of the application. Its inputs are two closed enums: [`Request`] from the handle and [`ThreadEvent`]
//! from the threads.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use millstream_core::GlobalStores;
use millstream_log::Administration;
use millstream_types::MonotonicTime;

use super::clean_up::CleanUp;
use super::control::{Control, Request};
use super::globals::Globals;
use super::lifecycle::has_ended;
use super::progress::ProgressReporter;
use super::purge::Purge;
use super::response::Responder;
use super::threads::{ThreadCountError, Threads};
use super::topic_watch::TopicWatch;
use crate::assignment::WorkPlan;
use crate::global_thread;
use crate::internal_topics::{Found, SetUp};
use crate::messages::{ThreadEnd, ThreadEvent, ThreadNumber};
use crate::shared::Shared;
use millstream_observe::alerts::Alerts;
use millstream_observe::catch_panic;
use millstream_observe::events::{EventKind, Failure, FailureKind, State, ThreadAction};

/// The longest wait of the supervisor, so that events are emitted when they are due.
const TICK: Duration = Duration::from_millis(500);

/// The longest wait while start-up waits for the log.
const SET_UP_TICK: Duration = Duration::from_millis(50);

/// How long after the limit of a close threads are abandoned: they end their work within the limit and need time to exit.
const ABANDON_AFTER: Duration = Duration::from_millis(500);

pub(super) struct Supervisor {
    control: Arc<Control>,
    shared: Arc<Shared>,
    admin: Box<dyn Administration>,
    alerts: Option<Alerts>,
    set_up: Option<SetUp>,
    threads: Threads,
    globals: Globals,
    purge: Purge,
    topics: TopicWatch,
    progress: ProgressReporter,
    clean_up: CleanUp,
    /// Whether the events say that the application is paused.
    is_paused: bool,
    closing: Option<Closing>,
}

struct Closing {
    began: MonotonicTime,
    deadline: MonotonicTime,
}

impl Supervisor {
    pub(super) fn new(control: Arc<Control>, admin: Box<dyn Administration>, alerts: Option<Alerts>) -> Self {
        let shared = Arc::clone(&control.shared);
        let (id, config) = (Arc::clone(&shared.id), &shared.config);
        let (settings, new_stores) = (config.topic_settings.clone(), config.new_stores.clone());
        let set_up = SetUp::new(shared.topology.clone(), id, settings, new_stores, shared.events.clone());
        let set_up = set_up.with_topics_of(&shared.handlers);
        Self {
            threads: Threads::new(Arc::clone(&shared)),
            globals: Globals::default(),
            purge: Purge::new(shared.config.repartition_purge_interval),
            topics: TopicWatch::new(Arc::clone(&shared)),
            progress: ProgressReporter::new(shared.config.progress_interval),
            clean_up: CleanUp::new(shared.config.state_cleanup_delay),
            control,
            shared,
            admin,
            alerts,
            set_up: Some(set_up),
            is_paused: false,
            closing: None,
        }
    }

    /// Runs it on a thread of its own until the application has ended.
    #[expect(clippy::disallowed_methods, reason = "the application's threads begin here and in the thread module only")]
    pub(super) fn spawn(self) -> io::Result<()> {
        let name = format!("{}-Supervisor", self.shared.client_id);
        std::thread::Builder::new().name(name).spawn(move || self.run_to_the_end()).map(drop)
    }

    /// Runs until the application has ended. After a panic, which is a bug of the library or of the log, the application
    /// fails, and is closed as far as possible.
    fn run_to_the_end(mut self) {
        let control = Arc::clone(&self.control);
        self.shared.number.mark_current_thread();
        let run = guarded(|| self.run()).or_else(|failure| {
            guarded(|| {
                let now = self.shared.clock.monotonic();
                self.fail(&failure, now);
                self.run();
            })
        });
        if let Err(failure) = run {
            // Ends all waits for the application. Dropping the supervisor closes its threads.
            control.lifecycle.fail(&failure);
            control.lifecycle.advance(State::Error);
            control.lifecycle.advance(State::Closed);
        }
        control.close_channels();
    }

    fn run(&mut self) {
        self.control.lifecycle.advance(State::Rebalancing);
        self.pause_changed();
        while !has_ended(self.control.lifecycle.state()) {
            let now = self.shared.clock.monotonic();
            while let Some(event) = self.shared.thread_events.receive() {
                self.on_thread_event(event, now);
            }
            while let Some(request) = self.control.requests.receive() {
                self.on_request(request, now);
            }
            self.start_up(now);
            self.do_due(now);
            if !has_ended(self.control.lifecycle.state()) {
                self.control.requests.signal().wait(self.next_wait(now));
            }
        }
    }

    fn on_request(&mut self, request: Request, now: MonotonicTime) {
        match request {
            Request::Close(limit) => self.close(limit, now),
            Request::AddThread(responder) => self.add_thread(responder),
            Request::RemoveThread(responder) => self.threads.remove_one(responder),
            Request::PauseChanged => self.pause_changed(),
            Request::Query(query) => self.threads.query(&query),
        }
    }

    fn on_thread_event(&mut self, event: ThreadEvent, now: MonotonicTime) {
        match event {
            ThreadEvent::StateChanged(number, state) => self.threads.set_state(number, state),
            ThreadEvent::Ended(number, end) => self.thread_ended(number, end, now),
            ThreadEvent::Consumed(offsets) => self.purge.add(offsets),
            ThreadEvent::TopicsOutdated => self.topics.request(),
            ThreadEvent::GlobalsFilled(stores) => self.globals_filled(stores, now),
            ThreadEvent::GlobalsEnded(failure) => self.globals_ended(failure, now),
        }
    }

    /// Advances start-up; when the topics exist, the threads are started.
    fn start_up(&mut self, now: MonotonicTime) {
        if self.closing.is_some() {
            return;
        }
        let Some(set_up) = &mut self.set_up else { return };
        match set_up.step(&mut *self.admin, now) {
            Ok(None) => {}
            Ok(Some(Found { topology, counts, retentions })) => {
                self.set_up = None;
                let plan = WorkPlan::new(self.shared.process_id, &self.shared.config, topology, counts, retentions);
                match self.globals.start(&self.shared, plan) {
                    Ok(Some(plan)) => self.start_threads(plan, now),
                    Ok(None) => {}
                    Err(error) => self.fail(&Failure::from_error(FailureKind::Log, error), now),
                }
            }
            Err(error) => self.fail(&Failure::from_error(FailureKind::Topology, error), now),
        }
    }

    fn start_threads(&mut self, plan: WorkPlan, now: MonotonicTime) {
        let count = if self.shared.topology.has_tasks() { self.shared.config.threads } else { 0 };
        if let Err(error) = self.threads.start(Arc::new(plan), count) {
            self.fail(&Failure::from_error(FailureKind::Log, error), now);
        }
        self.topics.begin(now);
    }

    /// Looks for topics that match the patterns of the topology, if it is time. The threads take up what has changed.
    fn watch_topics(&mut self, now: MonotonicTime) {
        let Some(plan) = self.threads.plan() else { return };
        match self.topics.step(plan, now) {
            Ok(Some(plan)) => self.threads.change_plan(Arc::new(plan)),
            Ok(None) => {}
            Err(failure) => self.fail(&failure, now),
        }
    }

    /// Starts the stream threads, now that they can read the global stores.
    fn globals_filled(&mut self, stores: GlobalStores, now: MonotonicTime) {
        // It is set once, since the thread of the global stores is started once.
        _ = self.shared.globals.set(stores);
        if let Some(plan) = self.globals.filled().filter(|_| self.closing.is_none()) {
            self.start_threads(plan, now);
        }
    }

    /// Without the thread the global stores would become old, so a failure of it ends the application.
    fn globals_ended(&mut self, failure: Option<Failure>, now: MonotonicTime) {
        self.globals.ended();
        let Some(failure) = failure else { return };
        let events = self.shared.events.for_thread(global_thread::thread_name(&self.shared.client_id).as_str());
        events.emit(EventKind::ThreadFailed { failure: failure.clone(), action: ThreadAction::StopApplication });
        self.fail(&failure, now);
    }

    /// Does what is due by time or by the states of the threads.
    fn do_due(&mut self, now: MonotonicTime) {
        self.shared.events.tick();
        if self.closing.is_none() && self.set_up.is_none() {
            if let Err(error) = self.threads.start_due_replacements(now) {
                self.fail(&Failure::from_error(FailureKind::Log, error), now);
            }
            self.purge.step(&mut *self.admin, now);
            self.watch_topics(now);
            if let Some(progress) = self.progress.due(now, || self.shared.metrics.snapshot()) {
                self.shared.events.emit(EventKind::Progress(progress));
            }
            if let Some(local_state) = &self.shared.local_state {
                self.clean_up.step(local_state.directory(), now, &self.shared.events);
            }
            let state = if self.is_running() { State::Running } else { State::Rebalancing };
            if self.closing.is_none() && state != self.control.lifecycle.state() {
                self.control.lifecycle.advance(state);
            }
        }
        let Some(closing) = &self.closing else { return };
        let have_ended = self.threads.is_empty() && self.globals.have_ended();
        if have_ended || now >= closing.deadline + ABANDON_AFTER {
            self.finish(closing.began, closing.deadline);
        }
    }

    /// Whether all threads are running; without tasks there are none, and the global stores have to be filled.
    fn is_running(&self) -> bool {
        if self.shared.topology.has_tasks() {
            self.threads.are_all_running()
        } else {
            self.shared.globals.get().is_some()
        }
    }

    fn next_wait(&self, now: MonotonicTime) -> Duration {
        let closing = self.closing.as_ref().map(|closing| closing.deadline + ABANDON_AFTER - now);
        let set_up = self.set_up.as_ref().map(|_| SET_UP_TICK);
        let replacement = self.threads.next_replacement().map(|due| due - now);
        let topics = self.topics.next_step(now).map(|due| due - now);
        [closing, set_up, replacement, topics].into_iter().flatten().fold(TICK, Duration::min)
    }

    /// Reports whether the application is paused, and wakes the threads, which wait longer while it is.
    fn pause_changed(&mut self) {
        let is_paused = self.shared.pause.is_on();
        if std::mem::replace(&mut self.is_paused, is_paused) != is_paused {
            let kind = if is_paused { EventKind::ApplicationPaused } else { EventKind::ApplicationResumed };
            self.shared.events.emit(kind);
            self.threads.wake_all();
        }
    }

    fn add_thread(&mut self, responder: Responder<String, ThreadCountError>) {
        let added = if self.closing.is_some() { Err(ThreadCountError::Closing) } else { self.threads.add_one() };
        responder.respond(added);
    }

    fn thread_ended(&mut self, number: ThreadNumber, end: ThreadEnd, now: MonotonicTime) {
        let name = self.threads.ended(number);
        match end {
            ThreadEnd::Clean => {}
            ThreadEnd::Unclean => self.control.lifecycle.close_was_forced(),
            ThreadEnd::Failed(failure) if self.closing.is_some() => {
                self.control.lifecycle.close_was_forced();
                let action = ThreadAction::StopThread;
                self.shared.events.for_thread(name).emit(EventKind::ThreadFailed { failure, action });
            }
            ThreadEnd::Failed(failure) => self.thread_failed(&name, failure, now),
        }
    }

    fn thread_failed(&mut self, name: &str, failure: Failure, now: MonotonicTime) {
        let action = self.control.uncaught_errors.decide(&failure);
        let events = self.shared.events.for_thread(name);
        events.emit(EventKind::ThreadFailed { failure: failure.clone(), action });
        match action {
            ThreadAction::Replace => self.threads.replace(name, now),
            ThreadAction::StopThread if !self.threads.is_empty() => {}
            ThreadAction::StopThread | ThreadAction::StopApplication => self.fail(&failure, now),
        }
    }

    /// Begins a clean close. If the application is closing already, the earliest of the limits counts.
    fn close(&mut self, limit: Duration, now: MonotonicTime) {
        if let Some(closing) = &mut self.closing {
            closing.deadline = closing.deadline.min(now + limit);
            self.threads.close_all(limit);
            return;
        }
        self.control.lifecycle.advance(State::Draining);
        self.shared.events.emit(EventKind::ShutdownStarted { limit });
        self.end_threads(limit, now);
    }

    /// Fails the application: closes the threads that still run.
    fn fail(&mut self, failure: &Failure, now: MonotonicTime) {
        if self.closing.is_some() {
            return;
        }
        self.control.lifecycle.fail(failure);
        self.shared.events.emit(EventKind::ApplicationFailed(failure.clone()));
        self.end_threads(self.shared.config.close_limit, now);
    }

    fn end_threads(&mut self, limit: Duration, now: MonotonicTime) {
        self.closing = Some(Closing { began: now, deadline: now + limit });
        self.threads.close_all(limit);
        self.globals.close();
    }

    /// Ends the application when all threads have ended, or their time is over.
    fn finish(&mut self, began: MonotonicTime, deadline: MonotonicTime) {
        if !self.threads.is_empty() {
            self.control.lifecycle.close_was_forced();
        }
        self.threads.abandon();
        let is_failing = self.control.lifecycle.state() == State::Failing;
        let now = self.shared.clock.monotonic();
        if !is_failing {
            let clean = self.control.lifecycle.is_clean();
            self.shared.events.emit(EventKind::ShutdownEnded { clean, took: now - began });
        }
        self.shared.events.flush();
        if let Some(alerts) = &self.alerts {
            // Alerts get the rest of the limit, but at least this long, since they report why the application failed.
            alerts.close((deadline - now).max(ABANDON_AFTER));
        }
        self.control.lifecycle.advance(if is_failing { State::Error } else { State::Closed });
    }
}

/// Runs a part of the supervisor; a panic in it becomes a failure.
fn guarded(run: impl FnOnce()) -> Result<(), Failure> {
    catch_panic(run).map_err(|message| Failure::new(FailureKind::Internal, message))
}
