//! Static members, which have instance ids.

use super::lab::with_instance;
use super::*;

#[test]
fn a_static_member_that_restarts_keeps_its_partitions_without_a_rebalance() {
    for newest in [9, 8] {
        let mut lab = Lab::new([4, 0]);
        lab.brokers.edit(|script| script.calls.versions.insert(of::JoinGroupRequest::API_KEY, Some((7, newest))));
        for instance in ["a", "b"] {
            lab.add_with(with_instance(&lab.settings, instance), &["t"]);
            lab.until_stable();
        }
        let generation = lab.brokers.edit(|script| script.calls.group(GROUP).generation);
        for instance in ["a", "b"] {
            let old = lab.members.remove(0);
            let again = lab.add_with(with_instance(&lab.settings, instance), &["t"]);
            lab.until_stable();
            assert_eq!(lab.members[again].owned, old.owned, "JoinGroup up to version {newest}");
        }
        lab.pass(Duration::from_secs(10));
        assert_eq!(lab.brokers.edit(|script| script.calls.group(GROUP).generation), generation);
        assert_eq!(lab.count(of::LeaveGroupRequest::API_KEY), 0);
    }
}

#[test]
fn a_leader_that_has_returned_leads_the_next_rebalance() {
    let mut lab = Lab::new([4, 0]);
    lab.add_with(with_instance(&lab.settings, "a"), &["t"]);
    lab.until_stable();
    drop(lab.members.remove(0));
    lab.add_with(with_instance(&lab.settings, "a"), &["t"]);
    lab.until_stable();
    lab.add_with(with_instance(&lab.settings, "b"), &["t"]);
    lab.until_stable();
    assert_eq!(lab.members.iter().map(|member| member.owned.len()).collect::<Vec<_>>(), [2, 2]);
}

/// The older of two processes with one instance id finds out by its next heartbeat or commit.
#[test]
fn an_instance_id_that_another_client_has_is_fatal() {
    let mut lab = Lab::new([2, 0]);
    let old = lab.add_with(with_instance(&lab.settings, "a"), &["t"]);
    lab.until_stable();
    lab.members[old].is_removed = true;
    let new = lab.add_with(with_instance(&lab.settings, "a"), &["t"]);
    let fenced = LogError::Fenced { identity: "a".to_owned() };
    assert_eq!(lab.commit(old, 0, 5), Ok(()), "the new one has not joined yet");
    lab.until("the new one has joined", |lab| lab.owned(new).len() == 2);
    assert_eq!(lab.commit(old, 0, 7), Err(fenced.clone()));
    lab.until("the old one is told", |lab| lab.members[old].fatal.is_some());
    assert_eq!(lab.members[old].fatal, Some(fenced));
    assert_eq!(lab.committed(0), Some(5));
    let joins = lab.count(of::JoinGroupRequest::API_KEY);
    lab.pass(Duration::from_secs(20));
    assert_eq!(lab.count(of::JoinGroupRequest::API_KEY), joins, "it must not take the identity back");
    assert_eq!(lab.members[new].fatal, None);
}
