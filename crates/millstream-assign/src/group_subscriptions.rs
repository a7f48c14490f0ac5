//! From what the members send to what the leader knows, and back: the numbers of sub-topologies are each one's own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use millstream_types::TaskId;

use crate::assignment::{Assignment, FollowUp, MemberTasks, Unassigned};
use crate::assignment_data::{AssignmentData, Numbering, Outcome, Rejoin};
use crate::group_bytes::{GroupBytes, GroupTooLarge};
use crate::group_state::{GroupState, Member, Process, SubscriptionFormat, Subtopology};
use crate::identity::{Digest, MemberId, ProcessId};
use crate::routing_table::{RoutingDetail, RoutingTable};
use crate::settings::Settings;
use crate::subscription_data::SubscriptionData;
use crate::wire::{DecodeError, LATEST_VERSION, encode_routing};

/// The subscriptions of a group, as its leader has got them.
///
/// # Examples
/// ```
/// use millstream_assign::*;
///
/// let digest = Digest::new(7);
/// let sent = SubscriptionData::new(ProcessId::new(1), vec![digest]).encode();
/// let subscriptions = GroupSubscriptions::decode([("thread-1".into(), sent.as_slice())]);
/// let group = subscriptions.group_state(vec![Subtopology::stateless(0, digest, 4)], Settings::default());
/// let assignment = StickyTaskAssignor.assign(&group)?;
/// let answers = subscriptions.assignments(&group, &assignment);
/// assert_eq!(answers[&"thread-1".into()].tasks.active.len(), 4);
/// # Ok::<(), AssignError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupSubscriptions {
    read: BTreeMap<MemberId, SubscriptionData>,
    unreadable: BTreeMap<MemberId, DecodeError>,
    /// What the coordinator keeps of each member, but for its assignment.
    sizes: BTreeMap<MemberId, usize>,
}

/// The assignments of a group as bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncodedAssignments {
    /// The user data of each member's assignment.
    pub members: BTreeMap<MemberId, Vec<u8>>,
    /// The size of the group with them.
    pub size: GroupBytes,
    /// How much of the routing table there was room for.
    pub routing_detail: RoutingDetail,
}

