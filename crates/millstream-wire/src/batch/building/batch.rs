//! A batch that is ready to be sent once it has a producer id and a sequence number.

use std::fmt;

use super::header::{Stamp, stamp};

/// A batch that is ready to be sent once it has a [`Stamp`].
#[derive(Clone)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    count: u32,
}

impl Batch {
    /// A batch of these bytes, whose header is complete but for the stamp and the checksum.
    pub(super) fn new(bytes: Vec<u8>, count: u32) -> Self {
        Self { bytes, count }
    }

    /// Sets the producer and the sequence number, replacing earlier ones, and computes the checksum.
    pub(crate) fn stamp(&mut self, with: Stamp) {
        stamp(&mut self.bytes, with);
    }

    /// The batch as it is sent.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of records.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Returns the memory, to be used for another batch.
    pub(crate) fn into_room(self) -> Vec<u8> {
        self.bytes
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("count", &self.count).field("bytes", &self.bytes.len()).finish()
    }
}
