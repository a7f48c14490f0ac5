//! The record batches of one partition in a fetch response.

use std::fmt;

use millstream_log::ChunkBuilder;
use millstream_types::Offset;

use super::aborted::{Aborted, AbortedProducers};
use super::compression::{PLAIN_BYTES_MAX, Plain};
use super::cursor::Cursor;
use super::error::BatchError;
use super::header::{BatchHeader, CHECKED_FROM};
use super::record::Record;

/// A chunk with this many bytes is full whatever the limit: a chunk holds less than 4 GiB, and one more batch must fit.
const CHUNK_BYTES_MAX: usize = 1 << 30;

/// The record batches of one partition in a fetch response, read step by step.
///
/// Records before the requested offset, records of aborted transactions and control records are skipped. If offsets do not
/// rise, reading ends with an error.
///
/// # Examples
/// ```
/// use millstream_log::ChunkBuilder;
/// use millstream_types::{Offset, TopicPartition};
/// use millstream_wire::batch::Batches;
///
/// let response = vec![
///     0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 60, 0, 0, 0, 7, 2, // base offset 16, 60 bytes, leader epoch 7, magic 2
///     72, 180, 157, 227, 0, 0, 0, 0, 0, 0, // checksum, no compression, one record
///     0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 100, // timestamps
///     255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, // no producer
///     0, 0, 0, 1, 20, 0, 0, 0, 2, b'a', 6, b'x', b'y', b'x', 0, // the record with key a and value xyx
/// ];
/// let mut batches = Batches::new(response, Offset::new(16), Vec::new())?;
/// let mut chunk = ChunkBuilder::with_capacity(10, 100);
/// batches.read(10, &mut chunk)?;
/// assert!(batches.is_empty());
/// assert_eq!(batches.next_offset(), Offset::new(17));
///
/// let chunk = chunk.finish(TopicPartition::new("lines", 0), batches.position(), batches.next_offset());
/// assert_eq!(chunk.iter().next().and_then(|record| record.value()), Some(&b"xyx"[..]));
///
/// // A batch of another format is refused.
/// let old_format = [&[0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 5, 0, 0, 0, 0, 1][..], &[0; 44]].concat();
/// assert!(Batches::new(old_format, Offset::new(16), Vec::new()).is_err());
/// # Ok::<(), millstream_wire::batch::BatchError>(())
/// ```
pub struct Batches {
    bytes: Vec<u8>,
    /// Where the current batch begins, or the next one.
    at: usize,
    /// Where the last complete batch ends.
    end: usize,
    position: i64,
    next_offset: i64,
    leader_epoch: Option<i32>,
    aborted: AbortedProducers,
    /// The batch at `at`, if it has been opened.
    cursor: Option<Cursor>,
    plain: Plain,
    /// How many bytes a decompressed batch may have.
    batch_bytes_max: usize,
}

impl Batches {
    /// Takes a response's bytes and parses the headers of the batches. The broker may have cut the bytes anywhere: an
    /// incomplete batch at the end is ignored. `position` is the requested offset; `aborted` lists the aborted transactions
    /// of the response, and is empty under `read_uncommitted`.
    ///
    /// # Errors
    /// When the header of a complete batch is invalid, or has another format than magic 2.
    pub fn new(bytes: Vec<u8>, position: Offset, aborted: Vec<Aborted>) -> Result<Self, BatchError> {
        let position = position.number();
        let aborted = AbortedProducers::new(aborted);
        let (plain, cursor, batch_bytes_max) = (Plain::default(), None, PLAIN_BYTES_MAX);
        let (at, end, next_offset, leader_epoch) = (0, 0, position, None);
        let mut batches =
            Self { bytes, at, end, position, next_offset, leader_epoch, aborted, cursor, plain, batch_bytes_max };
        batches.find_end()?;
        Ok(batches)
    }

