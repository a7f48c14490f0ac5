//! Bytes that are cut, changed, or never were a batch.

use proptest::prelude::*;

use super::*;
use crate::batch::testing::{TestCodec, TestRecord, framed};

fn mixed() -> Vec<TestBatch> {
    let headers = vec![("h".to_owned(), Some(vec![1])), ("h".to_owned(), None)];
    let headed = TestRecord { headers, ..TestRecord::new(4, "key", "value") };
    vec![
        TestBatch::numbered(0, 3),
        TestBatch { codec: TestCodec::Gzip, ..TestBatch::numbered(3, 20) },
        TestBatch { codec: TestCodec::SnappyXerial, ..TestBatch::new(23, vec![headed.clone()]) },
        TestBatch::commit_marker(28, 7),
        TestBatch { codec: TestCodec::Lz4, ..TestBatch::new(29, vec![headed]) },
        TestBatch { codec: TestCodec::Zstd, last_offset_delta: Some(60), ..TestBatch::numbered(40, 30) },
        TestBatch { codec: TestCodec::SnappyRaw, ..TestBatch::numbered(101, 5) },
    ]
}

fn delivered(batches: &[TestBatch]) -> Vec<Seen> {
    batches.iter().filter(|batch| !batch.control).flat_map(content).collect()
}

#[test]
fn a_response_cut_anywhere_and_requested_again_loses_and_repeats_nothing() {
    let (bytes, expected) = (encode(&mixed()), delivered(&mixed()));
    for cut in 0..=bytes.len() {
        let mut first = open(&bytes[..cut], 0).unwrap();
        let (mut seen, result) = read_all(&mut first, &[4]);
        assert_eq!(result, Ok(()), "cut at {cut}");
        let (rest, result) = read_all(&mut open(&bytes, first.next_offset().number()).unwrap(), &[100]);
        seen.extend(rest);
        assert_eq!((seen, result), (expected.clone(), Ok(())), "cut at {cut}");
    }
}

#[test]
fn a_changed_bit_gives_an_error_or_less_but_never_another_record() {
    let (batches, expected) = (mixed(), delivered(&mixed()));
    let mut bytes = encode(&batches);
    let mut at = 0;
    for batch in &batches {
        let end = at + batch.encode().len();
        // The offset and the leader epoch are not under the checksum: the broker writes them.
        for index in (at + 8..at + 12).chain(at + 16..end) {
            for bit in 0..8 {
                bytes[index] ^= 1 << bit;
                let seen = open(&bytes, 0).map_or(Vec::new(), |mut batches| read_all(&mut batches, &[1000]).0);
                assert!(expected.starts_with(&seen), "bit {bit} of byte {index}");
                assert!(seen.last().is_none_or(|last| last.offset < batch.base_offset), "bit {bit} of byte {index}");
                bytes[index] ^= 1 << bit;
            }
        }
        at = end;
    }
}

#[test]
fn a_changed_offset_or_leader_epoch_does_no_harm_beyond_itself() {
    let bytes = TestBatch::numbered(5, 3).encode();
    for index in (0..8).chain(12..16) {
        for bit in 0..8 {
            let mut bytes = bytes.clone();
            bytes[index] ^= 1 << bit;
            let Ok(mut batches) = open(&bytes, 5) else { continue };
            let (seen, result) = read_all(&mut batches, &[2]);
            assert!(seen.iter().all(|record| record.offset >= 5) && result.is_ok());
        }
    }
}

fn what(batch: &TestBatch, count: i32, section: &[u8]) -> (usize, String) {
    let mut batches = open(&batch.encode_around(count, section), 0).unwrap();
    let (seen, result) = read_all(&mut batches, &[100]);
    (seen.len(), result.map_or_else(|error| error.to_string(), |()| "read".to_owned()))
}

