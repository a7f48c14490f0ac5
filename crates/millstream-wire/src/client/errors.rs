//! Converts Kafka's errors to those of the log traits.

use millstream_log::LogError;
use millstream_protocol::ErrorCode;
use millstream_types::{Topic, TopicPartition};

/// The error of a whole request. `message` is the broker's, or empty.
pub(crate) fn log_error(error: ErrorCode, message: &str) -> LogError {
    let reason = if message.is_empty() { error.to_string() } else { format!("{error}: {message}") };
    match error {
        ErrorCode::TOPIC_AUTHORIZATION_FAILED
        | ErrorCode::GROUP_AUTHORIZATION_FAILED
        | ErrorCode::CLUSTER_AUTHORIZATION_FAILED
        | ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED
        | ErrorCode::DELEGATION_TOKEN_AUTHORIZATION_FAILED
        | ErrorCode::SASL_AUTHENTICATION_FAILED => LogError::Unauthorised { reason },
        ErrorCode::REBALANCE_IN_PROGRESS
        | ErrorCode::ILLEGAL_GENERATION
        | ErrorCode::STALE_MEMBER_EPOCH
        | ErrorCode::UNSTABLE_OFFSET_COMMIT => LogError::RebalanceInProgress,
        ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::FENCED_MEMBER_EPOCH => LogError::NotAMember,
        ErrorCode::INVALID_CONFIG
        | ErrorCode::INVALID_PARTITIONS
        | ErrorCode::INVALID_REPLICATION_FACTOR
        | ErrorCode::INVALID_REPLICA_ASSIGNMENT
        | ErrorCode::INVALID_TOPIC_EXCEPTION
        | ErrorCode::INVALID_REQUEST
        | ErrorCode::INVALID_GROUP_ID
        | ErrorCode::INVALID_SESSION_TIMEOUT
        | ErrorCode::INCONSISTENT_GROUP_PROTOCOL
        | ErrorCode::OFFSET_METADATA_TOO_LARGE
        | ErrorCode::POLICY_VIOLATION
        | ErrorCode::UNSUPPORTED_VERSION
        | ErrorCode::UNSUPPORTED_SASL_MECHANISM => LogError::Invalid { reason },
        _ => LogError::Unavailable { reason },
    }
}

/// The error of a topic.
pub(crate) fn about_topic(error: ErrorCode, message: &str, topic: &Topic) -> LogError {
    match error {
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::UNKNOWN_TOPIC_ID => {
            LogError::UnknownTopic { topic: topic.clone() }
        }
        ErrorCode::TOPIC_ALREADY_EXISTS => LogError::TopicExists { topic: topic.clone() },
        error => with_subject(log_error(error, message), &format!("topic `{topic}`")),
    }
}

/// The error of a partition.
pub(crate) fn about_partition(error: ErrorCode, message: &str, partition: &TopicPartition) -> LogError {
    match error {
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => LogError::UnknownPartition { partition: partition.clone() },
        ErrorCode::UNKNOWN_TOPIC_ID => LogError::UnknownTopic { topic: partition.topic.clone() },
        error => with_subject(log_error(error, message), &partition.to_string()),
    }
}

/// The error of a group.
pub(crate) fn about_group(error: ErrorCode, message: &str, group: &str) -> LogError {
    with_subject(log_error(error, message), &format!("group `{group}`"))
}

/// Adds the subject to the error's text.
fn with_subject(error: LogError, subject: &str) -> LogError {
    match error {
        LogError::Unauthorised { reason } => LogError::Unauthorised { reason: format!("{subject}: {reason}") },
        LogError::Invalid { reason } => LogError::Invalid { reason: format!("{subject}: {reason}") },
        LogError::Unavailable { reason } => LogError::Unavailable { reason: format!("{subject}: {reason}") },
        other => other,
    }
}
