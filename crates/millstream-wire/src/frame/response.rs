//! Reads responses from a connection.

use std::io::{self, Read};
use std::time::Duration;

use crate::error::LinkError;
use crate::throttle::throttle;

/// The size of the largest response. The first bytes of other protocols, taken as a size, exceed it.
pub(crate) const RESPONSE_BYTES_MAX: usize = 256 << 20;

/// How many bytes are read at once, unless more have arrived already: a declared length may be wrong, and memory is reserved
/// for what is read at once.
const ROOM_BYTES_MAX: usize = 1 << 20;

/// Waits for a response, and reads all of its frame behind the size.
///
/// # Errors
/// When the connection ends, or the frame is larger than [`RESPONSE_BYTES_MAX`].
pub(crate) fn read_whole(source: &mut impl Read) -> Result<Vec<u8>, LinkError> {
    let mut size = [0; 4];
    source.read_exact(&mut size)?;
    let length = match usize::try_from(i32::from_be_bytes(size)) {
        Ok(length) if length <= RESPONSE_BYTES_MAX => length,
        _ => return Err(LinkError::NoFrame { size }),
    };
    let mut frame = Vec::with_capacity(length.min(ROOM_BYTES_MAX));
    if source.take(length as u64).read_to_end(&mut frame)? < length {
        return Err(LinkError::Closed);
    }
    Ok(frame)
}

/// A response that is being read. Declared sizes and counts are checked against the size of the frame.
pub(crate) struct ResponseFrame<R> {
    source: R,
    /// Bytes of the frame that have not been read yet.
    left: usize,
}

impl<R: Read> ResponseFrame<R> {
    /// Waits for the response to a request, and reads its header.
    ///
    /// # Errors
    /// When the connection ends, the frame is larger than `bytes_max`, or it belongs to another request.
    pub(crate) fn begin(mut source: R, correlation: i32, bytes_max: usize) -> Result<Self, LinkError> {
        let mut size = [0; 4];
        source.read_exact(&mut size)?;
        let left = match usize::try_from(i32::from_be_bytes(size)) {
            Ok(left) if left <= bytes_max => left,
            _ => return Err(LinkError::NoFrame { size }),
        };
        let mut response = Self { source, left };
        let responded = response.int32()?;
        if responded != correlation {
            return Err(LinkError::Garbled { what: "it has the correlation id of another request" });
        }
        response.skip_tags()?;
        Ok(response)
    }

    /// Skips the rest of the frame.
    pub(crate) fn end(mut self) -> Result<(), LinkError> {
        self.skip(self.left)
    }

    pub(crate) fn int16(&mut self) -> Result<i16, LinkError> {
        self.array().map(i16::from_be_bytes)
    }

    pub(crate) fn int32(&mut self) -> Result<i32, LinkError> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn int64(&mut self) -> Result<i64, LinkError> {
        self.array().map(i64::from_be_bytes)
    }

    /// For how long the broker reads nothing after the response.
    pub(crate) fn throttle(&mut self) -> Result<Duration, LinkError> {
        Ok(throttle(self.int32()?))
    }

    /// The number of a partition.
    pub(crate) fn partition_number(&mut self) -> Result<u32, LinkError> {
        u32::try_from(self.int32()?).map_err(|_| LinkError::Garbled { what: "the number of a partition is negative" })
    }

    /// The number of elements that follow, of at least `bytes_min` bytes each; 0 if the array is null.
    pub(crate) fn count(&mut self, bytes_min: usize) -> Result<usize, LinkError> {
        let count = self.length()?.unwrap_or(0);
        self.check(count.checked_mul(bytes_min))?;
        Ok(count)
    }

    /// A string; empty if it is null.
    pub(crate) fn compact_string(&mut self) -> Result<String, LinkError> {
        let bytes = self.compact_bytes()?;
        String::from_utf8(bytes).map_err(|_| LinkError::Garbled { what: "a string is not UTF-8" })
    }

    /// Bytes; empty if they are null.
    pub(crate) fn compact_bytes(&mut self) -> Result<Vec<u8>, LinkError> {
        let length = self.length()?.unwrap_or(0);
        self.bytes(length)
    }

    fn bytes(&mut self, length: usize) -> Result<Vec<u8>, LinkError> {
        self.take_off(Some(length))?;
        let mut bytes = vec![0; length.min(ROOM_BYTES_MAX)];
        self.source.read_exact(&mut bytes)?;
        while bytes.len() < length {
            let arrived = bytes.len();
            bytes.resize(length.min(arrived * 2), 0);
            self.source.read_exact(&mut bytes[arrived..])?;
        }
        Ok(bytes)
    }