impl GroupSubscriptions {
    /// Reads the user data of the members' subscriptions. Those that cannot be read are kept as such.
    #[must_use]
    pub fn decode<'a>(subscriptions: impl IntoIterator<Item = (MemberId, &'a [u8])>) -> Self {
        let mut group = Self::default();
        for (member, bytes) in subscriptions {
            group.sizes.insert(member.clone(), bytes.len());
            match SubscriptionData::decode(bytes) {
                Ok(read) => _ = group.read.insert(member, read),
                Err(error) => _ = group.unreadable.insert(member, error),
            }
        }
        group
    }

    /// The subscriptions that could be read.
    #[must_use]
    pub fn read(&self) -> &BTreeMap<MemberId, SubscriptionData> {
        &self.read
    }

    /// The subscriptions that could not be read. Members with a newer version are answered with the version to use, and the others get
    /// nothing; they are worth an event.
    #[must_use]
    pub fn unreadable(&self) -> &BTreeMap<MemberId, DecodeError> {
        &self.unreadable
    }

    /// Counts what the coordinator keeps of a member besides user data, for the size of the group: its ids, topics and partitions.
    pub fn add_bytes(&mut self, member: &MemberId, bytes: usize) {
        if let Some(size) = self.sizes.get_mut(member) {
            *size = size.saturating_add(bytes);
        }
    }

    /// What the leader knows, with the sub-topologies of its topology, by its numbers.
    #[must_use]
    pub fn group_state(&self, subtopologies: Vec<Subtopology>, settings: Settings) -> GroupState {
        let number_of: BTreeMap<Digest, u32> = subtopologies.iter().map(|sub| (sub.digest, sub.number)).collect();
        let mut processes: BTreeMap<ProcessId, Process> = BTreeMap::new();
        let mut members = Vec::new();
        for (id, sent) in &self.read {
            let number = |task: TaskId| {
                let digest = sent.subtopologies.get(task.subtopology as usize)?;
                Some(TaskId { subtopology: *number_of.get(digest)?, ..task })
            };
            let numbered = |tasks: &BTreeSet<TaskId>| tasks.iter().filter_map(|task| number(*task)).collect();
            let process = processes.entry(sent.process).or_insert_with(|| Process::new(sent.process));
            if let Some(mut report) = sent.report.clone() {
                let on_disk = report.on_disk.into_iter();
                report.on_disk = on_disk.filter_map(|(task, state)| Some((number(task)?, state))).collect();
                process.report.merge(report);
            }
            let promised = sent.promised.iter();
            members.push(Member {
                active: numbered(&sent.active),
                standby: numbered(&sent.standby),
                promised: promised.filter_map(|(task, promise)| Some((number(*task)?, *promise))).collect(),
                ..Member::new(id.clone(), sent.process, sent.subtopologies.iter().copied())
            });
        }
        let newer = self.unreadable.iter().filter(|(_, error)| matches!(error, DecodeError::Newer { .. }));
        members.extend(newer.map(|(id, _)| Member {
            format: SubscriptionFormat::Newer,
            ..Member::new(id.clone(), ProcessId::new(0), [])
        }));
        GroupState { subtopologies, processes: processes.into_values().collect(), members, settings }
    }

    /// What each member is told, as bytes. If the group would be too large, its members get less of the routing table, or none.
    ///
    /// # Errors
    /// If it is too large without the routing table.
    pub fn encode(&self, group: &GroupState, assignment: &Assignment) -> Result<EncodedAssignments, GroupTooLarge> {
        let assignments = self.assignments(group, assignment);
        let mut too_large = GroupTooLarge(GroupBytes::default());
        for detail in [RoutingDetail::All, RoutingDetail::Active, RoutingDetail::None] {
            let routing = assignments.values().map(|data| &data.routing).find(|routing| !routing.is_empty());
            let routing = routing.map(|routing| encode_routing(&routing.with_detail(detail))).unwrap_or_default();
            let none = encode_routing(&RoutingTable::default());
            let encode = |(id, data): (&MemberId, &AssignmentData)| {
                let routing = if data.routing.is_empty() { &none } else { &routing };
                let data = AssignmentData { routing_detail: detail, ..data.clone() };
                (id.clone(), data.encode_with(routing))
            };
            let members: BTreeMap<MemberId, Vec<u8>> = assignments.iter().map(encode).collect();
            let sizes = members.iter().map(|(id, bytes)| (self.sizes.get(id).copied().unwrap_or(0), bytes.len()));
            let size = sizes.fold(GroupBytes::default(), |sum, (sent, answer)| sum.with_member(sent, answer));
            match size.check() {
                Ok(()) => return Ok(EncodedAssignments { members, size, routing_detail: detail }),
                Err(error) => too_large = error,
            }
        }
        Err(too_large)
    }

    /// What each member is told. `group` is what [`group_state`](Self::group_state) has returned, and `assignment` what an assignor made of it.
    #[must_use]
    pub fn assignments(&self, group: &GroupState, assignment: &Assignment) -> BTreeMap<MemberId, AssignmentData> {
        let leader = digests_by_number(&group.subtopologies);
        let (none, routing) = (Arc::default(), Arc::new(routing_table(group, assignment)));
        let prober = assignment.members.keys().find(|member| self.read.contains_key(*member));
        let owned: BTreeMap<&MemberId, &BTreeSet<TaskId>> =
            group.members.iter().map(|member| (&member.id, &member.active)).collect();
        let mut routed = BTreeSet::new();
        let known = self.read.iter().map(|(id, sent)| {
            let tasks = assignment.members.get(id).cloned().unwrap_or_default();
            let revokes = |task: &TaskId| assignment.unassigned.get(task) == Some(&Unassigned::BeingRevoked);
            let rejoin = match assignment.follow_up {
                FollowUp::AtOnce if owned.get(id).is_some_and(|owned| owned.iter().any(revokes)) => Rejoin::AtOnce,
                FollowUp::Probing { after } if prober == Some(id) => Rejoin::After(after),
                _ => Rejoin::None,
            };
            let is_known = sent.subtopologies.is_empty() || sent.subtopologies.iter().any(|one| leader.contains(one));
            // One member tells its process where all tasks are, and the others need not.
            let routing = Arc::clone(if routed.insert(sent.process) { &routing } else { &none });
            let outcome = if is_known { Outcome::Assigned } else { Outcome::TopologyUnknown };
            let numbering =
                if leader == sent.subtopologies { Numbering::Own } else { Numbering::Leader(leader.clone()) };
            (
                id.clone(),
                AssignmentData { outcome, rejoin, numbering, tasks, routing, routing_detail: RoutingDetail::All },
            )
        });
        let unreadable = self.unreadable.iter().map(|(id, error)| {
            let is_newer = matches!(error, DecodeError::Newer { .. });
            let outcome = if is_newer { Outcome::UseVersion(LATEST_VERSION) } else { Outcome::Failed };
            let rejoin = if is_newer { Rejoin::AtOnce } else { Rejoin::None };
            (id.clone(), AssignmentData { outcome, rejoin, ..AssignmentData::default() })
        });
        known.chain(unreadable).collect()
    }
}

