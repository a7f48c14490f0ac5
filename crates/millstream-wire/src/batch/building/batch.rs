//! A batch that is ready to be sent once it is stamped.

use std::collections::BTreeSet;
use std::fmt;

use millstream_types::{RecordBuf, RecordBytes, Timestamp};

use super::builder::BatchBuilder;
use super::header::stamp;
use crate::batch::batches::section;
use crate::batch::compression::{Compression, PLAIN_BYTES_MAX, Plain};
use crate::batch::error::BatchError;
use crate::batch::header::BatchHeader;
use crate::batch::record::Record;

/// A batch that is ready to be sent once it is stamped.
#[derive(Clone)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    count: u32,
}

/// Whose batch it is, and which: what makes a broker take it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) producer_id: i64,
    pub(crate) producer_epoch: i16,
    /// The number of its first record among those that the producer sends to the partition.
    pub(crate) sequence: i32,
}

impl Batch {
    /// The batch that these bytes are, its header written.
    pub(super) fn new(bytes: Vec<u8>, count: u32) -> Self {
        Self { bytes, count }
    }

    /// Says whose it is, in place of what it said before, and makes the checksum right.
    pub(crate) fn stamp(&mut self, whose: Stamp) {
        stamp(&mut self.bytes, whose);
    }

    /// The batch as it is sent.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many records it holds.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// The memory, for the next batch.
    pub(crate) fn into_room(self) -> Vec<u8> {
        self.bytes
    }

    /// Two batches with its first and its second half, each of half the records; it must have two at least. They are
    /// not stamped.
    ///
    /// # Errors
    /// When its records take more room than a reader gives to them.
    pub(crate) fn split(&self, compression: Compression) -> Result<(Self, Self), BatchError> {
        debug_assert!(self.count > 1, "one record has no halves");
        let middle = self.count / 2;
        let mut halves = [BatchBuilder::new(Vec::new()), BatchBuilder::new(Vec::new())];
        self.each(|place, record| halves[usize::from(place >= middle)].push(record))?;
        let [first, second] = halves.map(|half| half.finish(compression));
        Ok((first, second))
    }

    /// The batch without the records at these places, counted from 0; `None` if none is left. It is not stamped.
    ///
    /// # Errors
    /// As [`split`](Self::split).
    pub(crate) fn without(&self, places: &BTreeSet<u32>, compression: Compression) -> Result<Option<Self>, BatchError> {
        let mut kept = BatchBuilder::new(Vec::new());
        self.each(|place, record| {
            if !places.contains(&place) {
                kept.push(record);
            }
        })?;
        Ok((!kept.is_empty()).then(|| kept.finish(compression)))
    }

    /// Copies of the records at the places that are meant, in order; none if they take more room than a reader gives to them.
    pub(crate) fn records(&self, is_meant: impl Fn(u32) -> bool) -> Vec<RecordBuf> {
        let mut records = Vec::new();
        let read = self.each(|place, record| {
            if is_meant(place) {
                records.push(record.to_buf());
            }
        });
        read.map_or_else(|_| Vec::new(), |()| records)
    }

    /// Hands out the records with their places, as they were pushed.
    fn each(&self, mut take: impl FnMut(u32, &RecordBytes<'_>)) -> Result<(), BatchError> {
        let header = BatchHeader::read(&self.bytes)?.expect("a batch is complete");
        let mut plain = Plain::default();
        let section = section(&self.bytes, 0, &header);
        let mut rest = match header.codec()? {
            Some(codec) => {
                plain.fill(codec, section, PLAIN_BYTES_MAX).map_err(|failure| failure.at(header.offset(), codec))?
            }
            None => section,
        };
        for place in 0..self.count {
            let record = Record::take(&mut rest).map_err(|what| header.corrupt(what))?;
            let headers = record.headers().map_err(|what| header.corrupt(what))?;
            let timestamp = Timestamp::from_millis(header.base_timestamp.wrapping_add(record.timestamp_delta));
            take(place, &RecordBytes { timestamp, key: record.key, value: record.value, headers: &headers });
        }
        Ok(())
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("count", &self.count).field("bytes", &self.bytes.len()).finish()
    }
}
