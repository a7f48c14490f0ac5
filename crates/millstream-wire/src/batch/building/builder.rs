//! A batch that is being filled.

use millstream_types::RecordBytes;

use super::batch::Batch;
use super::header::NewHeader;
use super::record::put_record;
use crate::batch::compression::Compression;
use crate::batch::header::HEADER_BYTES;

/// A batch that is being filled. Who fills it keeps it well below the 2 GiB that a batch can have.
pub(crate) struct BatchBuilder {
    /// Room for the header, and the records behind it.
    bytes: Vec<u8>,
    count: u32,
    /// The time of the first record.
    base_timestamp: i64,
    max_timestamp: i64,
}

impl BatchBuilder {
    /// An empty one in the memory of `room`, whose bytes are forgotten.
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
        // Java's clients and brokers add the distance without regard to overflow, as it is taken here.
        let timestamp_delta = timestamp.wrapping_sub(self.base_timestamp);
        put_record(&mut self.bytes, record, timestamp_delta, i64::from(self.count));
        self.count += 1;
    }

    /// Bytes of the batch as it stands, with its header and not compressed.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// How many records it has.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The batch with the records so far, of which there must be one. It stays plain where compressing does not make it
    /// smaller.
    pub(crate) fn finish(mut self, compression: Compression) -> Batch {
        debug_assert!(!self.is_empty(), "brokers refuse a batch without records");
        let compression = self.compress(compression);
        let Self { mut bytes, count, base_timestamp, max_timestamp } = self;
        NewHeader { compression, count, base_timestamp, max_timestamp }.write(&mut bytes);
        Batch::new(bytes, count)
    }

    /// Compresses the records within the room that they have; says how they are compressed then.
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
