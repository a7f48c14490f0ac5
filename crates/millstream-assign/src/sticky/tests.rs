//! Tests of the steps: small groups, each with one thing that decides.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_types::TaskId;

use super::StickyTaskAssignor;
use super::balance::{Bins, Thing, balance};
use crate::{
    AssignError, Assignment, CopyState, Digest, FollowUp, GroupState, Member, MoveReason, MoveStage, Process,
    ProcessId, Promise, Settings, SubscriptionFormat, Subtopology, TASKS_MAX, TaskAssignor, Unassigned,
};

const DIGEST: Digest = Digest::new(7);

/// Processes 1, 2, … with one member each, `a`, `b`, …, and a stateful sub-topology.
fn group(processes: usize, partitions: u32) -> GroupState {
    let name = |at: usize| char::from(b'a' + at as u8).to_string();
    GroupState {
        subtopologies: vec![Subtopology::stateful(0, DIGEST, partitions)],
        processes: (1..=processes).map(|id| Process::new(ProcessId::new(id as u128))).collect(),
        members: (0..processes).map(|at| Member::new(name(at), ProcessId::new(at as u128 + 1), [DIGEST])).collect(),
        settings: Settings::default(),
    }
}

fn tasks(partitions: &[u32]) -> BTreeSet<TaskId> {
    partitions.iter().map(|partition| TaskId::new(0, *partition)).collect()
}

fn task(partition: u32) -> TaskId {
    TaskId::new(0, partition)
}

/// Says how far the state of a task is on a process.
fn on_disk(group: &mut GroupState, process: usize, partition: u32, records: u64) {
    group.processes[process].report.on_disk.insert(task(partition), CopyState::Behind { records });
}

fn assign(group: &GroupState) -> Assignment {
    StickyTaskAssignor.assign(group).unwrap()
}

/// `active/standby/warm-up` of each member.
fn shown(assignment: &Assignment) -> Vec<String> {
    let list =
        |tasks: &BTreeSet<TaskId>| tasks.iter().map(|task| task.partition.to_string()).collect::<Vec<_>>().join(",");
    let members = assignment.members.values();
    members.map(|one| format!("{}/{}/{}", list(&one.active), list(&one.standby), list(&one.warm_up))).collect()
}

#[test]
fn a_task_moves_after_its_warm_up_and_a_hand_over() {
    let mut group = group(2, 2);
    group.members[0].active = tasks(&[0, 1]);
    let probing = FollowUp::Probing { after: Duration::from_secs(600) };

    let first = assign(&group);
    assert_eq!(shown(&first), ["0,1//", "//1"]);
    assert_eq!(first.follow_up, probing);
    let promise = Promise { process: ProcessId::new(2), thread: None };
    assert_eq!(first.members[&"a".into()].promised, BTreeMap::from([(task(1), promise)]));
    assert_eq!((first.moves[0].reason, first.moves[0].stage), (MoveReason::Balance, MoveStage::WarmingUp));
    assert_eq!(first.planned[&task(1)], ProcessId::new(2));

    group.members[0].promised = first.members[&"a".into()].promised.clone();
    group.members[1].standby = tasks(&[1]);
    on_disk(&mut group, 1, 1, 10_001);
    assert_eq!(shown(&assign(&group)), ["0,1//", "//1"], "it is one record too far behind");
    on_disk(&mut group, 1, 1, 10_000);
    let caught_up = assign(&group);
    assert_eq!(shown(&caught_up), ["0//", "/1/"], "it is revoked, and its copy stays");
    assert_eq!(caught_up.follow_up, FollowUp::AtOnce);
    assert_eq!(caught_up.unassigned, BTreeMap::from([(task(1), Unassigned::BeingRevoked)]));

    group.members[0].active = tasks(&[0]);
    group.members[0].promised = caught_up.members[&"a".into()].promised.clone();
    let last = assign(&group);
    assert_eq!(shown(&last), ["0//", "1//"]);
    assert_eq!(last.follow_up, FollowUp::None);
}

