//! Dynamic members that come and go.

use super::*;
use crate::group::Member as _;

#[test]
fn a_single_member_gets_an_id_and_all_partitions_and_sends_heartbeats() {
    let mut lab = Lab::new([3, 0]);
    let member = lab.add_joined();
    assert_eq!(lab.members[member].reports, ["assigned t-0 t-1 t-2"]);
    let joins = lab.brokers.edit(|script| script.calls.requests_of::<of::JoinGroupRequest>());
    assert_eq!(joins.iter().map(|join| join.member_id.as_str()).collect::<Vec<_>>(), ["", "dynamic-0001"]);
    assert_eq!((joins[0].session_timeout_ms, joins[0].rebalance_timeout_ms), (45_000, 300_000));
    lab.pass(Duration::from_secs(10));
    let heartbeats = lab.brokers.edit(|script| script.calls.requests_of::<of::HeartbeatRequest>());
    assert_eq!(heartbeats.len(), 3);
    assert!(heartbeats.iter().all(|it| it.member_id == "dynamic-0001" && it.generation_id == 1));
    assert_eq!(lab.members[member].reports.len(), 1, "{:?}", lab.members[member].reports);
}

#[test]
fn a_member_of_a_topic_that_does_not_exist_is_assigned_nothing_and_says_so() {
    let mut lab = Lab::new([0, 0]);
    let member = lab.add();
    lab.until("it has joined", |lab| !lab.members[member].reports.is_empty());
    assert_eq!(lab.members[member].reports, ["assigned "]);
}

/// The old owner gives partitions away before the new one gets them.
#[test]
fn members_share_the_partitions_and_take_over_those_of_one_that_leaves() {
    let mut lab = Lab::new([4, 0]);
    let (one, two) = (lab.add_joined(), lab.add_joined());
    assert_eq!((lab.owned(one).len(), lab.owned(two).len()), (2, 2));
    let three = lab.add_joined();
    assert_eq!(lab.members.iter().map(|member| member.owned.len()).max(), Some(2));
    assert!(lab.members.iter().all(|member| member.reported("lost") == 0));
    for leaving in [two, one] {
        lab.leave(leaving);
        lab.until_stable();
    }
    assert_eq!(lab.owned(three), [0, 1, 2, 3]);
    assert_eq!(lab.ids().len(), 1);
}

#[test]
fn what_a_member_has_not_given_away_is_not_assigned_to_others() {
    let mut lab = Lab::new([2, 0]);
    let one = lab.add_joined();
    lab.members[one].is_prompt = false;
    let two = lab.add();
    lab.until("it is told to give one away", |lab| lab.members[one].reported("revoked") == 1);
    lab.pass(Duration::from_secs(60));
    assert_eq!((lab.owned(one).len(), lab.owned(two).len()), (2, 0));
    // Its heartbeats go on meanwhile.
    assert_eq!(lab.members[one].reported("lost"), 0);
    let revoked = lab.members[one].reports.last().unwrap().trim_start_matches("revoked t-").parse::<u32>().unwrap();
    lab.members[one].is_prompt = true;
    lab.until_stable();
    assert_eq!(lab.owned(two), [revoked]);
}

#[test]
fn another_subscription_is_told_to_the_group() {
    let mut lab = Lab::new([2, 2]);
    let (one, two) = (lab.add_joined(), lab.add_joined());
    lab.members[two].member.subscribe(&[Topic::from("t"), Topic::from("u")]);
    lab.until_stable();
    let owned = names(&lab.members[two].owned.iter().cloned().collect::<Vec<_>>());
    assert!(owned.contains("u-0 u-1"), "{owned}");
    lab.members[two].member.subscribe(&[Topic::from("u")]);
    lab.until("it gives up the other topic", |lab| lab.owned(one).len() == 2);
    let owned = names(&lab.members[two].owned.iter().cloned().collect::<Vec<_>>());
    assert_eq!(owned, "u-0 u-1");
}

