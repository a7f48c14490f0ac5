//! The memory that all databases of a process share.

use rocksdb::{Cache, LruCacheOptions, WriteBufferManager};

/// Each part of the cache is to hold some of the 256 KiB pieces by which memtables are charged to it.
const CACHE_PART_BYTES_MIN: usize = 8 << 20;
/// Parts of the cache have locks of their own; more than 2 to the power of this many make no difference.
const CACHE_PART_BITS_MAX: i32 = 6;

/// One block cache, and the budget of all memtables, which is charged to it: what the memtables take the blocks lose.
pub(crate) struct Memory {
    pub(crate) cache: Cache,
    pub(crate) memtables: WriteBufferManager,
}

/// How much memory the databases of a process take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    /// Blocks, indexes and filters that were read, and the memtables.
    pub bytes: usize,
    /// Of these, what was written and is not in a file yet.
    pub memtable_bytes: usize,
}

impl Memory {
    /// Divides `bytes`: half of it at most is for memtables.
    pub(crate) fn new(bytes: usize) -> Self {
        let parts = bytes / CACHE_PART_BYTES_MIN;
        let mut options = LruCacheOptions::default();
        options.set_capacity(bytes);
        options.set_num_shard_bits((parts.max(1).ilog2() as i32).min(CACHE_PART_BITS_MAX));
        let cache = Cache::new_lru_cache_opts(&options);
        let memtables = WriteBufferManager::new_write_buffer_manager_with_cache(bytes / 2, false, cache.clone());
        Self { cache, memtables }
    }

    pub(crate) fn usage(&self) -> MemoryUse {
        MemoryUse { bytes: self.cache.get_usage(), memtable_bytes: self.memtables.get_usage() }
    }
}
