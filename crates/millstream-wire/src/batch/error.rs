//! Why a batch could not be read.

use millstream_types::Offset;

/// Why a batch cannot be read. `offset` is the base offset of the batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The batch has another format than magic 2.
    #[error(
        "the batch at offset {offset} has magic {magic}, but only 2 can be read: Kafka has written it since version 0.11"
    )]
    Magic {
        /// The batch.
        offset: Offset,
        /// Its format.
        magic: u8,
    },
    /// The batch is inconsistent.
    #[error("the batch at offset {offset} is corrupt: {what}")]
    Corrupt {
        /// The batch.
        offset: Offset,
        /// What is wrong, as the end of a sentence.
        what: &'static str,
    },
    /// The checksum does not match.
    #[error(
        "the batch at offset {offset} is corrupt: its checksum is {found:08x}, but it was written with {written:08x}"
    )]
    Checksum {
        /// The batch.
        offset: Offset,
        /// The checksum in the header.
        written: u32,
        /// The checksum of the bytes.
        found: u32,
    },
    /// The batch is compressed with an unknown codec.
    #[error("the batch at offset {offset} is compressed with codec {codec}, which is unknown; known are 0 to 4")]
    Codec {
        /// The batch.
        offset: Offset,
        /// The codec's number.
        codec: u8,
    },
    /// The compressed bytes cannot be decompressed.
    #[error("the batch at offset {offset} cannot be decompressed with {codec}: {reason}")]
    Compression {
        /// The batch.
        offset: Offset,
        /// The codec's name.
        codec: &'static str,
        /// The codec's error message.
        reason: String,
    },
    /// The decompressed records are larger than the limit.
    #[error("the decompressed records of the batch at offset {offset} take more than {bytes_max} bytes")]
    TooLarge {
        /// The batch.
        offset: Offset,
        /// The limit in bytes.
        bytes_max: usize,
    },
}

impl BatchError {
    /// Whether the bytes may have been damaged in transit, so that fetching them again may help.
    #[must_use]
    pub fn may_be_transient(&self) -> bool {
        match self {
            Self::Magic { .. } | Self::Corrupt { .. } | Self::Checksum { .. } | Self::Compression { .. } => true,
            Self::Codec { .. } | Self::TooLarge { .. } => false,
        }
    }
}
