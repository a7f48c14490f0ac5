//! Reads primitive types, and trusts nothing that it reads.

use super::lengths::{Lengths, STRING_BYTES_MAX};
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

    /// Reads the tagged fields of a structure. `read` gets each tag with the bytes of its field, and must read them all.
    ///
    /// # Errors
    /// When the tags do not ascend or a field has bytes that `read` leaves, and what `read` returns.
    pub fn tagged_fields<F>(&mut self, field: &'static str, mut read: F) -> Result<(), DecodeError>
    where
        F: FnMut(u32, &mut Self) -> Result<(), DecodeError>,
    {
        let mut least = 0;
        for _ in 0..self.uvarint(field)? {
            let offset = self.at;
            let tag = self.uvarint(field)?;
            if u64::from(tag) < least {
                return Err(DecodeError::TagOrder { field, offset, tag });
            }
            least = u64::from(tag) + 1;
            let size = self.uvarint(field)? as usize;
            let begin = self.at;
            self.take(size, field)?;
            let mut content = Self { bytes: &self.bytes[..self.at], at: begin };
            read(tag, &mut content)?;
            if !content.rest().is_empty() {
                return Err(DecodeError::TagSize { field, offset: content.at, tag });
            }
        }
        Ok(())
    }

    /// Reads the tagged fields of a structure of which none is known.
    ///
    /// # Errors
    /// When the tags do not ascend or a field is cut off.
    pub fn skip_tagged_fields(&mut self, field: &'static str) -> Result<(), DecodeError> {
        self.tagged_fields(field, |_, content| {
            content.skip_rest();
            Ok(())
        })
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
