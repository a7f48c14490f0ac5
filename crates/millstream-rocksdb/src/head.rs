//! What a column family says of itself: the version of its format, and what its rows are.

use std::str;

/// The version of the layout that this crate writes, and the only one that it reads.
pub(crate) const FORMAT_VERSION: u16 = 1;

/// A family's first row, as read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Head<'a> {
    /// Of this version, with what the rows are.
    Contents(&'a str),
    /// Of another version.
    OtherVersion(u16),
    /// Not the head of any version.
    Unreadable,
}

/// The first row of a family whose rows are what `contents` says.
pub(crate) fn encode(contents: &str) -> Vec<u8> {
    [&FORMAT_VERSION.to_be_bytes()[..], contents.as_bytes()].concat()
}

/// Reads a family's first row.
pub(crate) fn decode(bytes: &[u8]) -> Head<'_> {
    let Some((version, contents)) = bytes.split_first_chunk() else {
        return Head::Unreadable;
    };
    match u16::from_be_bytes(*version) {
        FORMAT_VERSION => str::from_utf8(contents).map_or(Head::Unreadable, Head::Contents),
        other => Head::OtherVersion(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_names_what_it_cannot_read() {
        assert_eq!(encode("counts"), b"\x00\x01counts");
        let table: [(&[u8], Head<'_>); 5] = [
            (b"\x00\x01counts", Head::Contents("counts")),
            (b"\x00\x01", Head::Contents("")),
            (b"\x02\x01anything", Head::OtherVersion(513)),
            (b"\x00", Head::Unreadable),
            (b"\x00\x01\xff", Head::Unreadable),
        ];
        for (bytes, expected) in table {
            assert_eq!(decode(bytes), expected);
        }
    }
}
