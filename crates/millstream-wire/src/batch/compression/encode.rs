//! Compresses records in the framing that Kafka's Java clients use.

use std::io::Write;

use flate2::write::GzEncoder;
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::codec::XERIAL_NAME;

/// The uncompressed size of a snappy block, as in snappy-java.
const SNAPPY_BLOCK_BYTES: usize = 32 << 10;
/// The version of xerial's framing, and the oldest version that can read it.
const XERIAL_VERSIONS: [i32; 2] = [1, 1];

/// How a writer compresses its batches (`compression.type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// No compression.
    #[default]
    None,
    /// Smallest batches; by far the slowest.
    Gzip(GzipLevel),
    /// Fast.
    Snappy,
    /// Fast; the fastest to read.
    Lz4,
    /// Small batches, as by zstd's lowest level.
    Zstd,
}

/// How much time gzip takes (`compression.gzip.level`): 1 is the fastest, and 9 makes the smallest batches. 6 by default.
///
/// # Examples
/// ```
/// use millstream_wire::{Compression, GzipLevel};
///
/// let fastest = GzipLevel::new(1).map(Compression::Gzip);
/// assert!(fastest.is_some() && GzipLevel::new(10).is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GzipLevel(u32);

impl GzipLevel {
    /// This level, if it is one from 1 to 9.
    #[must_use]
    pub fn new(level: u32) -> Option<Self> {
        (1..=9).contains(&level).then_some(Self(level))
    }
}

impl Default for GzipLevel {
    fn default() -> Self {
        Self(6)
    }
}

impl Compression {
    /// The codec's number in a batch's attributes.
    pub(in crate::batch) fn number(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Gzip(_) => 1,
            Self::Snappy => 2,
            Self::Lz4 => 3,
            Self::Zstd => 4,
        }
    }

    /// The compressed bytes; `None` without compression.
    pub(in crate::batch) fn compress(self, plain: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::None => None,
            Self::Gzip(level) => Some(gzip(plain, level)),
            Self::Snappy => Some(snappy(plain)),
            Self::Lz4 => Some(lz4(plain)),
            Self::Zstd => Some(zstd(plain)),
        }
    }
}

fn gzip(plain: &[u8], GzipLevel(level): GzipLevel) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::new(level));
    encoder.write_all(plain).expect("writing to memory does not fail");
    encoder.finish().expect("writing to memory does not fail")
}

fn snappy(plain: &[u8]) -> Vec<u8> {
    let mut framed = XERIAL_NAME.to_vec();
    framed.extend(XERIAL_VERSIONS.iter().flat_map(|version| version.to_be_bytes()));
    let mut encoder = snap::raw::Encoder::new();
    for block in plain.chunks(SNAPPY_BLOCK_BYTES) {
        let block = encoder.compress_vec(block).expect("a block of 32 KiB is not too large");
        framed.extend((block.len() as i32).to_be_bytes());
        framed.extend(block);
    }
    framed
}

/// Kafka's Java client refuses linked blocks, and writes no content checksum.
fn lz4(plain: &[u8]) -> Vec<u8> {
    let info = FrameInfo::new().block_size(BlockSize::Max64KB).block_mode(BlockMode::Independent);
    let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(plain).expect("writing to memory does not fail");
    encoder.finish().expect("writing to memory does not fail")
}

/// In Rust: the higher levels of the C library are not there.
fn zstd(plain: &[u8]) -> Vec<u8> {
    compress_to_vec(plain, CompressionLevel::Fastest)
}

#[cfg(test)]
mod tests;
