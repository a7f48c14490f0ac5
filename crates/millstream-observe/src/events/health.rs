//! The present state of an application, derived from its events.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use millstream_types::{Failure, MonotonicTime};
use serde::Serialize;

use super::event::Event;
use super::fields::millis;
use super::kind::EventKind;
use super::record_data::Audience;
use super::state::State;

/// The present state of an application and its threads, and whether it reaches the log.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use millstream_observe::SystemClock;
/// use millstream_observe::events::{EventKind, EventSettings, EventSink, State};
///
/// let settings = EventSettings { lines: false, ..EventSettings::default() };
/// let events = EventSink::to_stdout("word-count", &settings, Arc::new(SystemClock::new()));
/// events.emit(EventKind::ApplicationState { from: State::Created, to: State::Rebalancing });
/// let health = events.health();
/// assert!(health.is_live());
/// let reason = health.readiness(Duration::from_secs(60)).unwrap_err();
/// assert_eq!(reason.to_string(), "the application is not running; its state is rebalancing");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The application's id.
    pub application: Arc<str>,
    /// Its state.
    pub state: State,
    /// Whether it is paused: its tasks process nothing, whatever its state is.
    pub paused: bool,
    /// The states of its stream threads, by name. Threads that have ended are left out.
    pub threads: BTreeMap<Arc<str>, State>,
    /// The outage of the log, while at least one thread cannot reach it.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub log_outage: Option<LogOutage>,
    /// The failure of the application, without data of records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// An outage of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LogOutage {
    /// The duration so far.
    #[serde(rename = "log_unavailable_ms", serialize_with = "millis")]
    pub lasting: Duration,
    /// The reason.
    #[serde(rename = "log_unavailable_reason")]
    pub reason: String,
}

/// Why an application is not ready to work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotReady {
    /// The application does not have all its partitions and their state, or is closing.
    #[error("the application is not running; its state is {0}")]
    State(State),
    /// The application failed.
    #[error("the application failed: {0}")]
    Failed(Failure),
    /// The log has been unreachable for longer than the limit.
    #[error("the log has not been reachable for {} s: {reason}", lasting.as_secs())]
    LogUnavailable {
        /// The duration so far.
        lasting: Duration,
        /// The reason.
        reason: String,
    },
}

impl Health {
    /// Whether the application has not ended.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !self.state.has_ended()
    }

    /// Whether the application is running, and the log has not been unreachable for longer than `log_outage_max`.
    ///
    /// # Errors
    /// With the reason, if it is not ready.
    pub fn readiness(&self, log_outage_max: Duration) -> Result<(), NotReady> {
        if let Some(failure) = &self.failure {
            return Err(NotReady::Failed(failure.clone()));
        }
        if let Some(LogOutage { lasting, reason }) = &self.log_outage
            && *lasting > log_outage_max
        {
            return Err(NotReady::LogUnavailable { lasting: *lasting, reason: reason.clone() });
        }
        if self.state == State::Running { Ok(()) } else { Err(NotReady::State(self.state)) }
    }
}

impl EventKind {
    /// Whether this event changes the [`Health`] of the application.
    pub(crate) fn changes_health(&self) -> bool {
        matches!(
            self,
            Self::ApplicationState { .. }
                | Self::ApplicationPaused
                | Self::ApplicationResumed
                | Self::ApplicationFailed(_)
                | Self::ThreadState { .. }
                | Self::ThreadFailed { .. }
                | Self::LogUnavailable { .. }
                | Self::LogAvailable { .. }
        )
    }
}

/// How long after the last event about an outage another is emitted, if the thread emits none: a log may report only that
/// it became unavailable. A little more than the minute after which the thread would report it.
const OUTAGE_INTERVAL: Duration = Duration::from_secs(65);

/// Follows the events of an application.
#[derive(Debug)]
pub(crate) struct HealthTracker {
    application: Arc<str>,
    condition: Mutex<Condition>,
}

#[derive(Debug)]
struct Condition {
    state: State,
    is_paused: bool,
    threads: BTreeMap<Arc<str>, State>,
    /// The outages of the threads; with the key `None` that of start-up.
    outages: BTreeMap<Option<Arc<str>>, Outage>,
    failure: Option<Failure>,
}

