//! The versions that both sides support.

use super::*;

#[test]
fn the_newest_version_of_both_sides_is_used() {
    for (announced, expected) in [((0, 99), 5), ((5, 9), 5), ((0, 4), 4), ((4, 4), 4)] {
        let mut rig = Rig::new();
        rig.brokers.edit(|script| script.calls.versions.insert(LIST_GROUPS, Some(announced)));
        rig.list_groups(1).unwrap();
        let calls = rig.brokers.edit(|script| script.calls.calls_of(LIST_GROUPS));
        assert_eq!(calls[0].version, expected, "{announced:?}");
    }
}

#[test]
fn without_a_common_version_the_error_names_the_request_both_ranges_and_the_remedy() {
    let cases = [(None, "none"), (Some((0, 3)), "0 to 3"), (Some((6, 9)), "6 to 9"), (Some((0, -1)), "0 to -1")];
    for (announced, text) in cases {
        let mut rig = Rig::new();
        rig.brokers.edit(|script| script.calls.versions.insert(LIST_GROUPS, announced));
        let error = rig.list_groups(2).unwrap_err();
        let port = rig.brokers.edit(|script| script.ports[&2]);
        let expected = format!(
            "broker 2 at 127.0.0.1:{port} cannot be used: the broker does not support version 4 to 5 of ListGroups, but {text}; \
             use a broker of Kafka 2.8 or newer"
        );
        assert_eq!(error, CallError::Final(expected));
        assert!(rig.asked().is_empty(), "nothing is sent");
    }
}

/// Brokers of a cluster that is being upgraded support different versions.
#[test]
fn versions_are_those_of_the_broker_that_a_connection_leads_to() {
    let mut rig = Rig::new();
    rig.list_groups(1).unwrap();
    rig.brokers.edit(|script| script.calls.versions.insert(LIST_GROUPS, Some((4, 4))));
    rig.list_groups(2).unwrap();
    rig.list_groups(1).unwrap();
    rig.brokers.edit(|script| script.disconnect(1));
    rig.list_groups(1).unwrap();
    let calls = rig.brokers.edit(|script| script.calls.calls_of(LIST_GROUPS));
    assert_eq!(
        calls.iter().map(|call| (call.broker, call.version)).collect::<Vec<_>>(),
        [(1, 5), (2, 4), (1, 5), (1, 4)]
    );
}

#[test]
fn look_ups_of_old_and_new_versions_are_read() {
    for version in 9..=13 {
        let mut rig = Rig::new();
        rig.brokers.edit(|script| script.calls.versions.insert(of::MetadataRequest::API_KEY, Some((9, version))));
        let cluster = rig.cluster.clone();
        let response = rig.run(async move { cluster.metadata(None).await }).unwrap();
        assert_eq!(response.topics.len(), 1, "version {version}");
        assert_eq!(rig.cluster.brokers(), [1, 2, 3]);
    }
}
