//! A run of records of one partition, in one shared buffer.

use std::ops::Range;
use std::sync::Arc;

use millstream_types::{Offset, TopicPartition};

use super::buffer::Records;
use super::record::{RecordView, Span};

/// Consecutive records of one partition. Cloning shares the buffer.
///
/// Offsets rise and may have gaps (compaction, transaction markers); [`next_offset`](Self::next_offset) passes such a
/// gap at the end, so that a reader's lag reaches zero.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// Whose records these are.
    pub partition: TopicPartition,
    /// The offset to read on from after this chunk.
    pub next_offset: Offset,
    /// The partition's end as known when the chunk was made.
    pub end_offset: Offset,
    /// What the spans' offsets count from: a batch is filled before a log says where it lands.
    pub(super) base: i64,
    pub(super) records: Arc<Records>,
    pub(super) range: Range<usize>,
}

impl Chunk {
    /// How many records it holds; none is possible (only `next_offset` moved).
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Whether it holds no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// The record at `index`, counted from 0 in this chunk.
    ///
    /// # Panics
    /// When `index` is not less than [`len`](Self::len).
    #[must_use]
    #[inline]
    pub fn record(&self, index: usize) -> RecordView<'_> {
        self.view(&self.records.spans[self.range.clone()][index])
    }

    /// The records, in order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = RecordView<'_>> {
        self.records.spans[self.range.clone()].iter().map(|span| self.view(span))
    }

    #[inline]
    fn view(&self, span: &Span) -> RecordView<'_> {
        RecordView { bytes: &self.records.bytes, span: Span { offset: self.base + span.offset, ..*span } }
    }

    /// The part from the first record at or after `offset`, sharing the buffer.
    #[must_use]
    pub fn from_offset(&self, offset: Offset) -> Self {
        let spans = &self.records.spans[self.range.clone()];
        let skipped = spans.partition_point(|span| self.base + span.offset < offset.number());
        Self { range: self.range.start + skipped..self.range.end, ..self.clone() }
    }

    /// Bytes of the shared buffer, the bookkeeping per record included.
    #[must_use]
    pub fn buffer_bytes(&self) -> usize {
        self.records.buffer_bytes()
    }

    /// The chunk with its offsets counted from `base` on, as a partition does that takes a batch in.
    pub(crate) fn based_at(self, base: Offset) -> Self {
        let next_offset = Offset::new(base.number() + self.next_offset.number() - self.base);
        Self { base: base.number(), next_offset, ..self }
    }

    /// Copies the records of `other`, whose offsets come after, to the end; `false`, having done nothing, while
    /// somebody else holds the buffer.
    pub(crate) fn try_extend(&mut self, other: &Self) -> bool {
        let Some(records) = Arc::get_mut(&mut self.records) else { return false };
        for view in other.iter() {
            records.push_view(&view, self.base);
        }
        self.range.end = records.spans.len();
        self.next_offset = other.next_offset;
        true
    }
}
