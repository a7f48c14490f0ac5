//! Reading and writing composite values part by part, with every length checked before it is believed.

use crate::SerdeError;

/// What is left to read of a composite value, and what to say when it is not as it should be.
pub(super) struct Cursor<'a> {
    type_name: &'static str,
    whole: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// At the beginning of `bytes`, which should hold a `type_name`.
    pub(super) fn new(type_name: &'static str, bytes: &'a [u8]) -> Self {
        Self { type_name, whole: bytes, rest: bytes }
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], SerdeError> {
        let Some((head, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.malformed(format!("{count} bytes should follow, but {} are left", self.rest.len())));
        };
        self.rest = rest;
        Ok(head)
    }

    /// The next `N` bytes as an array.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], SerdeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// A length or count: a big-endian `i32` that is not negative.
    pub(super) fn length(&mut self) -> Result<usize, SerdeError> {
        let length = i32::from_be_bytes(self.array()?);
        usize::try_from(length).map_err(|_| self.malformed(format!("{length} is no length")))
    }

    /// The bytes that follow a length and have it.
    pub(super) fn prefixed(&mut self) -> Result<&'a [u8], SerdeError> {
        let length = self.length()?;
        self.take(length)
    }

    /// All that is left.
    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// Makes sure that nothing is left.
    pub(super) fn finish(self) -> Result<(), SerdeError> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(self.malformed(format!("{left} bytes follow its end"))),
        }
    }

    /// The error that the value is not what it should be.
    pub(super) fn malformed(&self, reason: impl std::fmt::Display) -> SerdeError {
        SerdeError::malformed(self.type_name, reason, self.whole)
    }
}

/// Appends a length or count as a big-endian `i32`.
pub(super) fn put_length(type_name: &'static str, length: usize, out: &mut Vec<u8>) -> Result<(), SerdeError> {
    let length = length_bytes(type_name, length)?;
    out.extend_from_slice(&length);
    Ok(())
}

/// Appends what `write` appends, with its length in front.
pub(super) fn put_prefixed(
    type_name: &'static str,
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), SerdeError>,
) -> Result<(), SerdeError> {
    let prefix = out.len();
    out.extend_from_slice(&[0; size_of::<i32>()]);
    let start = out.len();
    write(out)?;
    let length = length_bytes(type_name, out.len() - start)?;
    out[prefix..start].copy_from_slice(&length);
    Ok(())
}

fn length_bytes(type_name: &'static str, length: usize) -> Result<[u8; size_of::<i32>()], SerdeError> {
    i32::try_from(length)
        .map(i32::to_be_bytes)
        .map_err(|_| SerdeError::unwritable(type_name, format!("a part of length {length} does not fit into an i32")))
}
