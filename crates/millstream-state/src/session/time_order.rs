//! The order of sessions of several keys in a store in memory, as in Kafka Streams: by end, then by key, then the latest start
//! first.
//!
//! A sort key is `end ‖ key ‖ start`. Since keys have different lengths, a zero byte in a key is followed by 255, and the end
//! of the key is marked by a zero and a one, so that a key is before the longer ones that begin with it.

use millstream_types::Timestamp;

use crate::store::time_bytes;

const TIME_BYTES: usize = size_of::<i64>();
const ESCAPED_ZERO: [u8; 2] = [0, u8::MAX];
const END_OF_KEY: [u8; 2] = [0, 1];

/// The sort key of a session.
pub(super) fn encode(end: Timestamp, key: &[u8], start: Timestamp) -> Vec<u8> {
    let mut bytes = time_bytes(end).to_vec();
    for &byte in key {
        match byte {
            0 => bytes.extend_from_slice(&ESCAPED_ZERO),
            byte => bytes.push(byte),
        }
    }
    bytes.extend_from_slice(&END_OF_KEY);
    bytes.extend(time_bytes(start).map(|byte| !byte));
    bytes
}

/// The bytes of the key in a sort key.
pub(super) fn key_of(sort_key: &[u8]) -> Vec<u8> {
    let end = sort_key.len().saturating_sub(END_OF_KEY.len() + TIME_BYTES);
    let escaped = sort_key.get(TIME_BYTES..end).unwrap_or_default();
    let mut key = Vec::with_capacity(escaped.len());
    let mut bytes = escaped.iter();
    while let Some(&byte) = bytes.next() {
        key.push(byte);
        if byte == 0 {
            bytes.next();
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_ordered_by_end_then_key_then_latest_start() {
        let sorted: [(i64, &[u8], i64); 9] = [
            (-1, b"z", 0),
            (5, b"", 0),
            (5, b"\0", 3),
            (5, b"\0\0", 3),
            (5, b"\0\x01", 3),
            (5, b"a", 4),
            (5, b"a", -4),
            (5, b"a\xff", 9),
            (6, b"a", 1),
        ];
        let keys = sorted.map(|(end, key, start)| encode(end.into(), key, start.into()));
        assert!(keys.is_sorted(), "{keys:?}");
        for (sort_key, (_, key, _)) in keys.iter().zip(sorted) {
            assert_eq!(key_of(sort_key), key);
        }
    }
}
