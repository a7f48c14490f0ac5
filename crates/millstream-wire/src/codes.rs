//! Kafka's error codes, as far as a client handles them.

pub(crate) const UNKNOWN_SERVER_ERROR: i16 = -1;
pub(crate) const NONE: i16 = 0;
pub(crate) const OFFSET_OUT_OF_RANGE: i16 = 1;
const CORRUPT_MESSAGE: i16 = 2;
/// The topic has just been created, or is being deleted; the application's topic monitor finds out which.
pub(crate) const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const LEADER_NOT_AVAILABLE: i16 = 5;
const NOT_LEADER_OR_FOLLOWER: i16 = 6;
const REQUEST_TIMED_OUT: i16 = 7;
const REPLICA_NOT_AVAILABLE: i16 = 9;
pub(crate) const MESSAGE_TOO_LARGE: i16 = 10;
const NETWORK_EXCEPTION: i16 = 13;
const COORDINATOR_LOAD_IN_PROGRESS: i16 = 14;
const COORDINATOR_NOT_AVAILABLE: i16 = 15;
const NOT_COORDINATOR: i16 = 16;
const INVALID_TOPIC: i16 = 17;
pub(crate) const RECORD_LIST_TOO_LARGE: i16 = 18;
const NOT_ENOUGH_REPLICAS: i16 = 19;
const NOT_ENOUGH_REPLICAS_AFTER_APPEND: i16 = 20;
const TOPIC_AUTHORIZATION_FAILED: i16 = 29;
const CLUSTER_AUTHORIZATION_FAILED: i16 = 31;
const INVALID_TIMESTAMP: i16 = 32;
pub(crate) const UNSUPPORTED_SASL_MECHANISM: i16 = 33;
pub(crate) const ILLEGAL_SASL_STATE: i16 = 34;
const NOT_CONTROLLER: i16 = 41;
pub(crate) const OUT_OF_ORDER_SEQUENCE_NUMBER: i16 = 45;
pub(crate) const DUPLICATE_SEQUENCE_NUMBER: i16 = 46;
pub(crate) const INVALID_PRODUCER_EPOCH: i16 = 47;
pub(crate) const INVALID_PRODUCER_ID_MAPPING: i16 = 49;
const KAFKA_STORAGE_ERROR: i16 = 56;
pub(crate) const SASL_AUTHENTICATION_FAILED: i16 = 58;
pub(crate) const UNKNOWN_PRODUCER_ID: i16 = 59;
const LISTENER_NOT_FOUND: i16 = 72;
const FENCED_LEADER_EPOCH: i16 = 74;
const UNKNOWN_LEADER_EPOCH: i16 = 75;
const UNSUPPORTED_COMPRESSION_TYPE: i16 = 76;
const OFFSET_NOT_AVAILABLE: i16 = 78;
const INVALID_RECORD: i16 = 87;
const THROTTLING_QUOTA_EXCEEDED: i16 = 89;

/// Whether the request may succeed when repeated, perhaps at another broker.
pub(crate) fn is_retriable(code: i16) -> bool {
    matches!(
        code,
        UNKNOWN_SERVER_ERROR
            | UNKNOWN_TOPIC_OR_PARTITION
            | LEADER_NOT_AVAILABLE
            | NOT_LEADER_OR_FOLLOWER
            | REQUEST_TIMED_OUT
            | REPLICA_NOT_AVAILABLE
            | NETWORK_EXCEPTION
            | KAFKA_STORAGE_ERROR
            | LISTENER_NOT_FOUND
            | FENCED_LEADER_EPOCH
            | UNKNOWN_LEADER_EPOCH
            | OFFSET_NOT_AVAILABLE
    )
}

/// Whether the same broker may append the batch later.
pub(crate) fn is_too_busy_to_write(code: i16) -> bool {
    matches!(
        code,
        CORRUPT_MESSAGE
            | REQUEST_TIMED_OUT
            | NOT_ENOUGH_REPLICAS
            | NOT_ENOUGH_REPLICAS_AFTER_APPEND
            | THROTTLING_QUOTA_EXCEEDED
    )
}

/// Whether the broker has refused the batch without appending any of it.
pub(crate) fn is_refusal(code: i16) -> bool {
    matches!(
        code,
        INVALID_TOPIC
            | TOPIC_AUTHORIZATION_FAILED
            | CLUSTER_AUTHORIZATION_FAILED
            | INVALID_TIMESTAMP
            | UNSUPPORTED_COMPRESSION_TYPE
            | INVALID_RECORD
    )
}

/// Whether the coordinator that assigns producer ids is temporarily unavailable.
pub(crate) fn is_coordinator_unavailable(code: i16) -> bool {
    is_retriable(code)
        || matches!(code, COORDINATOR_LOAD_IN_PROGRESS | COORDINATOR_NOT_AVAILABLE | NOT_COORDINATOR | NOT_CONTROLLER)
}
