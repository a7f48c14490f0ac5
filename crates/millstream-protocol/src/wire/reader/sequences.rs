//! Reads what has a length: strings, bytes and arrays, and structures that may be null.

use super::Reader;
use crate::error::DecodeError;
use crate::wire::lengths::{Lengths, STRING_BYTES_MAX};

impl<'a> Reader<'a> {
    /// Reads a string.
    ///
    /// # Errors
    /// When it is null, is cut off, has more than 32,767 bytes or is not UTF-8.
    pub fn string(&mut self, lengths: Lengths, field: &'static str) -> Result<String, DecodeError> {
        self.present(field, |input| input.nullable_string(lengths, field))
    }

    /// Reads a string or null.
    ///
    /// # Errors
    /// When it is cut off, has more than 32,767 bytes or is not UTF-8.
    pub fn nullable_string(&mut self, lengths: Lengths, field: &'static str) -> Result<Option<String>, DecodeError> {
        Ok(self.nullable_str(lengths, field)?.map(str::to_owned))
    }

    /// Reads a string or null, without copying it.
    ///
    /// # Errors
    /// When it is cut off, has more than 32,767 bytes or is not UTF-8.
    pub fn nullable_str(&mut self, lengths: Lengths, field: &'static str) -> Result<Option<&'a str>, DecodeError> {
        let offset = self.at;
        let length = match lengths {
            Lengths::Fixed => self.int16(field).map(i64::from)?,
            Lengths::Compact => i64::from(self.uvarint(field)?) - 1,
        };
        let Some(length) = checked_length(length, STRING_BYTES_MAX, field, offset)? else { return Ok(None) };
        let text = self.take(length, field)?;
        std::str::from_utf8(text).map(Some).map_err(|_| DecodeError::NotUtf8 { field, offset })
    }

    /// Reads bytes.
    ///
    /// # Errors
    /// When they are null or cut off.
    pub fn bytes(&mut self, lengths: Lengths, field: &'static str) -> Result<Vec<u8>, DecodeError> {
        self.present(field, |input| input.nullable_bytes(lengths, field))
    }

    /// Reads bytes or null.
    ///
    /// # Errors
    /// When they are cut off.
    pub fn nullable_bytes(&mut self, lengths: Lengths, field: &'static str) -> Result<Option<Vec<u8>>, DecodeError> {
        let Some(length) = self.length(lengths, field)? else { return Ok(None) };
        self.take(length, field).map(|bytes| Some(bytes.to_vec()))
    }

    /// Reads an array whose elements have at least `element_bytes_min` bytes each.
    ///
    /// # Errors
    /// When it is null or has more elements than the bytes have room for, and what `read` returns.
    pub fn array<T, F>(
        &mut self,
        lengths: Lengths,
        field: &'static str,
        element_bytes_min: usize,
        read: F,
    ) -> Result<Vec<T>, DecodeError>
    where
        F: FnMut(&mut Self) -> Result<T, DecodeError>,
    {
        self.present(field, |input| input.nullable_array(lengths, field, element_bytes_min, read))
    }

    /// Reads an array or null. Its elements have at least `element_bytes_min` bytes each.
    ///
    /// # Errors
    /// When it has more elements than the bytes have room for, and what `read` returns.
    pub fn nullable_array<T, F>(
        &mut self,
        lengths: Lengths,
        field: &'static str,
        element_bytes_min: usize,
        mut read: F,
    ) -> Result<Option<Vec<T>>, DecodeError>
    where
        F: FnMut(&mut Self) -> Result<T, DecodeError>,
    {
        let offset = self.at;
        let Some(count) = self.length(lengths, field)? else { return Ok(None) };
        let left = self.rest().len();
        if count.checked_mul(element_bytes_min.max(1)).is_none_or(|least| least > left) {
            return Err(DecodeError::Count { field, offset, count });
        }
        // An element takes more room decoded than encoded: room for the rest comes as elements do.
        let mut elements = Vec::with_capacity(count.min(left / size_of::<T>().max(1)));
        for _ in 0..count {
            elements.push(read(self)?);
        }
        Ok(Some(elements))
    }

    /// Reads a structure that may be null.
    ///
    /// # Errors
    /// When the byte before it is neither -1 nor 1, and what `read` returns.
    pub fn nullable<T, F>(&mut self, field: &'static str, read: F) -> Result<Option<T>, DecodeError>
    where
        F: FnOnce(&mut Self) -> Result<T, DecodeError>,
    {
        let offset = self.at;
        match self.int8(field)? {
            1 => read(self).map(Some),
            -1 => Ok(None),
            found => Err(DecodeError::Marker { field, offset, found }),
        }
    }

    fn length(&mut self, lengths: Lengths, field: &'static str) -> Result<Option<usize>, DecodeError> {
        let offset = self.at;
        let length = match lengths {
            Lengths::Fixed => self.int32(field).map(i64::from)?,
            Lengths::Compact => i64::from(self.uvarint(field)?) - 1,
        };
        checked_length(length, i32::MAX as usize, field, offset)
    }

    fn present<T, F>(&mut self, field: &'static str, read: F) -> Result<T, DecodeError>
    where
        F: FnOnce(&mut Self) -> Result<Option<T>, DecodeError>,
    {
        let offset = self.at;
        read(self)?.ok_or(DecodeError::Null { field, offset })
    }
}

/// A length from the wire, where -1 stands for null.
fn checked_length(
    length: i64,
    length_max: usize,
    field: &'static str,
    offset: usize,
) -> Result<Option<usize>, DecodeError> {
    match usize::try_from(length) {
        Ok(known) if known <= length_max => Ok(Some(known)),
        Err(_) if length == -1 => Ok(None),
        _ => Err(DecodeError::Length { field, offset, length }),
    }
}
