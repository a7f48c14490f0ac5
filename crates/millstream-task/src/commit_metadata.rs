//! The text committed beside an offset: the partition's time, in Kafka Streams' layout.
//!
//! Base64 of `magic u8 = 2 ‖ partition time i64`, big-endian; a map of processor metadata may follow, which is read over.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use millstream_types::Timestamp;

const MAGIC: u8 = 2;
/// Written by older versions of Kafka Streams: the time, and never a map behind it.
const MAGIC_WITHOUT_MAP: u8 = 1;
const LEN: usize = 9;

/// The text to commit for a partition whose records have reached `time`.
#[must_use]
pub fn encode_partition_time(time: Timestamp) -> String {
    let mut bytes = [MAGIC; LEN];
    bytes[1..].copy_from_slice(&time.as_millis().to_be_bytes());
    STANDARD.encode(bytes)
}

/// The time in a committed text; [`Timestamp::UNKNOWN`] if the text is empty or anything else.
///
/// # Examples
/// ```
/// use millstream_task::{decode_partition_time, encode_partition_time};
/// use millstream_types::Timestamp;
///
/// let time = Timestamp::from_millis(1_700_000_000_000);
/// assert_eq!(decode_partition_time(&encode_partition_time(time)), time);
/// assert_eq!(decode_partition_time("written by somebody else"), Timestamp::UNKNOWN);
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
    fn the_text_is_kafka_streams_own() {
        assert_eq!(encode_partition_time(Timestamp::from_millis(5)), "AgAAAAAAAAAF");
        assert_eq!(encode_partition_time(Timestamp::UNKNOWN), "Av//////////");
    }

    #[test]
    fn texts_of_older_versions_and_of_strangers_are_understood_or_ignored() {
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
