//! Turns events into alerts: one when a problem begins, more at an interval while it lasts, and one when it is resolved.
//!
//! This is a state machine; the time is passed in. Events with the same [`ProblemKey`] are about the same problem.
//!
//! * An alert about a failure is held for a moment, because a task's failure becomes its thread's and may become the
//!   application's. The alert is about the last of these.
//! * While a problem lasts, its alert is repeated after an interval, and at once if its scope becomes larger.
//! * An outage of the log is resolved when every thread that reported it reaches the log again. The failure of a thread is
//!   resolved when the application has been running for a while without it. The failure of the application is final.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use millstream_types::MonotonicTime;

use super::key::{ProblemKey, Scope};
use crate::events::{Event, EventKind, State};

/// The maximum number of open problems. Another one replaces the one that was reported least recently.
const PROBLEMS_MAX: usize = 1_000;

/// The intervals of alerts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Intervals {
    /// How long an alert about a failure is held.
    pub(super) settle: Duration,
    /// The time between two alerts for the same problem.
    pub(super) repeat: Duration,
    /// How long the application has to run without a failure before it counts as resolved.
    pub(super) resolve: Duration,
}

/// Whether a problem lasts or is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Firing,
    Resolved,
}

/// An alert to be delivered.
#[derive(Clone, Debug)]
pub(super) struct Alert {
    pub(super) status: Status,
    /// The event with the largest scope.
    pub(super) event: Event,
    /// The same for all alerts of a problem.
    pub(super) problem_id: String,
    /// The number of reports since the problem began.
    pub(super) occurrences: u64,
    /// The time since it began.
    pub(super) lasting: Duration,
    key: ProblemKey,
}

/// Whether alerts are held until they are due. While the application closes they are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// They are held until they are due.
    UntilDue,
    /// They are not held.
    No,
}

/// The problems of an application.
#[derive(Debug)]
pub(super) struct Problems {
    intervals: Intervals,
    open: BTreeMap<ProblemKey, Problem>,
    /// The time since which the application has been running.
    running_since: Option<MonotonicTime>,
    /// The number of problems so far.
    count: u64,
}

#[derive(Debug)]
struct Problem {
    id: String,
    began: MonotonicTime,
    last_seen: MonotonicTime,
    /// The event with the largest scope.
    event: Event,
    scope: Scope,
    /// The number of reports in each scope; one failure is reported once in each.
    reports: BTreeMap<Scope, u64>,
    /// The time and scope of the last alert.
    alerted: Option<(MonotonicTime, Scope)>,
    /// Whether the problem was reported since the last alert.
    is_new: bool,
    /// When the next alert is due, if the problem is reported by then.
    due: MonotonicTime,
    /// The threads that cannot reach the log.
    threads: BTreeSet<Option<Arc<str>>>,
    /// Whether every thread reaches the log again.
    is_over: bool,
}

impl Problems {
    pub(super) fn new(intervals: Intervals) -> Self {
        Self { intervals, open: BTreeMap::new(), running_since: None, count: 0 }
    }

    /// Records an event that was emitted at `now`.
    pub(super) fn observe(&mut self, event: &Event, now: MonotonicTime) {
        self.follow_state(event, now);
        let Some(key) = ProblemKey::of(event) else { return };
        if !self.open.contains_key(&key) {
            self.make_room();
            self.count += 1;
            let id = format!("{}-{}-{}", event.application, event.time.as_millis(), self.count);
            let hold = if matches!(key, ProblemKey::Failure { .. }) { self.intervals.settle } else { Duration::ZERO };
            self.open.insert(key.clone(), Problem::new(id, event, now, now + hold));
        }
        let settle = self.intervals.settle;
        if let Some(problem) = self.open.get_mut(&key) {
            problem.report(event, now, settle);
        }
    }

    /// The next alert that is due.
    pub(super) fn take_due(&mut self, now: MonotonicTime, hold: Hold) -> Option<Alert> {
        self.forget(now);
        let is_quiet_since = |since: MonotonicTime| since + self.intervals.resolve <= now;
        let has_run = self.running_since.is_some_and(is_quiet_since);
        let (key, status) = self.open.iter().find_map(|(key, problem)| {
            let is_quiet = has_run && problem.can_resolve_by_itself(key) && is_quiet_since(problem.last_seen);
            let is_resolved = problem.is_over || is_quiet;
            if is_resolved && problem.alerted.is_some() {
                Some((key.clone(), Status::Resolved))
            } else if problem.is_due(now, hold) {
                Some((key.clone(), Status::Firing))
            } else {
                None
            }
        })?;
        let problem = self.open.get_mut(&key)?;
        let alert = problem.alert(key.clone(), status, now);
        match status {
            Status::Firing => problem.alerted(now, self.intervals.repeat),
            Status::Resolved => drop(self.open.remove(&key)),
        }
        Some(alert)
    }

