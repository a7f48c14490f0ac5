//! The framing of each codec, and that what is compressed is what comes back.

use super::super::{Codec, decode::decode};
use super::*;

fn mixed(bytes: u32) -> Vec<u8> {
    (0..bytes).map(|number| (number.wrapping_mul(number) >> 11) as u8).collect()
}

fn plain_again(compression: Compression, compressed: &[u8]) -> Vec<u8> {
    let codec = Codec::of(compression.number() as u8).unwrap().unwrap();
    let mut plain = Vec::new();
    decode(codec, compressed, &mut plain, usize::MAX - 1).unwrap();
    plain
}

#[test]
fn what_was_compressed_comes_back() {
    for compression in
        [Compression::Gzip(GzipLevel::default()), Compression::Snappy, Compression::Lz4, Compression::Zstd]
    {
        for bytes in [1, 100, 32 << 10, (32 << 10) + 1, 64 << 10, (64 << 10) + 1, 300_000] {
            let plain = mixed(bytes);
            let compressed = compression.compress(&plain).unwrap();
            assert_eq!(plain_again(compression, &compressed), plain, "{compression:?} of {bytes} bytes");
        }
    }
    assert_eq!(Compression::None.compress(b"plain"), None);
}

#[test]
fn snappy_is_framed_as_xerial_does_in_blocks_of_32_kib() {
    let plain = mixed(70_000);
    let compressed = snappy(&plain);
    let (header, mut rest) = compressed.split_at(16);
    assert_eq!(header, b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01");
    let mut blocks = Vec::new();
    while let Some((length, behind)) = rest.split_first_chunk() {
        let (block, behind) = behind.split_at(u32::from_be_bytes(*length) as usize);
        blocks.push(snap::raw::Decoder::new().decompress_vec(block).unwrap());
        rest = behind;
    }
    assert_eq!(blocks.iter().map(Vec::len).collect::<Vec<_>>(), [32_768, 32_768, 4464]);
    assert_eq!(blocks.concat(), plain);
}

#[test]
fn lz4_is_a_frame_of_independent_blocks_of_64_kib_without_checksums() {
    let compressed = lz4(&mixed(70_000));
    assert_eq!(compressed[..4], 0x184d_2204u32.to_le_bytes());
    assert_eq!(
        compressed[4], 0b0110_0000,
        "version 1, independent, no checksum of a block, no size, none of the content"
    );
    assert_eq!(compressed[5], 4 << 4, "64 KiB");
    assert!(compressed.ends_with(&[0; 4]), "the end mark is the last");
}

#[test]
fn gzip_is_one_member_of_a_gzip_stream() {
    assert_eq!(gzip(&mixed(1000), GzipLevel::default())[..3], [0x1f, 0x8b, 8]);
}

#[test]
fn higher_levels_of_gzip_make_smaller_batches() {
    let plain: Vec<u8> =
        (0..20_000_u32).flat_map(|number| format!("{} {};", number, number % 977).into_bytes()).collect();
    let compressed = |level| {
        let compression = Compression::Gzip(GzipLevel::new(level).unwrap());
        let compressed = compression.compress(&plain).unwrap();
        assert_eq!(plain_again(compression, &compressed), plain, "level {level}");
        compressed.len()
    };
    let sizes: Vec<usize> = [1, 6, 9].into_iter().map(compressed).collect();
    assert!(sizes[0] > sizes[1] && sizes[1] >= sizes[2], "{sizes:?}");
    assert_eq!((GzipLevel::new(0), GzipLevel::new(10)), (None, None));
}
