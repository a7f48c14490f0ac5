//! A chunk: consecutive records of one partition in a shared buffer.

use std::ops::Range;
use std::sync::Arc;

use millstream_types::{Offset, TopicPartition};

use super::buffer::Records;
use super::record::{RecordView, Span};

/// Consecutive records of one partition. Clones share the buffer.
///
/// Offsets increase and may have gaps (from compaction, or transaction markers). [`next_offset`](Self::next_offset) is after
/// such a gap at the end, so that the lag of a reader reaches zero.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// The partition of the records.
    pub partition: TopicPartition,
    /// The offset at which reading continues after this chunk.
    pub next_offset: Offset,
    /// The end of the partition that was known when the chunk was built.
    pub end_offset: Offset,
    /// The base of the offsets in spans, since a batch is filled before its first offset is known.
    pub(super) base: i64,
    pub(super) records: Arc<Records>,
    pub(super) range: Range<usize>,
}

impl Chunk {
    /// The number of records. It may be 0, when only `next_offset` has advanced.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Whether there are no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// The record at `index`, from 0.
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

    /// The part from the first record at or after `offset`. It shares the buffer.
    #[must_use]
    pub fn from_offset(&self, offset: Offset) -> Self {
        let spans = &self.records.spans[self.range.clone()];
        let skipped = spans.partition_point(|span| self.base + span.offset < offset.number());
        Self { range: self.range.start + skipped..self.range.end, ..self.clone() }
    }

    /// The size of the shared buffer in bytes, including the positions of records.
    #[must_use]
    pub fn buffer_bytes(&self) -> usize {
        self.records.buffer_bytes()
    }

    /// The chunk with offsets from `base` on, as when a partition appends a batch.
    pub(crate) fn based_at(self, base: Offset) -> Self {
        let next_offset = Offset::new(base.number() + self.next_offset.number() - self.base);
        Self { base: base.number(), next_offset, ..self }
    }

    /// Appends copies of the records of `other`, whose offsets must be higher. Does nothing and returns `false` while the
    /// buffer is shared.
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