    /// The earliest time at which an alert may be due without further events.
    pub(super) fn next_due(&self) -> Option<MonotonicTime> {
        let resolve = self.intervals.resolve;
        let resolved = |key: &ProblemKey, problem: &Problem| {
            let since = self.running_since.filter(|_| problem.can_resolve_by_itself(key))?;
            Some(since.max(problem.last_seen) + resolve)
        };
        let due = |(key, problem): (&ProblemKey, &Problem)| {
            let alert = problem.is_new.then_some(problem.due);
            alert.into_iter().chain(resolved(key, problem)).min()
        };
        self.open.iter().filter_map(due).min()
    }

    /// Undoes an alert that could not be queued: the problem has another alert when it is reported again.
    pub(super) fn undo(&mut self, alert: &Alert) {
        self.open.remove(&alert.key);
    }

    fn follow_state(&mut self, event: &Event, now: MonotonicTime) {
        if let EventKind::ApplicationState { to, .. } = event.kind {
            self.running_since = (to == State::Running).then_some(now);
        }
        let Some(outage) = self.open.get_mut(&ProblemKey::LogOutage) else { return };
        if let EventKind::LogAvailable { .. } = event.kind {
            outage.threads.remove(&event.thread);
            outage.is_over = outage.threads.is_empty();
        } else if let EventKind::ThreadState { to, .. } = event.kind
            && to.has_ended()
        {
            // A thread that has ended does not report that the log is available again.
            outage.threads.remove(&event.thread);
        }
    }

    /// Removes problems that ended before their alert, and those without a report for the repeat interval.
    fn forget(&mut self, now: MonotonicTime) {
        let repeat = self.intervals.repeat;
        self.open.retain(|key, problem| {
            let was_short = problem.is_over && problem.alerted.is_none();
            let is_old = !problem.is_new && now - problem.last_seen >= repeat;
            let stays = problem.can_resolve_by_itself(key) || matches!(key, ProblemKey::LogOutage);
            !was_short && (!is_old || stays)
        });
    }

    fn make_room(&mut self) {
        if self.open.len() >= PROBLEMS_MAX {
            let oldest = self.open.iter().min_by_key(|(_, problem)| problem.last_seen).map(|(key, _)| key.clone());
            oldest.and_then(|key| self.open.remove(&key));
        }
    }
}

impl Problem {
    fn new(id: String, event: &Event, now: MonotonicTime, due: MonotonicTime) -> Self {
        Self {
            id,
            began: now,
            last_seen: now,
            event: event.clone(),
            scope: Scope::of(event),
            reports: BTreeMap::new(),
            alerted: None,
            is_new: false,
            due,
            threads: BTreeSet::new(),
            is_over: false,
        }
    }

    fn report(&mut self, event: &Event, now: MonotonicTime, settle: Duration) {
        let scope = Scope::of(event);
        self.last_seen = now;
        self.is_new = true;
        self.is_over = false;
        *self.reports.entry(scope).or_default() += 1;
        self.threads.insert(event.thread.clone());
        if scope >= self.scope {
            self.event = event.clone();
            self.scope = scope;
        }
        if self.alerted.is_some_and(|(_, alerted)| scope > alerted) {
            self.due = self.due.min(now + settle);
        }
    }

    fn is_due(&self, now: MonotonicTime, hold: Hold) -> bool {
        let is_held = self.due > now;
        let is_more = self.alerted.is_none_or(|(_, scope)| self.scope > scope);
        self.is_new && (!is_held || (hold == Hold::No && is_more))
    }

    fn alerted(&mut self, now: MonotonicTime, repeat: Duration) {
        self.alerted = Some((now, self.scope));
        self.is_new = false;
        self.due = now + repeat;
    }

    fn alert(&self, key: ProblemKey, status: Status, now: MonotonicTime) -> Alert {
        Alert {
            status,
            event: self.event.clone(),
            problem_id: self.id.clone(),
            occurrences: self.reports.values().copied().max().unwrap_or(1),
            lasting: now - self.began,
            key,
        }
    }

    /// Whether it is resolved once the application has been running for a while without it.
    fn can_resolve_by_itself(&self, key: &ProblemKey) -> bool {
        match key {
            ProblemKey::Failure { .. } => self.scope < Scope::Application,
            ProblemKey::LogOutage => self.threads.is_empty(),
            ProblemKey::Other { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests;
