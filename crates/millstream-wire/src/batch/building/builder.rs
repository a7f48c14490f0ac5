//! A batch that is being filled.

use millstream_types::RecordBytes;

use super::batch::Batch;
use super::header::NewHeader;
use super::record::put_record;
use crate::batch::compression::Compression;
use crate::batch::header::HEADER_BYTES;

/// A batch that is being filled. The caller keeps it well below 2 GiB, the largest size of a batch.
pub(crate) struct BatchBuilder {
    /// Space for the header, then the records.
    bytes: Vec<u8>,
    count: u32,
    /// The time of the first record.
    base_timestamp: i64,
    max_timestamp: i64,
}

impl BatchBuilder {
    /// An empty batch that uses the memory of `room`, whose content is dropped.
    pub(crate) fn new(room: Vec<u8>) -> Self {
        let mut bytes = room;
        bytes.clear();
        bytes.resize(HEADER_BYTES, 0);
        Self { bytes, count: 0, base_timestamp: 0, max_timestamp: i64::MIN }
    }

    /// Appends a record.
    #[inline]
    pub(crate) fn push(&mut self, record: &RecordBytes<'_>) {
        let timestamp = record.timestamp.as_millis();
        if self.is_empty() {
            self.base_timestamp = timestamp;
        }
        self.max_timestamp = self.max_timestamp.max(timestamp);
        // It may wrap around: Kafka's clients and brokers add it with wrapping arithmetic too.
        let timestamp_delta = timestamp.wrapping_sub(self.base_timestamp);
        put_record(&mut self.bytes, record, timestamp_delta, i64::from(self.count));
        self.count += 1;
    }

    /// The size of the batch so far in bytes: with its header, uncompressed.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The number of records so far.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The batch with the records so far, of which there must be at least one. It stays uncompressed if compression does
    /// not make it smaller.
    pub(crate) fn finish(mut self, compression: Compression) -> Batch {
        debug_assert!(!self.is_empty(), "brokers refuse a batch without records");
        let compression = self.compress(compression);
        let Self { mut bytes, count, base_timestamp, max_timestamp } = self;
        NewHeader { compression, count, base_timestamp, max_timestamp }.write(&mut bytes);
        Batch::new(bytes, count)
    }

    /// Compresses the records in place, and returns how they are compressed now.
    fn compress(&mut self, compression: Compression) -> Compression {
        let plain = self.bytes.get(HEADER_BYTES..).unwrap_or_default();
        match compression.compress(plain).filter(|compressed| compressed.len() < plain.len()) {
            Some(compressed) => {
                self.bytes.truncate(HEADER_BYTES);
                self.bytes.extend_from_slice(&compressed);
                compression
            }
            None => Compression::None,
        }
    }
}
