//! What the leader sends to a member.

use std::sync::Arc;
use std::time::Duration;

use crate::assignment::MemberTasks;
use crate::identity::Digest;
use crate::routing_table::{RoutingDetail, RoutingTable};

/// What the leader sends to a member: the user data of its assignment.
///
/// # Examples
/// ```
/// use millstream_assign::AssignmentData;
///
/// let sent = AssignmentData::default();
/// assert_eq!(AssignmentData::decode(&sent.encode())?, sent);
/// # Ok::<(), millstream_assign::DecodeError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssignmentData {
    /// Whether the assignment holds, or why there is none.
    pub outcome: Outcome,
    /// When the member has to rejoin the group.
    pub rejoin: Rejoin,
    /// What the numbers of sub-topologies in it mean.
    pub numbering: Numbering,
    /// Its tasks.
    pub tasks: MemberTasks,
    /// Where all tasks are, as soon as the group is in this generation. Empty if no process has an `application_server`.
    pub routing: Arc<RoutingTable>,
    /// How much of the routing table there was room for.
    pub routing_detail: RoutingDetail,
}

/// Whether an assignment holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It does.
    #[default]
    Assigned,
    /// The leader cannot read the member's subscription. The member rejoins at once, with one of this version.
    UseVersion(u32),
    /// The leader has no sub-topology that the member has: the member has another topology, and gets tasks when a member with the same
    /// topology leads.
    TopologyUnknown,
    /// The leader has not found all source topics, or not all of their partitions.
    SourceTopicsMissing,
    /// The leader could not assign, because of an error that it has reported.
    Failed,
}

/// When a member has to rejoin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rejoin {
    /// When the group rebalances, or the member has tasks to revoke.
    #[default]
    None,
    /// At once, after what it has to revoke.
    AtOnce,
    /// After this time (a probing rebalance, KIP-441); only one member is told to.
    After(Duration),
}

/// What the numbers of sub-topologies in an assignment mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Numbering {
    /// They are the member's own, since the leader's topology is the same.
    #[default]
    Own,
    /// They are indexes into these digests, the leader's. So a member with another topology sees what the leader does not have.
    Leader(Vec<Digest>),
}
