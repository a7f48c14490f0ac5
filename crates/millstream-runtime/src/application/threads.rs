//! The stream threads of an application: starts, closes and replaces them, and divides the cache.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use millstream_types::MonotonicTime;

use super::response::{NoResponse, Responder};
use crate::assignment::WorkPlan;
use crate::channel::{Channel, SendError};
use crate::messages::{StoreQuery, ThreadCommand, ThreadNumber, thread_name};
use crate::shared::Shared;
use crate::store_partitions::StorePartitions;
use crate::thread::{self, SpawnError};
use millstream_observe::events::{EventKind, State};

/// The backoff before a replacement that closely follows another; it doubles with each further one.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(10);

/// A thread that fails this long after the last failure is replaced at once.
const CALM_AFTER: Duration = Duration::from_secs(60);

/// Why a thread was not added or removed.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ThreadCountError {
    /// The application is closing or has ended.
    #[error("the application is closing or has ended; its threads cannot be changed any more")]
    Closing,
    /// The application has only one thread.
    #[error("this is the application's last thread; close the application instead")]
    LastThread,
    /// The log did not create the thread's clients, or the thread could not be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// There was no response in time, or the application has ended.
    #[error(transparent)]
    NoResponse(#[from] NoResponse),
}

millstream_types::debug_as_sentence!(ThreadCountError);

/// The threads by number. A new thread gets the lowest free number.
pub(super) struct Threads {
    shared: Arc<Shared>,
    plan: Option<Arc<WorkPlan>>,
    running: BTreeMap<ThreadNumber, Entry>,
    /// Threads that were requested before start-up was complete.
    requested_early: Vec<ThreadNumber>,
    replacements: Replacements,
}

struct Entry {
    commands: Channel<ThreadCommand>,
    state: State,
    removal: Option<Responder<String, ThreadCountError>>,
}

/// Replacements to be started, and the backoff of the next one.
#[derive(Default)]
struct Replacements {
    /// When each is due, and which thread it replaces.
    due: Vec<(MonotonicTime, String)>,
    backoff: Duration,
    last: Option<MonotonicTime>,
}

