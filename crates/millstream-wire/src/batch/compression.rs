//! The codecs, and the room into which a batch is decompressed.

mod decode;
mod encode;

use millstream_types::Offset;

pub use self::encode::Compression;
use super::batches::section;
use super::cursor::Cursor;
use super::error::BatchError;

/// The most that a batch's records may take when they are plain.
pub(crate) const PLAIN_BYTES_MAX: usize = 128 << 20;
/// What a snappy stream begins with where it is framed in the manner of xerial; two versions of four bytes follow.
const XERIAL_NAME: &[u8] = &[0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
/// Room of this size is kept for the next batch; more is given back.
const KEPT_BYTES_MAX: usize = 4 << 20;

/// How records are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Gzip,
    Snappy,
    Lz4,
    Zstd,
}

impl Codec {
    /// The codec with this number; 0 stands for none. An unknown one is given back.
    pub(super) fn of(number: u8) -> Result<Option<Self>, u8> {
        match number {
            0 => Ok(None),
            1 => Ok(Some(Self::Gzip)),
            2 => Ok(Some(Self::Snappy)),
            3 => Ok(Some(Self::Lz4)),
            4 => Ok(Some(Self::Zstd)),
            unknown => Err(unknown),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }
}

/// Why bytes could not be decompressed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    TooLarge { bytes_max: usize },
    Damaged { reason: String },
}

impl Failure {
    /// The failure as that of the batch at `offset`.
    pub(super) fn at(self, offset: Offset, codec: Codec) -> BatchError {
        match self {
            Self::TooLarge { bytes_max } => BatchError::TooLarge { offset, bytes_max },
            Self::Damaged { reason } => BatchError::Compression { offset, codec: codec.name(), reason },
        }
    }

    fn damaged(reason: impl ToString) -> Self {
        Self::Damaged { reason: reason.to_string() }
    }
}

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

    /// The plain records of the batch that begins `at` there, which are these or its own.
    pub(super) fn of<'a>(&'a self, bytes: &'a [u8], at: usize, cursor: &Cursor) -> &'a [u8] {
        if cursor.compressed() { &self.bytes } else { section(bytes, at, cursor.header()) }
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
