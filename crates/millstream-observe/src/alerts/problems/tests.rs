//! Which alerts follow from which events. The test sets the time.

use std::time::Duration;

use millstream_types::{MonotonicTime, Offset, TaskId, Timestamp, TopicPartition};

use super::*;
use crate::events::{Failure, FailureKind, Origin, ThreadAction};

const SECOND: Duration = Duration::from_secs(1);
const INTERVALS: Intervals =
    Intervals { settle: SECOND, repeat: Duration::from_secs(3_600), resolve: Duration::from_secs(60) };

struct Application {
    problems: Problems,
    now: MonotonicTime,
}

impl Application {
    fn new() -> Self {
        Self { problems: Problems::new(INTERVALS), now: MonotonicTime::START }
    }

    fn emit(&mut self, thread: Option<&str>, kind: EventKind) {
        let event = Event {
            time: Timestamp::from_millis(0),
            application: "app".into(),
            thread: thread.map(Arc::from),
            task: Some(TaskId::new(0, 0)),
            kind,
        };
        self.problems.observe(&event, self.now);
    }

    /// The alerts of the next `seconds`: time, status, event, and number of occurrences.
    fn run(&mut self, seconds: u32) -> Vec<(u64, Status, &'static str, u64)> {
        let mut alerts = Vec::new();
        for _ in 0..=seconds {
            while let Some(alert) = self.problems.take_due(self.now, Hold::UntilDue) {
                let second = (self.now - MonotonicTime::START).as_secs();
                alerts.push((second, alert.status, alert.event.kind.name(), alert.occurrences));
            }
            self.now += SECOND;
        }
        self.now = self.now - SECOND;
        alerts
    }

    fn is(&mut self, to: State) {
        self.emit(None, EventKind::ApplicationState { from: State::Created, to });
    }

    fn outage(&mut self, thread: &str, seconds: u64) {
        let lasting = Duration::from_secs(seconds);
        self.emit(Some(thread), EventKind::LogUnavailable { reason: "no broker".to_owned(), lasting });
    }

    fn log_is_back(&mut self, thread: &str) {
        self.emit(Some(thread), EventKind::LogAvailable { lasted: SECOND });
    }

    /// A record that fails its task, and with it the thread.
    fn poison(&mut self, thread: &str, offset: i64, action: ThreadAction) {
        let origin = Origin::new(&TopicPartition::new("lines", 0), Offset::new(offset));
        let failure = Failure::new(FailureKind::Deserialization, "not a number").in_node("source").at(origin);
        self.emit(Some(thread), EventKind::TaskFailed(failure.clone()));
        self.emit(Some(thread), EventKind::ThreadFailed { failure: failure.clone(), action });
        if action == ThreadAction::StopApplication {
            self.emit(None, EventKind::ApplicationFailed(failure));
        }
    }
}

use Status::{Firing, Resolved};

#[test]
fn one_poison_record_is_one_alert_about_its_largest_scope() {
    let mut application = Application::new();
    application.poison("a", 17, ThreadAction::StopApplication);
    assert_eq!(application.run(600), [(1, Firing, "application_failed", 1)]);
}

#[test]
fn an_outage_of_many_threads_is_one_alert_and_one_when_it_is_resolved() {
    let mut application = Application::new();
    application.is(State::Running);
    let mut alerts = Vec::new();
    for minute in 0..30 {
        for thread in ["a", "b", "c"] {
            application.outage(thread, minute * 60);
        }
        alerts.extend(application.run(60));
    }
    assert_eq!(alerts, [(60, Firing, "log_unavailable", 3)]);
    application.log_is_back("a");
    application.log_is_back("b");
    assert_eq!(application.run(5), [], "thread c does not reach the log yet");
    application.log_is_back("c");
    let alerts = application.run(600);
    assert_eq!(alerts.iter().map(|alert| (alert.1, alert.2)).collect::<Vec<_>>(), [(Resolved, "log_unavailable")]);
}

#[test]
fn an_outage_that_lasts_is_repeated_after_the_interval_with_its_count() {
    let mut application = Application::new();
    let mut alerts = Vec::new();
    for minute in 1..=130 {
        application.outage("a", minute * 60);
        alerts.extend(application.run(60));
    }
    let counts: Vec<_> = alerts.iter().map(|alert| alert.3).collect();
    assert_eq!(counts, [1, 60, 120], "{alerts:?}");
}

#[test]
fn a_short_outage_leads_to_no_alert() {
    let mut application = Application::new();
    application.outage("a", 0);
    application.log_is_back("a");
    assert_eq!(application.run(600), []);
}

#[test]
fn a_later_outage_is_another_problem() {
    let mut application = Application::new();
    let mut ids = Vec::new();
    for _ in 0..2 {
        application.outage("a", 60);
        ids.extend(application.problems.take_due(application.now, Hold::UntilDue).map(|alert| alert.problem_id));
        application.log_is_back("a");
        ids.extend(application.problems.take_due(application.now, Hold::UntilDue).map(|alert| alert.problem_id));
    }
    assert_eq!(ids, ["app-0-1", "app-0-1", "app-0-2", "app-0-2"]);
}