    /// Limits the size of a decompressed batch, in bytes. The default is 128 MiB.
    #[must_use]
    pub fn with_batch_bytes_max(self, batch_bytes_max: usize) -> Self {
        Self { batch_bytes_max, ..self }
    }

    /// The offset to fetch next: after the last complete batch, and never below the requested offset.
    #[must_use]
    pub fn next_offset(&self) -> Offset {
        Offset::new(self.next_offset)
    }

    /// The leader epoch of the last complete batch, if it has one.
    #[must_use]
    pub fn leader_epoch(&self) -> Option<i32> {
        self.leader_epoch
    }

    /// The size of the response in bytes. Reading does not change it.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The memory in use, in bytes: the response, and the buffer into which batches are decompressed.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.bytes.len() + self.plain.memory_bytes()
    }

    /// Frees the buffer into which batches are decompressed. What is left of the batch in it is decompressed again when it is read.
    pub(crate) fn pack(&mut self) {
        let _opened = self.cursor.take_if(|cursor| cursor.is_compressed());
        self.plain = Plain::default();
    }

    /// The first and the last offset of the batch to read next, if there is one.
    #[must_use]
    pub fn next_batch(&self) -> Option<(Offset, Offset)> {
        let header = self.header_at(self.at).ok().flatten()?;
        Some((header.offset(), Offset::new(header.last_offset())))
    }

    /// The offset of the next record to read: after the last record copied, or after the last batch that was read.
    #[must_use]
    pub fn position(&self) -> Offset {
        Offset::new(self.position)
    }

    /// Whether everything has been read. Then [`position`](Self::position) equals [`next_offset`](Self::next_offset).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    /// Copies up to `limit` records to the end of `chunk`, whose records must come before these.
    ///
    /// Batches without a record to copy are skipped, also after the last record while `limit` is not reached. Nothing is
    /// copied into a chunk of 1 GiB or more.
    ///
    /// # Errors
    /// When a batch cannot be read. Records copied before it stay in the chunk, [`position`](Self::position) is after
    /// them, and the next call returns the same error.
    pub fn read(&mut self, limit: usize, chunk: &mut ChunkBuilder) -> Result<(), BatchError> {
        self.read_up_to(limit, CHUNK_BYTES_MAX, chunk)
    }

    /// Like [`read`](Self::read), but stops as soon as the chunk has `bytes_max` bytes: it exceeds them by one record at
    /// most.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn read_up_to(&mut self, limit: usize, bytes_max: usize, chunk: &mut ChunkBuilder) -> Result<(), BatchError> {
        let (mut room, bytes_max) = (limit, bytes_max.min(CHUNK_BYTES_MAX));
        while room > 0 && !self.is_empty() && chunk.size_bytes() < bytes_max {
            let Some(mut cursor) = self.next_cursor()? else { continue };
            let plain = plain_records(&self.plain, &self.bytes, self.at, &cursor);
            let copied = cursor.copy(plain, &mut room, bytes_max, &mut self.position, chunk);
            let (header, is_done) = (*cursor.header(), cursor.is_done());
            self.cursor = Some(cursor);
            copied.map_err(|what| header.corrupt(what))?;
            if is_done {
                self.pass(&header);
            }
        }
        Ok(())
    }

    /// Finds the end of the last complete batch, and checks that batches do not overlap.
    fn find_end(&mut self) -> Result<(), BatchError> {
        let mut least = i64::MIN;
        while let Some(header) = self.header_at(self.end)? {
            if header.base_offset < least {
                return Err(header.corrupt("it begins before the batch in front of it ends"));
            }
            least = header.next_offset();
            self.end += header.size;
            self.leader_epoch = Some(header.leader_epoch).filter(|epoch| *epoch >= 0);
        }
        self.next_offset = self.position.max(least);
        Ok(())
    }

    fn header_at(&self, at: usize) -> Result<Option<BatchHeader>, BatchError> {
        BatchHeader::read(self.bytes.get(at..).unwrap_or_default())
    }

    /// The batch that has been opened, or else the next one; `None` if the next one was skipped.
    fn next_cursor(&mut self) -> Result<Option<Cursor>, BatchError> {
        if let Some(cursor) = self.cursor.take() {
            return Ok(Some(cursor));
        }
        let Some(header) = self.header_at(self.at)? else {
            self.at = self.end;
            return Ok(None);
        };
        if self.skips(&header)? {
            self.pass(&header);
            return Ok(None);
        }
        self.open(&header).map(Some)
    }

    /// Whether no record of the batch is to be read. Tracks which transactions are open, which batches before the position
    /// begin and end too.
    fn skips(&mut self, header: &BatchHeader) -> Result<bool, BatchError> {
        if header.producer_id >= 0 && !self.aborted.is_empty() {
            self.aborted.advance(header.last_offset());
            if header.is_control() {
                if self.is_abort_marker(header)? {
                    self.aborted.end(header.producer_id);
                }
            } else if header.is_transactional() && self.aborted.contains(header.producer_id) {
                return Ok(true);
            }
        }
        if header.last_offset() < self.position {
            return Ok(true);
        }
        if header.is_control() {
            self.check(header)?;
        }
        Ok(header.is_control())
    }

    /// Whether a control batch marks its producer's transaction as aborted: the key of its first record has a version and a
    /// type of two bytes each, and the type is 0.
    fn is_abort_marker(&mut self, header: &BatchHeader) -> Result<bool, BatchError> {
        if header.count == 0 {
            return Ok(false);
        }
        let cursor = self.open(header)?;
        let mut plain = plain_records(&self.plain, &self.bytes, self.at, &cursor);
        let record = Record::take(&mut plain).map_err(|what| header.corrupt(what))?;
        match record.key {
            Some([_, _, high, low, ..]) => Ok([*high, *low] == [0, 0]),
            _ => Err(header.corrupt("a control record has no type")),
        }
    }

    /// Opens the batch at `at`: verifies its checksum, and decompresses it if it is compressed.
    fn open(&mut self, header: &BatchHeader) -> Result<Cursor, BatchError> {
        self.check(header)?;
        let section = header.section(&self.bytes, self.at);
        let codec = header.codec()?.filter(|_| !section.is_empty());
        let plain = match codec {
            Some(codec) => self
                .plain
                .fill(codec, section, self.batch_bytes_max)
                .map_err(|failure| failure.at(header.offset(), codec))?,
            None if section.len() > self.batch_bytes_max => {
                return Err(BatchError::TooLarge { offset: header.offset(), bytes_max: self.batch_bytes_max });
            }
            None => section,
        };
        Cursor::new(*header, codec, plain).map_err(|what| header.corrupt(what))
    }

    /// Verifies the checksum of the batch at `at`.
    fn check(&self, header: &BatchHeader) -> Result<(), BatchError> {
        let checked = self.bytes.get(self.at + CHECKED_FROM..self.at + header.size).unwrap_or_default();
        let (written, found) = (header.checksum, crc32c::crc32c(checked));
        if written == found { Ok(()) } else { Err(BatchError::Checksum { offset: header.offset(), written, found }) }
    }

    /// Moves on to the next batch.
    fn pass(&mut self, header: &BatchHeader) {
        self.cursor = None;
        self.plain.shrink();
        self.at += header.size;
        self.position = self.position.max(header.next_offset());
    }
}

impl fmt::Debug for Batches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches")
            .field("position", &self.position)
            .field("next_offset", &self.next_offset)
            .field("leader_epoch", &self.leader_epoch)
            .field("size_bytes", &self.size_bytes())
            .finish_non_exhaustive()
    }
}

/// The records of the batch that begins at `at`, decompressed if they are compressed.
fn plain_records<'a>(plain: &'a Plain, bytes: &'a [u8], at: usize, cursor: &Cursor) -> &'a [u8] {
    if cursor.is_compressed() { plain.bytes() } else { cursor.header().section(bytes, at) }
}
