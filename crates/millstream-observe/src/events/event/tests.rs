//! Lines and messages of events, and that the documentation lists every event.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use millstream_types::{Offset, TopicPartition};
use serde_json::{Value, json};

use super::*;
use crate::events::{
    Failure, FailureKind, GroupAssigned, Origin, Progress, SkipReason, SkippedRecords, State, SuspendReason,
    ThreadAction,
};

fn event(kind: EventKind) -> Event {
    Event {
        time: Timestamp::from_millis(1_709_251_199_999),
        application: "word-count".into(),
        thread: Some("word-count-1".into()),
        task: Some(TaskId::new(0, 3)),
        kind,
    }
}

fn origin() -> Origin {
    Origin::new(&TopicPartition::new("lines", 3), Offset::new(17))
}

/// One event of each kind, in the order of the enum.
fn one_of_each() -> Vec<EventKind> {
    let (from, to) = (State::Rebalancing, State::Running);
    let failure = Failure::new(FailureKind::Processing, "no such customer: \"Mallory\"").in_node("lookup").at(origin());
    let partitions = vec![TopicPartition::new("lines", 0), TopicPartition::new("lines", 3)];
    let changelog = TopicPartition::new("counts-changelog", 3);
    let (from_offset, to_offset) = (Offset::new(5), Offset::new(90));
    let took = Duration::from_millis(1_250);
    let reason = "connection refused".to_owned();
    let receiver = "https://alerts.example.com".to_owned();
    let standby = standby_events(&changelog);
    let others = vec![
        EventKind::ApplicationState { from, to },
        EventKind::ApplicationFailed(failure.clone()),
        EventKind::ShutdownStarted { limit: Duration::from_secs(30) },
        EventKind::ShutdownEnded { clean: false, took },
        EventKind::ThreadState { from, to },
        EventKind::ThreadFailed { failure: failure.clone(), action: ThreadAction::StopThread },
        EventKind::ThreadReplaced { replacement: "word-count-2".into() },
        EventKind::Rebalanced { assigned: partitions.clone(), revoked: vec![], lost: vec![] },
        EventKind::TaskCreated { partitions },
        EventKind::TaskRestoring,
        EventKind::TaskRunning,
        EventKind::TaskClosed { clean: true },
        EventKind::TaskFailed(failure),
        EventKind::RestoreStarted { store: "counts".into(), changelog: changelog.clone(), from_offset, to_offset },
        EventKind::RestoreProgress {
            store: "counts".into(),
            changelog: changelog.clone(),
            records: 40,
            from_offset,
            to_offset,
        },
        EventKind::RestoreEnded { store: "counts".into(), changelog: changelog.clone(), records: 85, took },
        EventKind::RecordsSkipped(SkippedRecords {
            reason: SkipReason::Deserialization,
            node: "KSTREAM-SOURCE-0000000000".into(),
            count: 1,
            origin: Some(origin()),
            detail: Some("not a valid i64: \"Mallory\"".to_owned()),
            record_data: None,
        }),
        EventKind::CommitFailed { reason: reason.clone(), retried: true },
        EventKind::LogUnavailable { reason: reason.clone(), lasting: took },
        EventKind::LogAvailable { lasted: took },
        EventKind::LogFailed { reason: reason.clone() },
        EventKind::TopicCreated { topic: "word-count-counts-changelog".into(), partitions: 4 },
        EventKind::SettingDoubtful { setting: "commit_interval_ms".to_owned(), advice: "use 100".to_owned() },
        EventKind::AlertFailed {
            alert: "task_failed",
            receiver: receiver.clone(),
            attempts: 8,
            reason: reason.clone(),
        },
        EventKind::AlertsDropped { count: 3, receiver },
        EventKind::OutputFailed { reason },
        EventKind::ListenerFailed,
        EventKind::OffsetOutOfRange {
            partition: TopicPartition::new("lines", 0),
            from_offset,
            to_offset: Some(to_offset),
        },
        EventKind::Progress(Progress {
            records: 9,
            records_per_second: 4,
            lag: 7,
            stalled: 1,
            restore_remaining: 3,
            tasks: 2,
        }),
        EventKind::ApplicationPaused,
        EventKind::ApplicationResumed,
        EventKind::TaskWaiting { reason: "task 0_3 is still open elsewhere".to_owned() },
        EventKind::StoreOutsideChangelog {
            store: "counts".into(),
            changelog: TopicPartition::new("counts-changelog", 3),
            stood_at: Offset::new(4),
            from_offset,
            to_offset,
        },
        EventKind::StateDiscarded { directory: "state/0_3".to_owned(), reason: "a checksum does not fit".to_owned() },
        EventKind::StoresUnknown { directory: "state/0_3".to_owned(), stores: vec!["old-counts".to_owned()] },
        EventKind::StateCleanedUp { directory: "state".to_owned(), tasks: vec!["0_3".to_owned()] },
        EventKind::StateNotCleanedUp { reason: "could not read `state`".to_owned() },
        EventKind::StateModeTightened {
            directory: "state".to_owned(),
            from_mode: "0755".to_owned(),
            to_mode: "0700".to_owned(),
        },
    ];
    [others, topic_events(), group_events(), standby].concat()
}

