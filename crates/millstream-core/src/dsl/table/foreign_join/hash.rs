//! The hash by which a response knows the row that it answers: 128-bit `MurmurHash3` for 64-bit processors, with Kafka Streams'
//! seed (`Murmur3.hash128`).

const SEED: u64 = 104_729;
const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;

/// The hash of the bytes of a row, as it is written: both halves big-endian.
pub(super) type RowHash = [u8; 16];

/// The hash of `bytes`.
pub(super) fn row_hash(bytes: &[u8]) -> RowHash {
    let (mut first, mut second) = (SEED, SEED);
    let mut blocks = bytes.chunks_exact(16);
    for block in &mut blocks {
        let (low, high) = block.split_at(8);
        first = (first ^ mixed_first(word(low))).rotate_left(27).wrapping_add(second);
        first = first.wrapping_mul(5).wrapping_add(0x52dc_e729);
        second = (second ^ mixed_second(word(high))).rotate_left(31).wrapping_add(first);
        second = second.wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    let tail = blocks.remainder();
    first ^= mixed_first(word(&tail[..tail.len().min(8)]));
    second ^= mixed_second(word(tail.get(8..).unwrap_or_default()));
    finished(first ^ bytes.len() as u64, second ^ bytes.len() as u64)
}

/// Up to eight bytes as a little-endian number.
fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte))
}

fn mixed_first(word: u64) -> u64 {
    word.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
}

fn mixed_second(word: u64) -> u64 {
    word.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1)
}

fn finished(first: u64, second: u64) -> RowHash {
    let first = first.wrapping_add(second);
    let second = second.wrapping_add(first);
    let (first, second) = (avalanche(first), avalanche(second));
    let first = first.wrapping_add(second);
    let second = second.wrapping_add(first);
    let mut hash = [0; 16];
    hash[..8].copy_from_slice(&first.to_be_bytes());
    hash[8..].copy_from_slice(&second.to_be_bytes());
    hash
}

fn avalanche(mut word: u64) -> u64 {
    word ^= word >> 33;
    word = word.wrapping_mul(0xff51_afd7_ed55_8ccd);
    word ^= word >> 33;
    word = word.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ (word >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the registration topics of Kafka Streams' own foreign-key joins (`tests/oracle/data/join-fk-inner-1.json`).
    /// Rule 93.
    #[test]
    fn rows_hash_as_in_kafka_streams() {
        let check = |bytes: &[u8], expected: u128| assert_eq!(u128::from_be_bytes(row_hash(bytes)), expected);
        check(b"p3|a", 0x9729_a080_c12e_7f6c_bd67_90e1_d3c9_e2b0);
        check(b"p3|b", 0xdcf0_6cb5_7987_b60d_2a8e_a76c_0fdd_0e62);
        check(b"p2|c", 0x1203_6d8b_de4f_4957_dcf1_a1be_bd8c_1fed);
    }
}
