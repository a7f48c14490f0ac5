//! The buffer that the records of a chunk share.

use millstream_types::{Offset, RecordBytes};

use super::header_bytes;
use super::in_use::HeldBytes;
use super::length::{NULL, length};
use super::record::{RecordView, Span};

/// The bytes of the records, one after the other, and the position of each.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) bytes: Vec<u8>,
    pub(super) spans: Vec<Span>,
    /// Counts the buffer while it is in use.
    pub(super) held: Option<HeldBytes>,
}

impl Records {
    pub(super) fn buffer_bytes(&self) -> usize {
        self.bytes.len() + self.spans.len() * size_of::<Span>()
    }

    #[inline]
    pub(super) fn push(&mut self, offset: Offset, record: &RecordBytes<'_>) {
        let RecordBytes { timestamp, key, value, headers } = *record;
        let bytes = &mut self.bytes;
        let start = length(bytes.len());
        let key_len = push_nullable(bytes, key);
        let value_len = push_nullable(bytes, value);
        let headers_len = if headers.is_empty() { 0 } else { header_bytes::write(headers, bytes) };
        length(bytes.len());
        let (offset, timestamp) = (offset.number(), timestamp.as_millis());
        self.spans.push(Span { offset, timestamp, start, key_len, value_len, headers_len });
    }

    /// Copies a record of another chunk, with its offset relative to `base`.
    pub(super) fn push_view(&mut self, view: &RecordView<'_>, base: i64) {
        let start = length(self.bytes.len());
        self.bytes.extend_from_slice(view.raw());
        self.spans.push(Span { offset: view.span.offset - base, start, ..view.span });
    }
}

#[inline]
fn push_nullable(bytes: &mut Vec<u8>, part: Option<&[u8]>) -> u32 {
    part.map_or(NULL, |part| {
        bytes.extend_from_slice(part);
        length(part.len())
    })
}
