//! Where the counts are kept.

use std::path::Path;

use millstream::Streams;

use super::super::arguments::KafkaArguments;
use super::super::{StoreKind, WordCountError};

/// The application with its stores in memory or in RocksDB.
///
/// # Errors
/// When that is RocksDB, and this program was built without it.
pub(super) fn choose(application: Streams, arguments: &KafkaArguments) -> Result<Streams, WordCountError> {
    match (arguments.store, &arguments.state_dir) {
        (StoreKind::Rocksdb, Some(directory)) => in_rocksdb(application, directory, arguments.rocksdb_memory << 20),
        // The arguments were checked: RocksDB has a directory.
        _ => Ok(application),
    }
}

#[cfg(feature = "rocksdb")]
#[expect(clippy::unnecessary_wraps, reason = "the other build fails")]
fn in_rocksdb(application: Streams, directory: &Path, memory_bytes_max: usize) -> Result<Streams, WordCountError> {
    use millstream::rocksdb::{RocksDb, RocksDbConfig};

    let engines = RocksDb::new(RocksDbConfig { memory_bytes_max, ..RocksDbConfig::default() });
    Ok(application.with_engines(engines, directory))
}

#[cfg(not(feature = "rocksdb"))]
fn in_rocksdb(_application: Streams, _directory: &Path, _memory_bytes_max: usize) -> Result<Streams, WordCountError> {
    Err(WordCountError::BuiltWithoutRocksDb)
}
