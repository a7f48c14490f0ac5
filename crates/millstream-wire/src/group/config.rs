//! The configuration of a group member.

use std::sync::Arc;
use std::time::Duration;

use millstream_log::{GroupAssignor, StreamsGroup};

/// The configuration of a member of a group.
#[derive(Clone, Debug)]
pub struct MemberSettings {
    /// `group.id`.
    pub group_id: String,
    /// `group.instance.id`: a member with one keeps its partitions if it returns within its session.
    pub instance_id: Option<String>,
    /// `session.timeout.ms`: a member without a heartbeat for this long is removed.
    pub session_timeout: Duration,
    /// `max.poll.interval.ms`: how long a rebalance waits for a member to join again.
    pub rebalance_timeout: Duration,
    /// `heartbeat.interval.ms`. The response announces a rebalance.
    pub heartbeat_interval: Duration,
    /// `metadata.max.age.ms`: how often the leader of the group looks whether the topics have other numbers of partitions.
    pub metadata_age_max: Option<Duration>,
    /// An assignor that the member offers before `cooperative-sticky`.
    pub assignor: Option<Arc<dyn GroupAssignor>>,
    /// `client.rack`, for that assignor.
    pub rack: Option<String>,
    /// What the broker has to know to assign tasks itself: the member is one of a streams group (KIP-1071) then.
    pub streams: Option<Arc<StreamsGroup>>,
}
