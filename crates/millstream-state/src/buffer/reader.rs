//! Reads the values of a buffer's changelog part by part, and checks every length before it is used.

use millstream_types::SerdeError;

/// The rest of a value that is being read.
pub(super) struct Reader<'a> {
    whole: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { whole: bytes, rest: bytes }
    }

    pub(super) fn i64(&mut self) -> Result<i64, SerdeError> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    pub(super) fn i32(&mut self) -> Result<i32, SerdeError> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    /// A length, and as many bytes; a length of -1 is null.
    pub(super) fn nullable(&mut self) -> Result<Option<&'a [u8]>, SerdeError> {
        match self.i32()? {
            -1 => Ok(None),
            length => self.take(length).map(Some),
        }
    }

    /// The next `length` bytes.
    pub(super) fn take(&mut self, length: i32) -> Result<&'a [u8], SerdeError> {
        let parts = usize::try_from(length).ok().and_then(|length| self.rest.split_at_checked(length));
        let Some((head, rest)) = parts else {
            return Err(self.malformed(format_args!("{length} bytes should follow, but {} are left", self.rest.len())));
        };
        self.rest = rest;
        Ok(head)
    }

    /// A length, and a text of as many bytes.
    pub(super) fn text(&mut self) -> Result<String, SerdeError> {
        let bytes = self.nullable()?.ok_or_else(|| self.malformed("a name in it is null"))?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    pub(super) fn malformed(&self, reason: impl std::fmt::Display) -> SerdeError {
        SerdeError::malformed("buffered change", reason, self.whole)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SerdeError> {
        match self.rest.split_first_chunk::<N>() {
            Some((head, rest)) => {
                self.rest = rest;
                Ok(*head)
            }
            None => Err(self.malformed(format_args!("{N} bytes should follow, but {} are left", self.rest.len()))),
        }
    }
}
