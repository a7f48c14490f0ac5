//! A record as bytes, borrowed or owned.

use std::fmt;

use crate::{Headers, Timestamp};

/// A record as bytes, borrowed: its timestamp, the bytes of key and value, and its headers.
///
/// `Debug` shows sizes and no bytes, so that log lines contain no data.
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
    /// Its timestamp; negative if it is unknown.
    pub timestamp: Timestamp,
    /// The key's bytes; `None` is null, different from empty.
    pub key: Option<&'a [u8]>,
    /// The value's bytes; `None` is null, different from empty.
    pub value: Option<&'a [u8]>,
    /// The headers.
    pub headers: &'a Headers,
}

/// The headers of a record without headers.
static NO_HEADERS: Headers = Headers::new();

impl<'a> RecordBytes<'a> {
    /// A record without headers.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::{Headers, RecordBytes, Timestamp};
    ///
    /// let record = RecordBytes::new(Timestamp::from_millis(5), Some(b"pear"), Some(b"3"));
    /// assert!(record.headers.is_empty());
    ///
    /// let mut headers = Headers::new();
    /// headers.add("trace", "a1");
    /// assert_eq!(record.with_headers(&headers).headers.len(), 1);
    /// ```
    #[must_use]
    #[inline]
    pub fn new(timestamp: Timestamp, key: Option<&'a [u8]>, value: Option<&'a [u8]>) -> Self {
        Self { timestamp, key, value, headers: &NO_HEADERS }
    }

    /// The same record with these headers instead of its own.
    #[must_use]
    #[inline]
    pub fn with_headers(self, headers: &'a Headers) -> Self {
        Self { headers, ..self }
    }

    /// A copy that owns its bytes.
    #[must_use]
    pub fn to_buf(&self) -> RecordBuf {
        RecordBuf {
            timestamp: self.timestamp,
            key: self.key.map(<[u8]>::to_vec),
            value: self.value.map(<[u8]>::to_vec),
            headers: self.headers.clone(),
        }
    }

    /// The number of bytes of key and value.
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

/// A record as bytes, owned; the counterpart of [`RecordBytes`]. `Debug` shows no bytes.
///
/// # Examples
/// ```
/// use millstream_types::{Headers, RecordBuf, RecordBytes, Timestamp};
///
/// let headers = Headers::new();
/// let timestamp = Timestamp::from_millis(5);
/// let record = RecordBytes { timestamp, key: Some(b"pear"), value: None, headers: &headers };
/// let kept: RecordBuf = record.to_buf();
/// assert_eq!(kept.as_bytes().key, Some(&b"pear"[..]));
/// assert_eq!(format!("{kept:?}"), format!("{record:?}"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RecordBuf {
    /// Its timestamp; negative if it is unknown.
    pub timestamp: Timestamp,
    /// The key's bytes; `None` is null, different from empty.
    pub key: Option<Vec<u8>>,
    /// The value's bytes; `None` is null, different from empty.
    pub value: Option<Vec<u8>>,
    /// The headers.
    pub headers: Headers,
}

impl RecordBuf {
    /// The same record, borrowed.
    #[must_use]
    pub fn as_bytes(&self) -> RecordBytes<'_> {
        let Self { timestamp, key, value, headers } = self;
        RecordBytes { timestamp: *timestamp, key: key.as_deref(), value: value.as_deref(), headers }
    }
}

impl fmt::Debug for RecordBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.as_bytes(), f)
    }
}
