//! Writes batches for tests in the simplest way, by the layout; also batches that no broker would send.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

/// How a test's batch is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TestCodec {
    #[default]
    None,
    Gzip,
    SnappyXerial,
    SnappyRaw,
    Lz4,
    Zstd,
}

impl TestCodec {
    pub(crate) const ALL: [Self; 6] =
        [Self::None, Self::Gzip, Self::SnappyXerial, Self::SnappyRaw, Self::Lz4, Self::Zstd];

    pub(crate) fn number(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Gzip => 1,
            Self::SnappyXerial | Self::SnappyRaw => 2,
            Self::Lz4 => 3,
            Self::Zstd => 4,
        }
    }

    pub(crate) fn compress(self, plain: &[u8]) -> Vec<u8> {
        match self {
            Self::None => plain.to_vec(),
            Self::Gzip => gzip(plain),
            Self::SnappyXerial => xerial(plain),
            Self::SnappyRaw => snap::raw::Encoder::new().compress_vec(plain).unwrap(),
            Self::Lz4 => lz4(plain),
            Self::Zstd => compress_to_vec(plain, CompressionLevel::Fastest),
        }
    }
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn xerial(plain: &[u8]) -> Vec<u8> {
    let mut framed = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01".to_vec();
    for part in plain.chunks(1000) {
        let block = snap::raw::Encoder::new().compress_vec(part).unwrap();
        framed.extend((block.len() as i32).to_be_bytes());
        framed.extend(block);
    }
    framed
}

fn lz4(plain: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// A record of a [`TestBatch`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TestRecord {
    pub(crate) offset_delta: i32,
    pub(crate) timestamp_delta: i64,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
}

impl TestRecord {
    pub(crate) fn new(offset_delta: i32, key: &str, value: &str) -> Self {
        Self { offset_delta, key: Some(key.into()), value: Some(value.into()), ..Self::default() }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut body = vec![0];
        put_varint(&mut body, self.timestamp_delta);
        put_varint(&mut body, i64::from(self.offset_delta));
        put_nullable(&mut body, self.key.as_deref());
        put_nullable(&mut body, self.value.as_deref());
        put_varint(&mut body, self.headers.len() as i64);
        for (name, value) in &self.headers {
            put_nullable(&mut body, Some(name.as_bytes()));
            put_nullable(&mut body, value.as_deref());
        }
        framed(&body)
    }
}

/// A record's body with its length before it.
pub(crate) fn framed(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_nullable(&mut bytes, Some(body));
    bytes
}

pub(crate) fn put_varint(bytes: &mut Vec<u8>, number: i64) {
    let mut folded = (number << 1 ^ number >> 63) as u64;
    while folded >= 0x80 {
        bytes.push(folded as u8 | 0x80);
        folded >>= 7;
    }
    bytes.push(folded as u8);
}

fn put_nullable(bytes: &mut Vec<u8>, part: Option<&[u8]>) {
    put_varint(bytes, part.map_or(-1, |part| part.len() as i64));
    bytes.extend_from_slice(part.unwrap_or_default());
}

/// A batch to be written; the fields that a test does not name are those of a plain one.
#[derive(Clone, Debug)]
pub(crate) struct TestBatch {
    pub(crate) base_offset: i64,
    /// That of the last record if `None`.
    pub(crate) last_offset_delta: Option<i32>,
    pub(crate) leader_epoch: i32,
    pub(crate) codec: TestCodec,
    pub(crate) base_timestamp: i64,
    /// The time of all records, if the broker gives it.
    pub(crate) log_append_time: Option<i64>,
    /// -1 for none.
    pub(crate) producer_id: i64,
    pub(crate) transactional: bool,
    pub(crate) control: bool,
    pub(crate) records: Vec<TestRecord>,
}

impl TestBatch {
    pub(crate) fn new(base_offset: i64, records: Vec<TestRecord>) -> Self {
        Self {
            base_offset,
            last_offset_delta: None,
            leader_epoch: -1,
            codec: TestCodec::None,
            base_timestamp: 1000,
            log_append_time: None,
            producer_id: -1,
            transactional: false,
            control: false,
            records,
        }
    }

    /// Records with the values `v<offset>` and times that rise by one.
    pub(crate) fn numbered(base_offset: i64, count: i32) -> Self {
        let record = |delta: i32| TestRecord {
            timestamp_delta: i64::from(delta),
            ..TestRecord::new(delta, "k", &format!("v{}", base_offset + i64::from(delta)))
        };
        Self::new(base_offset, (0..count).map(record).collect())
    }

    /// The control batch that commits a producer's transaction.
    pub(crate) fn commit_marker(offset: i64, producer_id: i64) -> Self {
        Self::marker(offset, producer_id, 1)
    }

    /// The control batch that aborts a producer's transaction.
    pub(crate) fn abort_marker(offset: i64, producer_id: i64) -> Self {
        Self::marker(offset, producer_id, 0)
    }

    fn marker(offset: i64, producer_id: i64, control_type: u8) -> Self {
        let key = Some(vec![0, 0, 0, control_type]);
        let record = TestRecord { key, value: Some(vec![0; 6]), ..TestRecord::default() };
        Self { producer_id, transactional: true, control: true, ..Self::new(offset, vec![record]) }
    }

    pub(crate) fn last_delta(&self) -> i32 {
        self.last_offset_delta.unwrap_or_else(|| self.records.last().map_or(0, |record| record.offset_delta))
    }

    pub(crate) fn next_offset(&self) -> i64 {
        self.base_offset + i64::from(self.last_delta()) + 1
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let plain: Vec<u8> = self.records.iter().flat_map(TestRecord::encode).collect();
        let section = if plain.is_empty() { plain } else { self.codec.compress(&plain) };
        self.encode_around(self.records.len() as i32, &section)
    }

    /// With this count and this section, whatever they are, under a true checksum.
    pub(crate) fn encode_around(&self, count: i32, section: &[u8]) -> Vec<u8> {
        let mut checked = Vec::new();
        checked.extend(self.attributes().to_be_bytes());
        checked.extend(self.last_delta().to_be_bytes());
        checked.extend(self.base_timestamp.to_be_bytes());
        checked.extend(self.log_append_time.unwrap_or(self.base_timestamp).to_be_bytes());
        checked.extend(self.producer_id.to_be_bytes());
        checked.extend((if self.producer_id < 0 { -1i16 } else { 0 }).to_be_bytes());
        checked.extend((-1i32).to_be_bytes());
        checked.extend(count.to_be_bytes());
        checked.extend(section);
        let mut bytes = self.base_offset.to_be_bytes().to_vec();
        bytes.extend((checked.len() as i32 + 9).to_be_bytes());
        bytes.extend(self.leader_epoch.to_be_bytes());
        bytes.push(2);
        bytes.extend(crc32c::crc32c(&checked).to_be_bytes());
        bytes.extend(checked);
        bytes
    }

    fn attributes(&self) -> u16 {
        self.codec.number()
            | u16::from(self.log_append_time.is_some()) << 3
            | u16::from(self.transactional) << 4
            | u16::from(self.control) << 5
    }
}
