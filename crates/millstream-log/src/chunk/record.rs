//! A record in a chunk.

use millstream_types::{Headers, Offset, Timestamp};

use super::header_bytes;
use super::length::NULL;

/// The position of a record in the buffer: key, value and headers are consecutive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Relative to the chunk's `base`.
    pub(super) offset: i64,
    pub(super) timestamp: i64,
    pub(super) start: u32,
    pub(super) key_len: u32,
    pub(super) value_len: u32,
    pub(super) headers_len: u32,
}

/// A record in a [`Chunk`](crate::Chunk).
#[derive(Clone, Copy, Debug)]
pub struct RecordView<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) span: Span,
}

impl<'a> RecordView<'a> {
    /// The offset of the record.
    #[must_use]
    #[inline]
    pub fn offset(&self) -> Offset {
        Offset::new(self.span.offset)
    }

    /// The timestamp of the record, which may be negative.
    #[must_use]
    #[inline]
    pub fn timestamp(&self) -> Timestamp {
        Timestamp::from_millis(self.span.timestamp)
    }

    /// The bytes of the key, or null.
    #[must_use]
    #[inline]
    pub fn key(&self) -> Option<&'a [u8]> {
        self.slice(0, self.span.key_len)
    }

    /// The bytes of the value, or null.
    #[must_use]
    #[inline]
    pub fn value(&self) -> Option<&'a [u8]> {
        self.slice(present_len(self.span.key_len), self.span.value_len)
    }

    /// The headers. It does not allocate if there are none.
    #[must_use]
    #[inline]
    pub fn headers(&self) -> Headers {
        if self.span.headers_len == 0 {
            return Headers::new();
        }
        let at = present_len(self.span.key_len) + present_len(self.span.value_len);
        self.slice(at, self.span.headers_len).map(header_bytes::read).unwrap_or_default()
    }

    /// The size of key, value and headers in bytes.
    #[must_use]
    #[inline]
    pub fn size_bytes(&self) -> usize {
        (present_len(self.span.key_len) + present_len(self.span.value_len) + self.span.headers_len) as usize
    }

    /// The bytes of key, value and headers in the buffer.
    pub(super) fn raw(&self) -> &'a [u8] {
        let start = self.span.start as usize;
        &self.bytes[start..start + self.size_bytes()]
    }

    #[inline]
    fn slice(&self, at: u32, len: u32) -> Option<&'a [u8]> {
        (len != NULL).then(|| {
            let start = (self.span.start + at) as usize;
            &self.bytes[start..start + len as usize]
        })
    }
}

#[inline]
fn present_len(len: u32) -> u32 {
    if len == NULL { 0 } else { len }
}
