//! What holds of every assignment, and of a group that has come to rest.

use std::collections::{BTreeMap, BTreeSet};

use millstream_assign::*;
use millstream_types::TaskId;

use super::World;

/// What holds of every assignment.
pub(crate) fn check_always(state: &GroupState, assignment: &Assignment) {
    let members: BTreeMap<&MemberId, &Member> = state.members.iter().map(|member| (&member.id, member)).collect();
    let digest_of: BTreeMap<u32, Digest> = state.subtopologies.iter().map(|sub| (sub.number, sub.digest)).collect();
    let mut owners: BTreeMap<TaskId, BTreeSet<&MemberId>> = BTreeMap::new();
    for member in &state.members {
        member.active.iter().for_each(|task| _ = owners.entry(*task).or_default().insert(&member.id));
    }
    let own = |member: &Member| member.standby.iter().map(|task| (member.process, *task)).collect::<Vec<_>>();
    let copied: BTreeSet<(ProcessId, TaskId)> = state.members.iter().flat_map(own).collect();
    let mut active: BTreeMap<TaskId, &MemberId> = BTreeMap::new();
    let mut copies: BTreeSet<(ProcessId, TaskId)> = BTreeSet::new();
    let (mut warm_ups, mut standbys) = (0, BTreeMap::<TaskId, u32>::new());
    for (id, tasks) in &assignment.members {
        let member = members[id];
        for task in &tasks.active {
            assert!(active.insert(*task, id).is_none(), "{task} is active twice");
            let others = owners.get(task).map_or(0, |owners| owners.iter().filter(|owner| **owner != id).count());
            assert_eq!(others, 0, "{task} is given to {id} while another one owns it");
        }
        for task in tasks.active.iter().chain(&tasks.standby).chain(&tasks.warm_up) {
            assert!(copies.insert((member.process, *task)), "two copies of {task} in {}", member.process);
            assert!(member.subtopologies.contains(&digest_of[&task.subtopology]), "{id} does not have {task}");
        }
        for task in tasks.standby.iter().chain(&tasks.warm_up) {
            let is_owned = |owner: &&MemberId| members[*owner].process == member.process;
            assert!(!owners.get(task).into_iter().flatten().any(is_owned), "{task} is not closed yet");
        }
        // What was a standby before does not count to the limit: without it the task would have too few.
        warm_ups += tasks.warm_up.iter().filter(|task| !copied.contains(&(member.process, **task))).count();
        tasks.standby.iter().for_each(|task| *standbys.entry(*task).or_default() += 1);
    }
    assert!(warm_ups <= state.settings.max_warmup_replicas as usize, "{warm_ups} warm-ups");
    for (task, count) in standbys {
        let kept = u32::from(assignment.unassigned.contains_key(&task));
        assert!(count <= state.settings.standby_replicas + kept, "{task} has {count} standbys");
    }
    let all: u32 = state.subtopologies.iter().map(|sub| sub.partitions).sum();
    assert_eq!(active.len() + assignment.unassigned.len(), all as usize, "every task is somewhere");
    let waits = assignment.unassigned.values().any(|reason| *reason == Unassigned::BeingRevoked);
    assert_eq!(waits, assignment.follow_up == FollowUp::AtOnce);
}

/// Rebalances until nothing follows, and gives the number of rebalances. Between probing rebalances state is restored.
pub(crate) fn settle(world: &mut World) -> usize {
    let (mut rebalances, mut bound, mut before) = (0, None, FollowUp::None);
    loop {
        let (state, assignment) = world.rebalance();
        check_always(&state, &assignment);
        let both = (before, assignment.follow_up);
        assert_ne!(both, (FollowUp::AtOnce, FollowUp::AtOnce), "a hand-over takes two rebalances: {assignment}");
        before = assignment.follow_up;
        rebalances += 1;
        // A hand-over, and then for each batch of warm-ups one rebalance to begin it and two to hand it over.
        let batches = assignment.moves.len().div_ceil(world.settings.max_warmup_replicas.max(1) as usize);
        let bound = *bound.get_or_insert(2 + 3 * batches);
        assert!(rebalances <= bound, "{rebalances} rebalances, and not at rest: {assignment}");
        match assignment.follow_up {
            FollowUp::None => return rebalances,
            FollowUp::AtOnce => {}
            FollowUp::Probing { .. } => world.restore(),
        }
    }
}

