//! What becomes of a batch that a broker has answered.

use crate::codes;

/// What to do about a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is in the log.
    Written,
    /// It is to be sent again as it is, perhaps to another broker.
    Again {
        /// Whether another broker leads now.
        leader_is_lost: bool,
    },
    /// It is not in the log, and too large; in halves it may fit.
    TooLarge,
    /// It is not in the log, for some of its records.
    Refused,
    /// The broker does not know what it has of this producer: it is to be sent as another one's.
    Forgotten,
    /// It cannot be sent, and whether it is in the log is not known.
    Lost,
}

impl Fate {
    /// After Kafka's protocol errors, and what its Java client makes of them (`Sender.completeBatch`).
    pub(super) fn of(code: i16) -> Self {
        match code {
            codes::NONE | codes::DUPLICATE_SEQUENCE_NUMBER => Self::Written,
            codes::MESSAGE_TOO_LARGE | codes::RECORD_LIST_TOO_LARGE => Self::TooLarge,
            codes::OUT_OF_ORDER_SEQUENCE_NUMBER
            | codes::INVALID_PRODUCER_EPOCH
            | codes::INVALID_PRODUCER_ID_MAPPING
            | codes::UNKNOWN_PRODUCER_ID => Self::Forgotten,
            code if codes::is_too_busy_to_write(code) => Self::Again { leader_is_lost: false },
            codes::UNKNOWN_SERVER_ERROR => Self::Lost,
            code if codes::is_passing(code) => Self::Again { leader_is_lost: true },
            code if codes::is_refusal(code) => Self::Refused,
            _ => Self::Lost,
        }
    }
}
