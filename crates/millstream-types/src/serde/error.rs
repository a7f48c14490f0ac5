//! Errors of encoding and decoding.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use crate::short_type_name;

/// The maximum number of bytes of a record in the details.
const EXCERPT_BYTES_MAX: usize = 24;

/// A value could not be written or read. The runtime adds node, topic, partition and offset.
///
/// The message names the type, the reason, sizes and positions. It never quotes the record, since it is part of log lines
/// and alerts. Only the [details](Self::details) may quote the record.
///
/// # Examples
/// ```
/// use std::error::Error;
/// use millstream_types::{SerdeError, serde::SerdeErrorKind};
///
/// let error = u16::from_str_radix("12x", 10)
///     .map_err(|error| SerdeError::malformed("Port", "it is not a number", b"12x").with_source(error))
///     .unwrap_err();
/// assert_eq!(error.to_string(), "not a valid Port: it is not a number (3 bytes)");
/// assert_eq!(error.kind(), SerdeErrorKind::Malformed);
/// assert_eq!(error.details(), Some("the bytes begin with \"12x\""));
/// assert_eq!(error.source().unwrap().to_string(), "invalid digit found in string");
/// ```
#[derive(Clone)]
pub struct SerdeError(Box<Parts>);

/// Boxed, so that results stay small.
#[derive(Clone)]
struct Parts {
    kind: SerdeErrorKind,
    type_name: &'static str,
    message: String,
    details: Option<String>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The kind of an error of encoding or decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SerdeErrorKind {
    /// The number of bytes is not the size of the type.
    Length,
    /// The bytes are not an encoding of the type.
    Malformed,
    /// The bytes alone do not determine the value. The message says how to read it.
    Unreadable,
    /// The value has no encoding that would be decoded as the same value.
    Unwritable,
}

impl SerdeError {
    /// An error because `bytes` has the wrong length for `type_name`.
    ///
    /// # Examples
    /// ```
    /// let error = millstream_types::SerdeError::length("i64", 8, b"abc");
    /// assert_eq!(error.to_string(), "i64 takes 8 bytes, but 3 came");
    /// ```
    #[must_use]
    pub fn length(type_name: &'static str, expected: usize, bytes: &[u8]) -> Self {
        let message = format!("{} takes {expected} bytes, but {} came", short_type_name(type_name), bytes.len());
        Self::new(SerdeErrorKind::Length, type_name, message).with_details(begin_with(bytes))
    }

    /// An error because `bytes` is not an encoding of `type_name`. `reason` is part of the message, so it should not quote
    /// `bytes`.
    ///
    /// # Examples
    /// ```
    /// let error = millstream_types::SerdeError::malformed("Port", "it is not a number", b"12x");
    /// assert_eq!(error.to_string(), "not a valid Port: it is not a number (3 bytes)");
    /// ```
    #[must_use]
    pub fn malformed(type_name: &'static str, reason: impl fmt::Display, bytes: &[u8]) -> Self {
        let message = format!("not a valid {}: {reason} ({} bytes)", short_type_name(type_name), bytes.len());
        Self::new(SerdeErrorKind::Malformed, type_name, message).with_details(begin_with(bytes))
    }

    /// An error because the bytes alone do not determine a `type_name`; `reason` says how to read it.
    ///
    /// # Examples
    /// ```
    /// let error = millstream_types::SerdeError::unreadable("Key", "name its schema");
    /// assert_eq!(error.to_string(), "a Key cannot be read by its own serde: name its schema");
    /// ```
    #[must_use]
    pub fn unreadable(type_name: &'static str, reason: impl fmt::Display) -> Self {
        let message = format!("a {} cannot be read by its own serde: {reason}", short_type_name(type_name));
        Self::new(SerdeErrorKind::Unreadable, type_name, message)
    }

    /// An error because a value of `type_name` has no encoding. `reason` is part of the message, so it should not quote the
    /// value.
    ///
    /// # Examples
    /// ```
    /// let error = millstream_types::SerdeError::unwritable("Price", "it is not finite");
    /// assert_eq!(error.to_string(), "this Price cannot be written: it is not finite");
    /// ```
    #[must_use]
    pub fn unwritable(type_name: &'static str, reason: impl fmt::Display) -> Self {
        let message = format!("this {} cannot be written: {reason}", short_type_name(type_name));
        Self::new(SerdeErrorKind::Unwritable, type_name, message)
    }