#[derive(Debug)]
struct Outage {
    since: MonotonicTime,
    emitted_at: MonotonicTime,
    reason: String,
}

impl HealthTracker {
    pub(crate) fn new(application: Arc<str>) -> Self {
        let condition = Condition {
            state: State::Created,
            is_paused: false,
            threads: BTreeMap::new(),
            outages: BTreeMap::new(),
            failure: None,
        };
        Self { application, condition: Mutex::new(condition) }
    }

    /// Records an event that was emitted at `now`.
    pub(crate) fn observe(&self, event: &Event, now: MonotonicTime) {
        if !event.kind.changes_health() {
            return;
        }
        let mut condition = self.lock();
        let thread = || event.thread.clone();
        if let EventKind::ApplicationState { to, .. } = event.kind {
            condition.application_is(to);
        } else if matches!(event.kind, EventKind::ApplicationPaused | EventKind::ApplicationResumed) {
            condition.is_paused = event.kind == EventKind::ApplicationPaused;
        } else if let EventKind::ApplicationFailed(_) = event.kind {
            condition.failure = failure_without_record_data(event);
        } else if let (EventKind::ThreadState { to, .. }, Some(thread)) = (&event.kind, thread()) {
            condition.thread_is(thread, *to);
        } else if let (EventKind::ThreadFailed { .. }, Some(thread)) = (&event.kind, thread()) {
            condition.thread_is(thread, State::Error);
        } else if let EventKind::LogUnavailable { reason, lasting } = &event.kind {
            let outage = Outage { since: now - *lasting, emitted_at: now, reason: reason.clone() };
            condition.outages.insert(thread(), outage);
        } else if let EventKind::LogAvailable { .. } = event.kind {
            condition.outages.remove(&thread());
        }
    }

    /// The health at `now`.
    pub(crate) fn health(&self, now: MonotonicTime) -> Health {
        let condition = self.lock();
        let longest = condition.outages.values().min_by_key(|outage| outage.since);
        Health {
            application: Arc::clone(&self.application),
            state: condition.state,
            paused: condition.is_paused,
            threads: condition.threads.clone(),
            log_outage: longest.map(|outage| LogOutage { lasting: now - outage.since, reason: outage.reason.clone() }),
            failure: condition.failure.clone(),
        }
    }