/// A warm-up that another rebalance found begun counted as the standby that the task lacked, and only the leader knew that the task
/// was to move there. So the member did not say that it had caught up, and the task moved only after the probing interval.
#[test]
fn a_standby_that_is_to_become_active_is_a_warm_up() {
    let mut group = group(2, 2);
    group.settings.standby_replicas = 1;
    group.members[0].active = tasks(&[0, 1]);
    let first = assign(&group);
    assert_eq!(shown(&first), ["0,1//", "/0/1"]);
    group.members[0].promised = first.members[&"a".into()].promised.clone();
    group.members[1].standby = tasks(&[0, 1]);
    on_disk(&mut group, 1, 1, 10_001);
    group.settings.max_warmup_replicas = 1;
    let again = assign(&group);
    assert_eq!(shown(&again), ["0,1//", "/0/1"], "it still warms up");
    assert_eq!(again.moves[0].stage, MoveStage::WarmingUp);
}

#[test]
fn the_group_has_no_more_warm_ups_than_the_settings_allow() {
    for (warm_ups, expected) in [(1, ["0,1,2,3,4,5//", "//3"]), (2, ["0,1,2,3,4,5//", "//3,4"]), (0, ["0,1,2//", "//"])]
    {
        let mut group = group(2, 6);
        group.members[0].active = tasks(&[0, 1, 2, 3, 4, 5]);
        group.settings.max_warmup_replicas = warm_ups;
        assert_eq!(shown(&assign(&group)), expected, "{warm_ups} warm-ups");
    }
}

/// Where a single task goes, of which nobody is the owner, with what is on the disks of two processes.
#[test]
fn an_unowned_task_is_active_where_its_state_is() {
    let known = |records| Some(CopyState::Behind { records });
    let cases = [
        (None, None, ["0//", "//"]),
        (None, known(0), ["//", "0//"]),
        (known(20_000), known(30_000), ["0//", "//"]),
        (known(30_000), known(20_000), ["//", "0//"]),
        (known(10_000), known(0), ["0//", "//"]),
        (Some(CopyState::Unknown), known(500_000), ["//", "0//"]),
        (None, Some(CopyState::At { offset_sum: 900 }), ["//", "0//"]),
        (known(20_000), Some(CopyState::At { offset_sum: 1_001 }), ["0//", "//"]),
    ];
    for (first, second, expected) in cases {
        let mut group = group(2, 1);
        group.subtopologies[0].storage = crate::Storage::Stateful { end_offset_sums: vec![Some(1_000)] };
        for (process, state) in [first, second].into_iter().enumerate() {
            group.processes[process].report.on_disk.extend(state.map(|state| (task(0), state)));
        }
        assert_eq!(shown(&assign(&group)), expected, "{first:?} {second:?}");
    }
}

/// Whether a task that should move for balance stays until it has warmed up, with what is on the disks of its owner and of the other process.
#[test]
fn a_task_that_is_being_restored_stays_unless_the_other_copy_is_better() {
    let known = |records| Some(CopyState::Behind { records });
    let (stays, moves) = ("0,1//", "0//");
    for (owner, other, expected) in [
        (None, None, stays),
        (known(0), known(10_001), stays),
        (known(20_000), None, stays),
        (known(20_000), known(20_000), stays),
        (known(20_001), known(20_000), moves),
        (known(20_000), known(0), moves),
        (Some(CopyState::Unknown), None, moves),
    ] {
        let mut group = group(2, 2);
        group.members[0].active = tasks(&[0, 1]);
        on_disk(&mut group, 0, 0, 0);
        group.processes[0].report.on_disk.extend(owner.map(|state| (task(1), state)));
        group.processes[1].report.on_disk.extend(other.map(|state| (task(1), state)));
        assert_eq!(shown(&assign(&group))[0], expected, "{owner:?} {other:?}");
    }
}

/// Without the promise, it would go to the process with the better copy, and would have to be revoked there again.
#[test]
fn what_was_revoked_goes_where_it_was_promised() {
    let mut group = group(2, 1);
    group.members.push(Member::new("c", ProcessId::new(1), [DIGEST]));
    on_disk(&mut group, 0, 0, 700_000);
    on_disk(&mut group, 1, 0, 500_000);
    assert_eq!(shown(&assign(&group)), ["//", "0//", "//"]);
    let promise = Promise { process: ProcessId::new(1), thread: Some(1) };
    group.members[0].promised.insert(task(0), promise);
    assert_eq!(shown(&assign(&group)), ["//", "//", "0//"]);
    group.members[1].active = tasks(&[0]);
    assert_eq!(shown(&assign(&group)), ["//", "0//", "//"], "only the owner's promise counts");
}

