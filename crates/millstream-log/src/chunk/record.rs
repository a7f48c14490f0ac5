//! One record inside a chunk.

use millstream_types::{Headers, Offset, Timestamp};

use super::header_bytes;
use super::length::NULL;

/// Where one record lies in the buffer: key, then value, then headers, each right behind the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Counted from its chunk's `base`.
    pub(super) offset: i64,
    pub(super) timestamp: i64,
    pub(super) start: u32,
    pub(super) key_len: u32,
    pub(super) value_len: u32,
    pub(super) headers_len: u32,
}

/// A record inside a [`Chunk`](crate::Chunk).
#[derive(Clone, Copy, Debug)]
pub struct RecordView<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) span: Span,
}

impl<'a> RecordView<'a> {
    /// Its place in the partition.
    #[must_use]
    #[inline]
    pub fn offset(&self) -> Offset {
        Offset::new(self.span.offset)
    }

    /// Its time as the log has it; may be negative.
    #[must_use]
    #[inline]
    pub fn timestamp(&self) -> Timestamp {
        Timestamp::from_millis(self.span.timestamp)
    }

    /// The key's bytes, or null.
    #[must_use]
    #[inline]
    pub fn key(&self) -> Option<&'a [u8]> {
        self.slice(0, self.span.key_len)
    }

    /// The value's bytes, or null.
    #[must_use]
    #[inline]
    pub fn value(&self) -> Option<&'a [u8]> {
        self.slice(present_len(self.span.key_len), self.span.value_len)
    }

    /// The headers; without any, this allocates nothing.
    #[must_use]
    #[inline]
    pub fn headers(&self) -> Headers {
        if self.span.headers_len == 0 {
            return Headers::new();
        }
        let at = present_len(self.span.key_len) + present_len(self.span.value_len);
        self.slice(at, self.span.headers_len).map(header_bytes::read).unwrap_or_default()
    }

    /// Bytes of key, value and headers.
    #[must_use]
    #[inline]
    pub fn size_bytes(&self) -> usize {
        (present_len(self.span.key_len) + present_len(self.span.value_len) + self.span.headers_len) as usize
    }

    /// Key, value and headers as they lie in the buffer.
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