    /// The threads and events of outages without an event for [`OUTAGE_INTERVAL`].
    pub(crate) fn overdue_outages(&self, now: MonotonicTime) -> Vec<(Option<Arc<str>>, EventKind)> {
        let condition = self.lock();
        let overdue = condition.outages.iter().filter(|(_, outage)| now - outage.emitted_at >= OUTAGE_INTERVAL);
        let event =
            |outage: &Outage| EventKind::LogUnavailable { reason: outage.reason.clone(), lasting: now - outage.since };
        overdue.map(|(thread, outage)| (thread.clone(), event(outage))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Condition> {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Condition {
    fn application_is(&mut self, state: State) {
        self.state = state;
        if state.has_ended() {
            self.threads.clear();
            self.outages.clear();
        }
    }

    fn thread_is(&mut self, thread: Arc<str>, state: State) {
        if state.has_ended() {
            self.threads.remove(&thread);
            self.outages.remove(&Some(thread));
        } else {
            self.threads.insert(thread, state);
        }
    }
}

fn failure_without_record_data(event: &Event) -> Option<Failure> {
    let EventKind::ApplicationFailed(failure) = event.for_audience(Audience::Outside).kind else { return None };
    Some(failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{FailureKind, ThreadAction};
    use millstream_types::Timestamp;

    const MINUTE: Duration = Duration::from_secs(60);

    struct Application {
        tracker: HealthTracker,
        now: MonotonicTime,
    }

    impl Application {
        fn new() -> Self {
            Self { tracker: HealthTracker::new("app".into()), now: MonotonicTime::START + MINUTE }
        }

        fn event(&self, thread: Option<&str>, kind: EventKind) {
            let thread = thread.map(Arc::from);
            let event = Event { time: Timestamp::from_millis(0), application: "app".into(), thread, task: None, kind };
            self.tracker.observe(&event, self.now);
        }

        fn application(&self, from: State, to: State) {
            self.event(None, EventKind::ApplicationState { from, to });
        }

        fn thread(&self, name: &str, to: State) {
            self.event(Some(name), EventKind::ThreadState { from: State::Created, to });
        }

        fn outage(&self, name: &str, seconds: u64) {
            let lasting = Duration::from_secs(seconds);
            self.event(Some(name), EventKind::LogUnavailable { reason: "no broker".to_owned(), lasting });
        }

        fn health(&self) -> Health {
            self.tracker.health(self.now)
        }
    }

    #[test]
    fn it_is_ready_while_it_runs() {
        let application = Application::new();
        assert_eq!(application.health().readiness(MINUTE), Err(NotReady::State(State::Created)));
        application.application(State::Created, State::Rebalancing);
        assert_eq!(application.health().readiness(MINUTE), Err(NotReady::State(State::Rebalancing)));
        application.application(State::Rebalancing, State::Running);
        assert_eq!(application.health().readiness(MINUTE), Ok(()));
        assert!(application.health().is_live());
        application.application(State::Draining, State::Closed);
        assert!(!application.health().is_live());
    }

    #[test]
    fn it_is_not_ready_while_the_log_is_unreachable_for_longer_than_the_limit() {
        let mut application = Application::new();
        application.application(State::Rebalancing, State::Running);
        application.outage("a", 0);
        application.outage("b", 20);
        assert_eq!(application.health().readiness(MINUTE), Ok(()), "it has just begun");
        application.now += Duration::from_secs(41);
        let reason = application.health().readiness(MINUTE).map_err(|reason| reason.to_string());
        assert_eq!(
            reason,
            Err("the log has not been reachable for 61 s: no broker".to_owned()),
            "without another event"
        );
        application.event(Some("b"), EventKind::LogAvailable { lasted: MINUTE });
        assert_eq!(
            application.health().log_outage.map(|outage| outage.lasting.as_secs()),
            Some(41),
            "thread a has no log"
        );
        application.event(Some("a"), EventKind::LogAvailable { lasted: MINUTE });
        assert_eq!(application.health().log_outage, None);
    }

    #[test]
    fn it_is_ready_while_it_is_paused() {
        let application = Application::new();
        application.application(State::Created, State::Rebalancing);
        application.application(State::Rebalancing, State::Running);
        application.event(None, EventKind::ApplicationPaused);
        assert!(application.health().paused);
        assert_eq!(application.health().readiness(MINUTE), Ok(()), "its stores respond to queries");
        application.event(None, EventKind::ApplicationResumed);
        assert!(!application.health().paused);
    }

    #[test]
    fn threads_that_have_ended_are_removed_with_their_outages() {
        let application = Application::new();
        for name in ["a", "b", "c"] {
            application.thread(name, State::Running);
            application.outage(name, 5);
        }
        application.thread("a", State::Closed);
        application.thread("b", State::Rebalancing);
        let failure = Failure::new(FailureKind::Log, "refused");
        application.event(Some("c"), EventKind::ThreadFailed { failure, action: ThreadAction::Replace });
        let health = application.health();
        assert_eq!(health.threads, BTreeMap::from([("b".into(), State::Rebalancing)]));
        application.event(Some("b"), EventKind::LogAvailable { lasted: MINUTE });
        assert_eq!(application.health().log_outage, None);
    }

    #[test]
    fn a_failure_is_shown_without_data_of_records() {
        let application = Application::new();
        application
            .event(None, EventKind::ApplicationFailed(Failure::new(FailureKind::Deserialization, "\"Mallory\"")));
        let reason = application.health().readiness(MINUTE).map_err(|reason| reason.to_string());
        assert_eq!(reason, Err("the application failed: a record could not be read".to_owned()));
    }

    #[test]
    fn its_fields_are_those_that_are_documented() {
        let application = Application::new();
        application.thread("a", State::Running);
        application.outage("a", 7);
        let expected = serde_json::json!({
            "application": "app",
            "state": "created",
            "paused": false,
            "threads": {"a": "running"},
            "log_unavailable_ms": 7000,
            "log_unavailable_reason": "no broker",
        });
        assert_eq!(serde_json::to_value(application.health()).ok(), Some(expected));
    }
}
