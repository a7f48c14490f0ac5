//! Compaction: keeps only the last record of each key.

use std::collections::VecDeque;

use foldhash::fast::FixedState;
use hashbrown::HashSet;
use millstream_types::Offset;

use super::batch::Batch;
use crate::{Chunk, ChunkBuilder, RecordView};

/// The size of the chunks that compaction writes.
const CHUNK_BYTES: usize = 64 * 1024;

/// Which tombstones (records with a null value) are removed although they are the last record of their key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tombstones {
    /// Those before this offset.
    pub(super) spent_before: Offset,
}

/// The compacted chunks, in order. Records keep their offsets, which have gaps.
pub(super) fn compact(batches: &VecDeque<Batch>, tombstones: Tombstones) -> Vec<Chunk> {
    let kept = survivors(batches, tombstones);
    let mut chunks = Vec::new();
    let mut builder = ChunkBuilder::new();
    for view in kept.iter().rev() {
        builder.push_view(view);
        if builder.size_bytes() >= CHUNK_BYTES {
            finish(&mut builder, view.offset(), batches, &mut chunks);
        }
    }
    if let Some(last) = kept.first() {
        finish(&mut builder, last.offset(), batches, &mut chunks);
    }
    chunks
}

/// The records that are kept, the last one first. In reverse order the first record of a key is its last one.
fn survivors(batches: &VecDeque<Batch>, tombstones: Tombstones) -> Vec<RecordView<'_>> {
    let mut seen: HashSet<&[u8], FixedState> = HashSet::default();
    let mut kept = Vec::new();
    for batch in batches.iter().rev() {
        for view in (0..batch.chunk.len()).rev().map(|index| batch.chunk.record(index)) {
            let is_last = seen.insert(view.key().unwrap_or_default());
            let is_spent = view.value().is_none() && view.offset() < tombstones.spent_before;
            if is_last && !is_spent {
                kept.push(view);
            }
        }
    }
    kept
}

fn finish(builder: &mut ChunkBuilder, last: Offset, batches: &VecDeque<Batch>, chunks: &mut Vec<Chunk>) {
    let Some(batch) = batches.front().filter(|_| !builder.is_empty()) else { return };
    let partition = batch.chunk.partition.clone();
    chunks.push(std::mem::take(builder).finish(partition, last.next(), last.next()));
}
