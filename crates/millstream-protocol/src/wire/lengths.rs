//! The two ways to write a length.

/// How the lengths of strings, bytes and arrays are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lengths {
    /// As `i16` for strings and `i32` for others, -1 for null: versions that are not flexible.
    Fixed,
    /// As a variable-length integer, one more than the length, 0 for null: flexible versions (KIP-482).
    Compact,
}

impl Lengths {
    /// The lengths in `version` of a message whose first flexible version is `flexible_from`.
    pub const fn in_version(version: i16, flexible_from: i16) -> Self {
        if version >= flexible_from { Self::Compact } else { Self::Fixed }
    }
}

/// The length of the longest string in bytes. Kafka holds compact strings to it too.
pub(crate) const STRING_BYTES_MAX: usize = i16::MAX as usize;
