//! Parses batches in the simplest way, by the layout.

use std::io::Read;

use super::bytes::Reading;

/// Bytes up to and including a batch's length.
const LENGTH_END: usize = 12;
const CHECKED_FROM: usize = 21;
const MAGIC: i8 = 2;
const CODEC_BITS: i16 = 0b111;
const LOG_APPEND_TIME_BIT: i16 = 1 << 3;
const CONTROL_BIT: i16 = 1 << 5;

/// A record of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) offset: i64,
    pub(crate) timestamp: i64,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
}

/// The header of a batch.
pub(super) struct Head {
    base_offset: i64,
    length: i32,
    magic: i8,
    checksum: i32,
    attributes: i16,
    last_delta: i32,
    base_timestamp: i64,
    max_timestamp: i64,
    pub(super) producer_id: i64,
    pub(super) epoch: i16,
    pub(super) base_sequence: i32,
    pub(super) count: i32,
}

impl Head {
    pub(super) fn read(bytes: &mut Reading<'_>) -> Self {
        let (base_offset, length) = (bytes.int64(), bytes.int32());
        let _leader_epoch = bytes.int32();
        Self {
            base_offset,
            length,
            magic: bytes.int8(),
            checksum: bytes.int32(),
            attributes: bytes.int16(),
            last_delta: bytes.int32(),
            base_timestamp: bytes.int64(),
            max_timestamp: bytes.int64(),
            producer_id: bytes.int64(),
            epoch: bytes.int16(),
            base_sequence: bytes.int32(),
            count: bytes.int32(),
        }
    }

    fn record(&self, bytes: &mut Reading<'_>) -> Written {
        let length = bytes.varint();
        let mut body = Reading(bytes.take(length as usize));
        assert_eq!(body.int8(), 0, "attributes of a record");
        let timestamp = self.base_timestamp + body.varint();
        let has_log_append_time = self.attributes & LOG_APPEND_TIME_BIT != 0;
        let record = Written {
            timestamp: if has_log_append_time { self.max_timestamp } else { timestamp },
            offset: self.base_offset + body.varint(),
            key: body.nullable(),
            value: body.nullable(),
            headers: (0..body.varint()).map(|_| header(&mut body)).collect(),
        };
        assert!(body.0.is_empty(), "bytes follow the headers of a record");
        record
    }
}

fn header(body: &mut Reading<'_>) -> (String, Option<Vec<u8>>) {
    let name = body.nullable().expect("a header has a name");
    (String::from_utf8(name).unwrap(), body.nullable())
}

/// The records of a batch; none of one that only marks the end of a transaction.
pub(super) fn records(batch: &[u8]) -> Vec<Written> {
    let mut bytes = Reading(batch);
    let head = Head::read(&mut bytes);
    if head.attributes & CONTROL_BIT != 0 {
        return Vec::new();
    }
    let plain = decompress(head.attributes & CODEC_BITS, bytes.0);
    let mut plain = Reading(&plain);
    let records = (0..head.count).map(|_| head.record(&mut plain)).collect();
    assert!(plain.0.is_empty(), "bytes follow the records of a batch");
    records
}

/// Checks a batch as a broker does, and returns its records.
pub(super) fn check(batch: &[u8]) -> Vec<Written> {
    let head = Head::read(&mut Reading(batch));
    assert_eq!(head.magic, MAGIC, "magic");
    assert_eq!(head.length as usize + LENGTH_END, batch.len(), "one batch, and nothing behind it");
    assert_eq!(head.checksum as u32, crc32c::crc32c(&batch[CHECKED_FROM..]), "checksum");
    assert!(head.count > 0 && head.count == head.last_delta + 1, "{} records to {}", head.count, head.last_delta);
    assert!(head.producer_id < 0 || (head.epoch >= 0 && head.base_sequence >= 0), "a producer without a sequence");
    assert_eq!(head.attributes & !CODEC_BITS, 0, "neither a transaction nor a broker's time");
    let records = records(batch);
    assert!(records.iter().map(|record| record.offset).eq(0..i64::from(head.count)), "offsets");
    assert_eq!(records.iter().map(|record| record.timestamp).max(), Some(head.max_timestamp), "the latest time");
    records
}

/// The batch with the fields that a broker writes, which the checksum does not cover.
pub(super) fn placed(batch: &[u8], base_offset: i64, leader_epoch: i32) -> Vec<u8> {
    let length = &batch[8..LENGTH_END];
    [&base_offset.to_be_bytes()[..], length, &leader_epoch.to_be_bytes(), &batch[16..]].concat()
}

fn decompress(codec: i16, bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let read = match codec {
        0 => return bytes.to_vec(),
        1 => flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain),
        2 => return snappy(bytes),
        3 => lz4_flex::frame::FrameDecoder::new(bytes).read_to_end(&mut plain),
        4 => ruzstd::decoding::StreamingDecoder::new(bytes).unwrap().read_to_end(&mut plain),
        other => panic!("codec {other}"),
    };
    read.unwrap();
    plain
}

/// One block, or several behind the 16 bytes of xerial's header.
fn snappy(bytes: &[u8]) -> Vec<u8> {
    let block = |block: &[u8]| snap::raw::Decoder::new().decompress_vec(block).unwrap();
    if !bytes.starts_with(b"\x82SNAPPY\0") {
        return block(bytes);
    }
    let (mut rest, mut plain) = (Reading(&bytes[16..]), Vec::new());
    while !rest.0.is_empty() {
        let length = rest.int32();
        plain.extend(block(rest.take(length as usize)));
    }
    plain
}
