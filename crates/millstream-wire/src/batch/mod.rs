//! Record batches of format magic 2: reads those of one partition in a fetch response, and builds those of a producer.
//!
//! [`Batches`] owns the bytes of a partition and copies their records into a
//! [`ChunkBuilder`](millstream_log::ChunkBuilder) step by step. Creating it parses the headers only; a batch is verified
//! and decompressed when reading reaches it. Invalid bytes give a [`BatchError`], never a panic.

mod aborted;
mod batches;
mod building;
mod compression;
mod cursor;
mod error;
mod header;
mod record;
mod varint;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use self::aborted::Aborted;
pub use self::batches::Batches;
pub(crate) use self::building::{Batch, BatchBuilder, Stamp, record_bytes_max};
pub use self::compression::{Compression, GzipLevel};
pub use self::error::BatchError;
pub(crate) use self::header::HEADER_BYTES;