fn topic_events() -> Vec<EventKind> {
    vec![
        EventKind::StoreBeginsEmpty { store: "counts".into(), changelog: "word-count-counts-changelog".into() },
        EventKind::SourceTopicsChanged {
            added: vec!["clicks-eu".into(), "clicks-us".into()],
            removed: vec!["clicks-at".into()],
            grown: Vec::new(),
        },
        EventKind::TopicsLeftOver { topics: vec!["word-count-old-changelog".into()] },
        EventKind::OffsetsLeftOver { topics: vec!["lines".into(), "words".into()] },
        EventKind::RecordsTooOld {
            topic: "counts".into(),
            kept_for: Duration::from_secs(7 * 86_400),
            age: Duration::from_secs(400 * 86_400),
        },
    ]
}

fn group_events() -> Vec<EventKind> {
    vec![
        group_assigned(),
        EventKind::SubscriptionUnreadable { member: "b".to_owned(), reason: "it ends within the tasks".to_owned() },
        EventKind::AssignmentRefused { reason: "the leader has another topology".to_owned() },
    ]
}

fn standby_events(changelog: &TopicPartition) -> Vec<EventKind> {
    let (from_offset, to_offset) = (Offset::new(5), Offset::new(90));
    vec![
        EventKind::StandbyStarted { store: "counts".into(), changelog: changelog.clone(), from_offset, to_offset },
        EventKind::StandbyProgress {
            store: "counts".into(),
            changelog: changelog.clone(),
            records: 40,
            from_offset,
            to_offset,
        },
        EventKind::StandbyCaughtUp { store: "counts".into(), changelog: changelog.clone(), records: 85 },
        EventKind::StandbySuspended {
            store: "counts".into(),
            changelog: changelog.clone(),
            records: 85,
            from_offset,
            to_offset,
            reason: SuspendReason::Promoted,
        },
    ]
}

fn group_assigned() -> EventKind {
    EventKind::GroupAssigned(GroupAssigned {
        members: 2,
        processes: 2,
        active: 4,
        standbys: 3,
        warm_ups: 1,
        moves: vec!["0_3: from a to b, for balance, warming up".to_owned()],
        unassigned: Vec::new(),
        missing_standbys: 1,
        other_topologies: vec!["b".to_owned()],
        probing: Some(Duration::from_secs(600)),
    })
}

/// The fields beside those that every event has.
fn fields(kind: EventKind) -> Value {
    let mut line: Value = serde_json::from_str(&event(kind).to_json()).unwrap();
    for common in ["time", "level", "event", "application", "thread", "task", "message"] {
        assert!(line.as_object_mut().unwrap().remove(common).is_some(), "{common}");
    }
    line
}

#[test]
fn a_line_begins_with_what_every_event_has() {
    let kind = EventKind::ThreadState { from: State::Rebalancing, to: State::Running };
    assert_eq!(
        event(kind).to_json(),
        r#"{"time":"2024-02-29T23:59:59.999Z","level":"info","event":"thread_state","application":"word-count","thread":"word-count-1","task":"0_3","message":"Thread word-count-1 went from rebalancing to running.","from":"rebalancing","to":"running"}"#
    );
    let outside_threads = Event { thread: None, task: None, ..event(EventKind::ListenerFailed) };
    let line: Value = serde_json::from_str(&outside_threads.to_json()).unwrap();
    assert_eq!(line.get("thread").or(line.get("task")), None);
}

