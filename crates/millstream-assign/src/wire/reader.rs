//! Reads varints, strings and bits, and never more than there are.

use super::error::DecodeError;

/// Takes values from the front of bytes.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) fn remaining(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or(DecodeError::Truncated(what))?;
        self.bytes = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], DecodeError> {
        let taken = self.take(N, what)?;
        taken.try_into().map_err(|_| DecodeError::Truncated(what))
    }

    pub(super) fn wide(&mut self, what: &'static str) -> Result<u128, DecodeError> {
        let mut value = 0_u128;
        for shift in (0..77).step_by(7) {
            let [byte] = self.array(what)?;
            value |= u128::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError::Malformed(what))
    }

    pub(super) fn number<T: TryFrom<u128>>(&mut self, what: &'static str) -> Result<T, DecodeError> {
        T::try_from(self.wide(what)?).map_err(|_| DecodeError::Malformed(what))
    }

    /// A count of things that have at least `bytes_min` bytes each.
    pub(super) fn count(&mut self, bytes_min: usize, what: &'static str) -> Result<usize, DecodeError> {
        let count: usize = self.number(what)?;
        if count > self.remaining() / bytes_min.max(1) { Err(DecodeError::Truncated(what)) } else { Ok(count) }
    }

    pub(super) fn text(&mut self, what: &'static str) -> Result<&'a str, DecodeError> {
        let length = self.count(1, what)?;
        str::from_utf8(self.take(length, what)?).map_err(|_| DecodeError::Malformed(what))
    }
}