#[test]
fn a_replaced_thread_is_resolved_when_the_application_has_run_for_a_while() {
    let mut application = Application::new();
    application.is(State::Running);
    application.run(100);
    application.poison("a", 17, ThreadAction::Replace);
    application.is(State::Rebalancing);
    assert_eq!(application.run(10), [(101, Firing, "thread_failed", 1)]);
    application.is(State::Running);
    assert_eq!(application.run(300), [(170, Resolved, "thread_failed", 1)]);
}

#[test]
fn a_record_that_fails_each_new_thread_is_one_unresolved_problem() {
    let mut application = Application::new();
    let mut alerts = Vec::new();
    for _ in 0..20 {
        application.is(State::Running);
        alerts.extend(application.run(9));
        application.poison("a", 17, ThreadAction::Replace);
        application.is(State::Rebalancing);
        alerts.extend(application.run(1));
    }
    assert_eq!(alerts, [(10, Firing, "thread_failed", 1)]);
    application.is(State::Running);
    let resolved = application.run(100);
    assert_eq!(resolved.iter().map(|alert| (alert.1, alert.3)).collect::<Vec<_>>(), [(Resolved, 20)]);
}

#[test]
fn a_failure_that_later_stops_the_application_has_another_alert_at_once() {
    let mut application = Application::new();
    application.is(State::Running);
    application.poison("a", 17, ThreadAction::Replace);
    assert_eq!(application.run(30), [(1, Firing, "thread_failed", 1)]);
    application.poison("b", 17, ThreadAction::StopApplication);
    assert_eq!(application.run(600), [(31, Firing, "application_failed", 2)]);
}

#[test]
fn failures_of_other_subjects_or_kinds_are_other_problems() {
    let mut application = Application::new();
    application.poison("a", 17, ThreadAction::Replace);
    application.poison("b", 18, ThreadAction::Replace);
    application.emit(
        Some("c"),
        EventKind::ThreadFailed {
            failure: Failure::new(FailureKind::Panic, "index out of bounds"),
            action: ThreadAction::Replace,
        },
    );
    for directory in ["state/0_1", "state/0_2", "state/0_1"] {
        let reason = "a checksum does not fit".to_owned();
        application.emit(None, EventKind::StateDiscarded { directory: directory.to_owned(), reason });
    }
    let alerts = application.run(10);
    let names: Vec<_> = alerts.iter().map(|alert| alert.2).collect();
    assert_eq!(names, ["state_discarded", "state_discarded", "thread_failed", "thread_failed", "thread_failed"]);
}

#[test]
fn a_final_error_of_the_log_is_one_alert_for_all_threads() {
    let mut application = Application::new();
    for thread in ["a", "b", "c"] {
        application.emit(Some(thread), EventKind::LogFailed { reason: format!("{thread} is not authorised") });
        let failure = Failure::new(FailureKind::Log, format!("{thread} is not authorised"));
        application.emit(Some(thread), EventKind::ThreadFailed { failure, action: ThreadAction::StopThread });
    }
    application.emit(None, EventKind::ApplicationFailed(Failure::new(FailureKind::Log, "not authorised")));
    assert_eq!(application.run(60), [(1, Firing, "application_failed", 3)]);
}

#[test]
fn nothing_is_held_when_the_application_closes() {
    let mut application = Application::new();
    application.poison("a", 17, ThreadAction::StopApplication);
    assert!(application.problems.take_due(application.now, Hold::UntilDue).is_none());
    assert!(application.problems.take_due(application.now, Hold::No).is_some());
    assert!(application.problems.take_due(application.now, Hold::No).is_none());
}

#[test]
fn an_alert_is_due_at_next_due() {
    let mut application = Application::new();
    assert_eq!(application.problems.next_due(), None);
    application.is(State::Running);
    application.poison("a", 17, ThreadAction::Replace);
    assert_eq!(application.problems.next_due(), Some(MonotonicTime::START + SECOND));
    application.run(1);
    assert_eq!(application.problems.next_due(), Some(MonotonicTime::START + INTERVALS.resolve));
    application.run(120);
    assert_eq!(application.problems.next_due(), None);
}

#[test]
fn the_number_of_problems_is_bounded() {
    let mut application = Application::new();
    for number in 0..3_000 {
        application.poison("a", number, ThreadAction::Replace);
        application.now += Duration::from_millis(1);
    }
    assert_eq!(application.problems.open.len(), PROBLEMS_MAX);
}

#[test]
fn a_problem_that_is_not_reported_again_is_removed_after_the_interval() {
    let mut application = Application::new();
    let reason = "a checksum does not fit".to_owned();
    application.emit(None, EventKind::StateDiscarded { directory: "state/0_1".to_owned(), reason });
    assert_eq!(application.run(4_000).len(), 1);
    assert!(application.problems.open.is_empty());
}
