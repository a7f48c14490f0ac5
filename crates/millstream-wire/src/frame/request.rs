//! Writes requests.

use std::io::{self, IoSlice, Write};

/// A kind of request, and the version that is used here: a flexible one (KIP-482), whose headers end with tagged fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Api {
    pub(crate) name: &'static str,
    pub(crate) key: i16,
    pub(crate) version: i16,
}

/// A request that is being written.
pub(crate) struct RequestFrame<'a> {
    bytes: Vec<u8>,
    /// Borrowed bytes that are sent without being copied, each with its position in `bytes`.
    lent: Vec<(usize, &'a [u8])>,
}

/// The size of the size field.
const SIZE: usize = 4;

impl<'a> RequestFrame<'a> {
    /// Starts a request with its header. The response repeats `correlation`.
    pub(crate) fn new(api: Api, correlation: i32, client_id: &str) -> Self {
        let mut request = Self { bytes: vec![0; SIZE], lent: Vec::new() };
        request.int16(api.key).int16(api.version).int32(correlation).string(client_id).no_tags();
        request
    }

    /// The frame of a request without borrowed bytes.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        debug_assert!(self.lent.is_empty(), "borrowed bytes are sent by `send`");
        self.put_size();
        self.bytes
    }

    /// Sends the frame. Borrowed bytes are not copied.
    pub(crate) fn send<W: Write>(mut self, sink: &mut W) -> io::Result<()> {
        self.put_size();
        let (mut pieces, mut from) = (Vec::with_capacity(self.lent.len() * 2 + 1), 0);
        for (until, bytes) in &self.lent {
            pieces.extend([IoSlice::new(&self.bytes[from..*until]), IoSlice::new(bytes)]);
            from = *until;
        }
        pieces.push(IoSlice::new(&self.bytes[from..]));
        write_all(sink, &mut pieces)
    }

    pub(crate) fn int8(&mut self, value: i8) -> &mut Self {
        self.put(&value.to_be_bytes())
    }

    pub(crate) fn int16(&mut self, value: i16) -> &mut Self {
        self.put(&value.to_be_bytes())
    }

    pub(crate) fn int32(&mut self, value: i32) -> &mut Self {
        self.put(&value.to_be_bytes())
    }

    pub(crate) fn int64(&mut self, value: i64) -> &mut Self {
        self.put(&value.to_be_bytes())
    }

    /// Writes the number of elements that follow.
    pub(crate) fn count(&mut self, count: usize) -> &mut Self {
        self.uvarint(count as u64 + 1)
    }

    pub(crate) fn compact_string(&mut self, text: &str) -> &mut Self {
        self.count(text.len()).put(text.as_bytes())
    }

    /// Writes borrowed bytes.
    pub(crate) fn compact_bytes(&mut self, bytes: &'a [u8]) -> &mut Self {
        self.count(bytes.len());
        self.lent.push((self.bytes.len(), bytes));
        self
    }

    /// Writes a null string or null bytes.
    pub(crate) fn null(&mut self) -> &mut Self {
        self.uvarint(0)
    }

    /// Ends a structure, without tagged fields.
    pub(crate) fn no_tags(&mut self) -> &mut Self {
        self.uvarint(0)
    }

    /// Writes a string as headers have it, cut to 32 KiB.
    fn string(&mut self, text: &str) -> &mut Self {
        let length = i16::try_from(text.len()).unwrap_or(i16::MAX);
        self.int16(length).put(&text.as_bytes()[..length as usize])
    }

    fn uvarint(&mut self, mut value: u64) -> &mut Self {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
        self
    }

    fn put(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    fn put_size(&mut self) {
        let lent: usize = self.lent.iter().map(|(_, bytes)| bytes.len()).sum();
        let size = u32::try_from(self.bytes.len() - SIZE + lent).unwrap_or(u32::MAX);
        self.bytes[..SIZE].copy_from_slice(&size.to_be_bytes());
    }
}

/// Writes all pieces in order; the first must not be empty. The system may accept only a part at a time.
fn write_all<W: Write>(sink: &mut W, mut pieces: &mut [IoSlice<'_>]) -> io::Result<()> {
    while !pieces.is_empty() {
        match sink.write_vectored(pieces) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut pieces, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
