//! Classifies the error codes of produce responses.

use crate::codes;

/// What an error code means for a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorClass {
    /// The batch is in the log.
    Written,
    /// The batch is to be sent to the same broker again.
    Retriable,
    /// The broker may no longer be the leader: the batch is to be sent again after a look-up.
    LeaderLost,
    /// The batch is not in the log, since it is too large. Its halves may fit.
    TooLarge,
    /// The batch is not in the log, because of some of its records.
    Refused,
    /// The broker has lost the state of this producer: the batch is to be sent with another producer id.
    ProducerUnknown,
    /// The batch cannot be sent, and it is not known whether it is in the log.
    OutcomeUnknown,
}

impl ErrorClass {
    /// The class of a code, as in Kafka's Java client (`Sender.completeBatch`).
    pub(super) fn of(code: i16) -> Self {
        match code {
            codes::NONE | codes::DUPLICATE_SEQUENCE_NUMBER => Self::Written,
            codes::MESSAGE_TOO_LARGE | codes::RECORD_LIST_TOO_LARGE => Self::TooLarge,
            codes::OUT_OF_ORDER_SEQUENCE_NUMBER
            | codes::INVALID_PRODUCER_EPOCH
            | codes::INVALID_PRODUCER_ID_MAPPING
            | codes::UNKNOWN_PRODUCER_ID => Self::ProducerUnknown,
            code if codes::is_too_busy_to_write(code) => Self::Retriable,
            codes::UNKNOWN_SERVER_ERROR => Self::OutcomeUnknown,
            code if codes::is_retriable(code) => Self::LeaderLost,
            code if codes::is_refusal(code) => Self::Refused,
            _ => Self::OutcomeUnknown,
        }
    }
}
