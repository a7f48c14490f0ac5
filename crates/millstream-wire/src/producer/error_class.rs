//! What to do about a batch after a response.

use crate::codes;

/// What to do about a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorClass {
    /// It is in the log.
    Written,
    /// It is to be sent again as it is, perhaps to another broker.
    Retriable {
        /// Whether another broker leads now.
        is_leader_lost: bool,
    },
    /// It is not in the log, and too large; in halves it may fit.
    TooLarge,
    /// It is not in the log, for some of its records.
    Refused,
    /// The broker does not know what it has of this producer: it is to be sent as another one's.
    ProducerUnknown,
    /// It cannot be sent, and whether it is in the log is not known.
    OutcomeUnknown,
}

impl ErrorClass {
    /// After Kafka's protocol errors, and what its Java client makes of them (`Sender.completeBatch`).
    pub(super) fn of(code: i16) -> Self {
        match code {
            codes::NONE | codes::DUPLICATE_SEQUENCE_NUMBER => Self::Written,
            codes::MESSAGE_TOO_LARGE | codes::RECORD_LIST_TOO_LARGE => Self::TooLarge,
            codes::OUT_OF_ORDER_SEQUENCE_NUMBER
            | codes::INVALID_PRODUCER_EPOCH
            | codes::INVALID_PRODUCER_ID_MAPPING
            | codes::UNKNOWN_PRODUCER_ID => Self::ProducerUnknown,
            code if codes::is_too_busy_to_write(code) => Self::Retriable { is_leader_lost: false },
            codes::UNKNOWN_SERVER_ERROR => Self::OutcomeUnknown,
            code if codes::is_retriable(code) => Self::Retriable { is_leader_lost: true },
            code if codes::is_refusal(code) => Self::Refused,
            _ => Self::OutcomeUnknown,
        }
    }
}
