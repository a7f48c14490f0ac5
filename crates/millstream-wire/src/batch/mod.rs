//! Record batches as they lie in a partition (magic 2): reads the bytes of one partition out of a fetch's response, and makes
//! the batches of a producer.
//!
//! [`Batches`] owns such bytes and copies their records into a [`ChunkBuilder`](millstream_log::ChunkBuilder) bit by
//! bit. Making one looks at the batches' headers only; the checksum, the decompression and the records of a batch come
//! when reading reaches it. Whatever the bytes are, they end in records or in a [`BatchError`], never in a panic.

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
pub use self::compression::Compression;
pub use self::error::BatchError;
pub(crate) use self::header::HEADER_BYTES;