#[test]
fn the_task_of_a_dead_member_goes_to_its_standby_and_a_new_standby_is_made() {
    let mut group = group(3, 3);
    group.settings.standby_replicas = 1;
    for (member, partition) in [(0, 0), (1, 1)] {
        group.members[member].active = tasks(&[partition]);
        on_disk(&mut group, member, partition, 0);
    }
    group.members[2].standby = tasks(&[2]);
    on_disk(&mut group, 2, 2, 50);
    let assignment = assign(&group);
    assert_eq!(assignment.members[&"c".into()].active, tasks(&[2]));
    assert_eq!(assignment.missing_standbys, BTreeMap::new());
    let standbys: Vec<usize> = assignment.members.values().map(|tasks| tasks.standby.len()).collect();
    assert_eq!(standbys, [1, 1, 1]);
}

#[test]
fn standbys_are_in_other_racks_and_zones() {
    let place = |group: &mut GroupState, process: usize, rack: Option<&str>, zone: &str| {
        group.processes[process].report.rack = rack.map(str::to_owned);
        group.processes[process].report.tags.insert("zone".into(), zone.into());
    };
    for (racks, tags, expected) in [
        ([Some("r"), Some("r"), Some("s")], &[][..], 2),
        ([None, None, None], &["zone"][..], 1),
        ([Some("r"), Some("r"), Some("s")], &["zone"][..], 1),
    ] {
        let mut group = group(3, 1);
        group.settings.standby_replicas = 1;
        group.settings.rack_aware_assignment_tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        for (process, (rack, zone)) in racks.into_iter().zip(["x", "y", "x"]).enumerate() {
            place(&mut group, process, rack, zone);
        }
        group.members[0].active = tasks(&[0]);
        let assignment = assign(&group);
        let at = assignment.members.values().position(|tasks| !tasks.standby.is_empty());
        assert_eq!(at, Some(expected), "{racks:?} {tags:?}");
    }
}

#[test]
fn nothing_moves_while_a_member_has_a_newer_subscription() {
    let mut group = group(3, 4);
    group.members[0].active = tasks(&[0, 1, 2]);
    group.members[1].standby = tasks(&[0]);
    group.members[2].format = SubscriptionFormat::Newer;
    group.members[2].process = ProcessId::new(0);
    let assignment = assign(&group);
    assert_eq!(shown(&assignment), ["0,1,2//", "/0/", "//"]);
    assert_eq!(assignment.unassigned, BTreeMap::from([(task(3), Unassigned::VersionProbing)]));
    assert_eq!(assignment.follow_up, FollowUp::AtOnce);
}

#[test]
fn a_task_that_two_members_claim_is_revoked_by_both() {
    let mut group = group(2, 1);
    group.members.iter_mut().for_each(|member| member.active = tasks(&[0]));
    let assignment = assign(&group);
    assert_eq!(shown(&assignment), ["//", "//"]);
    assert_eq!(assignment.moves[0].reason, MoveReason::ClaimedTwice);
    let text = assignment.to_string();
    let expected = "1 tasks on 2 members, 1 of them move: 0_0: from 00000000-0000-0000-0000-000000000001 to \
                    00000000-0000-0000-0000-000000000001, two members claimed it, being revoked";
    assert_eq!(text, expected);
}

#[test]
fn a_sub_topology_that_no_member_has_is_left_out() {
    let mut group = group(2, 2);
    group.subtopologies.push(Subtopology::stateless(1, Digest::new(8), 1));
    group.members[1].subtopologies.clear();
    let assignment = assign(&group);
    assert_eq!(shown(&assignment), ["0,1//", "//"]);
    assert_eq!(assignment.unassigned, BTreeMap::from([(TaskId::new(1, 0), Unassigned::NoMemberHasIt)]));
    assert_eq!(assignment.follow_up, FollowUp::None);
}

#[test]
fn a_group_that_contradicts_itself_is_an_error() {
    let check = |change: &dyn Fn(&mut GroupState), expected: AssignError| {
        let mut group = group(2, 2);
        change(&mut group);
        assert_eq!(StickyTaskAssignor.assign(&group), Err(expected));
    };
    check(&|group| group.members[1].id = "a".into(), AssignError::MemberTwice("a".into()));
    check(&|group| group.processes[0].id = ProcessId::new(2), AssignError::ProcessTwice(ProcessId::new(2)));
    let unknown = AssignError::UnknownProcess { member: "b".into(), process: ProcessId::new(9) };
    check(&|group| group.members[1].process = ProcessId::new(9), unknown);
    check(&|group| group.subtopologies.push(group.subtopologies[0].clone()), AssignError::SubtopologyTwice(0));
    check(&|group| group.subtopologies[0].partitions = u32::MAX, AssignError::TooManyTasks { tasks: u32::MAX.into() });
    assert!(u64::from(u32::MAX) > TASKS_MAX);
}

