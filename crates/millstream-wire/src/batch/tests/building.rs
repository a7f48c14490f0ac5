//! Batches that are built: read back, against the tests' own encoder, and straight from their bytes.

mod parts;

use millstream_types::{Header, Headers, RecordBytes, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::batch::testing::TestRecord;
use crate::batch::{Batch, BatchBuilder, Compression, GzipLevel, Stamp, record_bytes_max};

const STAMP: Stamp = Stamp { producer_id: 0x0102_0304_0506_0708, producer_epoch: 0x090a, sequence: 0x0b0c_0d0e };
const NO_STAMP: Stamp = Stamp { producer_id: -1, producer_epoch: -1, sequence: -1 };

/// A record to be written, whose offset is its place.
fn new_record() -> impl Strategy<Value = Seen> {
    let bytes = || {
        let sizes = prop_oneof![8 => 0..5usize, 4 => 60..200usize, 1 => 8000..20_000usize];
        prop::option::of((sizes, any::<u8>()).prop_map(|(size, first)| (0..size).map(|at| first ^ at as u8).collect()))
    };
    let time = prop_oneof![-100..100i64, any::<i64>(), Just(i64::MIN), Just(i64::MAX)];
    let header = ("[a-cü]{0,2}", prop::option::of(prop::collection::vec(any::<u8>(), 0..100)));
    let headers = prop_oneof![Just(vec![]), prop::collection::vec(header, 0..4)];
    (time, bytes(), bytes(), headers).prop_map(|(timestamp, key, value, headers)| Seen {
        offset: 0,
        timestamp,
        key,
        value,
        headers,
    })
}

fn new_records(counts: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Seen>> {
    prop::collection::vec(new_record(), counts)
}

fn compression() -> impl Strategy<Value = Compression> {
    prop::sample::select(vec![
        Compression::None,
        Compression::Gzip(GzipLevel::default()),
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ])
}

fn push(builder: &mut BatchBuilder, record: &Seen) {
    let headers = record.headers.iter().map(|(name, value)| Header { name: name.clone(), value: value.clone() });
    let headers: Headers = headers.collect();
    let (key, value) = (record.key.as_deref(), record.value.as_deref());
    let record = RecordBytes { timestamp: Timestamp::from_millis(record.timestamp), key, value, headers: &headers };
    let before = builder.bytes();
    builder.push(&record);
    let added = builder.bytes() - before;
    let bytes_max = record_bytes_max(&record);
    assert!((added..=added + 17).contains(&bytes_max), "{added} bytes of {bytes_max} at most");
}

fn build(records: &[Seen], compression: Compression) -> Batch {
    let mut builder = BatchBuilder::new(vec![7; 100]);
    assert!(builder.is_empty());
    records.iter().for_each(|record| push(&mut builder, record));
    builder.finish(compression)
}

/// The batch as it lies in a log from this offset on: the offset is not under the checksum.
fn placed(batch: &Batch, offset: i64) -> Vec<u8> {
    [&offset.to_be_bytes(), &batch.bytes()[8..]].concat()
}

/// What should be read of these records. A reader keeps times at the edge of what there is, so that one which is too
/// far from the first is read as another.
fn expected(records: &[Seen], offset: i64) -> Vec<Seen> {
    let first = records[0].timestamp;
    let place = |(offset, record): (i64, &Seen)| {
        let timestamp = first.saturating_add(record.timestamp.wrapping_sub(first));
        Seen { offset, timestamp, ..record.clone() }
    };
    (offset..).zip(records).map(place).collect()
}

fn field<const N: usize>(batch: &Batch, at: usize) -> [u8; N] {
    *batch.bytes()[at..].first_chunk().unwrap()
}

/// Checks all that the header says but for the codec.
fn check_header(batch: &Batch, records: &[Seen], stamp: Stamp) {
    let (bytes, count) = (batch.bytes(), records.len() as i32);
    assert_eq!((i64::from_be_bytes(field(batch, 0)), i32::from_be_bytes(field(batch, 12))), (0, -1));
    assert_eq!((i32::from_be_bytes(field(batch, 8)), bytes[16]), (bytes.len() as i32 - 12, 2));
    assert_eq!(u32::from_be_bytes(field(batch, 17)), crc32c::crc32c(&bytes[21..]));
    assert_eq!((bytes[21], bytes[22] & !7), (0, 0), "created by the client, no transaction");
    assert_eq!((i32::from_be_bytes(field(batch, 23)), i32::from_be_bytes(field(batch, 57))), (count - 1, count));
    assert_eq!(i64::from_be_bytes(field(batch, 27)), records[0].timestamp);
    assert_eq!(Some(i64::from_be_bytes(field(batch, 35))), records.iter().map(|record| record.timestamp).max());
    assert_eq!(i64::from_be_bytes(field(batch, 43)), stamp.producer_id);
    assert_eq!(i16::from_be_bytes(field(batch, 51)), stamp.producer_epoch);
    assert_eq!(i32::from_be_bytes(field(batch, 53)), stamp.sequence);
    assert_eq!(batch.count() as i32, count);
}

proptest! {
    #[test]
    fn what_was_built_is_read(records in new_records(1..12), compression in compression(), offset in 0..1000i64) {
        let mut batch = build(&records, compression);
        batch.stamp(STAMP);
        check_header(&batch, &records, STAMP);
        let mut batches = open(&placed(&batch, offset), offset).unwrap();
        prop_assert_eq!(read_all(&mut batches, &[5]), (expected(&records, offset), Ok(())));
    }

    #[test]
    fn the_tests_encoder_writes_the_same(records in new_records(1..12)) {
        let mut batch = build(&records, Compression::None);
        batch.stamp(NO_STAMP);
        let first = records[0].timestamp;
        let record = |(offset_delta, record): (i32, &Seen)| TestRecord {
            offset_delta,
            timestamp_delta: record.timestamp.wrapping_sub(first),
            key: record.key.clone(),
            value: record.value.clone(),
            headers: record.headers.clone(),
        };
        let encoded = TestBatch { base_timestamp: first, ..TestBatch::new(0, (0..).zip(&records).map(record).collect()) };
        let encoded = encoded.encode();
        // The tests' encoder does not look for the largest time, which is under the checksum.
        prop_assert_eq!(&batch.bytes()[..17], &encoded[..17]);
        prop_assert_eq!(&batch.bytes()[21..35], &encoded[21..35]);
        prop_assert_eq!(&batch.bytes()[43..], &encoded[43..]);
    }
}

#[test]
fn more_than_can_be_counted_in_one_byte_is_read_with_every_codec() {
    let value = |offset: i64| Some(format!("value {offset}").into_bytes());
    let record = |offset| Seen { offset, timestamp: 5 + offset / 9, key: None, value: value(offset), headers: vec![] };
    let records: Vec<Seen> = (0..20_000).map(record).collect();
    let plain_bytes = build(&records, Compression::None).bytes().len();
    for compression in
        [Compression::Gzip(GzipLevel::default()), Compression::Snappy, Compression::Lz4, Compression::Zstd]
    {
        let mut batch = build(&records, compression);
        batch.stamp(STAMP);
        check_header(&batch, &records, STAMP);
        assert_eq!(u16::from(batch.bytes()[22]), compression.number());
        assert!(batch.bytes().len() < plain_bytes / 2, "{compression:?}");
        let read = read_all(&mut open(batch.bytes(), 0).unwrap(), &[1000]);
        assert_eq!(read, (records.clone(), Ok(())), "{compression:?}");
    }
}

#[test]
fn what_compressing_makes_larger_stays_plain() {
    let records = [Seen { offset: 0, timestamp: 1, key: None, value: Some(vec![1, 2, 3]), headers: vec![] }];
    let plain = build(&records, Compression::None);
    for compression in
        [Compression::Gzip(GzipLevel::default()), Compression::Snappy, Compression::Lz4, Compression::Zstd]
    {
        assert_eq!(build(&records, compression).bytes(), plain.bytes());
    }
}

#[test]
fn a_second_stamp_takes_the_place_of_the_first() {
    let records = [Seen { offset: 0, timestamp: 1, key: None, value: None, headers: vec![] }];
    let mut batch = build(&records, Compression::Gzip(GzipLevel::default()));
    let unstamped = batch.clone();
    assert_eq!(field::<14>(&batch, 43), [0xff; 14], "no producer yet");
    let other = Stamp { producer_id: 3, producer_epoch: 0, sequence: i32::MAX };
    for stamp in [STAMP, other, NO_STAMP] {
        batch.stamp(stamp);
        check_header(&batch, &records, stamp);
    }
    assert_eq!(batch.bytes()[21..], unstamped.bytes()[21..]);
}

#[test]
fn the_memory_of_a_batch_is_used_again_and_nothing_of_it_is_left() {
    let records = [Seen { offset: 0, timestamp: 1, key: None, value: Some(vec![9; 5000]), headers: vec![] }];
    for compression in [Compression::None, Compression::Lz4] {
        let room = build(&records, compression).into_room();
        let (at, capacity) = (room.as_ptr(), room.capacity());
        let builder = BatchBuilder::new(room);
        assert_eq!((builder.bytes(), builder.is_empty()), (61, true));
        let mut builder = builder;
        push(&mut builder, &records[0]);
        let batch = builder.finish(Compression::None);
        assert_eq!(batch.bytes(), build(&records, Compression::None).bytes());
        let room = batch.into_room();
        assert_eq!((room.as_ptr(), room.capacity()), (at, capacity), "{compression:?}");
    }
}
