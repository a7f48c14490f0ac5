//! Errors with which the broker refuses a member.

use super::*;
use crate::group::MemberSettings;
use crate::group::streams::tests::lab::settings;

#[test]
fn errors_that_end_a_member_say_what_to_do() {
    let cases = [
        (42, "INVALID_REQUEST", "the brokers keep the topology"),
        (130, "STREAMS_INVALID_TOPOLOGY", "`application_id`"),
        (131, "STREAMS_INVALID_TOPOLOGY_EPOCH", "`Classic`"),
        (132, "STREAMS_TOPOLOGY_FENCED", "the brokers keep the topology"),
        (81, "GROUP_MAX_SIZE_REACHED", "run fewer threads"),
        (23, "INCONSISTENT_GROUP_PROTOCOL", "another protocol"),
        (35, "streams.version", "`group_protocol`"),
        (30, "GROUP_AUTHORIZATION_FAILED", "group `g`"),
    ];
    for (error, name, remedy) in cases {
        let mut lab = Lab::new([]);
        lab.brokers.edit(|script| script.calls.fail(HEARTBEAT, error, usize::MAX));
        let text = lab.until_fatal();
        assert!(text.contains(name) && text.contains(remedy) && text.contains("the broker's words"), "{error}: {text}");
        let sent = lab.requests().len();
        let now = lab.now;
        lab.until("time passes", |lab| lab.now > now + Duration::from_secs(20));
        assert_eq!(lab.requests().len(), sent, "it goes on after {error}");
    }
}

#[test]
fn brokers_that_do_not_have_the_request_are_named_with_the_version_and_the_setting() {
    let mut lab = Lab::new([]);
    lab.brokers.edit(|script| script.calls.versions.insert(HEARTBEAT, None));
    let error = lab.until_fatal();
    assert!(error.contains("Kafka 4.2") && error.contains("`group_protocol`"), "{error}");
}

#[test]
fn errors_that_pass_are_waited_for() {
    for error in [14, 15, 16] {
        let mut lab = Lab::new([]);
        lab.brokers.edit(|script| script.calls.fail(HEARTBEAT, error, 3));
        lab.until_member();
        assert_eq!((lab.requests().len(), lab.fatal), (4, None), "{error}");
    }
}

#[test]
fn errors_that_pass_take_nothing_from_a_member() {
    for error in [14, 15, 16, 29] {
        let mut lab = Lab::new([with_tasks(1, [&["0_0"], &[], &[]])]);
        lab.until_requests(2);
        lab.brokers.edit(|script| script.calls.fail(HEARTBEAT, error, 2));
        let sent = lab.requests().len();
        lab.until_requests(sent + 4);
        assert_eq!(lab.owned, ["t-0".to_owned()].into(), "{error}: {:?}", lab.reports);
    }
}

#[test]
fn an_earlier_member_with_the_instance_id_is_waited_for_and_one_that_has_replaced_it_ends_it() {
    let static_member = || MemberSettings { instance_id: Some("i".to_owned()), ..settings() };
    let mut lab = Lab::with(static_member(), lab::group(), []);
    lab.brokers.edit(|script| script.calls.fail(HEARTBEAT, 111, 2));
    lab.until_report("unavailable: group `g`: an earlier member with the instance id `i` has not left");
    lab.until_member();
    let mut lab = Lab::with(static_member(), lab::group(), []);
    lab.brokers.edit(|script| script.calls.fail(HEARTBEAT, 82, 1));
    lab.until_fatal();
    assert_eq!(lab.fatal, Some(LogError::Fenced { identity: "i".to_owned() }));
}

#[test]
fn tasks_of_another_topology_end_it() {
    for (tasks, part) in [(&["7_0"][..], "7_0"), (&["x_0"][..], "`x_0` is no task")] {
        let mut lab = Lab::new([with_tasks(1, [tasks, &[], &[]])]);
        let error = lab.until_fatal();
        assert!(error.contains(part) && error.contains("cannot be read"), "{error}");
    }
}

#[test]
fn ids_of_tests_are_those_of_responses() {
    assert_eq!(ids(&["1_2"])[0].partitions, [2]);
}
