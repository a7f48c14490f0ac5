//! Which records are delivered, and the position after them.

use super::*;
use crate::batch::testing::{TestCodec, TestRecord};

#[test]
fn every_codec_gives_back_what_was_compressed() {
    for codec in TestCodec::ALL {
        let batches =
            [TestBatch { codec, ..TestBatch::numbered(5, 300) }, TestBatch { codec, ..TestBatch::numbered(305, 1) }];
        let expected: Vec<Seen> = batches.iter().flat_map(content).collect();
        let read = read_all(&mut open(&encode(&batches), 5).unwrap(), &[7, 100]);
        assert_eq!(read, (expected, Ok(())), "{codec:?}");
    }
}

#[test]
fn records_before_the_position_are_dropped_with_whole_batches_and_within_one() {
    let bytes = encode(&[TestBatch::numbered(0, 3), TestBatch::numbered(3, 3), TestBatch::numbered(6, 1)]);
    for position in 0..9 {
        let mut batches = open(&bytes, position).unwrap();
        assert_eq!(batches.next_offset().number(), position.max(7));
        let (seen, result) = read_all(&mut batches, &[2]);
        assert_eq!((offsets(&seen), result), ((position..7).collect(), Ok(())));
        assert_eq!(batches.position().number(), position.max(7));
    }
}

#[test]
fn batches_without_records_to_deliver_move_the_position_in_the_same_call() {
    let empty = TestBatch { last_offset_delta: Some(9), codec: TestCodec::Lz4, ..TestBatch::new(10, Vec::new()) };
    let bytes = encode(&[TestBatch::numbered(8, 2), empty, TestBatch::commit_marker(20, 1)]);
    let mut batches = open(&bytes, 8).unwrap();
    assert_eq!(offsets(&read(&mut batches, 3).0), [8, 9]);
    assert_eq!((batches.position().number(), batches.is_empty()), (21, true));
    let mut batches = open(&bytes, 8).unwrap();
    assert_eq!(offsets(&read(&mut batches, 2).0), [8, 9]);
    assert_eq!((batches.position().number(), batches.is_empty()), (10, false), "no room is left to look further");
    assert_eq!(read(&mut batches, 1), (Vec::new(), Ok(())));
    assert_eq!((batches.position().number(), batches.is_empty()), (21, true));
}

#[test]
fn the_end_of_a_batch_whose_last_records_were_compacted_away_is_passed_with_its_last_record() {
    let batch = TestBatch { last_offset_delta: Some(50), ..TestBatch::numbered(0, 2) };
    let mut batches = open(&encode(&[batch]), 0).unwrap();
    assert_eq!(offsets(&read(&mut batches, 1).0), [0]);
    assert_eq!(batches.position().number(), 1);
    assert_eq!(offsets(&read(&mut batches, 1).0), [1]);
    assert_eq!((batches.position().number(), batches.is_empty()), (51, true));
}

#[test]
fn nothing_complete_is_nothing_to_read() {
    let batch = TestBatch::numbered(3, 3).encode();
    for cut in 0..batch.len() {
        let batches = open(&batch[..cut], 4).unwrap();
        assert_eq!((batches.is_empty(), batches.next_offset().number(), batches.leader_epoch()), (true, 4, None));
    }
}

#[test]
fn the_leader_epoch_is_that_of_the_last_complete_batch() {
    let of = |base_offset, leader_epoch| TestBatch { leader_epoch, ..TestBatch::numbered(base_offset, 1) };
    let epoch = |batches: &[TestBatch]| open(&encode(batches), 0).unwrap().leader_epoch();
    assert_eq!(epoch(&[of(0, 3), of(1, 4)]), Some(4));
    assert_eq!(epoch(&[of(0, 3), of(1, -1)]), None);
    let bytes = encode(&[of(0, 3), of(1, 4)]);
    assert_eq!(open(&bytes[..bytes.len() - 1], 0).unwrap().leader_epoch(), Some(3));
}

#[test]
fn timestamps_saturate() {
    let at = |base_timestamp, timestamp_delta| {
        let records = vec![TestRecord { timestamp_delta, ..TestRecord::new(0, "k", "v") }];
        let batch = TestBatch { base_timestamp, ..TestBatch::new(0, records) };
        read(&mut open(&batch.encode(), 0).unwrap(), 1).0[0].timestamp
    };
    assert_eq!([at(i64::MAX, 1), at(i64::MIN, -1), at(-5, -5)], [i64::MAX, i64::MIN, -10]);
}

#[test]
fn a_limit_of_none_reads_none() {
    let mut batches = open(&TestBatch::numbered(0, 1).encode(), 0).unwrap();
    assert_eq!(read(&mut batches, 0), (Vec::new(), Ok(())));
    assert_eq!((batches.position().number(), batches.is_empty()), (0, false));
}

#[test]
fn a_header_name_that_is_not_utf_8_is_read_lossily() {
    let body = [0, 0, 0, 1, 1, 2, 4, b'a', 0xff, 0];
    let section = crate::batch::testing::framed(&body);
    let bytes = TestBatch::new(0, Vec::new()).encode_around(1, &section);
    let (seen, result) = read(&mut open(&bytes, 0).unwrap(), 1);
    assert_eq!((seen[0].headers.as_slice(), result), (&[("a\u{fffd}".to_owned(), Some(Vec::new()))][..], Ok(())));
}
