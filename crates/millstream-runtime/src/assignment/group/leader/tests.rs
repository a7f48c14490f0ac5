//! Tests of what the leader assigns, in groups of assignors without threads and without a log.

#![allow(clippy::unwrap_used)]

mod changed;
mod fixture;

use std::collections::BTreeSet;

use millstream_assign::{CopyState, SubscriptionData};
use millstream_types::TopicPartition;

use self::fixture::{Group, counting, named, tasks};
use super::*;
use crate::StreamsConfig;

#[test]
fn all_tasks_are_assigned_once_and_evenly() {
    let mut group = Group::of(&["words", "lines"], 6);
    for process in ["one", "two"] {
        group.add_process(&counting(&["words", "lines"]), named(process), 2);
    }
    group.settle();
    let active: Vec<usize> = group.members.iter().map(|member| member.active().len()).collect();
    assert_eq!(active, [3, 3, 3, 3]);
    let all: BTreeSet<TaskId> = group.members.iter().flat_map(fixture::Member::active).collect();
    assert_eq!(all, tasks(0, 0..6).union(&tasks(1, 0..6)).copied().collect());
}

#[test]
fn a_task_is_handed_over_in_two_steps() {
    let mut group = Group::of(&["words"], 4);
    group.settings(|config| config.max_warmup_replicas = 0);
    group.add_process(&counting(&["words"]), named("one"), 1);
    group.settle();
    group.add_process(&counting(&["words"]), named("two"), 1);
    assert!(group.rebalance(), "another one has to follow");
    assert_eq!((group.members[0].owned.len(), group.members[1].owned.len()), (2, 0));
    assert!(group.assigned().contains("from one to two, for balance, being revoked"), "{}", group.assigned());
    assert!(!group.rebalance());
    assert_eq!((group.members[0].owned.len(), group.members[1].owned.len()), (2, 2));
    assert!(group.assigned().contains("to two, no member had it, given"), "{}", group.assigned());
}

#[test]
fn of_two_claims_the_one_with_the_higher_generation_counts() {
    let mut group = Group::of(&["words"], 2);
    ["one", "two"].into_iter().for_each(|name| group.add_process(&counting(&["words"]), named(name), 1));
    group.settle();
    let all: Vec<TopicPartition> = (0..2).map(|number| TopicPartition::new("words", number)).collect();
    group.members[1].owned = all.clone();
    group.members[1].generation = Some(0);
    let owned = group.members[0].owned.clone();
    group.rebalance();
    assert_eq!(group.members[0].owned, owned, "the claim of a former generation is none");

    // With equal right neither may have it, until both have given it away.
    group.members.iter_mut().for_each(|member| member.owned = all.clone());
    assert!(group.rebalance());
    assert!(group.members.iter().all(|member| member.owned.is_empty()), "{}", group.assigned());
    assert!(group.assigned().contains("two members claimed it, being revoked"), "{}", group.assigned());
    assert!(!group.rebalance());
    assert_eq!((group.members[0].owned.len(), group.members[1].owned.len()), (1, 1));
}

/// The tasks of such a member were given to others while it owned them, so the result was refused, and nobody got anything for as long as it
/// was in the group.
#[test]
fn a_member_that_cannot_be_read_gives_away_what_it_has() {
    let mut group = Group::of(&["words"], 4);
    ["one", "two"].into_iter().for_each(|name| group.add_process(&counting(&["words"]), named(name), 1));
    group.settle();
    group.members[1].user_data = Some(b"\x01\x01\x07".to_vec());
    assert!(group.rebalance());
    assert_eq!((group.members[0].owned.len(), group.members[1].owned.len()), (2, 0));
    assert!(group.members[1].told.refused.as_ref().unwrap().contains("cannot read what this instance says"));
    let unreadable = group.messages("subscription_unreadable");
    assert!(unreadable[0].contains("cannot read what the member two-StreamThread-1-1 says"), "{unreadable:?}");
    group.settle();
    assert_eq!(group.members[0].owned.len(), 4);
}

