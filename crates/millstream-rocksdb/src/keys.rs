//! The keys of a column family: those of a store's rows, of the head and of the changelog offset.

use std::ops::Bound;

/// The first byte of every row's key. The store's key follows.
const ROW: u8 = 1;

/// The key of the head, which is written first and changes only while there are no rows.
pub(crate) const HEAD: &[u8] = &[0, 0];
/// The key of the changelog offset.
pub(crate) const CHANGELOG_OFFSET: &[u8] = &[0, 1];

/// The lower bound of all rows (inclusive).
pub(crate) const ROWS_FROM: &[u8] = &[ROW];
/// The upper bound of all rows (exclusive).
pub(crate) const ROWS_TO: &[u8] = &[ROW + 1];

/// Encodes a store's key as a key of the family, into `out`.
pub(crate) fn encode(key: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.push(ROW);
    out.extend_from_slice(key);
}

/// The store's key in a key of the family.
pub(crate) fn decode(key: &[u8]) -> &[u8] {
    &key[1..]
}

/// The range of the family's keys for bounds of a store: from the first (inclusive) to the second (exclusive).
pub(crate) fn range(from: Bound<&[u8]>, to: Bound<&[u8]>) -> (Vec<u8>, Vec<u8>) {
    let from = match from {
        Bound::Unbounded => ROWS_FROM.to_vec(),
        Bound::Included(key) => encoded(key),
        Bound::Excluded(key) => successor(key),
    };
    let to = match to {
        Bound::Unbounded => ROWS_TO.to_vec(),
        Bound::Included(key) => successor(key),
        Bound::Excluded(key) => encoded(key),
    };
    (from, to)
}

/// A store's key as a key of the family.
pub(crate) fn encoded(key: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(key.len() + 2);
    encode(key, &mut bytes);
    bytes
}

/// The smallest key after `key`: the same bytes and a zero.
fn successor(key: &[u8]) -> Vec<u8> {
    let mut bytes = encoded(key);
    bytes.push(0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_the_order_of_the_store_and_differ_from_the_head() {
        let keys: [&[u8]; 6] = [b"", b"\0", b"\0\0", b"a", b"a\0", b"\xff\xff"];
        let encoded: Vec<Vec<u8>> = keys.iter().map(|key| encoded(key)).collect();
        assert!(encoded.is_sorted());
        for (key, bytes) in keys.iter().zip(&encoded) {
            assert_eq!(decode(bytes), *key);
            assert!(ROWS_FROM <= &bytes[..] && &bytes[..] < ROWS_TO);
            assert!(HEAD < &bytes[..] && CHANGELOG_OFFSET < &bytes[..]);
        }
    }

    #[test]
    fn ranges_include_and_exclude_their_ends() {
        let bounds = |from, to| range(from, to);
        assert_eq!(bounds(Bound::Unbounded, Bound::Unbounded), (vec![1], vec![2]));
        assert_eq!(bounds(Bound::Included(b"a"), Bound::Excluded(b"b")), (b"\x01a".to_vec(), b"\x01b".to_vec()));
        assert_eq!(bounds(Bound::Excluded(b"a"), Bound::Included(b"b")), (b"\x01a\0".to_vec(), b"\x01b\0".to_vec()));
    }
}
