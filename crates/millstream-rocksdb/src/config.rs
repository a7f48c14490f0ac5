//! Settings: plain data.

/// The settings of all RocksDB databases of a process.
///
/// # Examples
/// ```
/// use millstream_rocksdb::RocksDbConfig;
///
/// let config = RocksDbConfig { memory_bytes_max: 1 << 30, ..RocksDbConfig::default() };
/// assert_eq!(config.unflushed_records_max, 500_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RocksDbConfig {
    /// How much memory all databases together may take, in bytes; 256 MiB by default, 8 MiB at least.
    ///
    /// Up to half of it holds what was written and is not in a file yet; the rest, and what of that half is not in use,
    /// holds what was read: blocks of files, their indexes and filters.
    pub memory_bytes_max: usize,
    /// How many records of a store's changelog are read again at most after the process was killed; 500 000 by default.
    ///
    /// A store that is so far ahead of its files is written to a file in the background. Less means a quicker start
    /// after a crash, and more writing.
    pub unflushed_records_max: u64,
}

/// Less than this would be spent on the tables themselves.
const MEMORY_BYTES_MIN: usize = 8 << 20;

impl RocksDbConfig {
    /// The memory to divide.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory_bytes_max.max(MEMORY_BYTES_MIN)
    }
}

impl Default for RocksDbConfig {
    fn default() -> Self {
        Self { memory_bytes_max: 256 << 20, unflushed_records_max: 500_000 }
    }
}
