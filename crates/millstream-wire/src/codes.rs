//! Kafka's numbers for errors, as far as a reader does more than tell them.

pub(crate) const NONE: i16 = 0;
pub(crate) const OFFSET_OUT_OF_RANGE: i16 = 1;

const UNKNOWN_SERVER_ERROR: i16 = -1;
/// Just created, or on the way to be deleted; who watches topics finds out which.
const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const LEADER_NOT_AVAILABLE: i16 = 5;
const NOT_LEADER_OR_FOLLOWER: i16 = 6;
const REQUEST_TIMED_OUT: i16 = 7;
const REPLICA_NOT_AVAILABLE: i16 = 9;
const NETWORK_EXCEPTION: i16 = 13;
const KAFKA_STORAGE_ERROR: i16 = 56;
const LISTENER_NOT_FOUND: i16 = 72;
const FENCED_LEADER_EPOCH: i16 = 74;
const UNKNOWN_LEADER_EPOCH: i16 = 75;
const OFFSET_NOT_AVAILABLE: i16 = 78;

/// Whether asking again, perhaps another broker, may help.
pub(crate) fn is_passing(code: i16) -> bool {
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
