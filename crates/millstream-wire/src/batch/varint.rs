//! Variable-length numbers in zigzag encoding: seven bits per byte, the lowest first.

/// Takes a number of up to 32 bits off `bytes`; `None` if it is incomplete or has more bits.
#[inline]
pub(super) fn varint(bytes: &mut &[u8]) -> Option<i32> {
    let folded = u32::try_from(unsigned(bytes)?).ok()?;
    Some((folded >> 1) as i32 ^ -((folded & 1) as i32))
}

/// Takes a number of up to 64 bits off `bytes`; `None` if it is incomplete or has more bits.
#[inline]
pub(super) fn varlong(bytes: &mut &[u8]) -> Option<i64> {
    let folded = unsigned(bytes)?;
    Some((folded >> 1) as i64 ^ -((folded & 1) as i64))
}

/// Numbers of one and two bytes, which are nearly all in a record, are read inline.
#[inline]
fn unsigned(bytes: &mut &[u8]) -> Option<u64> {
    match *bytes {
        [byte, rest @ ..] if *byte < 0x80 => {
            *bytes = rest;
            Some(u64::from(*byte))
        }
        [low, high, rest @ ..] if *high < 0x80 => {
            *bytes = rest;
            Some(u64::from(*low & 0x7f) | u64::from(*high) << 7)
        }
        _ => unsigned_long(bytes),
    }
}

#[cold]
#[inline(never)]
fn unsigned_long(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        let bits = u64::from(byte & 0x7f);
        if index == 9 && bits > 1 {
            return None;
        }
        number |= bits << (7 * index);
        if *byte < 0x80 {
            *bytes = bytes.get(index + 1..)?;
            return Some(number);
        }
    }
    None
}

/// The encoded size of a number in bytes.
#[inline]
pub(super) fn varint_bytes(number: i64) -> usize {
    match fold(number) {
        ..0x80 => 1,
        0x80..0x4000 => 2,
        folded => unsigned_long_bytes(folded),
    }
}

/// Appends a number. The encoding is the same for 32 and 64 bits.
#[inline]
pub(super) fn put_varint(bytes: &mut Vec<u8>, number: i64) {
    match fold(number) {
        folded @ ..0x80 => bytes.push(folded as u8),
        folded @ 0x80..0x4000 => bytes.extend_from_slice(&[folded as u8 | 0x80, (folded >> 7) as u8]),
        folded => put_unsigned_long(bytes, folded),
    }
}

#[inline]
fn fold(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

#[cold]
#[inline(never)]
fn unsigned_long_bytes(folded: u64) -> usize {
    let bits = u64::BITS - folded.leading_zeros();
    bits.div_ceil(7) as usize
}

#[cold]
#[inline(never)]
fn put_unsigned_long(bytes: &mut Vec<u8>, mut folded: u64) {
    while folded >= 0x80 {
        bytes.push(folded as u8 | 0x80);
        folded >>= 7;
    }
    bytes.push(folded as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_what_follows_stays() {
        let cases: [(&[u8], i64); 11] = [
            (&[0], 0),
            (&[1], -1),
            (&[2], 1),
            (&[0x7f], -64),
            (&[0x80, 1], 64),
            (&[0xff, 0x7f], -8192),
            (&[0x80, 0x80, 1], 8192),
            (&[0x80, 0], 0),
            (&[0xfe, 0xff, 0xff, 0xff, 0x0f], i64::from(i32::MAX)),
            (&[0xff, 0xff, 0xff, 0xff, 0x0f], i64::from(i32::MIN)),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], i64::MIN),
        ];
        for (written, number) in cases {
            let bytes = [written, &[7]].concat();
            let mut rest = &bytes[..];
            assert_eq!((varlong(&mut rest), rest), (Some(number), &[7][..]), "{written:?}");
            let mut rest = &bytes[..];
            assert_eq!(varint(&mut rest), i32::try_from(number).ok(), "{written:?}");
        }
    }

    #[test]
    fn numbers_are_written_in_as_few_bytes_as_they_need() {
        let written = |number| {
            let mut bytes = vec![7];
            put_varint(&mut bytes, number);
            bytes
        };
        assert_eq!(written(-8192), [7, 0xff, 0x7f]);
        assert_eq!(written(8192), [7, 0x80, 0x80, 1]);
        let edges = (0..63).flat_map(|bit| [(1 << bit) - 1, 1 << bit, -(1 << bit), -(1 << bit) - 1]);
        for number in edges.chain([i64::MIN, i64::MAX]) {
            let bytes = written(number);
            let mut rest = &bytes[1..];
            assert_eq!((varlong(&mut rest), rest), (Some(number), &[][..]));
            assert_eq!(varint_bytes(number), bytes.len() - 1, "{number}");
            assert!(bytes.len() == 2 || bytes.last() != Some(&0), "{number} ends in a byte that says nothing");
        }
    }

    #[test]
    fn numbers_that_are_cut_or_too_long_are_none() {
        let too_long = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2];
        let endless = [0x80; 12];
        for written in [&[][..], &[0x80], &[0xff, 0xff, 0xff], &too_long, &endless] {
            assert_eq!(varlong(&mut &written[..]), None, "{written:?}");
        }
        assert_eq!(varint(&mut &[0xff, 0xff, 0xff, 0xff, 0x1f][..]), None, "33 bits");
    }
}
