//! The place in a batch up to which its records were read.

use millstream_log::ChunkBuilder;
use millstream_types::{Headers, Offset, RecordBytes, Timestamp};

use super::header::BatchHeader;
use super::record::Record;

/// A batch that is being read. The records' bytes are handed in, plain, with each call.
#[derive(Debug)]
pub(super) struct Cursor {
    header: BatchHeader,
    /// Whether the plain bytes are those of the batch, or decompressed ones.
    compressed: bool,
    /// Where the next record begins.
    at: usize,
    /// How many records are left.
    left: u32,
    /// The least that the next record's offset may be, counted from the batch's base.
    least_delta: i64,
}

impl Cursor {
    /// Before the first record; an error says what is wrong with the batch.
    pub(super) fn new(header: BatchHeader, compressed: bool, plain: &[u8]) -> Result<Self, &'static str> {
        if header.count as usize > plain.len() {
            return Err("it has fewer bytes than records");
        }
        Ok(Self { header, compressed, at: 0, left: header.count, least_delta: 0 })
    }

    pub(super) fn header(&self) -> &BatchHeader {
        &self.header
    }

    pub(super) fn compressed(&self) -> bool {
        self.compressed
    }

    /// Whether all records were read.
    pub(super) fn is_done(&self) -> bool {
        self.left == 0
    }

    /// Copies records at and after `position` while there is `room` and the chunk has less than `bytes_max`, and moves `room` and `position`. An error says what is wrong with
    /// the batch; what came before it is copied, and the next call meets it again.
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