#[test]
fn strange_numbers_do_no_harm() {
    let mut group = group(3, 5);
    group.settings = Settings {
        standby_replicas: u32::MAX,
        max_warmup_replicas: u32::MAX,
        acceptable_recovery_lag: u64::MAX,
        probing_rebalance_interval: Duration::MAX,
        ..Settings::default()
    };
    on_disk(&mut group, 0, 3, u64::MAX);
    group.processes[1].report.on_disk.insert(TaskId::new(u32::MAX, u32::MAX), CopyState::Running);
    group.members[0].active = [TaskId::new(0, 5), TaskId::new(9, 0)].into();
    let promise = Promise { process: ProcessId::new(77), thread: Some(u32::MAX) };
    group.members[0].promised =
        [(task(1), promise), (task(9), Promise { process: ProcessId::new(2), ..promise })].into();
    let assignment = assign(&group);
    assert_eq!(assignment.missing_standbys[&task(0)], u32::MAX - 2);
    assert_eq!(assign(&GroupState::default()), Assignment::default());
    assert_eq!(assign(&GroupState { members: Vec::new(), processes: Vec::new(), ..group }).unassigned.len(), 5);
}

/// How many things of each group each bin gets; groups of the given sizes, all weights alike but for the factors of bins.
fn division(sizes: &[usize], factors: &[u32], start: impl Fn(usize) -> Option<usize>) -> (Vec<Vec<usize>>, usize) {
    let things: Vec<Thing> = sizes
        .iter()
        .enumerate()
        .flat_map(|(group, size)| (0..*size).map(move |_| group))
        .enumerate()
        .map(|(number, group)| Thing { group, start: start(number), likes: Vec::new() })
        .collect();
    let weights = factors.iter().flat_map(|factor| sizes.iter().map(|_| *factor)).collect();
    let bins = Bins { count: factors.len(), groups: sizes.len(), weights };
    let places = balance(&bins, &things);
    let mut counts = vec![vec![0; sizes.len()]; factors.len()];
    places.iter().zip(&things).for_each(|(place, thing)| counts[place.unwrap()][thing.group] += 1);
    let moved = places.iter().zip(&things).filter(|(place, thing)| **place != thing.start).count();
    (counts, moved)
}

#[test]
fn groups_and_sums_are_even() {
    let sums = |counts: &[Vec<usize>]| counts.iter().map(|counts| counts.iter().sum()).collect::<Vec<usize>>();
    let (counts, moved) = division(&[4, 4, 4], &[1, 1, 1], |_| Some(0));
    assert!(counts.iter().flatten().all(|count| (1..=2).contains(count)), "{counts:?}");
    assert_eq!((sums(&counts), moved), (vec![4, 4, 4], 8));
    // Twice as many threads have twice as much.
    let (counts, _) = division(&[6, 3, 9], &[1, 2], |_| None);
    assert_eq!(counts, [[2, 1, 3], [4, 2, 6]]);
    let (counts, _) = division(&[1; 9], &[1, 2], |_| None);
    assert_eq!(sums(&counts), [3, 6]);
    // What is even stays.
    let (_, moved) = division(&[3, 3], &[1, 1], |number| Some([0, 0, 1, 0, 1, 1][number]));
    assert_eq!(moved, 0);
    // One group is even, and the sum is not.
    let (counts, moved) = division(&[1, 1, 1, 1], &[1, 1], |number| Some([0, 0, 0, 1][number]));
    assert_eq!((sums(&counts), moved), (vec![2, 2], 1));
}

#[test]
fn what_moves_goes_to_where_it_likes_to_be() {
    let thing = |start, likes: &[usize]| Thing { group: 0, start: Some(start), likes: likes.to_vec() };
    let things = [thing(0, &[]), thing(0, &[1]), thing(0, &[]), thing(0, &[])];
    let places = balance(&Bins { count: 2, groups: 1, weights: vec![1, 1] }, &things);
    assert_eq!(places[1], Some(1));
    assert_eq!(places.iter().filter(|place| **place == Some(0)).count(), 2);
}
