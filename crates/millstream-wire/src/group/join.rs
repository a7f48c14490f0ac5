//! Joining a group: the member joins, the leader assigns, and each gets its assignment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use millstream_log::LogError;
use millstream_protocol::ErrorCode;
use millstream_protocol::messages::join_group::{JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse};
use millstream_protocol::messages::sync_group::{SyncGroupRequest, SyncGroupRequestAssignment};
use millstream_types::{Topic, TopicPartition};

use super::config::MemberSettings;
use super::consumer_protocol::{Assignment, PROTOCOL_TYPE, Subscription};
use super::cooperative_sticky::{self, MemberSubscription};
use super::coordinator::{Coordinator, CoordinatorError};
use super::member::{Generation, MemberId, MemberSlot};
use super::session::SentAt;
use crate::admin;
use crate::client::Lane;

/// How much later than the rebalance time-out the coordinator may respond, as in Kafka's Java clients.
const MARGIN: Duration = Duration::from_secs(5);

/// How long the leader looks for topics that are not found.
const LOOK_FOR: Duration = Duration::from_secs(2);

/// How often it does.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// The first version with a reason.
const WITH_REASON: i16 = 8;

/// The numbers of partitions of topics.
pub(super) type Counts = BTreeMap<Topic, u32>;

/// What a member says when it joins.
#[derive(Clone, Debug)]
pub(super) struct Joining {
    pub(super) settings: Arc<MemberSettings>,
    /// Its id, if the coordinator has given it one. It is kept as soon as it is given.
    pub(super) member: MemberSlot,
    pub(super) subscription: Subscription,
    pub(super) reason: &'static str,
}

/// A member after a rebalance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) member: MemberId,
    pub(super) generation: Generation,
    pub(super) assigned: BTreeSet<TopicPartition>,
    /// When the request was sent with whose response the member has joined.
    pub(super) sent_at: SentAt,
    /// Of the leader: the partitions that it has assigned.
    pub(super) counts: Option<Counts>,
}

/// Why a member has not joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotJoined {
    /// The coordinator could not be reached.
    NoCoordinator(CoordinatorError),
    /// The coordinator has refused it.
    Refused { error: ErrorCode },
    /// The client may not use a topic.
    RefusedTopic(LogError),
    /// What another member or the coordinator has sent cannot be read.
    Unreadable(String),
}

impl From<CoordinatorError> for NotJoined {
    fn from(error: CoordinatorError) -> Self {
        Self::NoCoordinator(error)
    }
}

/// Joins the group, and waits for the assignment.
pub(super) async fn join(coordinator: Coordinator, joining: Joining) -> Result<Joined, NotJoined> {
    // A member that does not lead would not learn of a topic that it may not use.
    count(&coordinator, joining.subscription.topics.iter().cloned().collect()).await?;
    loop {
        let response = send_join(&coordinator, joining.clone()).await?;
        match ErrorCode(response.error_code) {
            ErrorCode::NONE => return sync(&coordinator, &joining, response).await,
            // Its first request has only got it an id.
            ErrorCode::MEMBER_ID_REQUIRED => joining.member.set(response.member_id.as_str().into()),
            error => return Err(NotJoined::Refused { error }),
        }
    }
}

async fn send_join(coordinator: &Coordinator, joining: Joining) -> Result<JoinGroupResponse, NotJoined> {
    let metadata = joining.subscription.encode().map_err(|error| NotJoined::Unreadable(error.to_string()))?;
    let (patience, member) = (joining.settings.rebalance_timeout + MARGIN, joining.member.get());
    let build = move |version| JoinGroupRequest {
        group_id: joining.settings.group_id.clone(),
        session_timeout_ms: millis(joining.settings.session_timeout),
        rebalance_timeout_ms: millis(joining.settings.rebalance_timeout),
        member_id: member.as_ref().map_or(String::new(), |member| member.as_str().to_owned()),
        group_instance_id: joining.settings.instance_id.clone(),
        protocol_type: PROTOCOL_TYPE.to_owned(),
        protocols: vec![JoinGroupRequestProtocol {
            name: cooperative_sticky::NAME.to_owned(),
            metadata: metadata.clone(),
        }],
        reason: (version >= WITH_REASON).then(|| joining.reason.to_owned()),
    };
    Ok(coordinator.call(Lane::Group, patience, build, |response| ErrorCode(response.error_code)).await?)
}

