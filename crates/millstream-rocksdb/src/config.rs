//! The settings.

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
    /// The memory of all databases together, in bytes. The default is 256 MiB, the minimum 8 MiB.
    ///
    /// Up to half of it is for memtables, which hold writes that are not in a file yet. The rest is the block cache, which holds
    /// blocks of files, their indexes and filters.
    pub memory_bytes_max: usize,
    /// The most records of a store's changelog that are restored after the process was killed. The default is 500,000.
    ///
    /// A store with this many records that are not in files is flushed in the background. A smaller number means a faster start
    /// after a crash, and more writing.
    pub unflushed_records_max: u64,
}

/// The minimum: with less, RocksDB's own tables would use all of it.
const MEMORY_BYTES_MIN: usize = 8 << 20;

impl RocksDbConfig {
    /// The memory in bytes, at least the minimum.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory_bytes_max.max(MEMORY_BYTES_MIN)
    }
}

impl Default for RocksDbConfig {
    fn default() -> Self {
        Self { memory_bytes_max: 256 << 20, unflushed_records_max: 500_000 }
    }
}
