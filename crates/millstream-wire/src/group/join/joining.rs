//! Joining a group: the member joins, the leader assigns, and each gets its assignment.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use millstream_protocol::ErrorCode;
use millstream_protocol::messages::join_group::{JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse};
use millstream_protocol::messages::sync_group::SyncGroupRequest;
use millstream_types::TopicPartition;

use super::counts::{Counts, Found, find};
use super::lead::{Chosen, Led, lead};
use super::not_joined::NotJoined;
use crate::client::Lane;
use crate::group::config::MemberSettings;
use crate::group::consumer_protocol::{Assignment, PROTOCOL_TYPE, Subscription};
use crate::group::cooperative_sticky;
use crate::group::coordinator::Coordinator;
use crate::group::member::{Generation, MemberId, MemberSlot};
use crate::group::sent_at::SentAt;

/// How much later than the rebalance time-out the coordinator may respond, as in Kafka's Java clients.
const MARGIN: Duration = Duration::from_secs(5);

/// The first version with a reason.
const WITH_REASON: i16 = 8;

/// What a member says when it joins.
#[derive(Clone, Debug)]
pub(in crate::group) struct Joining {
    pub(in crate::group) settings: Arc<MemberSettings>,
    /// Its id, if the coordinator has given it one. It is kept as soon as it is given.
    pub(in crate::group) member: MemberSlot,
    /// What it asks `cooperative-sticky` for.
    pub(in crate::group) subscription: Subscription,
    /// The user data for the assignor that it brings along.
    pub(in crate::group) user_data: Option<Vec<u8>>,
    pub(in crate::group) reason: &'static str,
}

/// A member after a rebalance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::group) struct Joined {
    pub(in crate::group) member: MemberId,
    pub(in crate::group) generation: Generation,
    pub(in crate::group) assigned: BTreeSet<TopicPartition>,
    /// What the assignor has for the member that the members have brought along; `None` if the group uses `cooperative-sticky`.
    pub(in crate::group) user_data: Option<Vec<u8>>,
    /// When the request was sent with whose response the member has joined.
    pub(in crate::group) sent_at: SentAt,
    /// Of the leader: the partitions that it has assigned.
    pub(in crate::group) counts: Option<Counts>,
    /// Of the leader: why its assignor has failed.
    pub(in crate::group) fault: Option<String>,
}

/// Joins the group, and waits for the assignment.
pub(in crate::group) async fn join(coordinator: Coordinator, joining: Joining) -> Result<Joined, NotJoined> {
    let found = find(&coordinator, &joining.subscription.topics).await?;
    loop {
        let response = send_join(&coordinator, joining.clone()).await?;
        match ErrorCode(response.error_code) {
            ErrorCode::NONE => return sync(&coordinator, &joining, response, found).await,
            // Its first request has only got it an id.
            ErrorCode::MEMBER_ID_REQUIRED => joining.member.set(response.member_id.as_str().into()),
            error => return Err(NotJoined::Refused { error }),
        }
    }
}

async fn send_join(coordinator: &Coordinator, joining: Joining) -> Result<JoinGroupResponse, NotJoined> {
    let protocols = offered(&joining)?;
    let (patience, member) = (joining.settings.rebalance_timeout + MARGIN, joining.member.get());
    let build = move |version| JoinGroupRequest {
        group_id: joining.settings.group_id.clone(),
        session_timeout_ms: millis(joining.settings.session_timeout),
        rebalance_timeout_ms: millis(joining.settings.rebalance_timeout),
        member_id: member.as_ref().map_or(String::new(), |member| member.as_str().to_owned()),
        group_instance_id: joining.settings.instance_id.clone(),
        protocol_type: PROTOCOL_TYPE.to_owned(),
        protocols: protocols.clone(),
        reason: (version >= WITH_REASON).then(|| joining.reason.to_owned()),
    };
    Ok(coordinator.call(Lane::Group, patience, build, |response| ErrorCode(response.error_code)).await?)
}

/// The protocols that a member offers, the one that it prefers first.
fn offered(joining: &Joining) -> Result<Vec<JoinGroupRequestProtocol>, NotJoined> {
    let Joining { settings, subscription, user_data, .. } = joining;
    let offer = |name: &str, subscription: &Subscription| {
        let metadata = subscription.encode().map_err(|error| NotJoined::Unreadable(error.to_string()))?;
        Ok::<_, NotJoined>(JoinGroupRequestProtocol { name: name.to_owned(), metadata })
    };
    let mut offered = Vec::new();
    if let Some(assignor) = &settings.assignor {
        let (user_data, rack) = (user_data.clone(), settings.rack.clone());
        offered.push(offer(assignor.name(), &Subscription { user_data, rack, ..subscription.clone() })?);
    }
    offered.push(offer(cooperative_sticky::NAME, subscription)?);
    Ok(offered)
}

/// Sends the assignments, if this member is the leader, and gets its own.
async fn sync(
    coordinator: &Coordinator,
    joining: &Joining,
    joined: JoinGroupResponse,
    found: Found,
) -> Result<Joined, NotJoined> {
    let (settings, member) = (&joining.settings, MemberId::from(joined.member_id.as_str()));
    joining.member.set(member.clone());
    let chosen = Chosen::new(settings, joined.protocol_name.as_deref())?;
    let is_leader = joined.leader == joined.member_id;
    let led = if is_leader { Some(lead(coordinator, chosen, &joined, found).await?) } else { None };
    let (assignments, counts, fault) = match led {
        Some(Led { assignments, counts, fault }) => (assignments, Some(counts), fault),
        None => Default::default(),
    };
    let (group_id, instance_id) = (settings.group_id.clone(), settings.instance_id.clone());
    let (generation_id, protocol, member_id) = (joined.generation_id, joined.protocol_name, joined.member_id);
    let build = move |_| SyncGroupRequest {
        group_id: group_id.clone(),
        generation_id,
        member_id: member_id.clone(),
        group_instance_id: instance_id.clone(),
        protocol_type: Some(PROTOCOL_TYPE.to_owned()),
        protocol_name: protocol.clone(),
        assignments: assignments.clone(),
    };
    let patience = settings.rebalance_timeout + MARGIN;
    let sent_at = SentAt::new(coordinator.cluster.now());
    let response = coordinator.call(Lane::Group, patience, build, |response| ErrorCode(response.error_code)).await?;
    let error = ErrorCode(response.error_code);
    let generation = Generation::new(generation_id).filter(|_| error == ErrorCode::NONE);
    let Some(generation) = generation else {
        return Err(NotJoined::Refused { error });
    };
    let assignment = Assignment::decode(&response.assignment).map_err(NotJoined::unreadable("the assignment"))?;
    let user_data = match chosen {
        Chosen::Brought(_) => Some(assignment.user_data.unwrap_or_default()),
        Chosen::CooperativeSticky => None,
    };
    let assigned = assignment.partitions.into_iter().collect();
    Ok(Joined { member, generation, assigned, user_data, sent_at, counts, fault })
}

/// A duration in a field of a request.
pub(in crate::group) fn millis(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}
