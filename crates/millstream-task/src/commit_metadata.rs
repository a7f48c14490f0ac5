//! The metadata of a committed offset: the partition time, in the layout of Kafka Streams.
//!
//! Base64 of `magic u8 = 2 ‖ partition time i64`, big-endian. A map of processor metadata may follow, which is ignored.

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
    let mut bytes = [MAGIC; LEN];
    bytes[1..].copy_from_slice(&time.as_millis().to_be_bytes());
    STANDARD.encode(bytes)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_has_the_layout_of_kafka_streams() {
        assert_eq!(encode_partition_time(Timestamp::from_millis(5)), "AgAAAAAAAAAF");
        assert_eq!(encode_partition_time(Timestamp::UNKNOWN), "Av//////////");
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
            let time = decode_partition_time(&STANDARD.encode(bytes));
            assert_eq!(time.as_millis(), millis, "{bytes:?}");
        }
        assert_eq!(decode_partition_time("§"), Timestamp::UNKNOWN);
    }
}
