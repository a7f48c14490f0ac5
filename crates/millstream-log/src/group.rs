//! Consumer groups: who a member is, and what it commits.

use std::time::Duration;

use millstream_types::Offset;

/// Who a group consumer is.
#[derive(Clone, Debug)]
pub struct GroupConfig {
    /// The group's name; Millstream uses the application id.
    pub group_id: String,
    /// This client's name in logs and metrics.
    pub client_id: String,
    /// An identity that survives restarts (static membership); without one each start is a new member.
    pub instance_id: Option<String>,
    /// A member unheard of for this long is taken for lost.
    pub session_timeout: Duration,
}

/// An offset committed for a group, with the text kept beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next record to process.
    pub offset: Offset,
    /// Text of the committer's own (Millstream keeps the partition's time in it); may be empty.
    pub metadata: String,
}
