//! The assignor that the members of a group bring along, where it is the same.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use millstream_types::{MonotonicTime, Topic, TopicPartition};

use super::assignor::Spread;
use super::member::{Member, MemberId};
use crate::{AssignorMember, AssignorOutcome, GroupAssignor};

/// How long after it has failed an assignor is tried again.
const BACKOFF: Duration = Duration::from_secs(1);

/// Whether an assignor has failed, and when it is tried again.
#[derive(Debug, Default)]
pub(super) enum Retry {
    #[default]
    Never,
    /// After a backoff that begins with the next heartbeat.
    AfterHeartbeat,
    At(MonotonicTime),
}

impl Retry {
    /// Whether it is to be tried again at this time.
    pub(super) fn is_due(&mut self, now: MonotonicTime) -> bool {
        if matches!(self, Self::AfterHeartbeat) {
            *self = Self::At(now + BACKOFF);
        }
        matches!(self, Self::At(at) if now >= *at)
    }
}

/// The members of a group.
pub(super) type Members = BTreeMap<MemberId, Member>;

/// The assignor of the leader, which is the oldest member, if all members offer one of that name.
pub(super) fn common_assignor(members: &Members) -> Option<Arc<dyn GroupAssignor>> {
    let offered = |member: &Member| member.identity.assignor.clone();
    let common = members.values().next().and_then(offered)?;
    members.values().all(|member| offered(member).is_some_and(|it| it.name() == common.name())).then_some(common)
}

/// Has the assignor assign the partitions. Returns the future owners, the user data, and what has failed.
pub(super) fn assign(
    assignor: &dyn GroupAssignor,
    members: &Members,
    owners: &Spread,
    counts: &BTreeMap<Topic, usize>,
) -> (Spread, BTreeMap<MemberId, Vec<u8>>, Option<String>) {
    let ids: BTreeMap<String, MemberId> = members.iter().map(|(id, member)| (text_of(*id, member), *id)).collect();
    let counts: BTreeMap<Topic, u32> =
        counts.iter().map(|(topic, count)| (topic.clone(), u32::try_from(*count).unwrap_or(u32::MAX))).collect();
    let described: Vec<_> = members.iter().map(|(id, member)| describe(*id, member, owners)).collect();
    let AssignorOutcome { assignments, fault } = AssignorOutcome::of(assignor, &described, &counts);
    let mut targets: Spread =
        counts.iter().map(|(topic, count)| (topic.clone(), vec![None; *count as usize])).collect();
    let mut user_data: BTreeMap<_, _> = members.keys().map(|id| (*id, Vec::new())).collect();
    for assignment in assignments {
        let Some(id) = ids.get(&assignment.member_id) else { continue };
        for partition in assignment.partitions {
            let target = targets.get_mut(&partition.topic).and_then(|it| it.get_mut(partition.partition.index()));
            target.into_iter().for_each(|target| *target = Some(*id));
        }
        user_data.insert(*id, assignment.user_data);
    }
    (targets, user_data, fault)
}

fn describe(id: MemberId, member: &Member, owners: &Spread) -> AssignorMember {
    let owned = owners.iter().flat_map(|(topic, owners)| {
        let own = (0..).zip(owners).filter(move |(_, owner)| **owner == Some(id));
        own.map(move |(number, _)| TopicPartition::new(topic, number))
    });
    AssignorMember {
        member_id: text_of(id, member),
        instance_id: member.identity.instance_id.clone(),
        topics: member.topics.iter().cloned().collect(),
        generation: member.generation,
        rack: member.identity.rack.clone(),
        user_data: member.identity.assignor.as_ref().map(|assignor| assignor.subscription()).unwrap_or_default(),
        owned: owned.collect(),
    }
}

/// The id of a member, as a broker makes it.
fn text_of(id: MemberId, member: &Member) -> String {
    format!("{}-{}", member.identity.client_id, id.0)
}
