//! Where records enter a chain: sources without their types, and the topics they read.

use millstream_state::Position;
use millstream_types::{Offset, RecordBytes, Timestamp};

use super::context::Context;
use crate::record::RawKey;

/// A source without its types.
pub(crate) trait SourceNode: Send {
    /// Decodes `record` of the source's topic number `topic` and keeps it as the head of the topic. Returns `None` if it was
    /// skipped or failed.
    fn prepare(
        &mut self,
        context: &mut Context<'_>,
        topic: usize,
        offset: Offset,
        record: RecordBytes<'_>,
        partition_time: Timestamp,
    ) -> Option<Timestamp>;

    /// Decodes the next keys of topic number `topic`, and passes them to the operators that prefetch rows. Keys that cannot be
    /// decoded, or are null without being allowed to, are left to `prepare`.
    fn prefetch(&mut self, context: &mut Context<'_>, topic: usize, next: &mut dyn Iterator<Item = RawKey<'_>>);

    /// The name of the node.
    fn name(&self) -> &str;

    /// Adds a topic with this name in the log, and returns its number.
    fn add_topic(&mut self, topic: &str) -> usize;

    /// Drops the head of topic number `topic`, and the keys that are decoded ahead: its records will not be read.
    fn drop_head(&mut self, topic: usize);

    /// Pushes the head of topic number `topic` to the children.
    fn push(&mut self, context: &mut Context<'_>, topic: usize);
}

/// Where a source's topic stands in its chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct SourceSlot {
    pub(super) source: usize,
    pub(super) topic: usize,
}

impl SourceSlot {
    /// The position of a record of the chain's topic number `index`.
    pub(super) fn position(index: usize, offset: Offset) -> Position {
        Position { source: u32::try_from(index).expect("a task has fewer than 4 billion topics"), offset }
    }
}
