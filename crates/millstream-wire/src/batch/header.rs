//! The header of a batch.

use millstream_types::Offset;

use super::compression::Codec;
use super::error::BatchError;

/// The size of the header in bytes.
pub(crate) const HEADER_BYTES: usize = 61;
/// The length field counts the bytes after this position.
pub(super) const LENGTH_END: usize = 12;
/// The checksum covers the bytes from this position on.
pub(super) const CHECKED_FROM: usize = 21;

/// The position of the magic byte, and its value.
pub(super) const MAGIC_AT: usize = 16;
pub(super) const MAGIC: u8 = 2;
const CODEC_BITS: u16 = 0b111;
const LOG_APPEND_TIME_BIT: u16 = 1 << 3;
const TRANSACTIONAL_BIT: u16 = 1 << 4;
const CONTROL_BIT: u16 = 1 << 5;

/// A parsed header. Its fields are consistent; the checksum has not been verified yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchHeader {
    pub(super) base_offset: i64,
    /// The size of the whole batch in bytes.
    pub(super) size: usize,
    pub(super) leader_epoch: i32,
    pub(super) checksum: u32,
    pub(super) last_offset_delta: i32,
    pub(super) base_timestamp: i64,
    pub(super) max_timestamp: i64,
    pub(super) producer_id: i64,
    /// How many records follow.
    pub(super) count: u32,
    attributes: u16,
}

impl BatchHeader {
    /// The header of the batch at the beginning of `bytes`; `None` if that batch is incomplete.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Self>, BatchError> {
        let Some(length) = bytes.get(8..).and_then(|bytes| bytes.first_chunk()).copied().map(i32::from_be_bytes) else {
            return Ok(None);
        };
        if usize::try_from(length).is_ok_and(|length| bytes.len() - LENGTH_END < length) {
            return Ok(None);
        }
        let offset = Offset::new(bytes.first_chunk().copied().map_or(-1, i64::from_be_bytes));
        if let Some(&magic) = bytes.get(MAGIC_AT).filter(|magic| **magic != MAGIC) {
            return Err(BatchError::Magic { offset, magic });
        }
        let length = usize::try_from(length).unwrap_or_default();
        Self::parse(bytes, length).map(Some).map_err(|what| BatchError::Corrupt { offset, what })
    }

    fn parse(bytes: &[u8], length: usize) -> Result<Self, &'static str> {
        if length < HEADER_BYTES - LENGTH_END {
            return Err("its length is less than that of a header");
        }
        let (header, count, last_offset_delta) =
            Self::fields(bytes, length + LENGTH_END).ok_or("its header is incomplete")?;
        let count = u32::try_from(count).map_err(|_| "its number of records is negative")?;
        if last_offset_delta < 0 {
            return Err("its last offset is before its first");
        }
        if header.base_offset < 0 || header.base_offset.checked_add(i64::from(last_offset_delta) + 1).is_none() {
            return Err("its offsets are out of range");
        }
        Ok(Self { last_offset_delta, count, ..header })
    }

    /// The fields unchecked, with the number of records and the last offset delta, which may be negative.
    fn fields(mut bytes: &[u8], size: usize) -> Option<(Self, i32, i32)> {
        let bytes = &mut bytes;
        let base_offset = i64::from_be_bytes(take(bytes)?);
        let _length: [u8; 4] = take(bytes)?;
        let leader_epoch = i32::from_be_bytes(take(bytes)?);
        let _magic: [u8; 1] = take(bytes)?;
        let checksum = u32::from_be_bytes(take(bytes)?);
        let attributes = u16::from_be_bytes(take(bytes)?);
        let last_offset_delta = i32::from_be_bytes(take(bytes)?);
        let base_timestamp = i64::from_be_bytes(take(bytes)?);
        let max_timestamp = i64::from_be_bytes(take(bytes)?);
        let producer_id = i64::from_be_bytes(take(bytes)?);
        let _producer_epoch_and_base_sequence: [u8; 6] = take(bytes)?;
        let count = i32::from_be_bytes(take(bytes)?);
        let header = Self {
            base_offset,
            size,
            leader_epoch,
            checksum,
            last_offset_delta: 0,
            base_timestamp,
            max_timestamp,
            producer_id,
            count: 0,
            attributes,
        };
        Some((header, count, last_offset_delta))
    }

    /// The records of the batch that begins at `at`, as they are in the batch: perhaps compressed.
    pub(super) fn section<'a>(&self, bytes: &'a [u8], at: usize) -> &'a [u8] {
        bytes.get(at + HEADER_BYTES..at + self.size).unwrap_or_default()
    }

    /// The base offset, which identifies the batch in errors.
    pub(super) fn offset(&self) -> Offset {
        Offset::new(self.base_offset)
    }

    pub(super) fn last_offset(&self) -> i64 {
        self.base_offset + i64::from(self.last_offset_delta)
    }

    /// The offset after the batch.
    pub(super) fn next_offset(&self) -> i64 {
        self.last_offset() + 1
    }

    /// How the records are compressed, if they are.
    pub(super) fn codec(&self) -> Result<Option<Codec>, BatchError> {
        let number = (self.attributes & CODEC_BITS) as u8;
        Codec::of(number).map_err(|codec| BatchError::Codec { offset: self.offset(), codec })
    }

    /// The timestamp of all records, if the topic has `message.timestamp.type=LogAppendTime`.
    #[inline]
    pub(super) fn log_append_time(&self) -> Option<i64> {
        (self.attributes & LOG_APPEND_TIME_BIT != 0).then_some(self.max_timestamp)
    }

    pub(super) fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL_BIT != 0
    }

    pub(super) fn is_control(&self) -> bool {
        self.attributes & CONTROL_BIT != 0
    }

    pub(super) fn corrupt(&self, what: &'static str) -> BatchError {
        BatchError::Corrupt { offset: self.offset(), what }
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (field, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*field)
}