#[test]
fn a_section_that_is_no_list_of_records_is_reported_so() {
    let one = TestRecord::new(0, "k", "v").encode();
    let two =
        |first, second| [TestRecord::new(first, "k", "v").encode(), TestRecord::new(second, "", "").encode()].concat();
    let cases: [(i32, Vec<u8>, usize, &str); 19] = [
        (1, Vec::new(), 0, "it has fewer bytes than records"),
        (100, one.clone(), 0, "it has fewer bytes than records"),
        (0, one.clone(), 0, "bytes follow its last record"),
        (1, two(0, 1), 1, "bytes follow its last record"),
        (2, one.clone(), 1, "the length of a record is incomplete or too long"),
        (1, one[..one.len() - 1].to_vec(), 0, "a record reaches past the batch's end"),
        (1, vec![1, 0], 0, "the length of a record is negative"),
        (1, framed(&[]), 0, "a record is empty"),
        (1, framed(&[0]), 0, "the time of a record is incomplete or too long"),
        (1, framed(&[0, 0, 0x80]), 0, "the offset of a record is incomplete or too long"),
        (1, framed(&[0, 0, 0, 4, 0]), 0, "the key of a record reaches past its end"),
        (1, framed(&[0, 0, 0, 3, 1, 0]), 0, "the key of a record reaches past its end"),
        (1, framed(&[0, 0, 0, 1, 2]), 0, "the value of a record reaches past its end"),
        (1, framed(&[0, 0, 0, 1, 1]), 0, "the number of a record's headers is incomplete or too long"),
        (1, framed(&[0, 0, 0, 1, 1, 1]), 0, "the number of a record's headers is negative"),
        (1, framed(&[0, 0, 0, 1, 1, 2, 1, 1]), 0, "a header of a record is damaged or reaches past its end"),
        (1, framed(&[0, 0, 0, 1, 1, 0, 0]), 0, "a record ends before its length"),
        (2, two(1, 1), 1, "the offsets of its records do not rise from its first to its last"),
        (2, two(-1, 0), 0, "the offsets of its records do not rise from its first to its last"),
    ];
    let batch = TestBatch { last_offset_delta: Some(5), ..TestBatch::new(40, Vec::new()) };
    for (count, section, read, sentence) in cases {
        let expected = (read, format!("the batch at offset 40 is corrupt: {sentence}"));
        assert_eq!(what(&batch, count, &section), expected, "{count} in {section:?}");
    }
    let beyond = "the batch at offset 40 is corrupt: the offsets of its records do not rise from its first to its last";
    assert_eq!(what(&batch, 2, &two(5, 6)), (1, beyond.to_owned()));
}

#[test]
fn a_number_of_headers_that_no_record_has_takes_no_room() {
    let mut body = vec![0, 0, 0, 1, 1];
    crate::batch::testing::put_varint(&mut body, i64::from(i32::MAX));
    let (_, error) = what(&TestBatch::new(0, Vec::new()), 1, &framed(&body));
    assert_eq!(error, "the batch at offset 0 is corrupt: a record has more than a million headers");
}

#[test]
fn an_error_leaves_the_position_at_what_could_not_be_read() {
    let good = TestBatch::numbered(0, 3).encode();
    let section = [TestRecord::new(0, "k", "v").encode(), vec![9]].concat();
    let bad = TestBatch { last_offset_delta: Some(5), ..TestBatch::new(10, Vec::new()) }.encode_around(2, &section);
    let mut batches = open(&[good, bad].concat(), 0).unwrap();
    let (seen, result) = read_all(&mut batches, &[100]);
    assert_eq!((offsets(&seen), batches.position().number()), (vec![0, 1, 2, 10], 11));
    assert!(matches!(result, Err(BatchError::Corrupt { offset, .. }) if offset.number() == 10));
}

#[test]
fn headers_of_batches_that_cannot_be_are_refused_at_once() {
    let bytes = TestBatch::numbered(7, 2).encode();
    let cases: [(usize, &[u8], &str); 8] = [
        (
            16,
            &[1],
            "the batch at offset 7 has magic 1, but only 2 can be read: Kafka has written it since version 0.11",
        ),
        (8, &[0, 0, 0, 48], "the batch at offset 7 is corrupt: its length is less than that of a header"),
        (8, &[0xff; 4], "the batch at offset 7 is corrupt: its length is less than that of a header"),
        (57, &[0xff; 4], "the batch at offset 7 is corrupt: its number of records is negative"),
        (23, &[0xff; 4], "the batch at offset 7 is corrupt: its last offset is before its first"),
        (0, &[0xff; 8], "the batch at offset -1 is corrupt: its offsets are out of range"),
        (
            0,
            &i64::MAX.to_be_bytes(),
            "the batch at offset 9223372036854775807 is corrupt: its offsets are out of range",
        ),
        (
            0,
            &(i64::MAX - 1).to_be_bytes(),
            "the batch at offset 9223372036854775806 is corrupt: its offsets are out of range",
        ),
    ];
    for (at, written, sentence) in cases {
        let mut bytes = bytes.clone();
        bytes[at..at + written.len()].copy_from_slice(written);
        assert_eq!(open(&bytes, 0).unwrap_err().to_string(), sentence);
    }
    let overlapping = encode(&[TestBatch::numbered(7, 2), TestBatch::numbered(8, 2)]);
    let sentence = "the batch at offset 8 is corrupt: it begins before the batch in front of it ends";
    assert_eq!(open(&overlapping, 0).unwrap_err().to_string(), sentence);
}

