//! Why bytes did not become a value, or a value no bytes.

use std::fmt::Write as _;

/// How many bytes of a bad record an error shows.
const EXCERPT_BYTES_MAX: usize = 24;

/// A value that could not be written or read; the runtime adds topic, partition and offset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SerdeError {
    /// A type of fixed size met another number of bytes.
    #[error("{type_name} takes {expected} bytes, but {actual} came: {excerpt}")]
    Length {
        /// The type that was read.
        type_name: &'static str,
        /// The bytes it takes.
        expected: usize,
        /// The bytes that came.
        actual: usize,
        /// The first of them.
        excerpt: String,
    },
    /// The bytes are not an encoding of the type.
    #[error("not a valid {type_name}: {reason}; the bytes begin with {excerpt}")]
    Malformed {
        /// The type that was read.
        type_name: &'static str,
        /// What is wrong.
        reason: String,
        /// The first bytes.
        excerpt: String,
    },
    /// The bytes alone do not say what the value was, however well formed they are.
    #[error("a {type_name} cannot be read by its own serde: {reason}")]
    Unreadable {
        /// The type that was read.
        type_name: &'static str,
        /// What is missing, and the remedy.
        reason: String,
    },
    /// The value has no encoding.
    #[error("this {type_name} cannot be written: {reason}")]
    Unwritable {
        /// The type that was written.
        type_name: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl SerdeError {
    /// `bytes` has the wrong length for `type_name`.
    #[must_use]
    pub fn length(type_name: &'static str, expected: usize, bytes: &[u8]) -> Self {
        Self::Length { type_name, expected, actual: bytes.len(), excerpt: excerpt(bytes) }
    }

    /// `bytes` is no encoding of `type_name`.
    #[must_use]
    pub fn malformed(type_name: &'static str, reason: impl ToString, bytes: &[u8]) -> Self {
        Self::Malformed { type_name, reason: reason.to_string(), excerpt: excerpt(bytes) }
    }

    /// Bytes alone do not make a `type_name`; `reason` says what does.
    #[must_use]
    pub fn unreadable(type_name: &'static str, reason: impl ToString) -> Self {
        Self::Unreadable { type_name, reason: reason.to_string() }
    }

    /// A value of `type_name` has no encoding.
    #[must_use]
    pub fn unwritable(type_name: &'static str, reason: impl ToString) -> Self {
        Self::Unwritable { type_name, reason: reason.to_string() }
    }
}

/// The first bytes for a person to read: as text where they are printable ASCII, else in hex.
///
/// # Examples
/// ```
/// use millstream_types::serde::excerpt;
/// assert_eq!(excerpt(b"{oops"), "\"{oops\"");
/// assert_eq!(excerpt(&[0, 255]), "0x00ff");
/// ```
#[must_use]
pub fn excerpt(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(EXCERPT_BYTES_MAX)];
    let mut text = String::new();
    if head.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        let _ = write!(text, "\"{}\"", String::from_utf8_lossy(head));
    } else {
        text.push_str("0x");
        for byte in head {
            let _ = write!(text, "{byte:02x}");
        }
    }
    if head.len() < bytes.len() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_type_reason_and_first_bytes() {
        let cases = [
            (SerdeError::length("i64", 8, b"abc"), "i64 takes 8 bytes, but 3 came: \"abc\""),
            (SerdeError::malformed("bool", "odd", &[2]), "not a valid bool: odd; the bytes begin with 0x02"),
            (SerdeError::unwritable("Json", "odd"), "this Json cannot be written: odd"),
            (SerdeError::unreadable("Key", "odd"), "a Key cannot be read by its own serde: odd"),
        ];
        for (error, message) in cases {
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn an_excerpt_is_short_whatever_the_record() {
        assert_eq!(excerpt(b""), "\"\"");
        assert_eq!(excerpt(&[b'x'; 24]), format!("\"{}\"", "x".repeat(24)));
        assert_eq!(excerpt(&[b'x'; 1_000_000]), format!("\"{}\"…", "x".repeat(24)));
        assert_eq!(excerpt("é".as_bytes()), "0xc3a9");
    }
}
