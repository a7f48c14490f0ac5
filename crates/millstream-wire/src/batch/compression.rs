//! The codecs, and the buffer into which a batch is decompressed.

mod codec;
mod decode;
mod encode;

pub(super) use self::codec::Codec;
use self::codec::Failure;
pub use self::encode::{Compression, GzipLevel};

/// The largest size of a batch's decompressed records, unless a setting says less.
pub(crate) const PLAIN_BYTES_MAX: usize = 128 << 20;
/// A buffer up to this size is kept for the next batch; a larger one is freed.
const KEPT_BYTES_MAX: usize = 4 << 20;

/// The decompressed records of the current batch, if it is compressed.
#[derive(Debug, Default)]
pub(super) struct Plain {
    bytes: Vec<u8>,
}

impl Plain {
    /// Decompresses the records of a batch, replacing those of the last one.
    pub(super) fn fill(&mut self, codec: Codec, compressed: &[u8], bytes_max: usize) -> Result<&[u8], Failure> {
        self.bytes.clear();
        if let Err(failure) = decode::decode(codec, compressed, &mut self.bytes, bytes_max) {
            self.bytes = Vec::new();
            return Err(failure);
        }
        Ok(&self.bytes)
    }

    /// The records that were decompressed last.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The size of the buffer in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// Frees a buffer that only a large batch needs.
    pub(super) fn shrink(&mut self) {
        if self.bytes.capacity() > KEPT_BYTES_MAX {
            self.bytes = Vec::new();
        }
    }
}