#[test]
fn an_unknown_codec_and_damaged_compression_are_named() {
    let mut bytes = TestBatch::numbered(7, 2).encode();
    bytes[22] = 5;
    let checksum = crc32c::crc32c(&bytes[21..]);
    bytes[17..21].copy_from_slice(&checksum.to_be_bytes());
    let (_, result) = read_all(&mut open(&bytes, 7).unwrap(), &[1]);
    assert_eq!(result, Err(BatchError::Codec { offset: Offset::new(7), codec: 5 }));
    for (codec, name) in [(TestCodec::Gzip, "gzip"), (TestCodec::SnappyRaw, "snappy"), (TestCodec::Zstd, "zstd")] {
        let (_, error) = what(&TestBatch { codec, ..TestBatch::new(7, Vec::new()) }, 1, &[9; 30]);
        assert!(error.starts_with(&format!("the batch at offset 7 cannot be decompressed with {name}: ")), "{error}");
    }
}

#[test]
fn a_batch_that_swells_beyond_what_is_allowed_is_refused() {
    // A zstd frame of 1025 blocks that each say "131072 times this byte".
    let block = [[0x02, 0, 0x10, 0]; 1025].concat();
    let section = [&[0x28, 0xb5, 0x2f, 0xfd, 0, 0x38], &block[..], &[1, 0, 0]].concat();
    let (seen, error) = what(&TestBatch { codec: TestCodec::Zstd, ..TestBatch::new(7, Vec::new()) }, 1, &section);
    let sentence = "the decompressed records of the batch at offset 7 take more than 134217728 bytes";
    assert_eq!((seen, error.as_str()), (0, sentence));
}

proptest! {
    #[test]
    fn bytes_that_are_no_batch_end_in_a_result(bytes in prop::collection::vec(any::<u8>(), 0..300), position in any::<i64>()) {
        if let Ok(mut batches) = open(&bytes, position) {
            let _ = read_all(&mut batches, &[3]);
        }
    }

    #[test]
    fn a_true_checksum_around_any_section_ends_in_a_result(
        section in prop::collection::vec(prop_oneof![any::<u8>(), 0..20u8], 0..200),
        codec in prop::sample::select(TestCodec::ALL.to_vec()),
        (count, last_offset_delta) in (0..50i32, 0..50i32),
        (base_offset, position) in (0..100i64, 0..100i64),
        framing in any::<bool>(),
    ) {
        // Half of the time what is compressed is well so, and only the plain bytes are wild.
        let section = if framing { codec.compress(&section) } else { section };
        let batch = TestBatch { codec, last_offset_delta: Some(last_offset_delta), ..TestBatch::new(base_offset, Vec::new()) };
        let _ = read_all(&mut open(&batch.encode_around(count, &section), position).unwrap(), &[3]);
    }

    #[test]
    fn changed_bytes_under_a_true_checksum_end_in_a_result(
        codec in prop::sample::select(TestCodec::ALL.to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let batch = TestBatch { codec, ..TestBatch::numbered(0, 60) };
        let plain: Vec<u8> = batch.records.iter().flat_map(TestRecord::encode).collect();
        let mut section = codec.compress(&plain);
        for (index, byte) in changes {
            let index = index.index(section.len());
            section[index] = byte;
        }
        let _ = read_all(&mut open(&batch.encode_around(60, &section), 0).unwrap(), &[7]);
    }
}
