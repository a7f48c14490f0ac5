//! What the broker says about a group that is not as it should be.

use millstream_protocol::messages::streams_group_heartbeat::StreamsGroupHeartbeatResponseStatus;

/// What follows from a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// The group goes on by itself; there is nothing to report.
    Fine,
    /// The group waits for something, which this text names with its remedy.
    Waits(String),
    /// The member cannot go on, for this reason.
    Ends(String),
}

impl Status {
    /// What follows from a status of a group.
    pub(super) fn of(group: &str, status: &StreamsGroupHeartbeatResponseStatus) -> Self {
        let detail = &status.status_detail;
        match status.status_code {
            0 => Self::Waits(format!(
                "group `{group}`: this instance has an older topology than the group (STALE_TOPOLOGY): {detail}; update it"
            )),
            1 => Self::Waits(format!(
                "group `{group}`: source topics are missing (MISSING_SOURCE_TOPICS): {detail}; create them"
            )),
            2 => Self::Ends(format!(
                "group `{group}`: topics have other numbers of partitions than they need (INCORRECTLY_PARTITIONED_TOPICS): \
                 {detail}; create those topics anew with as many partitions as the others that are joined with them"
            )),
            3 => Self::Waits(format!(
                "group `{group}`: internal topics are missing (MISSING_INTERNAL_TOPICS): {detail}; the broker creates them, \
                 if this client may create topics"
            )),
            4 => Self::Ends(format!(
                "group `{group}`: an instance has asked all of them to stop (SHUTDOWN_APPLICATION): {detail}"
            )),
            // ASSIGNMENT_DELAYED, which ends by itself, and what later brokers may have.
            _ => Self::Fine,
        }
    }
}
