//! Why bytes of the consumer protocol cannot be read or written.

/// Why a subscription or an assignment cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConsumerProtocolError {
    /// Versions begin at 0.
    #[error("{message} has version {version}, which does not exist")]
    Version {
        /// What is read.
        message: &'static str,
        /// The version.
        version: i16,
    },
    /// A field reaches past the end.
    #[error("{message} ends within {field}")]
    Ends {
        /// What is read.
        message: &'static str,
        /// The field.
        field: &'static str,
    },
    /// Bytes follow the last field, where no newer version can have added any.
    #[error("{message} has {bytes} bytes too many")]
    TooLong {
        /// What is read.
        message: &'static str,
        /// How many.
        bytes: usize,
    },
    /// A field has a negative length, or is null where it must not be.
    #[error("in {message}, {field} has length {length}")]
    Length {
        /// What is read.
        message: &'static str,
        /// The field.
        field: &'static str,
        /// The length as it was written.
        length: i32,
    },
    /// A field is not text.
    #[error("in {message}, {field} is not UTF-8")]
    NotUtf8 {
        /// What is read.
        message: &'static str,
        /// The field.
        field: &'static str,
    },
    /// The number of a partition is negative.
    #[error("in {message}, topic {topic} has a partition {number}")]
    Partition {
        /// What is read.
        message: &'static str,
        /// The topic.
        topic: String,
        /// The number as it was written.
        number: i32,
    },
    /// A field is too large to be written.
    #[error("{field} has {length} bytes or elements, more than the consumer protocol can carry")]
    TooLarge {
        /// The field.
        field: &'static str,
        /// Its length.
        length: usize,
    },
}