    fn new(kind: SerdeErrorKind, type_name: &'static str, message: String) -> Self {
        Self(Box::new(Parts { kind, type_name, message, details: None, source: None }))
    }

    /// Sets the source of the error. Its message is shown with chains of errors, so it should not quote the record.
    ///
    /// # Examples
    /// ```
    /// use std::error::Error;
    /// use millstream_types::SerdeError;
    ///
    /// let source = "12x".parse::<u16>().unwrap_err();
    /// let error = SerdeError::malformed("Port", "it is not a number", b"12x").with_source(source);
    /// assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("invalid digit found in string"));
    /// ```
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into().into());
        self
    }

    /// Adds details before the present ones. They may quote the record.
    #[must_use]
    pub fn with_details(mut self, details: impl Into<String>) -> Self {
        let mut text = details.into();
        if let Some(before) = self.0.details.take() {
            let _ = write!(text, "; {before}");
        }
        self.0.details = Some(text);
        self
    }

    /// The kind of the error.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::SerdeError;
    /// use millstream_types::serde::SerdeErrorKind;
    ///
    /// assert_eq!(SerdeError::length("i64", 8, b"abc").kind(), SerdeErrorKind::Length);
    /// ```
    #[must_use]
    pub fn kind(&self) -> SerdeErrorKind {
        self.0.kind
    }

    /// The type that was read or written.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(millstream_types::SerdeError::length("i64", 8, b"abc").type_name(), "i64");
    /// ```
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        self.0.type_name
    }

    /// Details that may quote the record. They are part of neither [`Display`](fmt::Display) nor [`Debug`].
    ///
    /// # Examples
    /// ```
    /// use millstream_types::SerdeError;
    ///
    /// let error = SerdeError::malformed("Port", "it is not a number", b"12x").with_details("it was `12x`");
    /// assert!(error.details().is_some_and(|details| details.contains("12x")));
    /// assert!(!error.to_string().contains("12x"));
    /// ```
    #[must_use]
    pub fn details(&self) -> Option<&str> {
        self.0.details.as_deref()
    }
}

impl fmt::Display for SerdeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

/// Leaves out the details.
impl fmt::Debug for SerdeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("SerdeError");
        debug.field("kind", &self.0.kind).field("message", &self.0.message);
        debug.field("source", &self.0.source).finish_non_exhaustive()
    }
}

impl Error for SerdeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_ref().map(|source| source.as_ref() as _)
    }
}

/// The first bytes, as text if they are printable ASCII, otherwise in hexadecimal.
fn begin_with(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(EXCERPT_BYTES_MAX)];
    let mut text = "the bytes begin with ".to_owned();
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
    fn a_message_names_type_reason_and_size_and_quotes_no_bytes() {
        let cases = [
            (SerdeError::length("i64", 8, b"abc"), "i64 takes 8 bytes, but 3 came"),
            (SerdeError::malformed("bool", "odd", &[2]), "not a valid bool: odd (1 bytes)"),
            (SerdeError::unwritable("Json", "odd"), "this Json cannot be written: odd"),
            (SerdeError::unreadable("Key", "odd"), "a Key cannot be read by its own serde: odd"),
        ];
        for (error, message) in cases {
            assert_eq!(error.to_string(), message);
            assert!(!format!("{error:?}").contains("abc"));
        }
    }

    #[test]
    fn details_are_short_whatever_the_record() {
        let excerpt = |bytes: &[u8]| begin_with(bytes).split_off("the bytes begin with ".len());
        assert_eq!(excerpt(b""), "\"\"");
        assert_eq!(excerpt(&[0, 255]), "0x00ff");
        assert_eq!(excerpt(&[b'x'; 24]), format!("\"{}\"", "x".repeat(24)));
        assert_eq!(excerpt(&[b'x'; 1_000_000]), format!("\"{}\"…", "x".repeat(24)));
        assert_eq!(excerpt("é".as_bytes()), "0xc3a9");
    }

    #[test]
    fn details_and_source_are_kept_apart_from_the_text() {
        let error = SerdeError::malformed("bool", "odd", b"abc").with_details("more").with_source("cause");
        assert_eq!(error.details(), Some("more; the bytes begin with \"abc\""));
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("cause"));
    }
}