/// The first join still waits for a member that does not come.
#[test]
fn another_subscription_replaces_a_join_that_waits() {
    let mut lab = Lab::new([2, 2]);
    lab.add_joined();
    lab.brokers.edit(|script| script.calls.group(GROUP).pending.insert("a phantom".to_owned()));
    let two = lab.add();
    lab.until("both wait", |lab| {
        lab.brokers.edit(|script| script.calls.waiting_for(of::JoinGroupRequest::API_KEY) == 2)
    });
    let joins = lab.count(of::JoinGroupRequest::API_KEY);
    lab.members[two].member.subscribe(&[Topic::from("u")]);
    lab.until("it has joined again", |lab| lab.count(of::JoinGroupRequest::API_KEY) > joins);
    lab.brokers.edit(|script| script.calls.with_group(GROUP, |group, answers| group.expire("a phantom", answers)));
    lab.until_stable();
    assert_eq!(names(&lab.members[two].owned.iter().cloned().collect::<Vec<_>>()), "u-0 u-1");
}

#[test]
fn the_leader_sees_a_topic_grow_and_joins_again() {
    let mut lab = Lab::new([1, 0]);
    lab.settings.metadata_age_max = Some(Duration::from_secs(5));
    let (one, two) = (lab.add_joined(), lab.add());
    lab.until("it is a member", |lab| lab.members[two].reports == ["assigned "]);
    lab.brokers.edit(|script| {
        let partition = crate::testing::TestPartition::new(2);
        script.partitions.insert(("t".to_owned(), 1), partition);
    });
    lab.until_stable();
    assert_eq!((lab.owned(one), lab.owned(two)), (vec![0], vec![1]));
}

/// Its caller does not carry out the change, so it does not join again, and the group goes on without it.
#[test]
fn a_member_that_a_rebalance_does_not_wait_for_loses_all_that_it_had_once() {
    let mut lab = Lab::new([2, 0]);
    let one = lab.add_joined();
    lab.members[one].is_prompt = false;
    let two = lab.add();
    lab.until("it is told to give one away", |lab| lab.members[one].reported("revoked") == 1);
    let three = lab.add();
    lab.until_waiting(of::JoinGroupRequest::API_KEY);
    lab.pass(Duration::from_secs(10));
    lab.members[one].is_removed = true;
    lab.brokers.edit(|script| script.calls.with_group(GROUP, |group, answers| group.end_rebalance(answers)));
    lab.until("others have all of it", |lab| lab.owned(two).len() + lab.owned(three).len() == 2);
    assert_eq!(lab.members[one].reports, ["assigned t-0 t-1", "revoked t-1"]);
    lab.members[one].is_prompt = true;
    lab.until_stable();
    assert_eq!(lab.members[one].reports[2], "lost t-0");
    assert_eq!(lab.members[one].reported("lost"), 1);
}

/// What a member has sent to the others is of no use to the leader.
#[test]
fn a_subscription_that_cannot_be_read_is_fatal_and_names_the_member() {
    let mut lab = Lab::new([2, 0]);
    let member = lab.add_joined();
    let other = crate::testing::TestMember {
        protocols: vec![("cooperative-sticky".to_owned(), vec![0, 1, 0xff])],
        ..Default::default()
    };
    lab.brokers.edit(|script| script.calls.group(GROUP).members.insert("the other".to_owned(), other));
    lab.members[member].member.subscribe(&[Topic::from("t")]);
    lab.pass(Duration::from_secs(1));
    lab.brokers.edit(|script| script.calls.with_group(GROUP, |group, answers| group.complete(answers)));
    lab.until("it is told", |lab| lab.members[member].fatal.is_some());
    let text = lab.members[member].fatal.as_ref().unwrap().to_string();
    assert!(text.starts_with("group `g`: the subscription of the member `the other` cannot be read"), "{text}");
}
