//! Why a message cannot be encoded or decoded.

/// Why a message cannot be encoded. Fields are named as `JoinGroupRequest.group_id`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A value is longer than its length field can say.
    #[error("{field} has the length {length}, which its length field cannot hold")]
    TooLong {
        /// The field.
        field: &'static str,
        /// Its length in bytes or elements.
        length: usize,
    },
    /// A field is not in this version, and its value may not be left out.
    #[error("{field} has a value, but it is not part of version {version}")]
    NotInVersion {
        /// The field.
        field: &'static str,
        /// The version.
        version: i16,
    },
    /// A field is null, which this version does not allow.
    #[error("{field} is null, which version {version} does not allow")]
    Null {
        /// The field.
        field: &'static str,
        /// The version.
        version: i16,
    },
    /// The crate does not know this version of the message.
    #[error("version {version} of {message} is not supported")]
    UnsupportedVersion {
        /// The message.
        message: &'static str,
        /// The version.
        version: i16,
    },
}

/// Why bytes are not a message. Fields are named as `JoinGroupRequest.group_id`, and offsets count from the first byte
/// of the message or frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes end within a field.
    #[error("the message ends within {field}, which begins at byte {offset}")]
    Truncated {
        /// The field.
        field: &'static str,
        /// Where it begins.
        offset: usize,
    },
    /// The length of a field is negative, or larger than the protocol allows.
    #[error("{field} at byte {offset} has the impossible length {length}")]
    Length {
        /// The field.
        field: &'static str,
        /// Where it begins.
        offset: usize,
        /// Its length in bytes or elements.
        length: i64,
    },
    /// An array has more elements than the rest of the message has room for.
    #[error("{field} at byte {offset} has {count} elements, which the rest of the message has no room for")]
    Count {
        /// The array.
        field: &'static str,
        /// Where it begins.
        offset: usize,
        /// Its number of elements.
        count: usize,
    },
    /// A variable-length integer has more than five bytes, or does not fit in 32 bits.
    #[error("the length or tag of {field} at byte {offset} is not an integer of 32 bits")]
    Varint {
        /// The field.
        field: &'static str,
        /// Where the integer begins.
        offset: usize,
    },
    /// A field is null that must not be.
    #[error("{field} at byte {offset} is null")]
    Null {
        /// The field.
        field: &'static str,
        /// Where it begins.
        offset: usize,
    },
    /// The byte before a structure that may be null is neither -1 nor 1.
    #[error("the byte {found} before {field} at byte {offset} says neither that it is null nor that it follows")]
    Marker {
        /// The structure.
        field: &'static str,
        /// Where the byte is.
        offset: usize,
        /// The byte.
        found: i8,
    },
    /// A string is not UTF-8.
    #[error("{field} at byte {offset} is not UTF-8")]
    NotUtf8 {
        /// The string.
        field: &'static str,
        /// Where it begins.
        offset: usize,
    },
    /// The tags of a structure do not ascend.
    #[error("the tag {tag} at byte {offset} in {field} is not larger than the tag before it")]
    TagOrder {
        /// The structure.
        field: &'static str,
        /// Where the tag is.
        offset: usize,
        /// The tag.
        tag: u32,
    },
    /// A tagged field is longer than its content.
    #[error("the tagged field {tag} in {field} has bytes behind its content at byte {offset}")]
    TagSize {
        /// The structure.
        field: &'static str,
        /// Where the content ends.
        offset: usize,
        /// The tag.
        tag: u32,
    },
    /// The crate does not know this version of the message.
    #[error("version {version} of {message} is not supported")]
    UnsupportedVersion {
        /// The message.
        message: &'static str,
        /// The version.
        version: i16,
    },
    /// The header of a request names an API that the crate does not know.
    #[error("there is no API with the key {api_key}")]
    UnknownApi {
        /// The key.
        api_key: i16,
    },
}
