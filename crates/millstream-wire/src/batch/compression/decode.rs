//! Decompresses records up to a size limit.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::codec::{Codec, Failure, XERIAL_NAME};

/// The magic bytes and the versions.
const XERIAL_HEADER_BYTES: usize = 16;
/// The largest ratio of a snappy block: three bytes stand for at most 64.
const SNAPPY_RATIO_MAX: usize = 24;
/// The largest window of a zstd frame, which its writer chooses: 128 MiB at the highest level. No memory is reserved for
/// it in advance.
const ZSTD_WINDOW_BYTES_MAX: u64 = 128 << 20;

/// Appends the decompressed bytes to `plain`, which may have up to `bytes_max`. The size that the compressed bytes declare
/// is not relied on: memory is reserved as bytes arrive.
pub(super) fn decode(codec: Codec, compressed: &[u8], plain: &mut Vec<u8>, bytes_max: usize) -> Result<(), Failure> {
    match codec {
        Codec::Gzip => append(MultiGzDecoder::new(compressed), plain, bytes_max),
        Codec::Lz4 => append(lz4_flex::frame::FrameDecoder::new(compressed), plain, bytes_max),
        Codec::Snappy => snappy(compressed, plain, bytes_max),
        Codec::Zstd => zstd(compressed, plain, bytes_max),
    }
}

fn append(source: impl Read, plain: &mut Vec<u8>, bytes_max: usize) -> Result<(), Failure> {
    let room = bytes_max.saturating_sub(plain.len()) as u64;
    source.take(room + 1).read_to_end(plain).map_err(Failure::damaged)?;
    if plain.len() > bytes_max { Err(Failure::TooLarge { bytes_max }) } else { Ok(()) }
}

/// Decodes one or several frames, each with a new decoder: a decoder that is used again reserves the size that a frame
/// declares.
fn zstd(mut compressed: &[u8], plain: &mut Vec<u8>, bytes_max: usize) -> Result<(), Failure> {
    while !compressed.is_empty() {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(ZSTD_WINDOW_BYTES_MAX);
        let frame = StreamingDecoder::new_with_decoder(&mut compressed, decoder).map_err(Failure::damaged)?;
        append(frame, plain, bytes_max)?;
    }
    Ok(())
}

/// Decodes blocks with their lengths after xerial's header or, without that header, a single block.
fn snappy(compressed: &[u8], plain: &mut Vec<u8>, bytes_max: usize) -> Result<(), Failure> {
    if !compressed.starts_with(XERIAL_NAME) {
        return snappy_block(compressed, plain, bytes_max);
    }
    let mut rest = compressed.get(XERIAL_HEADER_BYTES..).ok_or_else(|| Failure::damaged("its header is incomplete"))?;
    while !rest.is_empty() {
        let block = take_block(&mut rest).ok_or_else(|| Failure::damaged("a block reaches past the end"))?;
        if !block.is_empty() {
            snappy_block(block, plain, bytes_max)?;
        }
    }
    Ok(())
}

fn take_block<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_first_chunk()?;
    let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
    let (block, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some(block)
}

fn snappy_block(block: &[u8], plain: &mut Vec<u8>, bytes_max: usize) -> Result<(), Failure> {
    let declared = snap::raw::decompress_len(block).map_err(Failure::damaged)?;
    if declared > block.len().saturating_mul(SNAPPY_RATIO_MAX) {
        return Err(Failure::damaged("a block declares a larger size than it can have"));
    }
    let start = plain.len();
    if declared > bytes_max.saturating_sub(start) {
        return Err(Failure::TooLarge { bytes_max });
    }
    plain.resize(start + declared, 0);
    let room = plain.get_mut(start..).unwrap_or_default();
    snap::raw::Decoder::new().decompress(block, room).map_err(Failure::damaged)?;
    Ok(())
}

#[cfg(test)]
mod tests;