#[test]
fn while_a_member_is_of_a_newer_version_all_keep_what_they_have() {
    let mut group = Group::of(&["words"], 4);
    ["one", "two"].into_iter().for_each(|name| group.add_process(&counting(&["words"]), named(name), 1));
    group.settle();
    group.members[1].user_data = Some(vec![9, 9, 1, 2, 3]);
    group.add_process(&counting(&["words"]), named("three"), 1);
    group.rebalance();
    let owned: Vec<usize> = group.members.iter().map(|member| member.owned.len()).collect();
    assert_eq!(owned, [2, 2, 0]);
    let told = &group.members[1].told;
    assert_eq!(told.rejoin, millstream_assign::Rejoin::AtOnce);
    assert!(told.refused.as_ref().unwrap().contains("of an earlier version of Millstream"), "{:?}", told.refused);
    assert_eq!(group.faults, [""; 0]);

    group.members[1].user_data = None;
    group.settle_with_probing();
    assert!(group.members.iter().all(|member| (1..=2).contains(&member.owned.len())));
}

#[test]
fn when_it_fails_all_keep_what_they_have() {
    let mut group = Group::of(&["words"], 4);
    ["one", "two"].into_iter().for_each(|name| group.add_process(&counting(&["words"]), named(name), 1));
    group.settle();
    let before: Vec<_> = group.members.iter().map(|member| member.owned.clone()).collect();
    group.partitions.insert("words".into(), 100_001);
    group.rebalance();
    assert!(
        group.faults[0].ends_with("the group has 100001 tasks, and at most 100000 can be assigned"),
        "{:?}",
        group.faults
    );
    assert_eq!(group.members.iter().map(|member| member.owned.clone()).collect::<Vec<_>>(), before);
}

#[test]
fn a_group_that_its_coordinator_could_not_keep_is_refused_with_the_remedy() {
    let mut group = Group::of(&["words"], 4);
    ["one", "two"].into_iter().for_each(|name| group.add_process(&counting(&["words"]), named(name), 1));
    group.members[1].user_data = Some(vec![0; 1_000_000]);
    group.rebalance();
    let fault = &group.faults[0];
    assert!(fault.contains("the group of 2 members") && fault.contains("use fewer threads"), "{fault}");
}

/// The leader failed when there was no room for the routing table, though the group does without it.
#[test]
fn a_large_group_goes_without_a_routing_table() {
    let mut group = Group::of(&["words"], 40);
    let long = |number: usize| format!("{number}-{}:80", "h".repeat(250));
    for number in 0..20 {
        let server = StreamsConfig { application_server: Some(long(number)), ..named(&format!("process{number}")) };
        group.add_process(&counting(&["words"]), server, 1);
    }
    group.settle();
    assert!(group.members.iter().all(|member| member.told.routing.as_ref().unwrap().iter_active().count() == 40));
    group.add_process(&counting(&["words"]), named("filler"), 1);
    group.members[20].user_data = Some(vec![0; 960_000]);
    group.settle();
    assert_eq!(group.faults, [""; 0]);
    for member in &group.members[..20] {
        assert_eq!(member.owned.len(), 2);
        assert_eq!(
            member.told.routing.as_deref(),
            Some(&millstream_assign::RoutingTable::default()),
            "what was told is void"
        );
    }
}

#[test]
fn the_event_names_processes_by_server_or_client_id() {
    let mut group = Group::of(&["words"], 4);
    group.settings(|config| config.max_warmup_replicas = 0);
    let server = StreamsConfig { application_server: Some("host:80".into()), ..named("one") };
    group.add_process(&counting(&["words"]), server, 1);
    group.settle();
    assert!(group.assigned().contains("0_0: to host:80, no member had it, given"), "{}", group.assigned());
    group.add_process(&counting(&["words"]), named("two"), 1);
    group.rebalance();
    assert!(group.assigned().contains("from host:80 to two, for balance"), "{}", group.assigned());
    assert!(group.assigned().contains("nobody has: 0_") && group.assigned().contains("its owner gives it away first"));
}

