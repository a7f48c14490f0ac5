//! Members and committed offsets of consumer groups.

use std::time::Duration;

use millstream_types::Offset;

/// The configuration of a group consumer.
#[derive(Clone, Debug)]
pub struct GroupConfig {
    /// The id of the group; Millstream uses the application id.
    pub group_id: String,
    /// The name of the client in logs and metrics.
    pub client_id: String,
    /// An instance id that survives restarts (static membership). Without one each start is a new member.
    pub instance_id: Option<String>,
    /// The session time-out: a member without a heartbeat for this long is removed.
    pub session_timeout: Duration,
}

/// A committed offset, with its metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The offset of the next record to process.
    pub offset: Offset,
    /// A text, which may be empty. Millstream stores the partition time in it.
    pub metadata: String,
}
