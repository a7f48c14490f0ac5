//! A record's content as bytes, borrowed from whoever holds it.

use std::fmt;

use crate::{Headers, Timestamp};

/// A record as it lies in a topic or is on its way to one: its time, the bytes of key and value, and its headers.
///
/// `Debug` shows sizes and no bytes, since it is used in log lines.
///
/// # Examples
/// ```
/// use millstream_types::{Headers, RecordBytes, Timestamp};
///
/// let headers = Headers::new();
/// let record = RecordBytes {
///     timestamp: Timestamp::from_millis(5),
///     key: Some(b"pear"),
///     value: None,
///     headers: &headers,
/// };
/// assert_eq!(record.size_bytes(), 4);
/// assert_eq!(format!("{record:?}"), "RecordBytes { timestamp: 5 ms, key: 4 bytes, value: null, headers: 0 }");
/// ```
#[derive(Clone, Copy)]
pub struct RecordBytes<'a> {
    /// Its time; negative where it is not known.
    pub timestamp: Timestamp,
    /// The key's bytes; `None` is null, different from empty.
    pub key: Option<&'a [u8]>,
    /// The value's bytes; `None` is null, different from empty.
    pub value: Option<&'a [u8]>,
    /// The headers.
    pub headers: &'a Headers,
}

impl RecordBytes<'_> {
    /// Bytes of key and value.
    #[must_use]
    #[inline]
    pub fn size_bytes(&self) -> usize {
        self.key.map_or(0, <[u8]>::len) + self.value.map_or(0, <[u8]>::len)
    }
}

impl fmt::Debug for RecordBytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |bytes: Option<&[u8]>| bytes.map_or("null".to_owned(), |bytes| format!("{} bytes", bytes.len()));
        f.debug_struct("RecordBytes")
            .field("timestamp", &format_args!("{}", self.timestamp))
            .field("key", &format_args!("{}", part(self.key)))
            .field("value", &format_args!("{}", part(self.value)))
            .field("headers", &self.headers.len())
            .finish()
    }
}
