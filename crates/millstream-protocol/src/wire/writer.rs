//! Writes primitive types.

use super::lengths::{Lengths, STRING_BYTES_MAX};
use super::uuid::Uuid;
use crate::error::EncodeError;

/// Bytes that are being written. Numbers are big-endian. `field` arguments name what an error is about.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Begins without bytes.
    pub fn new() -> Self {
        Self::default()
    }

    /// What has been written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Writes bytes as they are, without a length.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes a boolean as one byte.
    pub fn bool(&mut self, value: bool) {
        self.bytes.push(u8::from(value));
    }

    /// Writes an integer of one byte.
    pub fn int8(&mut self, value: i8) {
        self.raw(&value.to_be_bytes());
    }

    /// Writes an integer of two bytes.
    pub fn int16(&mut self, value: i16) {
        self.raw(&value.to_be_bytes());
    }

    /// Writes an unsigned integer of two bytes.
    pub fn uint16(&mut self, value: u16) {
        self.raw(&value.to_be_bytes());
    }

    /// Writes an integer of four bytes.
    pub fn int32(&mut self, value: i32) {
        self.raw(&value.to_be_bytes());
    }

    /// Writes an integer of eight bytes.
    pub fn int64(&mut self, value: i64) {
        self.raw(&value.to_be_bytes());
    }

    /// Writes a floating-point number of eight bytes.
    pub fn float64(&mut self, value: f64) {
        self.raw(&value.to_be_bytes());
    }

    /// Writes an identifier.
    pub fn uuid(&mut self, value: Uuid) {
        self.raw(&value.0);
    }

    /// Writes an integer of one to five bytes.
    pub fn uvarint(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    /// Writes a string.
    ///
    /// # Errors
    /// When it is longer than 32,767 bytes.
    pub fn string(&mut self, lengths: Lengths, value: &str, field: &'static str) -> Result<(), EncodeError> {
        self.nullable_string(lengths, Some(value), field)
    }

    /// Writes a string or null.
    ///
    /// # Errors
    /// When it is longer than 32,767 bytes.
    pub fn nullable_string(
        &mut self,
        lengths: Lengths,
        value: Option<&str>,
        field: &'static str,
    ) -> Result<(), EncodeError> {
        let length = value.map(str::len);
        if let Some(length) = length.filter(|length| *length > STRING_BYTES_MAX) {
            return Err(EncodeError::TooLong { field, length });
        }
        match lengths {
            Lengths::Fixed => self.int16(length.map_or(-1, |length| length as i16)),
            Lengths::Compact => self.length(lengths, length, field)?,
        }
        self.raw(value.unwrap_or_default().as_bytes());
        Ok(())
    }

    /// Writes bytes behind their number.
    ///
    /// # Errors
    /// When there are more than 2³¹ - 1.
    pub fn bytes(&mut self, lengths: Lengths, value: &[u8], field: &'static str) -> Result<(), EncodeError> {
        self.nullable_bytes(lengths, Some(value), field)
    }

    /// Writes bytes behind their number, or null.
    ///
    /// # Errors
    /// When there are more than 2³¹ - 1.
    pub fn nullable_bytes(
        &mut self,
        lengths: Lengths,
        value: Option<&[u8]>,
        field: &'static str,
    ) -> Result<(), EncodeError> {
        self.length(lengths, value.map(<[u8]>::len), field)?;
        self.raw(value.unwrap_or_default());
        Ok(())
    }

    /// Writes elements behind their number.
    ///
    /// # Errors
    /// What `write` returns, and when there are more than 2³¹ - 1 elements.
    pub fn array<T, F>(
        &mut self,
        lengths: Lengths,
        elements: &[T],
        field: &'static str,
        write: F,
    ) -> Result<(), EncodeError>
    where
        F: FnMut(&mut Self, &T) -> Result<(), EncodeError>,
    {
        self.nullable_array(lengths, Some(elements), field, write)
    }

    /// Writes elements behind their number, or null.
    ///
    /// # Errors
    /// What `write` returns, and when there are more than 2³¹ - 1 elements.
    pub fn nullable_array<T, F>(
        &mut self,
        lengths: Lengths,
        elements: Option<&[T]>,
        field: &'static str,
        mut write: F,
    ) -> Result<(), EncodeError>
    where
        F: FnMut(&mut Self, &T) -> Result<(), EncodeError>,
    {
        self.length(lengths, elements.map(<[T]>::len), field)?;
        elements.unwrap_or_default().iter().try_for_each(|element| write(self, element))
    }

    /// Writes a structure that may be null.
    ///
    /// # Errors
    /// What `write` returns.
    pub fn nullable<T, F>(&mut self, value: Option<&T>, write: F) -> Result<(), EncodeError>
    where
        F: FnOnce(&mut Self, &T) -> Result<(), EncodeError>,
    {
        self.int8(if value.is_some() { 1 } else { -1 });
        value.map_or(Ok(()), |value| write(self, value))
    }

    /// Ends a structure of a flexible version that has no tagged fields.
    pub fn no_tagged_fields(&mut self) {
        self.uvarint(0);
    }

    fn length(&mut self, lengths: Lengths, length: Option<usize>, field: &'static str) -> Result<(), EncodeError> {
        let known = length.map(|length| i32::try_from(length).map_err(|_| EncodeError::TooLong { field, length }));
        let known = known.transpose()?;
        match lengths {
            Lengths::Fixed => self.int32(known.unwrap_or(-1)),
            Lengths::Compact => self.uvarint(known.map_or(0, |length| length.unsigned_abs() + 1)),
        }
        Ok(())
    }
}
