//! The tagged fields of a structure, while it is written.

use super::writer::Writer;
use crate::error::EncodeError;

/// The tagged fields that a structure ends with in flexible versions.
#[derive(Debug, Default)]
pub struct TaggedFields {
    count: u32,
    bytes: Writer,
}

impl TaggedFields {
    /// Adds a field. Tags must ascend.
    ///
    /// # Errors
    /// What `write` returns, and when the field is too long.
    pub fn add<F>(&mut self, tag: u32, field: &'static str, write: F) -> Result<(), EncodeError>
    where
        F: FnOnce(&mut Writer) -> Result<(), EncodeError>,
    {
        let mut content = Writer::new();
        write(&mut content)?;
        let content = content.into_bytes();
        let length = u32::try_from(content.len()).map_err(|_| EncodeError::TooLong { field, length: content.len() })?;
        self.bytes.uvarint(tag);
        self.bytes.uvarint(length);
        self.bytes.raw(&content);
        self.count += 1;
        Ok(())
    }

    /// Writes the number of fields, and the fields.
    pub fn write(self, out: &mut Writer) {
        out.uvarint(self.count);
        out.raw(&self.bytes.into_bytes());
    }
}
