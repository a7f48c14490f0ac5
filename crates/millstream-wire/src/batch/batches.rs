//! The batches of one partition out of one response.

use std::fmt;

use millstream_log::ChunkBuilder;
use millstream_types::Offset;

use super::aborted::{Aborted, AbortedProducers};
use super::compression::{PLAIN_BYTES_MAX, Plain};
use super::cursor::Cursor;
use super::error::BatchError;
use super::header::{BatchHeader, CHECKED_FROM};
use super::record::Record;

/// A chunk that holds this much is full, whatever the limit says: it cannot hold 4 GiB, and one more batch must fit.
const CHUNK_BYTES_MAX: usize = 1 << 30;

/// The batches of one partition out of one response, read bit by bit.
///
/// Records before the offset that was requested, those of aborted transactions and control records are passed over.
/// Offsets rise, or reading ends in an error.
pub struct Batches {
    bytes: Vec<u8>,
    /// Where the batch begins that is read, or is read next.
    at: usize,
    /// Where the last complete batch ends.
    end: usize,
    position: i64,
    next_offset: i64,
    leader_epoch: Option<i32>,
    aborted: AbortedProducers,
    /// The batch at `at`, once its reading has begun.
    cursor: Option<Cursor>,
    plain: Plain,
    /// How many bytes a batch may have when it is decompressed.
    batch_bytes_max: usize,
}

impl Batches {
    /// Takes a response's bytes, which the broker may have cut anywhere: only complete batches count. `position` is the
    /// offset that was requested; `aborted` is empty under `read_uncommitted`, and where the response has no list.
    ///
    /// Only the batches' headers are looked at.
    ///
    /// # Errors
    /// When the header of a complete batch cannot be, or is of another format than magic 2.
    pub fn new(bytes: Vec<u8>, position: Offset, aborted: Vec<Aborted>) -> Result<Self, BatchError> {
        let position = position.number();
        let aborted = AbortedProducers::new(aborted);
        let (plain, cursor, batch_bytes_max) = (Plain::default(), None, PLAIN_BYTES_MAX);
        let (at, end, next_offset, leader_epoch) = (0, 0, position, None);
        let mut batches =
            Self { bytes, at, end, position, next_offset, leader_epoch, aborted, cursor, plain, batch_bytes_max };
        batches.walk()?;
        Ok(batches)
    }

    /// The same, which decompresses no batch to more than so many bytes. Without it the limit is 128 MiB.
    #[must_use]
    pub fn with_batch_bytes_max(self, batch_bytes_max: usize) -> Self {
        Self { batch_bytes_max, ..self }
    }

    /// The offset to fetch on from: after the last complete batch, and never below the offset that was requested.
    #[must_use]
    pub fn next_offset(&self) -> Offset {
        Offset::new(self.next_offset)
    }

    /// The leader epoch of the last complete batch, if there is one and it is known.
    #[must_use]
    pub fn leader_epoch(&self) -> Option<i32> {
        self.leader_epoch
    }

    /// Bytes that are held, as they came: the same from the first to the last record.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes of memory that are held: those that came, and a batch that is decompressed and not read to its end.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.bytes.len() + self.plain.memory_bytes()
    }

    /// The first and the last offset of the batch that is read next, if there is one.
    #[must_use]
    pub fn next_batch(&self) -> Option<(Offset, Offset)> {
        let header = self.header_at(self.at).ok().flatten()?;
        Some((header.offset(), Offset::new(header.last_offset())))
    }

    /// The offset to read on from: after the last record copied, or after the last batch that is used up.
    #[must_use]
    pub fn position(&self) -> Offset {
        Offset::new(self.position)
    }

    /// Whether all is read; [`position`](Self::position) is [`next_offset`](Self::next_offset) then.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    /// Copies up to `limit` records to the end of `chunk`, whose records must come before these.
    ///
    /// Batches without a record to copy are passed on the way, also behind the last record while `limit` is not
    /// reached. Nothing is copied into a chunk of 1 GiB or more.
    ///
    /// # Errors
    /// When a batch cannot be read. What was copied before stays in the chunk, [`position`](Self::position) is after
    /// it, and the next call meets the same error.
    pub fn read(&mut self, limit: usize, chunk: &mut ChunkBuilder) -> Result<(), BatchError> {
        self.read_up_to(limit, CHUNK_BYTES_MAX, chunk)
    }

    /// The same, and nothing is copied into a chunk that has `bytes_max`: it has less, or that and one more record.
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

    /// Finds the end of the last complete batch.
    fn walk(&mut self) -> Result<(), BatchError> {
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

    /// The batch to read: the one whose reading has begun, or the next, unless that is to be passed, and is.
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

    /// Whether none of the batch's records is for the reader; follows the transactions on the way, which also the
    /// batches before the position begin and end.
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

    /// Whether a control batch says that its producer's transaction was aborted: its first record's key says so, by a
    /// version and a type of two bytes each, the type being 0.
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

    /// Begins to read the batch at `at`: checks it, and decompresses it where it is compressed.
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
        Cursor::new(*header, codec.is_some(), plain).map_err(|what| header.corrupt(what))
    }

    /// Compares the checksum of the batch at `at`.
    fn check(&self, header: &BatchHeader) -> Result<(), BatchError> {
        let checked = self.bytes.get(self.at + CHECKED_FROM..self.at + header.size).unwrap_or_default();
        let (written, found) = (header.checksum, crc32c::crc32c(checked));
        if written == found { Ok(()) } else { Err(BatchError::Checksum { offset: header.offset(), written, found }) }
    }

    /// Goes on behind the batch at `at`.
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

/// The plain records of the batch that begins at `at`: what was decompressed, or its own bytes.
fn plain_records<'a>(plain: &'a Plain, bytes: &'a [u8], at: usize, cursor: &Cursor) -> &'a [u8] {
    if cursor.compressed() { plain.bytes() } else { cursor.header().section(bytes, at) }
}
