//! Assigns the tasks of the group, where a thread leads it.

use std::collections::{BTreeMap, BTreeSet};

use millstream_assign::{
    Assignment, CopyState, FollowUp, GroupState, GroupSubscriptions, Member, MemberId, ProcessId, StickyTaskAssignor,
    Storage, TaskAssignor, Unassigned,
};
use millstream_log::{AssignorAssignment, AssignorMember};
use millstream_observe::events::{EventKind, EventSink, GroupAssigned};
use millstream_types::{TaskId, Topic, TopicPartition};

use super::instance::Instance;

/// Assigns the tasks, and tells what moves in an event.
pub(super) fn assign(
    instance: &Instance,
    events: &EventSink,
    members: &[AssignorMember],
    partitions: &BTreeMap<Topic, u32>,
) -> Result<Vec<AssignorAssignment>, String> {
    let sent = members.iter().map(|member| (member.member_id.as_str().into(), member.user_data.as_slice()));
    let subscriptions = GroupSubscriptions::decode(sent);
    for (member, error) in subscriptions.unreadable() {
        events.emit(EventKind::SubscriptionUnreadable { member: member.to_string(), reason: error.to_string() });
    }
    let subtopologies = instance.subtopologies(|topic| partitions.get(topic).copied());
    let mut group = subscriptions.group_state(subtopologies, instance.settings.clone());
    let owners = owners(members);
    set_owned(&mut group, &owners, instance);
    set_ends(&mut group);
    let assignment = StickyTaskAssignor.assign(&group).map_err(|error| error.to_string())?;
    let mut encoded = subscriptions.encode(&group, &assignment).map_err(|error| error.to_string())?;
    let told = |member: &AssignorMember| {
        let id = MemberId::from(member.member_id.as_str());
        let is_unreadable = subscriptions.unreadable().contains_key(&id);
        let is_owner =
            |partition: &TopicPartition| owners.get(partition).is_none_or(|owner| owner.member_id == member.member_id);
        // All that is known of a member that cannot be read is what it owns: it keeps that.
        let partitions = if is_unreadable {
            member.owned.iter().filter(|partition| is_owner(partition)).cloned().collect()
        } else {
            let tasks = assignment.members.get(&id).into_iter().flat_map(|tasks| &tasks.active);
            tasks.filter_map(|task| instance.partition_of(*task)).filter(is_owner).collect()
        };
        let user_data = encoded.members.remove(&id).unwrap_or_default();
        AssignorAssignment { member_id: member.member_id.clone(), partitions, user_data }
    };
    let told = members.iter().map(told).collect();
    events.emit(EventKind::GroupAssigned(summary(&group, &assignment)));
    Ok(told)
}

/// The members that own partitions. Of several that claim one, the one with the highest generation does.
fn owners(members: &[AssignorMember]) -> BTreeMap<&TopicPartition, &AssignorMember> {
    let mut owners: BTreeMap<&TopicPartition, &AssignorMember> = BTreeMap::new();
    for member in members {
        for partition in &member.owned {
            let owner = owners.entry(partition).or_insert(member);
            if owner.generation < member.generation {
                *owner = member;
            }
        }
    }
    owners
}

/// Sets the active tasks that each member has: those whose lead partition it owns.
fn set_owned(group: &mut GroupState, owners: &BTreeMap<&TopicPartition, &AssignorMember>, instance: &Instance) {
    let mut active: BTreeMap<&str, BTreeSet<TaskId>> = BTreeMap::new();
    for (partition, owner) in owners {
        if let Some(task) = instance.task_of(partition) {
            active.entry(&owner.member_id).or_default().insert(task);
        }
    }
    for member in &mut group.members {
        member.active = active.remove(member.id.as_str()).unwrap_or_default();
    }
}

/// Sets the ends of the changelogs of tasks that nobody runs or follows, of which there are copies on disks only: the copy that is
/// furthest counts as complete, since no better one is left.
fn set_ends(group: &mut GroupState) {
    let mut furthest: BTreeMap<TaskId, Option<u64>> = BTreeMap::new();
    for (task, copy) in group.processes.iter().flat_map(|process| &process.report.on_disk) {
        let offset_sum = match copy {
            CopyState::At { offset_sum } => Some(*offset_sum),
            _ => None,
        };
        let known = furthest.entry(*task).or_insert(offset_sum);
        *known = known.zip(offset_sum).map(|(known, sum)| known.max(sum));
    }
    for subtopology in &mut group.subtopologies {
        let number = subtopology.number;
        if let Storage::Stateful { end_offset_sums } = &mut subtopology.storage {
            let end = |partition| furthest.get(&TaskId::new(number, partition)).copied().flatten();
            *end_offset_sums = (0..subtopology.partitions).map(end).collect();
        }
    }
}

fn summary(group: &GroupState, assignment: &Assignment) -> GroupAssigned {
    let names = names(group);
    let name = |process: &ProcessId| names.get(process).cloned().unwrap_or_else(|| process.to_string());
    let count = |tasks: fn(&millstream_assign::MemberTasks) -> &BTreeSet<TaskId>| {
        assignment.members.values().map(|member| tasks(member).len()).sum()
    };
    GroupAssigned {
        members: group.members.len(),
        processes: group.processes.len(),
        active: count(|tasks| &tasks.active),
        standbys: count(|tasks| &tasks.standby),
        warm_ups: count(|tasks| &tasks.warm_up),
        moves: assignment
            .moves
            .iter()
            .map(|moved| {
                let from = moved.from.map(|from| format!("from {} ", name(&from))).unwrap_or_default();
                format!("{}: {from}to {}, {}, {}", moved.task, name(&moved.to), moved.reason, moved.stage)
            })
            .collect(),
        unassigned: assignment.unassigned.iter().map(|(task, why)| format!("{task}: {}", reason(*why))).collect(),
        missing_standbys: assignment.missing_standbys.values().sum(),
        probing: match assignment.follow_up {
            FollowUp::Probing { after } => Some(after),
            FollowUp::None | FollowUp::AtOnce => None,
        },
    }
}

fn reason(why: Unassigned) -> &'static str {
    match why {
        Unassigned::BeingRevoked => "its owner gives it away first",
        Unassigned::NoMemberHasIt => "no member has this sub-topology",
        Unassigned::VersionProbing => "a member is of a newer version",
        _ => "it waits",
    }
}

/// A name for each process that a reader of the event can find: its server, or else the client id of its threads.
fn names(group: &GroupState) -> BTreeMap<ProcessId, String> {
    let servers = group.processes.iter().map(|process| (process.id, process.report.application_server.as_ref()));
    let servers: BTreeMap<ProcessId, Option<&String>> = servers.collect();
    let name = |member: &Member| {
        let client_id = member.id.as_str().split("-StreamThread-").next().unwrap_or_default();
        let server = servers.get(&member.process).copied().flatten();
        (member.process, server.map_or_else(|| client_id.to_owned(), Clone::clone))
    };
    group.members.iter().map(name).collect()
}
