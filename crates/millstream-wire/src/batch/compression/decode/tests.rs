//! Each codec by itself: what it accepts, and where it stops.

use super::*;
use crate::batch::testing::TestCodec;

fn codec(codec: TestCodec) -> Option<Codec> {
    Codec::of(codec.number() as u8).ok().flatten()
}

fn run(test_codec: TestCodec, compressed: &[u8], bytes_max: usize) -> Result<Vec<u8>, Failure> {
    let mut plain = Vec::new();
    decode(codec(test_codec).unwrap(), compressed, &mut plain, bytes_max)?;
    Ok(plain)
}

#[test]
fn as_much_as_is_allowed_is_decompressed_and_one_byte_more_is_refused() {
    let plain: Vec<u8> = (0..70_000u32).map(|number| (number.wrapping_mul(number) >> 7) as u8).collect();
    for codec in &TestCodec::ALL[1..] {
        let compressed = codec.compress(&plain);
        assert_eq!(run(*codec, &compressed, plain.len()).as_ref(), Ok(&plain), "{codec:?}");
        let refused = run(*codec, &compressed, plain.len() - 1);
        assert_eq!(refused, Err(Failure::TooLarge { bytes_max: plain.len() - 1 }), "{codec:?}");
    }
}

#[test]
fn bombs_are_refused_before_they_take_memory() {
    for codec in &TestCodec::ALL[1..] {
        let compressed = codec.compress(&vec![0; 4 << 20]);
        let mut plain = Vec::new();
        let refused = decode(self::codec(*codec).unwrap(), &compressed, &mut plain, 10_000);
        assert_eq!(refused, Err(Failure::TooLarge { bytes_max: 10_000 }), "{codec:?}");
        assert!(plain.capacity() < 100_000, "{codec:?} took {} bytes", plain.capacity());
    }
}

#[test]
fn every_member_of_a_gzip_stream_and_every_frame_of_a_zstd_stream_is_read() {
    for codec in [TestCodec::Gzip, TestCodec::Zstd] {
        let compressed = [codec.compress(b"one"), codec.compress(b""), codec.compress(b"two")].concat();
        assert_eq!(run(codec, &compressed, 100), Ok(b"onetwo".to_vec()), "{codec:?}");
        assert_eq!(run(codec, &compressed, 5), Err(Failure::TooLarge { bytes_max: 5 }), "{codec:?}");
    }
}

#[test]
fn a_snappy_block_that_declares_an_impossible_size_takes_no_memory() {
    let mut plain = Vec::new();
    let claim = [0xff, 0xff, 0xff, 0x3f, 0];
    let refused = decode(Codec::Snappy, &claim, &mut plain, 128 << 20);
    assert_eq!(refused, Err(Failure::damaged("a block declares a larger size than it can have")));
    assert_eq!(plain.capacity(), 0);
}

#[test]
fn the_framing_of_xerial_is_followed_to_its_end() {
    let block = |plain: &[u8]| {
        let block = snap::raw::Encoder::new().compress_vec(plain).unwrap();
        [&(block.len() as u32).to_be_bytes(), &block[..]].concat()
    };
    let header = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01".to_vec();
    let framed = [header.clone(), block(b"one"), vec![0; 4], block(b"two")].concat();
    assert_eq!(run(TestCodec::SnappyXerial, &framed, 100), Ok(b"onetwo".to_vec()));
    for cut in [9, 15, 17, 19, 22, framed.len() - 1] {
        assert!(matches!(run(TestCodec::SnappyXerial, &framed[..cut], 100), Err(Failure::Damaged { .. })), "{cut}");
    }
    let negative = [header, vec![0xff; 4]].concat();
    assert!(run(TestCodec::SnappyXerial, &negative, 100).is_err());
}

#[test]
fn lz4_with_linked_blocks_and_checksums_is_read_too() {
    use std::io::Write;

    let info = lz4_flex::frame::FrameInfo::new()
        .block_mode(lz4_flex::frame::BlockMode::Linked)
        .block_checksums(true)
        .content_checksum(true);
    let plain: Vec<u8> = (0..400_000u32).map(|number| (number >> 3) as u8).collect();
    let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(&plain).unwrap();
    let compressed = encoder.finish().unwrap();
    assert_eq!(run(TestCodec::Lz4, &compressed, plain.len()), Ok(plain));
}
