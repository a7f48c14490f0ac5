//! The metadata of a committed offset: the partition time and how far windows were emitted, in the layout of Kafka Streams.
//!
//! Base64 of `magic u8 = 2 ‖ partition time i64`, followed, unless it is empty, by a map of *processor metadata*: `length i32`, and for
//! each entry `length i32 ‖ name ‖ i64`. The names are those of the stores whose windows are emitted when they close, and the numbers
//! the times by which the emitted ones had ended. All numbers are big-endian.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use millstream_types::Timestamp;

const MAGIC: u8 = 2;
/// The version of older Kafka Streams: the time without a map.
const MAGIC_WITHOUT_MAP: u8 = 1;
const LEN: usize = 9;

/// The metadata for a partition time.
#[must_use]
pub fn encode_partition_time(time: Timestamp) -> String {
    encode_metadata(time, &[])
}

/// The metadata for a partition time, and for each store the time by which the windows had ended that were emitted.
pub(crate) fn encode_metadata(time: Timestamp, emitted: &[(String, Timestamp)]) -> String {
    let mut bytes = vec![MAGIC];
    bytes.extend_from_slice(&time.as_millis().to_be_bytes());
    if !emitted.is_empty() {
        push_length(emitted.len(), &mut bytes);
    }
    for (store, until) in emitted {
        push_length(store.len(), &mut bytes);
        bytes.extend_from_slice(store.as_bytes());
        bytes.extend_from_slice(&until.as_millis().to_be_bytes());
    }
    STANDARD.encode(bytes)
}

fn push_length(length: usize, bytes: &mut Vec<u8>) {
    let length = i32::try_from(length).expect("names of stores are shorter than those of topics");
    bytes.extend_from_slice(&length.to_be_bytes());
}

/// The partition time in metadata; [`Timestamp::UNKNOWN`] if it is empty or has another layout.
///
/// # Examples
/// ```
/// use millstream_task::{decode_partition_time, encode_partition_time};
/// use millstream_types::Timestamp;
///
/// let time = Timestamp::from_millis(1_700_000_000_000);
/// assert_eq!(decode_partition_time(&encode_partition_time(time)), time);
/// assert_eq!(decode_partition_time("of another program"), Timestamp::UNKNOWN);
/// ```
#[must_use]
pub fn decode_partition_time(metadata: &str) -> Timestamp {
    let bytes = STANDARD.decode(metadata).unwrap_or_default();
    match bytes.split_first_chunk::<LEN>() {
        Some(([MAGIC, time @ ..], _)) => Timestamp::from_millis(i64::from_be_bytes(*time)),
        Some(([MAGIC_WITHOUT_MAP, time @ ..], [])) => Timestamp::from_millis(i64::from_be_bytes(*time)),
        _ => Timestamp::UNKNOWN,
    }
}

/// The names of stores in metadata, each with the time by which the windows had ended that were emitted. A map that is cut off is
/// read up to there.
pub(crate) fn decode_emitted(metadata: &str) -> Vec<(String, Timestamp)> {
    let bytes = STANDARD.decode(metadata).unwrap_or_default();
    let Some(([MAGIC, ..], map)) = bytes.split_first_chunk::<LEN>() else { return Vec::new() };
    let Some((count, mut rest)) = split_number(map) else { return Vec::new() };
    let mut emitted = Vec::new();
    for _ in 0..count {
        let Some((entry, after)) = split_entry(rest) else { break };
        emitted.push(entry);
        rest = after;
    }
    emitted
}

/// The length at the beginning; `None` if there is none, or it is negative.
fn split_number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((usize::try_from(i32::from_be_bytes(*number)).ok()?, rest))
}

/// The entry at the beginning.
fn split_entry(bytes: &[u8]) -> Option<((String, Timestamp), &[u8])> {
    let (length, rest) = split_number(bytes)?;
    let (name, rest) = rest.split_at_checked(length)?;
    let (until, rest) = rest.split_first_chunk()?;
    let name = String::from_utf8(name.to_vec()).ok()?;
    Some(((name, Timestamp::from_millis(i64::from_be_bytes(*until))), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_has_the_layout_of_kafka_streams() {
        assert_eq!(encode_partition_time(Timestamp::from_millis(5)), "AgAAAAAAAAAF");
        assert_eq!(encode_partition_time(Timestamp::UNKNOWN), "Av//////////");
        let with_map = encode_metadata(Timestamp::from_millis(5), &[("w".to_owned(), Timestamp::from_millis(7))]);
        let map = [0, 0, 0, 1, 0, 0, 0, 1, b'w', 0, 0, 0, 0, 0, 0, 0, 7];
        assert_eq!(STANDARD.decode(with_map).unwrap(), [&[2, 0, 0, 0, 0, 0, 0, 0, 5][..], &map].concat());
    }

    #[test]
    fn metadata_of_older_versions_is_read_and_other_metadata_is_ignored() {
        let cases: [(&[u8], i64); 6] = [
            (&[1, 0, 0, 0, 0, 0, 0, 0, 9], 9),
            (&[2, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0], 9),
            (&[1, 0, 0, 0, 0, 0, 0, 0, 9, 0], -1),
            (&[3, 0, 0, 0, 0, 0, 0, 0, 9], -1),
            (&[2, 0, 0], -1),
            (&[], -1),
        ];
        for (bytes, millis) in cases {
            let metadata = STANDARD.encode(bytes);
            assert_eq!(decode_partition_time(&metadata).as_millis(), millis, "{bytes:?}");
            assert_eq!(decode_emitted(&metadata), [], "{bytes:?}");
        }
        assert_eq!(decode_partition_time("§"), Timestamp::UNKNOWN);
        assert_eq!(decode_emitted("§"), []);
    }

    #[test]
    fn what_was_emitted_is_read_back_and_a_map_that_is_cut_off_does_no_harm() {
        let emitted = [("a".to_owned(), Timestamp::from_millis(7)), ("täglich".to_owned(), Timestamp::from_millis(8))];
        let metadata = encode_metadata(Timestamp::from_millis(5), &emitted);
        assert_eq!(decode_partition_time(&metadata).as_millis(), 5);
        assert_eq!(decode_emitted(&metadata), emitted);
        let whole = STANDARD.decode(metadata).unwrap();
        for end in 0..whole.len() {
            let read = decode_emitted(&STANDARD.encode(&whole[..end]));
            assert!(read.len() < 2 && emitted.starts_with(&read), "cut off after {end} bytes: {read:?}");
        }
        let negative = [&[2, 0, 0, 0, 0, 0, 0, 0, 5][..], &[255; 4], &[0; 20]].concat();
        assert_eq!(decode_emitted(&STANDARD.encode(negative)), []);
    }
}
