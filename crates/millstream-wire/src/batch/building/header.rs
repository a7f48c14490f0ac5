//! Writes the header of a batch.

use crate::batch::compression::Compression;
use crate::batch::header::{CHECKED_FROM, HEADER_BYTES, LENGTH_END, MAGIC, MAGIC_AT};

const LENGTH_AT: usize = 8;
const LEADER_EPOCH_AT: usize = 12;
const CHECKSUM_AT: usize = 17;
const ATTRIBUTES_AT: usize = 21;
const LAST_OFFSET_DELTA_AT: usize = 23;
const BASE_TIMESTAMP_AT: usize = 27;
const MAX_TIMESTAMP_AT: usize = 35;
const PRODUCER_ID_AT: usize = 43;
const PRODUCER_EPOCH_AT: usize = 51;
const BASE_SEQUENCE_AT: usize = 53;
const COUNT_AT: usize = 57;

/// The producer and the sequence number of a batch, by which a broker recognises a batch that it has already appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) producer_id: i64,
    pub(crate) producer_epoch: i16,
    /// The sequence number of its first record.
    pub(crate) sequence: i32,
}

/// The stamp of a batch that has not been sent yet.
const NO_STAMP: Stamp = Stamp { producer_id: -1, producer_epoch: -1, sequence: -1 };

/// The header fields of a new batch. Its timestamps are the records' own, and its offsets begin at 0.
pub(super) struct NewHeader {
    pub(super) compression: Compression,
    pub(super) count: u32,
    pub(super) base_timestamp: i64,
    pub(super) max_timestamp: i64,
}

impl NewHeader {
    /// Writes the header at the beginning of the batch, whose records are complete. The stamp and the checksum follow later.
    pub(super) fn write(&self, batch: &mut [u8]) {
        let length = (batch.len() - LENGTH_END) as i32;
        let count = self.count as i32;
        batch[..LENGTH_AT].fill(0);
        put(batch, LENGTH_AT, length.to_be_bytes());
        put(batch, LEADER_EPOCH_AT, (-1i32).to_be_bytes());
        put(batch, MAGIC_AT, [MAGIC]);
        put(batch, CHECKSUM_AT, [0; 4]);
        put(batch, ATTRIBUTES_AT, self.compression.number().to_be_bytes());
        put(batch, LAST_OFFSET_DELTA_AT, (count - 1).to_be_bytes());
        put(batch, BASE_TIMESTAMP_AT, self.base_timestamp.to_be_bytes());
        put(batch, MAX_TIMESTAMP_AT, self.max_timestamp.to_be_bytes());
        put(batch, COUNT_AT, count.to_be_bytes());
        put_stamp(batch, NO_STAMP);
    }
}

/// Sets the stamp of a complete batch, replacing an earlier one, and computes its checksum.
pub(super) fn stamp(batch: &mut [u8], stamp: Stamp) {
    put_stamp(batch, stamp);
    let checksum = crc32c::crc32c(&batch[CHECKED_FROM..]);
    put(batch, CHECKSUM_AT, checksum.to_be_bytes());
}

fn put_stamp(batch: &mut [u8], stamp: Stamp) {
    put(batch, PRODUCER_ID_AT, stamp.producer_id.to_be_bytes());
    put(batch, PRODUCER_EPOCH_AT, stamp.producer_epoch.to_be_bytes());
    put(batch, BASE_SEQUENCE_AT, stamp.sequence.to_be_bytes());
}

fn put<const N: usize>(batch: &mut [u8], at: usize, field: [u8; N]) {
    debug_assert!(at + N <= HEADER_BYTES, "a field of the header lies within it");
    batch[at..at + N].copy_from_slice(&field);
}