/// What holds when the group has come to rest: nothing moves, no warm-ups, balance.
pub(crate) fn check_at_rest(world: &mut World) {
    let before: Vec<Member> = world.members.values().cloned().collect();
    let (state, assignment) = world.rebalance();
    check_always(&state, &assignment);
    assert_eq!(assignment.follow_up, FollowUp::None);
    assert_eq!(assignment.moves, [], "something moves though nothing has changed");
    let after: Vec<Member> = world.members.values().cloned().collect();
    assert_eq!(before, after, "copies move though nothing has changed");
    assert!(assignment.members.values().all(|tasks| tasks.warm_up.is_empty() && tasks.promised.is_empty()));
    check_balance(&state, &assignment);
    check_standbys(&state, &assignment);
}

/// By how much counts may differ from the shares: less than one, and one more where processes are not alike.
fn check_balance(state: &GroupState, assignment: &Assignment) {
    let mut threads: BTreeMap<ProcessId, Vec<&Member>> = BTreeMap::new();
    state.members.iter().for_each(|member| threads.entry(member.process).or_default().push(member));
    let alike = threads.values().map(|members| members.len()).collect::<BTreeSet<_>>().len() <= 1
        && state.members.iter().map(|member| &member.subtopologies).collect::<BTreeSet<_>>().len() <= 1;
    let slack = if alike { 1.0 } else { 2.0 };
    for (process, members) in &threads {
        let (mut total, mut share) = (0.0, 0.0);
        for sub in &state.subtopologies {
            let capable = |members: &mut dyn Iterator<Item = &&Member>| {
                members.filter(|member| member.subtopologies.contains(&sub.digest)).count() as f64
            };
            let all = capable(&mut state.members.iter().collect::<Vec<_>>().iter());
            if all == 0.0 {
                continue;
            }
            let expected = f64::from(sub.partitions) * capable(&mut members.iter()) / all;
            let has = |member: &&Member| {
                assignment.members[&member.id].active.iter().filter(|task| task.subtopology == sub.number).count()
            };
            let has = members.iter().map(has).sum::<usize>() as f64;
            assert!(
                (has - expected).abs() < slack + 1e-9,
                "{process} has {has} of {}, and should {expected}",
                sub.number
            );
            (total, share) = (total + has, share + expected);
        }
        assert!((total - share).abs() < slack + 1e-6, "{process} has {total}, and should {share}");
        if alike {
            let counts = members.iter().map(|member| assignment.members[&member.id].active.len());
            let (least, most) = (counts.clone().min().unwrap(), counts.max().unwrap());
            assert!(most - least <= 1, "threads of {process} have {least} to {most}");
        }
    }
}

/// All standbys there can be, and as many racks as there can be where nothing else counts.
fn check_standbys(state: &GroupState, assignment: &Assignment) {
    let process_of: BTreeMap<&MemberId, ProcessId> = state.members.iter().map(|one| (&one.id, one.process)).collect();
    let rack_of: BTreeMap<ProcessId, Option<&String>> =
        state.processes.iter().map(|process| (process.id, process.report.rack.as_ref())).collect();
    let mut places: BTreeMap<TaskId, BTreeSet<ProcessId>> = BTreeMap::new();
    for (id, tasks) in &assignment.members {
        for task in tasks.active.iter().chain(&tasks.standby) {
            places.entry(*task).or_default().insert(process_of[id]);
        }
    }
    for sub in &state.subtopologies {
        let capable: BTreeSet<ProcessId> =
            state.members.iter().filter(|one| one.subtopologies.contains(&sub.digest)).map(|one| one.process).collect();
        let racks: BTreeSet<&String> = capable.iter().filter_map(|process| rack_of[process]).collect();
        let all_have_racks = capable.iter().all(|process| rack_of[process].is_some());
        for partition in 0..sub.partitions {
            let task = TaskId::new(sub.number, partition);
            let Some(places) = places.get(&task) else { continue };
            let wanted = if sub.is_stateful() { state.settings.standby_replicas as usize + 1 } else { 1 };
            assert_eq!(places.len(), wanted.min(capable.len()), "copies of {task}");
            let missing = assignment.missing_standbys.get(&task).copied().unwrap_or(0);
            assert_eq!(missing as usize, wanted - places.len(), "{task}");
            if all_have_racks && state.settings.rack_aware_assignment_tags.is_empty() {
                let used: BTreeSet<_> = places.iter().filter_map(|process| rack_of[process]).collect();
                assert_eq!(used.len(), places.len().min(racks.len()), "racks of {task}");
            }
        }
    }
}
