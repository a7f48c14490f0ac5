//! The codecs by their numbers, and the errors of decompression.

use millstream_types::Offset;

use crate::batch::error::BatchError;

/// The magic bytes of snappy-java's (xerial's) framing; two versions of four bytes follow.
pub(super) const XERIAL_NAME: &[u8] = &[0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];

/// How records are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::batch) enum Codec {
    Gzip,
    Snappy,
    Lz4,
    Zstd,
}

impl Codec {
    /// The codec with this number; 0 means no compression. An unknown number is returned as an error.
    pub(in crate::batch) fn of(number: u8) -> Result<Option<Self>, u8> {
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
pub(in crate::batch) enum Failure {
    TooLarge { bytes_max: usize },
    Damaged { reason: String },
}

impl Failure {
    /// The error for the batch at `offset`.
    pub(in crate::batch) fn at(self, offset: Offset, codec: Codec) -> BatchError {
        match self {
            Self::TooLarge { bytes_max } => BatchError::TooLarge { offset, bytes_max },
            Self::Damaged { reason } => BatchError::Compression { offset, codec: codec.name(), reason },
        }
    }

    pub(super) fn damaged(reason: impl ToString) -> Self {
        Self::Damaged { reason: reason.to_string() }
    }
}
