//! Each error at each step.

use super::*;
use crate::group::Member as _;

/// What becomes of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It goes on, with what it has.
    Keeps,
    /// It loses what it has, and joins again with its id.
    LosesWithId,
    /// It loses what it has, and joins again as a new member.
    LosesAnew,
    Fatal,
}

use Outcome::{Fatal, Keeps, LosesAnew, LosesWithId};

const JOIN: i16 = of::JoinGroupRequest::API_KEY;
const SYNC: i16 = of::SyncGroupRequest::API_KEY;
const HEARTBEAT: i16 = of::HeartbeatRequest::API_KEY;

/// For each error, the outcome when it is the response to a join, a sync and a heartbeat.
const OUTCOMES: [(i16, [Outcome; 3]); 12] = [
    (14, [Keeps, Keeps, Keeps]),
    (15, [Keeps, Keeps, Keeps]),
    (16, [Keeps, Keeps, Keeps]),
    (22, [LosesWithId, LosesWithId, LosesWithId]),
    (25, [LosesAnew, LosesAnew, LosesAnew]),
    (27, [Keeps, Keeps, Keeps]),
    (79, [Keeps, Fatal, Fatal]),
    (82, [Fatal, Fatal, Fatal]),
    (24, [Fatal, Fatal, Fatal]),
    (26, [Fatal, Fatal, Fatal]),
    (30, [Fatal, Fatal, Fatal]),
    (113, [Fatal, Fatal, Fatal]),
];

#[test]
fn each_error_of_a_join_a_sync_and_a_heartbeat_has_its_outcome() {
    for (error, outcomes) in OUTCOMES {
        for (api, expected) in [JOIN, SYNC, HEARTBEAT].into_iter().zip(outcomes) {
            check(api, error, expected);
        }
    }
}

/// A member that owns partitions gets an error, once.
fn check(api: i16, error: i16, expected: Outcome) {
    let mut lab = Lab::new([2, 0]);
    let member = lab.add_joined();
    let (id, what) = (lab.ids(), format!("error {error} of API {api}"));
    lab.brokers.edit(|script| script.calls.fail(api, error, 1));
    let (requests, joins) = (lab.count(api), lab.count(JOIN));
    if api != HEARTBEAT {
        lab.members[member].member.subscribe(&[Topic::from("t")]);
    }
    lab.until(&what, |lab| lab.count(api) > requests);
    if error == 25 {
        // What a broker that says so does.
        lab.brokers.edit(|script| script.calls.with_group(GROUP, |group, answers| group.expire(&id[0], answers)));
    }
    lab.pass(Duration::from_secs(20));
    let reports = lab.members[member].reports.clone();
    if expected == Fatal {
        assert_eq!(reports.len(), 2, "{what}: {reports:?}");
        assert!(reports[1].starts_with("fatal: "), "{what}: {reports:?}");
        return;
    }
    lab.until_stable();
    let lost: &[&str] = if expected == Keeps { &[] } else { &["lost t-0 t-1", "assigned t-0 t-1"] };
    assert_eq!(reports[1..], *lost, "{what}");
    let joined = lab.brokers.edit(|script| script.calls.requests_of::<of::JoinGroupRequest>());
    let anew = joined[joins..].iter().filter(|join| join.member_id.is_empty()).count();
    assert_eq!(anew, usize::from(expected == LosesAnew), "{what}");
    assert_eq!(lab.ids() == id, expected != LosesAnew, "{what}");
}

#[test]
fn a_fatal_error_says_what_to_correct() {
    let cases = [
        (24, "group `g`: INVALID_GROUP_ID (24)"),
        (
            26,
            "group `g`: INVALID_SESSION_TIMEOUT (26): set a session time-out from the broker's `group.min.session.timeout.ms` (6 s) to its \
             `group.max.session.timeout.ms` (30 min), or change these",
        ),
        (30, "not authorised: group `g`: GROUP_AUTHORIZATION_FAILED (30)"),
    ];
    for (error, text) in cases {
        for api in [of::FindCoordinatorRequest::API_KEY, JOIN] {
            let mut lab = Lab::new([1, 0]);
            lab.brokers.edit(|script| script.calls.fail(api, error, usize::MAX));
            let member = lab.add();
            lab.until("it is told", |lab| lab.members[member].fatal.is_some());
            assert_eq!(lab.members[member].fatal.as_ref().unwrap().to_string(), text);
        }
    }
}

/// Commits of a member that has partitions. A `None` is an outcome of success, after repetitions.
#[test]
fn each_error_of_a_commit_has_its_outcome() {
    let invalid = |reason: &str| Some(LogError::Invalid { reason: format!("group `g`: {reason}") });
    let unauthorised = LogError::Unauthorised { reason: "group `g`: GROUP_AUTHORIZATION_FAILED (30)".to_owned() };
    let cases = [
        (14, None),
        (15, None),
        (16, None),
        (22, Some(LogError::RebalanceInProgress)),
        (25, Some(LogError::NotAMember)),
        (27, Some(LogError::RebalanceInProgress)),
        (82, Some(LogError::Fenced { identity: String::new() })),
        (24, invalid("INVALID_GROUP_ID (24)")),
        (26, invalid("INVALID_SESSION_TIMEOUT (26)")),
        (30, Some(unauthorised)),
        (113, Some(LogError::RebalanceInProgress)),
    ];
    for (error, expected) in cases {
        let mut lab = Lab::new([2, 0]);
        let member = lab.add_joined();
        lab.brokers.edit(|script| script.calls.fail(of::OffsetCommitRequest::API_KEY, error, 2));
        let result = lab.commit(member, 0, 5);
        assert_eq!(result.err(), expected, "error {error}");
        assert_eq!(lab.committed(0), expected.is_none().then_some(5), "error {error}");
        assert_eq!(lab.members[member].fatal, None, "error {error}");
    }
}

#[test]
fn a_retriable_error_of_a_commit_is_repeated_for_five_seconds() {
    let mut lab = Lab::new([2, 0]);
    let member = lab.add_joined();
    lab.brokers.edit(|script| script.calls.fail(of::OffsetCommitRequest::API_KEY, 14, usize::MAX));
    let begun = lab.now;
    let Err(LogError::Unavailable { reason }) = lab.commit(member, 0, 5) else { panic!("another outcome") };
    assert_eq!(reason, "group `g`: COORDINATOR_LOAD_IN_PROGRESS (14)");
    assert!((5..=6).contains(&(lab.now - begun).as_secs()), "after {:?}", lab.now - begun);
    lab.brokers.heal();
    assert_eq!(lab.commit(member, 0, 5), Ok(()));
}
