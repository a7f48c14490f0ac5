//! Reads and writes composite values part by part, and checks every length before it is used.

use crate::SerdeError;

/// The rest of a composite value that is being read, and its type for errors.
pub(super) struct Cursor<'a> {
    type_name: &'static str,
    whole: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// A cursor at the beginning of `bytes`, which should be a `type_name`.
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

    /// A length, and as many bytes.
    pub(super) fn prefixed(&mut self) -> Result<&'a [u8], SerdeError> {
        let length = self.length()?;
        self.take(length)
    }

    /// The rest of the bytes.
    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// Checks that no bytes are left.
    pub(super) fn finish(self) -> Result<(), SerdeError> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(self.malformed(format!("{left} bytes follow its end"))),
        }
    }

    /// The error of a malformed value.
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

/// Appends the bytes that `write` appends, after their length.
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
