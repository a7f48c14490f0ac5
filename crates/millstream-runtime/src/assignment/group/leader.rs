//! Assigns the tasks of the group, where a thread leads it.

use std::collections::{BTreeMap, BTreeSet};

use millstream_assign::{
    Assignment, CopyState, DecodeError, Digest, FollowUp, GroupState, GroupSubscriptions, Member, MemberId, ProcessId,
    StickyTaskAssignor, Storage, SubscriptionFormat, TaskAssignor, Unassigned,
};
use millstream_log::{AssignorAssignment, AssignorMember};
use millstream_observe::events::{EventKind, EventSink, GroupAssigned};
use millstream_types::{TaskId, Topic, TopicPartition};

use super::claims::Claims;
use super::hold_back::hold_back;
use super::instance::Instance;

/// Assigns the tasks, and tells what moves in an event.
pub(super) fn assign(
    instance: &Instance,
    events: &EventSink,
    members: &[AssignorMember],
    partitions: &BTreeMap<Topic, u32>,
) -> Result<Vec<AssignorAssignment>, String> {
    let sent = members.iter().map(|member| (member.member_id.as_str().into(), member.user_data.as_slice()));
    let mut subscriptions = GroupSubscriptions::decode(sent);
    for (member, error) in subscriptions.unreadable() {
        events.emit(EventKind::SubscriptionUnreadable { member: member.to_string(), reason: error.to_string() });
    }
    let subtopologies = instance.subtopologies(|topic| partitions.get(topic).copied());
    let mut group = subscriptions.group_state(subtopologies, instance.settings.clone());
    let claims = Claims::of(members);
    set_members(&mut group, members, &claims, instance);
    set_ends(&mut group);
    let mut assignment = StickyTaskAssignor.assign(&group).map_err(|error| error.to_string())?;
    hold_back(&mut assignment, &group, &claims, instance);
    let partitions: Vec<Vec<TopicPartition>> =
        members.iter().map(|member| partitions_for(member, &subscriptions, &assignment, &claims, instance)).collect();
    for (member, partitions) in members.iter().zip(&partitions) {
        subscriptions.add_bytes(&member.member_id.as_str().into(), bytes_beside_user_data(member, partitions));
    }
    let mut encoded = subscriptions.encode(&group, &assignment).map_err(|error| error.to_string())?;
    let result = members.iter().zip(partitions).map(|(member, partitions)| AssignorAssignment {
        member_id: member.member_id.clone(),
        partitions,
        user_data: encoded.members.remove(&MemberId::from(member.member_id.as_str())).unwrap_or_default(),
    });
    let result = result.collect();
    events.emit(EventKind::GroupAssigned(summary(&group, &assignment, instance)));
    Ok(result)
}

/// Sets what the members do not say in their user data: the active tasks that each has, and which sub-topologies it reads by the same topic.
fn set_members(group: &mut GroupState, members: &[AssignorMember], claims: &Claims<'_>, instance: &Instance) {
    let mut active = claims.active_tasks(instance);
    let topics: BTreeMap<&str, &[Topic]> =
        members.iter().map(|member| (member.member_id.as_str(), member.topics.as_slice())).collect();
    for member in &mut group.members {
        member.active = active.remove(member.id.as_str()).unwrap_or_default();
        // One that started when another topic of the sub-topology had the most partitions cannot be given its tasks.
        let topics = topics.get(member.id.as_str()).copied().unwrap_or_default();
        instance.unsubscribed(topics).for_each(|digest| _ = member.subtopologies.remove(&digest));
    }
}

/// The partitions by which a member gets its active tasks. One of a newer version keeps what it has: nothing else is known of it.
fn partitions_for(
    member: &AssignorMember,
    subscriptions: &GroupSubscriptions,
    assignment: &Assignment,
    claims: &Claims<'_>,
    instance: &Instance,
) -> Vec<TopicPartition> {
    let id = MemberId::from(member.member_id.as_str());
    if matches!(subscriptions.unreadable().get(&id), Some(DecodeError::Newer { .. })) {
        return claims.owned_alone(member);
    }
    let active = assignment.members.get(&id).into_iter().flat_map(|tasks| &tasks.active);
    active.filter_map(|task| instance.partition_of(*task)).collect()
}

/// What the coordinator keeps of a member besides user data: its ids and client, its topics, and the partitions that it has had and gets.
fn bytes_beside_user_data(member: &AssignorMember, partitions: &[TopicPartition]) -> usize {
    /// Lengths, versions, time-outs, the generation, and the host.
    const FIXED: usize = 120;
    let of_topics = |partitions: &[TopicPartition]| -> usize {
        let topics: BTreeSet<&Topic> = partitions.iter().map(|partition| &partition.topic).collect();
        topics.iter().map(|topic| topic.as_str().len() + 6).sum::<usize>() + 4 * partitions.len()
    };
    let names = 2 * member.member_id.len()
        + member.instance_id.as_ref().map_or(0, String::len)
        + member.rack.as_ref().map_or(0, String::len)
        + member.topics.iter().map(|topic| topic.as_str().len() + 2).sum::<usize>();
    FIXED + names + of_topics(&member.owned) + of_topics(partitions)
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

fn summary(group: &GroupState, assignment: &Assignment, instance: &Instance) -> GroupAssigned {
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
        other_topologies: with_another_topology(group, instance).map(|process| name(&process)).collect(),
        probing: match assignment.follow_up {
            FollowUp::Probing { after } => Some(after),
            FollowUp::None | FollowUp::AtOnce => None,
        },
    }
}

/// The processes whose topology is not the leader's, in the order of their ids.
fn with_another_topology(group: &GroupState, instance: &Instance) -> impl Iterator<Item = ProcessId> {
    let own: BTreeSet<Digest> = instance.digests().into_iter().collect();
    let known = group.members.iter().filter(|member| member.format == SubscriptionFormat::Known);
    let others = known.filter(|member| member.subtopologies != own).map(|member| member.process);
    others.collect::<BTreeSet<_>>().into_iter()
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

#[cfg(test)]
mod tests;
