//! Writes a record into a batch.

use millstream_types::{Header, Headers, RecordBytes};

use crate::batch::varint::{put_varint, varint_bytes};

/// The largest size of what comes before the key: the length, the attributes, and the differences of timestamp and offset
/// from the batch's first.
const HEAD_BYTES_MAX: usize = 5 + 1 + 10 + 5;
/// The length of a key, value or header that is null.
const NULL_LENGTH: i64 = -1;

/// The most bytes that a record can take in a batch, without the batch's header.
#[inline]
pub(crate) fn record_bytes_max(record: &RecordBytes<'_>) -> usize {
    HEAD_BYTES_MAX + content_bytes(record)
}

/// Appends a record. The deltas are the differences of its timestamp and offset from the batch's first.
#[inline]
pub(super) fn put_record(bytes: &mut Vec<u8>, record: &RecordBytes<'_>, timestamp_delta: i64, offset_delta: i64) {
    let content_bytes = content_bytes(record);
    bytes.reserve(HEAD_BYTES_MAX + content_bytes);
    let body_bytes = 1 + varint_bytes(timestamp_delta) + varint_bytes(offset_delta) + content_bytes;
    put_varint(bytes, body_bytes as i64);
    bytes.push(0);
    put_varint(bytes, timestamp_delta);
    put_varint(bytes, offset_delta);
    put_nullable(bytes, record.key);
    put_nullable(bytes, record.value);
    if record.headers.is_empty() { bytes.push(0) } else { put_headers(bytes, record.headers) }
}

/// The size of the key, the value and the headers, with their lengths.
#[inline]
fn content_bytes(record: &RecordBytes<'_>) -> usize {
    let headers_bytes = if record.headers.is_empty() { 1 } else { headers_bytes(record.headers) };
    nullable_bytes(record.key) + nullable_bytes(record.value) + headers_bytes
}

#[inline]
fn nullable_length(part: Option<&[u8]>) -> i64 {
    part.map_or(NULL_LENGTH, |part| part.len() as i64)
}

#[inline]
fn nullable_bytes(part: Option<&[u8]>) -> usize {
    varint_bytes(nullable_length(part)) + part.map_or(0, <[u8]>::len)
}

#[inline]
fn put_nullable(bytes: &mut Vec<u8>, part: Option<&[u8]>) {
    put_varint(bytes, nullable_length(part));
    if let Some(part) = part {
        bytes.extend_from_slice(part);
    }
}

#[inline(never)]
fn headers_bytes(headers: &Headers) -> usize {
    let header_bytes =
        |header: &Header| nullable_bytes(Some(header.name.as_bytes())) + nullable_bytes(header.value.as_deref());
    varint_bytes(headers.len() as i64) + headers.iter().map(header_bytes).sum::<usize>()
}

#[inline(never)]
fn put_headers(bytes: &mut Vec<u8>, headers: &Headers) {
    put_varint(bytes, headers.len() as i64);
    for header in headers {
        put_nullable(bytes, Some(header.name.as_bytes()));
        put_nullable(bytes, header.value.as_deref());
    }
}
