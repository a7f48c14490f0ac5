//! A batch of a partition.

use crate::Chunk;

/// A chunk with its largest timestamp.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) chunk: Chunk,
    /// The largest timestamp.
    pub(super) newest: i64,
}

impl Batch {
    pub(super) fn new(chunk: Chunk) -> Self {
        let newest = chunk.iter().map(|record| record.timestamp().as_millis()).max().unwrap_or(i64::MIN);
        Self { chunk, newest }
    }

    pub(super) fn bytes(&self) -> usize {
        self.chunk.buffer_bytes()
    }

    pub(super) fn last_offset_before(&self) -> i64 {
        self.chunk.next_offset.number()
    }
}
