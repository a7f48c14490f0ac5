//! What the leader of a group does in a rebalance: it assigns the partitions, by the assignor that the coordinator has chosen.

use std::collections::BTreeSet;

use millstream_log::{AssignorMember, AssignorOutcome, GroupAssignor};
use millstream_protocol::messages::join_group::{JoinGroupResponse, JoinGroupResponseMember};
use millstream_protocol::messages::sync_group::SyncGroupRequestAssignment;
use millstream_types::Topic;

use super::counts::{Counts, Found, count_all};
use super::not_joined::NotJoined;
use crate::group::config::MemberSettings;
use crate::group::consumer_protocol::{Assignment, Subscription};
use crate::group::cooperative_sticky::{self, MemberSubscription};
use crate::group::coordinator::Coordinator;
use crate::group::member::Generation;

/// The assignor that the coordinator has chosen: of those that all members offer, the one that most of them prefer.
#[derive(Clone, Copy)]
pub(in crate::group) enum Chosen<'a> {
    /// The one that the members have brought along.
    Brought(&'a dyn GroupAssignor),
    CooperativeSticky,
}

impl<'a> Chosen<'a> {
    /// # Errors
    /// When the member has not offered it.
    pub(in crate::group) fn new(settings: &'a MemberSettings, protocol: Option<&str>) -> Result<Self, NotJoined> {
        let brought = settings.assignor.as_deref().filter(|assignor| Some(assignor.name()) == protocol);
        match (brought, protocol) {
            (Some(assignor), _) => Ok(Self::Brought(assignor)),
            (None, Some(cooperative_sticky::NAME)) => Ok(Self::CooperativeSticky),
            (None, other) => Err(NotJoined::Unreadable(format!(
                "the coordinator has chosen the protocol `{}`, which this member has not offered",
                other.unwrap_or_default()
            ))),
        }
    }
}

/// What the leader has assigned.
pub(in crate::group) struct Led {
    pub(in crate::group) assignments: Vec<SyncGroupRequestAssignment>,
    pub(in crate::group) counts: Counts,
    /// Why the assignor that the members have brought along has failed.
    pub(in crate::group) fault: Option<String>,
}

/// Assigns the partitions. `found` is what the leader has looked up before it joined.
pub(in crate::group) async fn lead(
    coordinator: &Coordinator,
    chosen: Chosen<'_>,
    joined: &JoinGroupResponse,
    found: Found,
) -> Result<Led, NotJoined> {
    let mut members = Vec::with_capacity(joined.members.len());
    for member in &joined.members {
        let what = format!("the subscription of the member `{}`", member.member_id);
        let subscription = Subscription::decode(&member.metadata).map_err(NotJoined::unreadable(&what))?;
        members.push((member, subscription));
    }
    let topics: BTreeSet<Topic> = members.iter().flat_map(|(_, subscription)| subscription.topics.clone()).collect();
    let counts = count_all(coordinator, topics, found).await?;
    // A static leader that has returned leaves all as it is.
    let (assigned, fault) = if joined.skip_assignment { Default::default() } else { assign(chosen, members, &counts) };
    let mut assignments = Vec::with_capacity(assigned.len());
    for (member_id, assignment) in assigned {
        let assignment = assignment.encode().map_err(NotJoined::unreadable("the assignment"))?;
        assignments.push(SyncGroupRequestAssignment { member_id, assignment });
    }
    Ok(Led { assignments, counts, fault })
}

fn assign(
    chosen: Chosen<'_>,
    members: Vec<(&JoinGroupResponseMember, Subscription)>,
    counts: &Counts,
) -> (Vec<(String, Assignment)>, Option<String>) {
    match chosen {
        Chosen::CooperativeSticky => {
            let subscription = |(member, it): (&JoinGroupResponseMember, _)| {
                MemberSubscription::new(member.member_id.as_str().into(), it)
            };
            let members: Vec<_> = members.into_iter().map(subscription).collect();
            let assigned = cooperative_sticky::assign(&members, counts).into_iter();
            let assignment = |partitions| Assignment { partitions, user_data: None };
            (assigned.map(|(id, partitions)| (id.as_str().to_owned(), assignment(partitions))).collect(), None)
        }
        Chosen::Brought(assignor) => {
            let members: Vec<_> = members.into_iter().map(|(member, it)| describe(member, it)).collect();
            let AssignorOutcome { assignments, fault } = AssignorOutcome::of(assignor, &members, counts);
            let assignments = assignments
                .into_iter()
                .map(|it| (it.member_id, Assignment { partitions: it.partitions, user_data: Some(it.user_data) }));
            (assignments.collect(), fault)
        }
    }
}

/// A member, as the assignor sees it that it has brought along.
fn describe(member: &JoinGroupResponseMember, subscription: Subscription) -> AssignorMember {
    let Subscription { topics, user_data, owned, generation, rack } = subscription;
    AssignorMember {
        member_id: member.member_id.clone(),
        instance_id: member.group_instance_id.clone(),
        topics,
        owned,
        generation: generation.map(Generation::number),
        rack,
        user_data: user_data.unwrap_or_default(),
    }
}
