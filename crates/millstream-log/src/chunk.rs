//! Chunks: runs of records of one partition, each in one shared buffer.

mod buffer;
mod builder;
mod header_bytes;
mod in_use;
mod length;
mod position;
mod record;
mod run;

#[cfg(test)]
mod tests;

pub use self::builder::ChunkBuilder;
pub use self::in_use::BytesInUse;
pub use self::position::{CHUNK_RECORDS_MAX, ReadPosition};
pub use self::record::RecordView;
pub use self::run::Chunk;
