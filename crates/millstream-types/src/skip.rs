//! Skipped records, and the reasons.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::{FailureKind, Origin};

/// Why a record was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// Its key is null, and the operator needs one.
    NullKey,
    /// Its value is null, and the operator needs one.
    NullValue,
    /// Its window was already closed.
    LateForWindow,
    /// It is older than the row of its key in a versioned table.
    OutOfOrder,
    /// It is older than stream time by more than the history retention of its table.
    TooOld,
    /// It is the result of a foreign-key join for a row that has changed meanwhile.
    Outdated,
    /// Its timestamp is negative, and there is no other one.
    NegativeTimestamp,
    /// The partitioner chose no partition for it.
    NoPartition,
    /// Its bytes are not a value of the expected type, and the handler decided to continue.
    Deserialization,
    /// The user's code failed on it, and the handler decided to continue.
    Processing,
    /// It has no encoding for its output topic, and the handler decided to continue.
    Serialization,
    /// The log refused it, and the handler decided to continue.
    Production,
}

impl SkipReason {
    /// Every reason, in the order of declaration.
    pub const ALL: [Self; 12] = [
        Self::NullKey,
        Self::NullValue,
        Self::LateForWindow,
        Self::OutOfOrder,
        Self::TooOld,
        Self::Outdated,
        Self::NegativeTimestamp,
        Self::NoPartition,
        Self::Deserialization,
        Self::Processing,
        Self::Serialization,
        Self::Production,
    ];

    /// The reason for a record with such a failure that a handler decided to skip.
    #[must_use]
    pub const fn of_failure(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Deserialization | FailureKind::Timestamp => Self::Deserialization,
            FailureKind::Serialization => Self::Serialization,
            FailureKind::Production => Self::Production,
            FailureKind::Processing
            | FailureKind::Panic
            | FailureKind::Store
            | FailureKind::Log
            | FailureKind::Topology
            | FailureKind::Internal => Self::Processing,
        }
    }

    /// The name of the reason in events and metrics.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(millstream_types::SkipReason::LateForWindow.label(), "late_for_window");
    /// ```
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NullKey => "null_key",
            Self::NullValue => "null_value",
            Self::LateForWindow => "late_for_window",
            Self::OutOfOrder => "out_of_order",
            Self::TooOld => "too_old",
            Self::Outdated => "outdated",
            Self::NegativeTimestamp => "negative_timestamp",
            Self::NoPartition => "no_partition",
            Self::Deserialization => "deserialization",
            Self::Processing => "processing",
            Self::Serialization => "serialization",
            Self::Production => "production",
        }
    }

    /// Whether the message of such a skip is about the bytes of a record.
    #[must_use]
    pub const fn is_about_bytes(self) -> bool {
        match self {
            Self::Deserialization | Self::Serialization => true,
            Self::NullKey
            | Self::NullValue
            | Self::LateForWindow
            | Self::OutOfOrder
            | Self::TooOld
            | Self::Outdated
            | Self::NegativeTimestamp
            | Self::NoPartition
            | Self::Processing
            | Self::Production => false,
        }
    }
}

/// Writes the reason as the end of a sentence.
impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NullKey => "its key is null",
            Self::NullValue => "its value is null",
            Self::LateForWindow => "its window was already closed",
            Self::OutOfOrder => "it is older than the row of its key",
            Self::TooOld => "it is older than the history retention of its table",
            Self::Outdated => "the row that it joins has changed meanwhile",
            Self::NegativeTimestamp => "its timestamp is negative",
            Self::NoPartition => "the partitioner chose no partition for it",
            Self::Deserialization => "it could not be read",
            Self::Processing => "the processor failed on it",
            Self::Serialization => "it could not be written",
            Self::Production => "the log refused it",
        })
    }
}

impl Serialize for SkipReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.label())
    }
}

/// A skipped record. Everything is borrowed, since most are only counted.
#[derive(Clone, Debug)]
pub struct Skipped<'a> {
    /// The reason.
    pub reason: SkipReason,
    /// The node that skipped it.
    pub node: &'a str,
    /// The origin of the record; `None` in a punctuation.
    pub origin: Option<Origin>,
    /// The message. Messages of user code may quote the record.
    pub detail: Option<&'a str>,
    /// Details that quote the bytes of the record.
    pub record_data: Option<&'a str>,
}
