//! Why a batch could not be read.

use millstream_types::Offset;

/// A batch that cannot be read; `offset` is always where the batch begins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The batch is of another format than the one that is known here.
    #[error(
        "the batch at offset {offset} has magic {magic}, but only 2 can be read: Kafka has written it since version 0.11"
    )]
    Magic {
        /// The batch.
        offset: Offset,
        /// Its format.
        magic: u8,
    },
    /// The bytes contradict themselves.
    #[error("the batch at offset {offset} is corrupt: {what}")]
    Corrupt {
        /// The batch.
        offset: Offset,
        /// What is wrong, as the end of a sentence.
        what: &'static str,
    },
    /// The bytes are not those that were written.
    #[error(
        "the batch at offset {offset} is corrupt: its checksum is {found:08x}, but it was written with {written:08x}"
    )]
    Checksum {
        /// The batch.
        offset: Offset,
        /// What its header says.
        written: u32,
        /// What its bytes give.
        found: u32,
    },
    /// The batch is compressed in a way that is not known here.
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
        /// What the codec says.
        reason: String,
    },
    /// The records take more room than is given to them.
    #[error("the records of the batch at offset {offset} take more than {bytes_max} bytes when they are plain")]
    TooLarge {
        /// The batch.
        offset: Offset,
        /// The most that is read.
        bytes_max: usize,
    },
}

impl BatchError {
    /// Whether the bytes may have been damaged on the way, so that fetching them again may help.
    #[must_use]
    pub fn may_be_transient(&self) -> bool {
        match self {
            Self::Magic { .. } | Self::Corrupt { .. } | Self::Checksum { .. } | Self::Compression { .. } => true,
            Self::Codec { .. } | Self::TooLarge { .. } => false,
        }
    }
}
