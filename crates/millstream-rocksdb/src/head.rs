//! The head of a column family: the version of its format, and the types of its rows.

use std::str;

/// The version of the layout that this crate writes, and the only one that it reads.
pub(crate) const FORMAT_VERSION: u16 = 1;

/// The head as read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Head<'a> {
    /// It has this version; with the types of the rows.
    Contents(&'a str),
    /// It has another version.
    OtherVersion(u16),
    /// It is not a head of any version.
    Unreadable,
}

/// Encodes the head of a family with these contents.
pub(crate) fn encode(contents: &str) -> Vec<u8> {
    [&FORMAT_VERSION.to_be_bytes()[..], contents.as_bytes()].concat()
}

/// Decodes a head.
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
    fn heads_are_read_as_written_and_others_are_distinguished() {
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
