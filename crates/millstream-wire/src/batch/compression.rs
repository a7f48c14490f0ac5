//! The codecs, and the room into which a batch is decompressed.

mod codec;
mod decode;
mod encode;

pub(super) use self::codec::Codec;
use self::codec::Failure;
pub use self::encode::Compression;

/// The most that a batch's records may take when they are plain.
pub(crate) const PLAIN_BYTES_MAX: usize = 128 << 20;
/// Room of this size is kept for the next batch; more is given back.
const KEPT_BYTES_MAX: usize = 4 << 20;

/// The plain records of the batch that is read, if it is compressed.
#[derive(Debug, Default)]
pub(super) struct Plain {
    bytes: Vec<u8>,
}

impl Plain {
    /// Decompresses the records of a batch in place of what is there.
    pub(super) fn fill(&mut self, codec: Codec, compressed: &[u8], bytes_max: usize) -> Result<&[u8], Failure> {
        self.bytes.clear();
        if let Err(failure) = decode::decode(codec, compressed, &mut self.bytes, bytes_max) {
            self.bytes = Vec::new();
            return Err(failure);
        }
        Ok(&self.bytes)
    }

    /// What was decompressed last.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes of memory it takes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// Gives back room that only a large batch needs.
    pub(super) fn shrink(&mut self) {
        if self.bytes.capacity() > KEPT_BYTES_MAX {
            self.bytes = Vec::new();
        }
    }
}