#[test]
fn standbys_are_in_other_racks_and_differ_in_tags() {
    let zone = |config: StreamsConfig, zone: &str| StreamsConfig {
        client_tags: [("zone".to_owned(), zone.to_owned())].into(),
        rack_aware_assignment_tags: vec!["zone".into()],
        ..config
    };
    let rack = |config: StreamsConfig, rack: &str| StreamsConfig { rack: Some(rack.to_owned()), ..config };
    for place in [&rack as &dyn Fn(StreamsConfig, &str) -> StreamsConfig, &zone] {
        let mut group = Group::of(&["words"], 6);
        group.settings(|config| config.standby_replicas = 1);
        for (name, here) in [("one", "a"), ("two", "a"), ("three", "b"), ("four", "b")] {
            group.add_process(&counting(&["words"]), place(named(name), here), 1);
        }
        group.settle_with_probing();
        for task in tasks(0, 0..6) {
            let half = |holds: &dyn Fn(&fixture::Member) -> bool| group.members.iter().position(holds).unwrap() / 2;
            let active = half(&|member| member.active().contains(&task));
            let standby = half(&|member| member.told.standby.contains(&task));
            assert_ne!(active, standby, "{task}");
        }
    }
}

/// One thread of each process is told, and all are told the same.
#[test]
fn the_routing_table_reaches_each_process() {
    let mut group = Group::of(&["words"], 4);
    group.settings(|config| config.standby_replicas = 1);
    for name in ["one", "two"] {
        let server = StreamsConfig { application_server: Some(format!("{name}:80")), ..named(name) };
        group.add_process(&counting(&["words"]), server, 2);
    }
    group.settle_with_probing();
    let tables: Vec<_> = group.members.iter().map(|member| member.told.routing.clone()).collect();
    assert!(tables[0].is_some() && tables[0] == tables[2] && tables[1].is_none() && tables[3].is_none(), "{tables:?}");
    let table = tables[0].as_ref().unwrap();
    for task in tasks(0, 0..4) {
        let owner = group.members.iter().position(|member| member.active().contains(&task)).unwrap() / 2;
        let (active, standby) = if owner == 0 { ("one:80", "two:80") } else { ("two:80", "one:80") };
        assert_eq!((table.active(task), table.standbys(task).collect::<Vec<_>>()), (Some(active), vec![standby]));
    }
}

/// A coordinator gives a static member that has restarted its last assignment again, without a rebalance.
#[test]
fn a_static_member_that_restarts_has_what_it_was_told_before() {
    let mut group = Group::of(&["words"], 4);
    group.settings(|config| config.standby_replicas = 1);
    ["one", "two"].into_iter().for_each(|name| group.add_process(&counting(&["words"]), named(name), 1));
    group.settle_with_probing();
    let (before, last) = (group.members[1].told.standby.clone(), group.members[1].last.clone());
    assert_eq!(before.len(), 2);
    group.restart(1);
    let restarted = &group.members[1];
    assert_eq!(restarted.assignor.read(&last).unwrap().unwrap().standby, before);
    let says = SubscriptionData::decode(&millstream_log::GroupAssignor::subscription(&restarted.assignor)).unwrap();
    assert_eq!(says.standby, before, "and says so at the next rebalance");
}

#[test]
fn one_thread_tells_of_the_disk_and_the_server_of_the_process() {
    let mut group = Group::of(&["words"], 4);
    let server = StreamsConfig { application_server: Some("one:80".into()), ..named("one") };
    group.add_process(&counting(&["words"]), server, 2);
    group.set_disk(0, &[(TaskId::new(0, 1), 70, &["words-counts"])]);
    let reports = [0, 1].map(|member| group.says(member).report.unwrap());
    assert_eq!(reports[0].on_disk, [(TaskId::new(0, 1), CopyState::At { offset_sum: 70 })].into());
    assert_eq!(reports[0].application_server.as_deref(), Some("one:80"));
    assert_eq!(reports[1], millstream_assign::ProcessReport::default());
}