impl Threads {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            plan: None,
            running: BTreeMap::new(),
            requested_early: Vec::new(),
            replacements: Replacements::default(),
        }
    }

    /// Starts the first `count` threads, and those that were requested meanwhile.
    pub(super) fn start(&mut self, plan: Arc<WorkPlan>, count: usize) -> Result<(), SpawnError> {
        self.shared.metadata.set_plan(Arc::clone(&plan));
        self.plan = Some(plan);
        let count = count + std::mem::take(&mut self.requested_early).len();
        (0..count).try_for_each(|_| self.spawn().map(drop))
    }

    /// The plan by which they work; `None` before start-up is complete.
    pub(super) fn plan(&self) -> Option<&Arc<WorkPlan>> {
        self.plan.as_ref()
    }

    /// Lets all threads work by another plan.
    pub(super) fn change_plan(&mut self, plan: Arc<WorkPlan>) {
        for entry in self.running.values() {
            // Refused, the thread has just ended; its event follows.
            _ = entry.commands.send(ThreadCommand::Plan(Arc::clone(&plan)));
        }
        self.shared.metadata.set_plan(Arc::clone(&plan));
        self.plan = Some(plan);
    }

    /// Starts one more thread and returns its name. Before start-up is complete, it is started with the others.
    pub(super) fn add_one(&mut self) -> Result<String, ThreadCountError> {
        if self.plan.is_some() {
            let number = self.spawn()?;
            return Ok(self.name(number));
        }
        let early = self.shared.config.threads + self.requested_early.len() + 1;
        let number = ThreadNumber(u32::try_from(early).unwrap_or(u32::MAX));
        self.requested_early.push(number);
        Ok(self.name(number))
    }

    fn spawn(&mut self) -> Result<ThreadNumber, SpawnError> {
        let number = (1..).map(ThreadNumber).find(|number| !self.running.contains_key(number));
        let number = number.expect("fewer than 4 billion threads");
        let plan = Arc::clone(self.plan.as_ref().expect("threads start when start-up has made the plan"));
        let share = self.cache_share(self.running.len() + 1);
        let commands = thread::spawn(&self.shared, number, plan, share)?;
        self.running.insert(number, Entry { commands, state: State::Created, removal: None });
        self.divide_cache();
        Ok(number)
    }

    /// Closes the thread with the highest number that is not closing already.
    pub(super) fn remove_one(&mut self, responder: Responder<String, ThreadCountError>) {
        let staying = self.running.iter_mut().filter(|(_, entry)| entry.removal.is_none());
        let mut staying: Vec<_> = staying.collect();
        let Some((_, entry)) = staying.pop().filter(|_| !staying.is_empty()) else {
            responder.respond(Err(ThreadCountError::LastThread));
            return;
        };
        entry.removal = Some(responder);
        // The send fails if the thread has just ended; its event follows.
        _ = entry.commands.send(ThreadCommand::Remove(self.shared.config.close_limit));
    }

    pub(super) fn set_state(&mut self, number: ThreadNumber, state: State) {
        if let Some(entry) = self.running.get_mut(&number) {
            entry.state = state;
        }
    }

    /// Removes a thread that has ended, and responds to the request that removed it, if there is one. Returns its name.
    pub(super) fn ended(&mut self, number: ThreadNumber) -> String {
        let name = self.name(number);
        if let Some(responder) = self.running.remove(&number).and_then(|entry| entry.removal) {
            responder.respond(Ok(name.clone()));
        }
        self.divide_cache();
        name
    }

    /// Schedules the replacement of a failed thread: at once, or after a backoff if another failed shortly before.
    pub(super) fn replace(&mut self, name: &str, now: MonotonicTime) {
        let replacements = &mut self.replacements;
        let is_calm = replacements.last.is_none_or(|last| now - last >= CALM_AFTER);
        replacements.backoff =
            if is_calm { Duration::ZERO } else { (replacements.backoff * 2).clamp(BACKOFF_MIN, BACKOFF_MAX) };
        replacements.last = Some(now);
        replacements.due.push((now + replacements.backoff, name.to_owned()));
    }

    pub(super) fn next_replacement(&self) -> Option<MonotonicTime> {
        self.replacements.due.iter().map(|(due, _)| *due).min()
    }

    pub(super) fn start_due_replacements(&mut self, now: MonotonicTime) -> Result<(), SpawnError> {
        let due = self.replacements.due.extract_if(.., |(due, _)| *due <= now);
        let due: Vec<String> = due.map(|(_, name)| name).collect();
        for failed in due {
            let number = self.spawn()?;
            let replacement = self.name(number).into();
            self.shared.events.for_thread(failed).emit(EventKind::ThreadReplaced { replacement });
        }
        Ok(())
    }

    /// Whether all threads are running and none is still to be started.
    pub(super) fn are_all_running(&self) -> bool {
        self.replacements.due.is_empty()
            && !self.running.is_empty()
            && self.running.values().all(|entry| entry.state == State::Running || entry.removal.is_some())
    }

    /// Whether there is no thread and none is to be started.
    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty() && self.replacements.due.is_empty()
    }

    /// Wakes all threads, so that they look at the application's flags.
    pub(super) fn wake_all(&self) {
        self.running.values().for_each(|entry| entry.commands.signal().raise());
    }

    pub(super) fn close_all(&mut self, limit: Duration) {
        self.replacements.due.clear();
        for entry in self.running.values() {
            _ = entry.commands.send(ThreadCommand::Close(limit));
        }
    }

    /// Abandons threads that do not end, for example in user code that never returns.
    pub(super) fn abandon(&mut self) {
        self.running.clear();
    }

    /// Passes a query on to every thread.
    pub(super) fn query(&self, query: &Arc<dyn StoreQuery>) {
        let partitions =
            self.plan.as_ref().and_then(|plan| StorePartitions::of(query.store(), &plan.topology, &plan.counts));
        partitions.into_iter().for_each(|partitions| query.note_partitions(partitions));
        for entry in self.running.values() {
            if entry.commands.try_send(ThreadCommand::Query(Arc::clone(query))) == Err(SendError::Full) {
                query.note_too_many();
            }
        }
    }

    fn name(&self, number: ThreadNumber) -> String {
        thread_name(&self.shared.client_id, number)
    }

    fn cache_share(&self, threads: usize) -> usize {
        self.shared.config.cache_bytes_max / threads.max(1)
    }

    fn divide_cache(&self) {
        let share = self.cache_share(self.running.len());
        for entry in self.running.values() {
            _ = entry.commands.send(ThreadCommand::CacheBytes(share));
        }
    }
}

/// Closes the threads, so that they do not outlive the supervisor.
impl Drop for Threads {
    fn drop(&mut self) {
        let limit = self.shared.config.close_limit;
        self.close_all(limit);
    }
}