    /// Reads the tagged fields that end a structure. Calls `read` with each tag and field; what it does not read is skipped.
    pub(crate) fn tags(
        &mut self,
        mut read: impl FnMut(u64, &mut ResponseFrame<&mut R>) -> Result<(), LinkError>,
    ) -> Result<(), LinkError> {
        for _ in 0..self.uvarint()? {
            let tag = self.uvarint()?;
            let size = usize::try_from(self.uvarint()?).ok();
            self.take_off(size)?;
            let mut field = ResponseFrame { source: &mut self.source, left: size.unwrap_or(0) };
            read(tag, &mut field)?;
            field.end()?;
        }
        Ok(())
    }

    /// Skips the tagged fields that end a structure.
    pub(crate) fn skip_tags(&mut self) -> Result<(), LinkError> {
        self.tags(|_, _| Ok(()))
    }

    /// The length of what follows; `None` if that is null.
    fn length(&mut self) -> Result<Option<usize>, LinkError> {
        let length = self.uvarint()?.checked_sub(1);
        Ok(length.map(|length| usize::try_from(length).unwrap_or(usize::MAX)))
    }

    fn uvarint(&mut self) -> Result<u64, LinkError> {
        let mut value = 0;
        for shift in (0..u32::BITS).step_by(7) {
            let byte = u8::from_be_bytes(self.array()?);
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(LinkError::Garbled { what: "a number has too many bytes" })
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], LinkError> {
        self.take_off(Some(N))?;
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn skip(&mut self, bytes: usize) -> Result<(), LinkError> {
        self.take_off(Some(bytes))?;
        let skipped = io::copy(&mut self.source.by_ref().take(bytes as u64), &mut io::sink())?;
        if skipped == bytes as u64 { Ok(()) } else { Err(LinkError::Closed) }
    }

    /// Checks that the frame has this many bytes left.
    fn check(&self, bytes: Option<usize>) -> Result<usize, LinkError> {
        let fitting = bytes.filter(|bytes| *bytes <= self.left);
        fitting.ok_or(LinkError::Garbled { what: "it reaches past the end of its frame" })
    }

    fn take_off(&mut self, bytes: Option<usize>) -> Result<(), LinkError> {
        self.left -= self.check(bytes)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Bytes that arrive as fast as they are read, and how much was asked for in each read.
    struct Source {
        bytes: usize,
        reads: Vec<usize>,
    }

    impl Read for Source {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            self.reads.push(bytes.len());
            let length = bytes.len().min(self.bytes);
            bytes[..length].fill(7);
            self.bytes -= length;
            Ok(length)
        }
    }

    /// Reads bytes of this length, of which so many arrive. Returns what was asked for in each read after that of the length.
    fn reads(length: usize, arriving: usize) -> (Result<Vec<u8>, LinkError>, Vec<usize>) {
        let source = Source { bytes: arriving, reads: Vec::new() };
        // The length plus one, as an unsigned varint.
        let encoded: Vec<u8> =
            (0..5).map(|index| ((length + 1) >> (7 * index)) as u8 & 0x7f | if index < 4 { 0x80 } else { 0 }).collect();
        let mut response = ResponseFrame { source: io::Cursor::new(encoded).chain(source), left: RESPONSE_BYTES_MAX };
        let bytes = response.compact_bytes();
        (bytes, response.source.into_inner().1.reads)
    }

    /// Reading with `read_to_end` took twice as many system calls as before, since it begins with 8 KiB.
    #[test]
    fn bytes_are_read_at_once_unless_they_are_many() {
        let (bytes, asked) = reads(512 << 10, 512 << 10);
        assert_eq!((bytes.unwrap(), asked), (vec![7; 512 << 10], vec![512 << 10]));
        let (bytes, asked) = reads(5 << 20, 5 << 20);
        assert_eq!((bytes.unwrap(), asked), (vec![7; 5 << 20], vec![1 << 20, 1 << 20, 2 << 20, 1 << 20]));
    }

    #[test]
    fn no_more_memory_is_reserved_than_twice_what_has_arrived() {
        let (bytes, asked) = reads(200 << 20, 3 << 20);
        assert!(matches!(bytes, Err(LinkError::Closed)), "the connection has ended");
        assert_eq!(asked.iter().max(), Some(&(2 << 20)), "{asked:?}");
    }
}
