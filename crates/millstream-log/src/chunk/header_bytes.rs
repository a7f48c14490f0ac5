//! The encoding of headers in a chunk.

use millstream_types::{Header, Headers};

use super::length::{NULL, length};

/// Writes for each header `name length ‖ name ‖ value length (or NULL) ‖ value`, lengths in 4 bytes. Returns the number of
/// bytes.
pub(super) fn write(headers: &Headers, bytes: &mut Vec<u8>) -> u32 {
    let start = bytes.len();
    for header in headers {
        bytes.extend_from_slice(&length(header.name.len()).to_le_bytes());
        bytes.extend_from_slice(header.name.as_bytes());
        let value_len = header.value.as_ref().map_or(NULL, |value| length(value.len()));
        bytes.extend_from_slice(&value_len.to_le_bytes());
        bytes.extend_from_slice(header.value.as_deref().unwrap_or_default());
    }
    length(bytes.len() - start)
}

/// Reads headers. Of damaged bytes, those before the damage are returned.
pub(super) fn read(mut bytes: &[u8]) -> Headers {
    std::iter::from_fn(|| read_one(&mut bytes)).collect()
}

fn read_one(bytes: &mut &[u8]) -> Option<Header> {
    let name_len = read_length(bytes)?;
    let name = take(bytes, name_len)?;
    let value_len = read_length(bytes)?;
    let value = if value_len == NULL { None } else { Some(take(bytes, value_len)?.to_vec()) };
    Some(Header { name: String::from_utf8_lossy(name).into_owned(), value })
}

fn read_length(bytes: &mut &[u8]) -> Option<u32> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*length))
}

fn take<'a>(bytes: &mut &'a [u8], length: u32) -> Option<&'a [u8]> {
    let (part, rest) = bytes.split_at_checked(length as usize)?;
    *bytes = rest;
    Some(part)
}