#[test]
fn fields_by_kind() {
    let cases = [
        (
            12,
            json!({"cause": "processing", "node": "lookup", "topic": "lines", "partition": 3, "offset": 17, "detail": "no such customer: \"Mallory\""}),
        ),
        (
            5,
            json!({"cause": "processing", "node": "lookup", "topic": "lines", "partition": 3, "offset": 17, "detail": "no such customer: \"Mallory\"", "action": "stop_thread"}),
        ),
        (7, json!({"assigned": ["lines-0", "lines-3"], "revoked": [], "lost": []})),
        (8, json!({"partitions": ["lines-0", "lines-3"]})),
        (9, json!({})),
        (
            14,
            json!({"store": "counts", "changelog": "counts-changelog-3", "records": 40, "from_offset": 5, "to_offset": 90}),
        ),
        (15, json!({"store": "counts", "changelog": "counts-changelog-3", "records": 85, "took_ms": 1250})),
        (
            16,
            json!({"reason": "deserialization", "node": "KSTREAM-SOURCE-0000000000", "count": 1, "topic": "lines", "partition": 3, "offset": 17, "detail": "not a valid i64: \"Mallory\""}),
        ),
        (18, json!({"reason": "connection refused", "unavailable_ms": 1250})),
        (21, json!({"topic": "word-count-counts-changelog", "partitions": 4})),
        (
            28,
            json!({"records": 9, "records_per_second": 4, "lag": 7, "stalled": 1, "restore_remaining": 3, "tasks": 2}),
        ),
    ];
    for (index, expected) in cases {
        assert_eq!(fields(one_of_each().swap_remove(index)), expected);
    }
}

#[test]
fn fields_of_events_about_topics() {
    let left_over = EventKind::TopicsLeftOver { topics: vec!["word-count-old-changelog".into()] };
    assert_eq!(fields(left_over), json!({"topics": ["word-count-old-changelog"]}));
    let (kept_for, age) = (Duration::from_secs(7 * 86_400), Duration::from_secs(400 * 86_400));
    let too_old = EventKind::RecordsTooOld { topic: "counts".into(), kept_for, age };
    let expected = json!({"topic": "counts", "retention_ms": 604_800_000, "age_ms": 34_560_000_000_i64});
    assert_eq!(fields(too_old), expected);
}

#[test]
fn fields_of_what_the_leader_has_assigned() {
    let expected = json!({
        "members": 2, "processes": 2, "active": 4, "standbys": 3, "warm_ups": 1,
        "moves": ["0_3: from a to b, for balance, warming up"], "unassigned": [], "missing_standbys": 1, "other_topologies": ["b"],
        "probing_ms": 600_000,
    });
    assert_eq!(fields(group_assigned()), expected);
}

#[test]
fn every_message_is_a_sentence() {
    for kind in one_of_each() {
        let message = event(kind.clone()).message();
        assert!(message.starts_with(char::is_uppercase) && message.ends_with('.'), "{message}");
        assert!(!message.ends_with("..") && !message.contains('{') && !message.contains("Some("), "{message}");
    }
}

#[test]
fn messages_name_the_origin_and_the_cause() {
    let mut kinds = one_of_each();
    assert_eq!(
        event(kinds.remove(28)).message(),
        "Read 9 records so far, 4 a second; at least 7 still to be read by 2 tasks, since 1 partition cannot be fetched, after 3 to be restored."
    );
    assert_eq!(
        event(kinds.remove(16)).message(),
        "Skipped a record in node KSTREAM-SOURCE-0000000000, lines-3 at offset 17: it could not be read: not a valid i64: \"Mallory\"."
    );
    assert_eq!(
        event(kinds.remove(12)).message(),
        "Task 0_3 failed: a processor returned an error in node lookup, record lines-3 at offset 17: no such customer: \"Mallory\"."
    );
    assert_eq!(event(kinds.remove(7)).message(), "A rebalance assigned 2 partitions, revoked 0 and lost 0.");
}

#[test]
fn without_quotes_no_text_of_a_record_is_left() {
    for kind in one_of_each() {
        let clean = event(kind).without_quotes();
        assert!(!clean.to_json().contains("Mallory"), "{}", clean.to_json());
    }
    let refused = EventKind::TaskFailed(Failure::new(FailureKind::Log, "the group is rebalancing"));
    assert_eq!(event(refused.clone()).without_quotes(), event(refused), "texts of the library stay");
}

#[test]
fn an_outage_needs_a_person_once_it_lasts() {
    let outage = |seconds| EventKind::LogUnavailable { reason: String::new(), lasting: Duration::from_secs(seconds) };
    assert_eq!([0, 59, 60].map(|seconds| event(outage(seconds)).needs_person()), [false, false, true]);
}

#[test]
fn the_documentation_lists_every_event_with_its_level_and_fields() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats/events.md");
    let documentation = std::fs::read_to_string(path).unwrap();
    for kind in one_of_each() {
        let row_start = format!("| `{}` |", kind.name());
        let row = documentation.lines().find(|line| line.starts_with(&row_start)).expect(&row_start);
        let level = serde_json::to_value(kind.level()).unwrap();
        assert!(row.contains(level.as_str().unwrap()), "{row_start} {level}");
        for field in fields(kind).as_object().unwrap().keys() {
            assert!(row.contains(&format!("`{field}`")), "{row_start} {field}");
        }
    }
}
