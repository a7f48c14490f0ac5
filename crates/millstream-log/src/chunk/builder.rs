//! Builds chunks.

use std::sync::Arc;

use millstream_types::{Offset, RecordBytes, TopicPartition};

use super::buffer::Records;
use super::in_use::BytesInUse;
use super::record::RecordView;
use super::run::Chunk;

/// Builds a [`Chunk`] of records of one partition.
///
/// # Examples
/// ```
/// use millstream_log::ChunkBuilder;
/// use millstream_types::{Offset, RecordBytes, Timestamp, TopicPartition};
///
/// let mut builder = ChunkBuilder::new();
/// builder.push(Offset::new(5), &RecordBytes::new(Timestamp::from_millis(9), Some(b"k"), None));
/// let chunk = builder.finish(TopicPartition::new("t", 0), Offset::new(6), Offset::new(6));
/// assert_eq!(chunk.record(0).key(), Some(&b"k"[..]));
/// assert_eq!(chunk.record(0).value(), None);
/// ```
#[derive(Debug, Default)]
pub struct ChunkBuilder {
    records: Records,
}

impl ChunkBuilder {
    /// An empty builder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty builder with this capacity.
    #[must_use]
    pub fn with_capacity(records: usize, bytes: usize) -> Self {
        let (bytes, spans) = (Vec::with_capacity(bytes), Vec::with_capacity(records));
        Self { records: Records { bytes, spans, held: None } }
    }

    /// The number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.spans.len()
    }

    /// Whether there are no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.spans.is_empty()
    }

    /// The size of the records in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.records.bytes.len()
    }

    /// Appends a copy of a record. Offsets must increase.
    ///
    /// # Panics
    /// When the buffer would exceed 4 GiB.
    #[inline]
    pub fn push(&mut self, offset: Offset, record: &RecordBytes<'_>) {
        self.records.push(offset, record);
    }

    /// Counts the bytes as in use until the chunk and all others that share its buffer are dropped.
    #[must_use]
    pub fn count_in(mut self, in_use: &BytesInUse) -> Self {
        self.records.held = Some(in_use.hold(self.records.buffer_bytes()));
        self
    }

    /// Builds the chunk. `next_offset` is the offset at which reading continues after it.
    #[must_use]
    pub fn finish(self, partition: TopicPartition, next_offset: Offset, end_offset: Offset) -> Chunk {
        let range = 0..self.records.spans.len();
        Chunk { partition, next_offset, end_offset, base: 0, records: Arc::new(self.records), range }
    }

    /// Appends a copy of a record, at the offset after the last one.
    pub(crate) fn push_next(&mut self, record: &RecordBytes<'_>) {
        let offset = self.records.spans.last().map_or(0, |last| last.offset + 1);
        self.push(Offset::new(offset), record);
    }

    /// Appends a copy of a record with its offset and headers. Offsets must increase.
    pub(crate) fn push_view(&mut self, view: &RecordView<'_>) {
        self.records.push_view(view, 0);
    }

    /// Takes the records so far, if there are any, as a chunk with offsets from 0. The builder is empty afterwards.
    ///
    /// A nearly full buffer is moved, a nearly empty one is copied and kept, so that little memory is wasted.
    pub(crate) fn take(&mut self, partition: &TopicPartition) -> Option<Chunk> {
        let count = self.len();
        if count == 0 {
            return None;
        }
        let filled = if self.records.bytes.len() * 2 < self.records.bytes.capacity() {
            let copied = Records { bytes: self.records.bytes.clone(), spans: self.records.spans.clone(), held: None };
            self.records.bytes.clear();
            self.records.spans.clear();
            copied
        } else {
            let room = Self::with_capacity(count, self.records.bytes.len());
            std::mem::replace(&mut self.records, room.records)
        };
        let next_offset = Offset::new(i64::try_from(count).expect("a chunk has fewer than 2^32 records"));
        Some(Self { records: filled }.finish(partition.clone(), next_offset, next_offset))
    }
}
