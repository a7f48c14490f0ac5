//! A batch that is queued or in flight.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::batch::{Batch, Compression, Stamp};

/// A complete batch that is queued or in flight.
pub(super) struct InFlightBatch {
    /// The encoded batch, shared with the thread that sends it.
    pub(super) encoded: Arc<Batch>,
    /// The number of its first record, or a smaller one.
    pub(super) first: u64,
    /// Its share of the buffer in bytes.
    pub(super) bytes: usize,
    /// The producer and sequence number that it was given, if any.
    pub(super) stamp: Option<Stamp>,
    /// Whether it may be in the log.
    pub(super) is_uncertain: bool,
    /// Whether it was discarded while it was in flight: it may reach the log, but is not sent again.
    pub(super) is_discarded: bool,
}

impl InFlightBatch {
    pub(super) fn new(batch: Batch, first: u64, bytes: usize) -> Self {
        Self { encoded: Arc::new(batch), first, bytes, stamp: None, is_uncertain: false, is_discarded: false }
    }

    /// Gives it a sequence number.
    pub(super) fn stamp(&mut self, stamp: Stamp) {
        Arc::make_mut(&mut self.encoded).stamp(stamp);
        self.stamp = Some(stamp);
    }

    /// Splits it in two; `None` if its records cannot be read, which does not happen to a batch of this producer.
    pub(super) fn halves(&self, compression: Compression) -> Option<(Self, Self)> {
        let (first, second) = self.encoded.split(compression).ok()?;
        let behind = self.first + u64::from(first.count());
        let bytes = self.bytes / 2;
        Some((self.part(first, self.first, self.bytes - bytes), self.part(second, behind, bytes)))
    }

    /// The batch without the records at these indexes; `None` if none is left.
    pub(super) fn without(&self, indexes: &BTreeSet<u32>, compression: Compression) -> Option<Self> {
        let rest = self.encoded.without(indexes, compression).ok().flatten()?;
        let bytes = self.bytes - self.bytes / self.encoded.count() as usize * indexes.len();
        Some(self.part(rest, self.first, bytes))
    }

    /// Some of its records, to be sent in its place.
    fn part(&self, batch: Batch, first: u64, bytes: usize) -> Self {
        Self { is_discarded: self.is_discarded, ..Self::new(batch, first, bytes) }
    }
}
