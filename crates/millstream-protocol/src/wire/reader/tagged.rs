//! Reads the tagged fields of structures.

use super::Reader;
use crate::error::DecodeError;

impl Reader<'_> {
    /// Reads the tagged fields of a structure. `read` gets each tag with the bytes of its field, and must read all of
    /// them.
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
}
