//! Why the broker does not take a member of a streams group, and what to do.

use millstream_log::LogError;
use millstream_protocol::ErrorCode;

use crate::client::about_group;
use crate::group::config::MemberSettings;

/// What to do where the topology is not that of the group.
const OTHER_TOPOLOGY: &str = "the brokers keep the topology with which the group was begun, also while it has no members; for \
                              another one use another `application_id`, or stop all instances and run the application with \
                              `group_protocol` = `Classic` once, which keeps the offsets and lets the next start begin the group anew";

/// What to do with brokers that have no streams groups.
const NO_STREAMS_GROUPS: &str = "streams groups (KIP-1071) need brokers of Kafka 4.2 or newer whose feature `streams.version` is 1; \
                                 update them, or set `group_protocol` to `Classic`";

/// The error of a member that the broker refuses for good.
pub(super) fn refusal(settings: &MemberSettings, error: ErrorCode, message: &str) -> LogError {
    let group = &settings.group_id;
    let remedy = match error {
        ErrorCode::FENCED_INSTANCE_ID => {
            return LogError::Fenced { identity: settings.instance_id.clone().unwrap_or_default() };
        }
        ErrorCode::UNSUPPORTED_VERSION => return no_streams_groups(group, message),
        ErrorCode::INVALID_REQUEST
        | ErrorCode::STREAMS_INVALID_TOPOLOGY
        | ErrorCode::STREAMS_INVALID_TOPOLOGY_EPOCH
        | ErrorCode::STREAMS_TOPOLOGY_FENCED => OTHER_TOPOLOGY,
        ErrorCode::GROUP_MAX_SIZE_REACHED => "the group has as many members as the brokers allow; run fewer threads",
        ErrorCode::INCONSISTENT_GROUP_PROTOCOL => {
            "the group has members of another protocol; stop them, and wait until their session is over"
        }
        error => return about_group(error, message, group),
    };
    LogError::Invalid { reason: format!("group `{group}`: {error}: {message}; {remedy}") }
}

/// The error of brokers that have no streams groups; `message` is what shows it.
pub(super) fn no_streams_groups(group: &str, message: &str) -> LogError {
    LogError::Invalid { reason: format!("group `{group}`: {NO_STREAMS_GROUPS} ({message})") }
}
