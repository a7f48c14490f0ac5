//! A batch that is ready to be sent once it is stamped.

use std::fmt;

use super::header::{Stamp, stamp};

/// A batch that is ready to be sent once it is stamped.
#[derive(Clone)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    count: u32,
}

impl Batch {
    /// The batch that these bytes are, its header written.
    pub(super) fn new(bytes: Vec<u8>, count: u32) -> Self {
        Self { bytes, count }
    }

    /// Says whose it is, in place of what it said before, and makes the checksum right.
    pub(crate) fn stamp(&mut self, whose: Stamp) {
        stamp(&mut self.bytes, whose);
    }

    /// The batch as it is sent.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many records it holds.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// The memory, for the next batch.
    pub(crate) fn into_room(self) -> Vec<u8> {
        self.bytes
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("count", &self.count).field("bytes", &self.bytes.len()).finish()
    }
}