/// Sends the assignments, if this member is the leader, and gets its own.
async fn sync(coordinator: &Coordinator, joining: &Joining, joined: JoinGroupResponse) -> Result<Joined, NotJoined> {
    let (settings, member) = (&joining.settings, MemberId::from(joined.member_id.as_str()));
    joining.member.set(member.clone());
    let is_leader = joined.leader == joined.member_id;
    let (assignments, counts) = if is_leader {
        let (assignments, counts) = lead(coordinator, &joined).await?;
        (if joined.skip_assignment { Vec::new() } else { assignments }, Some(counts))
    } else {
        (Vec::new(), None)
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
    let assigned = if response.assignment.is_empty() {
        BTreeSet::new()
    } else {
        let assignment = Assignment::decode(&response.assignment).map_err(unreadable("the assignment"))?;
        assignment.partitions.into_iter().collect()
    };
    Ok(Joined { member, generation, assigned, sent_at, counts })
}

/// Assigns the partitions, as the leader.
async fn lead(
    coordinator: &Coordinator,
    joined: &JoinGroupResponse,
) -> Result<(Vec<SyncGroupRequestAssignment>, Counts), NotJoined> {
    let mut members = Vec::with_capacity(joined.members.len());
    for member in &joined.members {
        let subscription = Subscription::decode(&member.metadata)
            .map_err(unreadable(&format!("the subscription of the member `{}`", member.member_id)))?;
        members.push(MemberSubscription::new(member.member_id.as_str().into(), subscription));
    }
    let topics: BTreeSet<Topic> = members.iter().flat_map(|member| member.topics.iter().cloned()).collect();
    let counts = count_all(coordinator, topics).await?;
    let mut assignments = Vec::with_capacity(members.len());
    for (member, partitions) in cooperative_sticky::assign(&members, &counts) {
        let assignment = Assignment { partitions, user_data: None };
        assignments.push(SyncGroupRequestAssignment {
            member_id: member.as_str().to_owned(),
            assignment: assignment.encode().map_err(unreadable("the assignment"))?,
        });
    }
    Ok((assignments, counts))
}

/// Looks up the numbers of partitions of topics. A topic that is not found is looked up again for a while: a broker that has just
/// started does not know all topics, and members whose topic was missing would have to give its partitions away.
async fn count_all(coordinator: &Coordinator, topics: BTreeSet<Topic>) -> Result<Counts, NotJoined> {
    let until = coordinator.cluster.now() + LOOK_FOR;
    loop {
        let counts = count(coordinator, topics.clone()).await?;
        if counts.len() == topics.len() || coordinator.cluster.now() >= until {
            return Ok(counts);
        }
        coordinator.cluster.pause(LOOK_AGAIN_AFTER).await;
    }
}

/// Looks up the numbers of partitions of those topics that exist.
pub(super) async fn count(coordinator: &Coordinator, topics: BTreeSet<Topic>) -> Result<Counts, NotJoined> {
    let found = match admin::describe(&coordinator.cluster, topics.into_iter().collect()).await {
        Ok(found) => found,
        Err(LogError::Unavailable { reason }) => return Err(CoordinatorError::Unavailable(reason).into()),
        Err(error) => return Err(CoordinatorError::Final(error).into()),
    };
    let mut counts = Counts::new();
    for (topic, description) in found {
        match description {
            Ok(description) => _ = counts.insert(topic, description.partitions),
            Err(error @ (LogError::Unauthorised { .. } | LogError::Invalid { .. })) => {
                return Err(NotJoined::RefusedTopic(error));
            }
            // It may be created later.
            Err(_) => {}
        }
    }
    Ok(counts)
}

fn unreadable<E: std::fmt::Display>(what: &str) -> impl Fn(E) -> NotJoined {
    move |error| NotJoined::Unreadable(format!("{what} cannot be read: {error}"))
}

/// A duration in a field of a request.
pub(super) fn millis(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}
