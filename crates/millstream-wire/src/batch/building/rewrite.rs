//! Splits batches that a broker has refused, and removes records from them.

use std::collections::BTreeSet;

use millstream_types::{RecordBuf, RecordBytes, Timestamp};

use super::batch::Batch;
use super::builder::BatchBuilder;
use crate::batch::compression::{Compression, PLAIN_BYTES_MAX, Plain};
use crate::batch::error::BatchError;
use crate::batch::header::BatchHeader;
use crate::batch::record::Record;

impl Batch {
    /// Splits the batch into two, each with half the records. It must have at least two. The halves have no stamp.
    ///
    /// # Errors
    /// When the decompressed records are larger than a reader accepts.
    pub(crate) fn split(&self, compression: Compression) -> Result<(Self, Self), BatchError> {
        debug_assert!(self.count() > 1, "a single record cannot be split");
        let middle = self.count() / 2;
        let mut halves = [BatchBuilder::new(Vec::new()), BatchBuilder::new(Vec::new())];
        self.for_each(|index, record| halves[usize::from(index >= middle)].push(record))?;
        let [first, second] = halves.map(|half| half.finish(compression));
        Ok((first, second))
    }

    /// The batch without the records at these indexes, counted from 0; `None` if none is left. It has no stamp.
    ///
    /// # Errors
    /// As [`split`](Self::split).
    pub(crate) fn without(
        &self,
        indexes: &BTreeSet<u32>,
        compression: Compression,
    ) -> Result<Option<Self>, BatchError> {
        let mut kept = BatchBuilder::new(Vec::new());
        self.for_each(|index, record| {
            if !indexes.contains(&index) {
                kept.push(record);
            }
        })?;
        Ok((!kept.is_empty()).then(|| kept.finish(compression)))
    }

    /// Copies of the records whose indexes are `selected`, in order; none if the decompressed records are larger than a
    /// reader accepts.
    pub(crate) fn records(&self, selected: impl Fn(u32) -> bool) -> Vec<RecordBuf> {
        let mut records = Vec::new();
        let read = self.for_each(|index, record| {
            if selected(index) {
                records.push(record.to_buf());
            }
        });
        read.map_or_else(|_| Vec::new(), |()| records)
    }

    /// Calls `take` with each record and its index, in order.
    fn for_each(&self, mut take: impl FnMut(u32, &RecordBytes<'_>)) -> Result<(), BatchError> {
        let header = BatchHeader::read(self.bytes())?.expect("a batch is complete");
        let mut plain = Plain::default();
        let section = header.section(self.bytes(), 0);
        let mut rest = match header.codec()? {
            Some(codec) => {
                plain.fill(codec, section, PLAIN_BYTES_MAX).map_err(|failure| failure.at(header.offset(), codec))?
            }
            None => section,
        };
        for index in 0..self.count() {
            let record = Record::take(&mut rest).map_err(|what| header.corrupt(what))?;
            let headers = record.headers().map_err(|what| header.corrupt(what))?;
            let timestamp = Timestamp::from_millis(header.base_timestamp.wrapping_add(record.timestamp_delta));
            take(index, &RecordBytes { timestamp, key: record.key, value: record.value, headers: &headers });
        }
        Ok(())
    }
}
