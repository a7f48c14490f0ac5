//! Reads primitive types, and trusts nothing that it reads.

mod sequences;
mod tagged;

use super::uuid::Uuid;
use crate::error::DecodeError;

/// Bytes that are being read. `field` arguments name what an error is about.
///
/// A length is compared with the bytes that are left before anything is allocated, so what is decoded takes at most a
/// constant times the room of the bytes.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Begins at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes have been read.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The bytes that have not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// Reads the rest and ignores it.
    pub fn skip_rest(&mut self) {
        self.at = self.bytes.len();
    }

    /// Reads a boolean. Every byte but 0 is true, as it is to Kafka.
    ///
    /// # Errors
    /// When no byte is left.
    pub fn bool(&mut self, field: &'static str) -> Result<bool, DecodeError> {
        self.int8(field).map(|byte| byte != 0)
    }

    /// Reads an integer of one byte.
    ///
    /// # Errors
    /// When no byte is left.
    pub fn int8(&mut self, field: &'static str) -> Result<i8, DecodeError> {
        self.fixed(field).map(i8::from_be_bytes)
    }

    /// Reads an integer of two bytes.
    ///
    /// # Errors
    /// When too few bytes are left.
    pub fn int16(&mut self, field: &'static str) -> Result<i16, DecodeError> {
        self.fixed(field).map(i16::from_be_bytes)
    }

    /// Reads an unsigned integer of two bytes.
    ///
    /// # Errors
    /// When too few bytes are left.
    pub fn uint16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.fixed(field).map(u16::from_be_bytes)
    }

    /// Reads an integer of four bytes.
    ///
    /// # Errors
    /// When too few bytes are left.
    pub fn int32(&mut self, field: &'static str) -> Result<i32, DecodeError> {
        self.fixed(field).map(i32::from_be_bytes)
    }

    /// Reads an integer of eight bytes.
    ///
    /// # Errors
    /// When too few bytes are left.
    pub fn int64(&mut self, field: &'static str) -> Result<i64, DecodeError> {
        self.fixed(field).map(i64::from_be_bytes)
    }

    /// Reads a floating-point number of eight bytes.
    ///
    /// # Errors
    /// When too few bytes are left.
    pub fn float64(&mut self, field: &'static str) -> Result<f64, DecodeError> {
        self.fixed(field).map(f64::from_be_bytes)
    }

    /// Reads an identifier.
    ///
    /// # Errors
    /// When too few bytes are left.
    pub fn uuid(&mut self, field: &'static str) -> Result<Uuid, DecodeError> {
        self.fixed(field).map(Uuid)
    }

    /// Reads an integer of one to five bytes. Bytes that add nothing to its value are allowed, as Kafka allows them.
    ///
    /// # Errors
    /// When it has more than five bytes or does not fit in 32 bits.
    pub fn uvarint(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        let offset = self.at;
        let mut value = 0_u64;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.fixed::<1>(field)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return u32::try_from(value).map_err(|_| DecodeError::Varint { field, offset });
            }
        }
        Err(DecodeError::Varint { field, offset })
    }

    fn fixed<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let offset = self.at;
        let bytes = self.rest().first_chunk().ok_or(DecodeError::Truncated { field, offset })?;
        self.at += N;
        Ok(*bytes)
    }

    fn take(&mut self, length: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let offset = self.at;
        let taken = self.rest().get(..length).ok_or(DecodeError::Truncated { field, offset })?;
        self.at += length;
        Ok(taken)
    }
}
