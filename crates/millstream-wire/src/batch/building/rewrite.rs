//! Takes batches apart again where a broker refuses them.

use std::collections::BTreeSet;

use millstream_types::{RecordBuf, RecordBytes, Timestamp};

use super::batch::Batch;
use super::builder::BatchBuilder;
use crate::batch::compression::{Compression, PLAIN_BYTES_MAX, Plain};
use crate::batch::error::BatchError;
use crate::batch::header::BatchHeader;
use crate::batch::record::Record;

impl Batch {
    /// Two batches with its first and its second half, each of half the records; it must have two at least. They are
    /// not stamped.
    ///
    /// # Errors
    /// When its records take more room than a reader gives to them.
    pub(crate) fn split(&self, compression: Compression) -> Result<(Self, Self), BatchError> {
        debug_assert!(self.count() > 1, "one record has no halves");
        let middle = self.count() / 2;
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
        let header = BatchHeader::read(self.bytes())?.expect("a batch is complete");
        let mut plain = Plain::default();
        let section = header.section(self.bytes(), 0);
        let mut rest = match header.codec()? {
            Some(codec) => {
                plain.fill(codec, section, PLAIN_BYTES_MAX).map_err(|failure| failure.at(header.offset(), codec))?
            }
            None => section,
        };
        for place in 0..self.count() {
            let record = Record::take(&mut rest).map_err(|what| header.corrupt(what))?;
            let headers = record.headers().map_err(|what| header.corrupt(what))?;
            let timestamp = Timestamp::from_millis(header.base_timestamp.wrapping_add(record.timestamp_delta));
            take(place, &RecordBytes { timestamp, key: record.key, value: record.value, headers: &headers });
        }
        Ok(())
    }
}
