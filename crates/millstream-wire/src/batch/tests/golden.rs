//! Bytes written by hand from the layout. The checksum was computed independently of this code.

use super::*;

#[rustfmt::skip]
const BATCH: [u8; 89] = [
    0, 0, 0, 0, 0, 0, 0, 0x10,                      // base offset 16
    0, 0, 0, 0x4d,                                  // 77 bytes follow
    0, 0, 0, 7,                                     // leader epoch
    2,                                              // magic
    0x0d, 0xd1, 0x1a, 0x3b,                         // checksum
    0, 0,                                           // attributes
    0, 0, 0, 2,                                     // last offset delta
    0, 0, 0, 0, 0, 0, 0, 100,                       // base timestamp
    0, 0, 0, 0, 0, 0, 0, 110,                       // max timestamp
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, // no producer id
    0xff, 0xff,                                     // nor epoch
    0xff, 0xff, 0xff, 0xff,                         // nor sequence
    0, 0, 0, 2,                                     // two records
    0x14, 0, 0, 0, 2, b'a', 6, b'x', b'y', b'x', 0, // a: xyx
    0x20, 0, 0x13, 4, 1, 1, 4,                      // 10 ms before, two on: null: null, two headers
    6, b't', b'r', b'c', 4, 1, 2, 2, b'n', 1,       // trc: 1 2, n: null
];

fn expected() -> [Seen; 2] {
    let first =
        Seen { offset: 16, timestamp: 100, key: Some(b"a".into()), value: Some(b"xyx".into()), headers: vec![] };
    let headers = vec![("trc".to_owned(), Some(vec![1, 2])), ("n".to_owned(), None)];
    [first, Seen { offset: 18, timestamp: 90, key: None, value: None, headers }]
}

#[test]
fn a_batch_written_by_hand_is_read() {
    let mut batches = open(&BATCH, 16).unwrap();
    assert_eq!((batches.next_offset().number(), batches.leader_epoch(), batches.size_bytes()), (19, Some(7), 89));
    assert_eq!(read(&mut batches, 10), (expected().to_vec(), Ok(())));
    assert_eq!((batches.position().number(), batches.is_empty()), (19, true));
}

#[test]
fn under_log_append_time_the_largest_time_is_that_of_each_record() {
    let mut bytes = BATCH;
    bytes[22] = 8;
    let checksum = crc32c::crc32c(&bytes[21..]);
    bytes[17..21].copy_from_slice(&checksum.to_be_bytes());
    let (seen, _) = read(&mut open(&bytes, 0).unwrap(), 10);
    assert_eq!(seen.iter().map(|record| record.timestamp).collect::<Vec<_>>(), [110, 110]);
}

#[test]
fn the_tests_encoder_writes_the_same_bytes() {
    let [first, second] = expected();
    let records = [(0, 0, first), (2, -10, second)].map(|(offset_delta, timestamp_delta, seen)| {
        let Seen { key, value, headers, .. } = seen;
        crate::batch::testing::TestRecord { offset_delta, timestamp_delta, key, value, headers }
    });
    let batch = TestBatch { leader_epoch: 7, base_timestamp: 100, ..TestBatch::new(16, records.to_vec()) };
    let mut bytes = batch.encode();
    bytes[42] = 110;
    assert_eq!(bytes[21..], BATCH[21..], "but for the largest time, which the encoder does not look for");
    assert_eq!(bytes[..17], BATCH[..17]);
}

#[test]
fn the_builder_writes_the_same_bytes() {
    use millstream_types::{RecordBytes, Timestamp};

    use crate::batch::{BatchBuilder, Compression, Stamp};

    let [first, second] = expected();
    let mut builder = BatchBuilder::new(Vec::new());
    for Seen { timestamp, key, value, headers, .. } in [first, second] {
        let header = |(name, value)| millstream_types::Header { name, value };
        let headers = headers.into_iter().map(header).collect();
        builder.push(
            &RecordBytes::new(Timestamp::from_millis(timestamp), key.as_deref(), value.as_deref())
                .with_headers(&headers),
        );
    }
    let mut batch = builder.finish(Compression::None);
    batch.stamp(Stamp { producer_id: -1, producer_epoch: -1, sequence: -1 });
    let mut by_hand = BATCH;
    by_hand[..8].fill(0);
    by_hand[12..16].fill(0xff);
    by_hand[26] = 1;
    by_hand[42] = 100;
    by_hand[75] = 2;
    let checksum = crc32c::crc32c(&by_hand[21..]);
    by_hand[17..21].copy_from_slice(&checksum.to_be_bytes());
    assert_eq!(batch.bytes(), by_hand, "but for what a broker gives, a gap, and a larger time that was compacted away");
}
