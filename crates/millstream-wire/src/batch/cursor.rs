//! A batch that is being read, and the position in it.

use millstream_log::ChunkBuilder;
use millstream_types::{Headers, Offset, RecordBytes, Timestamp};

use super::compression::Codec;
use super::header::BatchHeader;
use super::record::Record;

/// A batch that is being read. Each call is given the batch's decompressed records.
#[derive(Debug)]
pub(super) struct Cursor {
    header: BatchHeader,
    /// How the records are compressed, if they are.
    codec: Option<Codec>,
    /// Where the next record begins.
    at: usize,
    /// How many records are left.
    left: u32,
    /// The smallest offset that the next record may have, relative to the base offset.
    least_delta: i64,
}

impl Cursor {
    /// Starts before the first record.
    ///
    /// # Errors
    /// With what is wrong with the batch.
    pub(super) fn new(header: BatchHeader, codec: Option<Codec>, plain: &[u8]) -> Result<Self, &'static str> {
        if header.count as usize > plain.len() {
            return Err("it has fewer bytes than records");
        }
        Ok(Self { header, codec, at: 0, left: header.count, least_delta: 0 })
    }

    pub(super) fn header(&self) -> &BatchHeader {
        &self.header
    }

    pub(super) fn is_compressed(&self) -> bool {
        self.codec.is_some()
    }

    /// Whether all records have been read.
    pub(super) fn is_done(&self) -> bool {
        self.left == 0
    }

    /// Copies records from `position` on, while `room` is above 0 and the chunk has less than `bytes_max`. Updates `room`
    /// and `position`.
    ///
    /// # Errors
    /// With what is wrong with the batch. The records before it have been copied, and the next call returns the error again.
    #[inline(never)]
    pub(super) fn copy(
        &mut self,
        plain: &[u8],
        room: &mut usize,
        bytes_max: usize,
        position: &mut i64,
        chunk: &mut ChunkBuilder,
    ) -> Result<(), &'static str> {
        let mut rest = plain.get(self.at..).unwrap_or_default();
        let log_append_time = self.header.log_append_time().map(Timestamp::from_millis);
        let base_timestamp = Timestamp::from_millis(self.header.base_timestamp);
        while self.left > 0 && *room > 0 && chunk.size_bytes() < bytes_max {
            let record = Record::take(&mut rest)?;
            let offset = self.offset(&record)?;
            let headers = if record.is_bare() { Headers::new() } else { record.headers()? };
            if offset >= *position {
                let timestamp = base_timestamp.saturating_add(record.timestamp_delta);
                let timestamp = log_append_time.unwrap_or(timestamp);
                let bytes = RecordBytes { timestamp, key: record.key, value: record.value, headers: &headers };
                chunk.push(Offset::new(offset), &bytes);
                *position = offset + 1;
                *room -= 1;
            }
            self.at = plain.len() - rest.len();
            self.left -= 1;
            self.least_delta = i64::from(record.offset_delta) + 1;
        }
        if self.is_done() && !rest.is_empty() { Err("bytes follow its last record") } else { Ok(()) }
    }

    #[inline]
    fn offset(&self, record: &Record<'_>) -> Result<i64, &'static str> {
        let delta = i64::from(record.offset_delta);
        if delta < self.least_delta || record.offset_delta > self.header.last_offset_delta {
            return Err("the offsets of its records do not rise from its first to its last");
        }
        Ok(self.header.base_offset + delta)
    }
}
