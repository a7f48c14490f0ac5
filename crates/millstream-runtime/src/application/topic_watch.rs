//! Looks for topics that match the patterns of the topology, while the application runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use millstream_core::TopicName;
use millstream_log::{Administration, LogError};
use millstream_observe::events::{EventKind, Failure, FailureKind};
use millstream_types::{MonotonicTime, Topic};

use crate::assignment::WorkPlan;
use crate::internal_topics::{Found, SetUp};
use crate::shared::Shared;

/// The shortest time between two looks that threads have requested.
const REQUESTS_APART: Duration = Duration::from_millis(500);

/// The longest wait for a response of the log, which raises the signal of the supervisor.
const RESPONSE_TICK: Duration = Duration::from_millis(50);

/// Looks for topics at an interval, and when a thread misses one. Without patterns it does nothing.
pub(super) struct TopicWatch {
    shared: Arc<Shared>,
    /// A client of its own, from the first look on.
    admin: Option<Box<dyn Administration>>,
    /// The look that is under way.
    look: Option<SetUp>,
    /// When the next one is due; `None` until threads run, and without patterns.
    due: Option<MonotonicTime>,
    /// The earliest time of one that a thread has requested.
    not_before: MonotonicTime,
    is_requested: bool,
}

impl TopicWatch {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let (admin, look, due) = (None, None, None);
        Self { shared, admin, look, due, not_before: MonotonicTime::START, is_requested: false }
    }

    /// Begins to look, since the threads are started.
    pub(super) fn begin(&mut self, now: MonotonicTime) {
        self.due = self.shared.topology.has_patterns().then(|| now + self.shared.config.topic_interval);
    }

    /// Looks soon, and returns a plan in any case: a thread waits for it.
    pub(super) fn request(&mut self) {
        self.is_requested = true;
    }

    /// When there is something to do.
    pub(super) fn next_step(&self, now: MonotonicTime) -> Option<MonotonicTime> {
        let due = self.due?;
        Some(match (&self.look, self.is_requested) {
            (Some(_), _) => now + RESPONSE_TICK,
            (None, true) => due.min(self.not_before.max(now)),
            (None, false) => due.max(now),
        })
    }

    /// Begins to look if it is time, and continues with the responses. Returns the plan with the topics that exist, if they are others
    /// than those of `plan`, or a thread has requested it.
    ///
    /// # Errors
    /// When the topics do not fit the topology any more, or the log responds with a final error.
    pub(super) fn step(&mut self, plan: &WorkPlan, now: MonotonicTime) -> Result<Option<WorkPlan>, Failure> {
        let Some(due) = self.due else { return Ok(None) };
        let is_due = now >= due || self.is_requested && now >= self.not_before;
        if self.look.is_none() && is_due {
            self.look = Some(self.begin_to_look(plan));
        }
        let Some(look) = &mut self.look else { return Ok(None) };
        let admin = match &mut self.admin {
            Some(admin) => admin,
            None => self
                .admin
                .insert(new_client(&self.shared).map_err(|error| Failure::from_error(FailureKind::Log, error))?),
        };
        let found = look.step(&mut **admin, now).map_err(|error| Failure::from_error(FailureKind::Topology, error))?;
        let Some(Found { topology, counts, .. }) = found else { return Ok(None) };
        self.look = None;
        self.due = Some(now + self.shared.config.topic_interval);
        self.not_before = now + REQUESTS_APART;
        let was_requested = std::mem::take(&mut self.is_requested);
        let (assignment, retentions) = (Arc::clone(&plan.assignment), Arc::clone(&plan.retentions));
        let instance = Arc::clone(&plan.instance);
        let found = WorkPlan { topology, assignment, counts, retentions, instance };
        let changes = Changes::between(plan, &found);
        changes.report(&self.shared);
        Ok((was_requested || !changes.are_none() || found.counts != plan.counts).then_some(found))
    }

    fn begin_to_look(&self, plan: &WorkPlan) -> SetUp {
        let (id, config) = (Arc::clone(&self.shared.id), &self.shared.config);
        let (settings, new_stores) = (config.topic_settings.clone(), config.new_stores.clone());
        let set_up = SetUp::new(plan.topology.clone(), id, settings, new_stores, self.shared.events.clone());
        set_up.again(plan.counts.clone())
    }
}

/// A client that raises the signal of the supervisor.
fn new_client(shared: &Shared) -> Result<Box<dyn Administration>, LogError> {
    shared.log.admin(&format!("{}-topics", shared.client_id), shared.thread_events.signal())
}

/// What has changed of the topics that match patterns.
#[derive(Default)]
struct Changes {
    added: Vec<Topic>,
    removed: Vec<Topic>,
    grown: Vec<Topic>,
}

impl Changes {
    fn between(before: &WorkPlan, after: &WorkPlan) -> Self {
        let (before, after) = (matched(before), matched(after));
        let not_in = |topics: &BTreeMap<TopicName, u32>, others: &BTreeMap<TopicName, u32>| {
            topics.keys().filter(|topic| !others.contains_key(*topic)).map(name_of).collect()
        };
        let has_grown = |(topic, count): &(&TopicName, &u32)| before.get(*topic).is_some_and(|before| before < *count);
        Self {
            added: not_in(&after, &before),
            removed: not_in(&before, &after),
            grown: after.iter().filter(has_grown).map(|(topic, _)| name_of(topic)).collect(),
        }
    }

    fn are_none(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.grown.is_empty()
    }

    fn report(&self, shared: &Shared) {
        if !self.are_none() {
            let Self { added, removed, grown } = self;
            let (added, removed, grown) = (added.clone(), removed.clone(), grown.clone());
            shared.events.emit(EventKind::SourceTopicsChanged { added, removed, grown });
        }
    }
}

fn name_of(topic: &TopicName) -> Topic {
    Topic::from(&*topic.name)
}

/// The topics that match patterns, with their partition counts.
fn matched(plan: &WorkPlan) -> BTreeMap<TopicName, u32> {
    let count = |topic: &TopicName| plan.counts.partitions(topic).unwrap_or(0);
    plan.matched().map(|source| (source.topic.clone(), count(&source.topic))).collect()
}