impl AssignmentData {
    /// The assignment with the member's own numbers of sub-topologies, whose digests are `own`, in their order. What the member does not have is
    /// left out.
    #[must_use]
    pub fn renumbered(self, own: &[Digest]) -> Self {
        let Numbering::Leader(leader) = &self.numbering else { return self };
        let number = |number: u32| {
            let digest = leader.get(number as usize)?;
            own.iter().position(|one| one == digest).map(|at| at as u32)
        };
        let task = |task: &TaskId| number(task.subtopology).map(|number| TaskId { subtopology: number, ..*task });
        let tasks = |tasks: &BTreeSet<TaskId>| tasks.iter().filter_map(task).collect();
        let promised = self.tasks.promised.iter();
        Self {
            tasks: MemberTasks {
                active: tasks(&self.tasks.active),
                standby: tasks(&self.tasks.standby),
                warm_up: tasks(&self.tasks.warm_up),
                promised: promised.filter_map(|(id, promise)| Some((task(id)?, *promise))).collect(),
            },
            routing: Arc::new(self.routing.renumbered(number)),
            numbering: Numbering::Own,
            ..self
        }
    }
}

/// The digests of the leader's sub-topologies at the places of their numbers, which begin at 0. The digest of a missing number is 0.
fn digests_by_number(subtopologies: &[Subtopology]) -> Vec<Digest> {
    let mut digests = Vec::new();
    for subtopology in subtopologies.iter().filter(|sub| u64::from(sub.number) < crate::TASKS_MAX) {
        let at = subtopology.number as usize;
        if digests.len() <= at {
            digests.resize(at + 1, Digest::new(0));
        }
        digests[at] = subtopology.digest;
    }
    digests
}

fn routing_table(group: &GroupState, assignment: &Assignment) -> RoutingTable {
    let servers: BTreeMap<ProcessId, &String> = group
        .processes
        .iter()
        .filter_map(|process| Some((process.id, process.report.application_server.as_ref()?)))
        .collect();
    let mut table = RoutingTable::default();
    let names: BTreeSet<&String> = servers.values().copied().collect();
    table.add_servers(names);
    for member in &group.members {
        let Some((server, tasks)) = servers.get(&member.process).zip(assignment.members.get(&member.id)) else {
            continue;
        };
        tasks.active.iter().for_each(|task| table.insert_active(*task, server));
        tasks.standby.iter().for_each(|task| table.insert_standby(*task, server));
    }
    table
}
