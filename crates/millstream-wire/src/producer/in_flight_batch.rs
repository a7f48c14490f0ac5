//! A batch on its way into a partition.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::batch::{Batch, Compression, Stamp};

/// A batch, and what is known of it.
pub(super) struct InFlightBatch {
    /// Shared with the thread that sends it.
    pub(super) encoded: Arc<Batch>,
    /// The number of the first append in it, or one before that.
    pub(super) first: u64,
    /// What it takes of the buffer.
    pub(super) bytes: usize,
    /// The number that it has, once it has one.
    pub(super) stamp: Option<Stamp>,
    /// Whether it may be in the log.
    pub(super) is_uncertain: bool,
}

impl InFlightBatch {
    pub(super) fn new(batch: Batch, first: u64, bytes: usize) -> Self {
        Self { encoded: Arc::new(batch), first, bytes, stamp: None, is_uncertain: false }
    }

    /// Numbers it.
    pub(super) fn stamp(&mut self, stamp: Stamp) {
        Arc::make_mut(&mut self.encoded).stamp(stamp);
        self.stamp = Some(stamp);
    }

    /// Both halves of its records; none where they cannot be read, which we have written ourselves.
    pub(super) fn halves(&self, compression: Compression) -> Option<(Self, Self)> {
        let (first, second) = self.encoded.split(compression).ok()?;
        let behind = self.first + u64::from(first.count());
        let bytes = self.bytes / 2;
        Some((Self::new(first, self.first, self.bytes - bytes), Self::new(second, behind, bytes)))
    }

    /// It without the records at these indexes, if any are left.
    pub(super) fn without(&self, indexes: &BTreeSet<u32>, compression: Compression) -> Option<Self> {
        let rest = self.encoded.without(indexes, compression).ok().flatten()?;
        let bytes = self.bytes - self.bytes / self.encoded.count() as usize * indexes.len();
        Some(Self::new(rest, self.first, bytes))
    }
}
