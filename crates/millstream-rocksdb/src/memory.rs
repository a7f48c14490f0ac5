//! The memory that all databases of a process share, and its limit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rocksdb::{Cache, LruCacheOptions, WriteBufferManager};

use crate::database::{Database, Wait};

/// The minimum size of a shard of the cache: it must hold several of the 256 KiB pieces by which memtables are charged.
const CACHE_PART_BYTES_MIN: usize = 8 << 20;
/// The logarithm of the largest number of shards. Each has its own lock; more shards make no difference.
const CACHE_PART_BITS_MAX: i32 = 6;

/// One block cache, and the budget of all memtables, which is charged to the cache.
///
/// RocksDB's write buffer manager flushes only the database that is being written to, so idle databases could use all of the
/// budget; and it does not wait, so it exceeds the budget on a slow disk. [`relieve`](Self::relieve) handles both.
pub(crate) struct Memory {
    pub(crate) cache: Cache,
    pub(crate) memtables: WriteBufferManager,
    open: Mutex<Open>,
}

/// The open databases. The lock is held while one of them is used and while one is closed, so that a database is closed
/// when its last handle has been dropped.
#[derive(Default)]
struct Open {
    databases: Vec<Weak<Database>>,
    /// The store whose memtable was flushed last.
    flushing: Option<(Weak<Database>, String)>,
}

/// The memory of the databases of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    /// All of it: blocks, indexes, filters and memtables, in bytes.
    pub bytes: usize,
    /// The memtables, which hold writes that are not in a file yet, in bytes.
    pub memtable_bytes: usize,
}

impl Memory {
    /// Divides `bytes`: at most half of it is for memtables.
    pub(crate) fn new(bytes: usize) -> Self {
        let parts = bytes / CACHE_PART_BYTES_MIN;
        let mut options = LruCacheOptions::default();
        options.set_capacity(bytes);
        options.set_num_shard_bits((parts.max(1).ilog2() as i32).min(CACHE_PART_BITS_MAX));
        let cache = Cache::new_lru_cache_opts(&options);
        let memtables = WriteBufferManager::new_write_buffer_manager_with_cache(bytes / 2, false, cache.clone());
        Self { cache, memtables, open: Mutex::default() }
    }

    pub(crate) fn usage(&self) -> MemoryUse {
        MemoryUse { bytes: self.cache.get_usage(), memtable_bytes: self.memtables.get_usage() }
    }

    /// Adds a database that was opened with this memory.
    pub(crate) fn share(self: &Arc<Self>, database: Database) -> SharedDatabase {
        let database = Arc::new(database);
        let mut open = self.open();
        open.databases.retain(|database| database.strong_count() > 0);
        open.databases.push(Arc::downgrade(&database));
        SharedDatabase { database: Some(database), memory: Arc::clone(self) }
    }

    /// Keeps to the budget after a write. Above three quarters of the memtables' budget, the largest memtable is flushed in the
    /// background, one at a time; above the budget, the caller waits for it.
    pub(crate) fn relieve(&self) {
        let (used, budget) = (self.memtables.get_usage(), self.memtables.get_buffer_size());
        if used < budget / 4 * 3 {
            return;
        }
        let wait = if used > budget { Wait::UntilWritten } else { Wait::No };
        let mut open = self.open();
        if wait == Wait::No && open.is_flushing() {
            return;
        }
        let Some((database, store)) = open.largest_memtable() else {
            return;
        };
        // A failure is reported to the task of that database, with its next write.
        _ = database.flush(&store, wait);
        open.flushing = Some((Arc::downgrade(&database), store));
    }

    /// The open databases. A panic while the lock is held cannot leave the list inconsistent.
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn is_flushing(&self) -> bool {
        let flushing = self.flushing.as_ref().and_then(|(database, store)| Some((database.upgrade()?, store)));
        flushing.is_some_and(|(database, store)| database.is_flushing(store))
    }

    /// The largest memtable that is being written to, and its store.
    fn largest_memtable(&self) -> Option<(Arc<Database>, String)> {
        let databases = self.databases.iter().filter_map(Weak::upgrade);
        let largest = databases.filter_map(|database| Some((database.largest_memtable()?, database)));
        let ((_, store), database) = largest.max_by_key(|((bytes, _), _)| *bytes)?;
        Some((database, store))
    }
}

/// A task's handle to its database. Dropping the last one closes the database.
pub(crate) struct SharedDatabase {
    database: Option<Arc<Database>>,
    memory: Arc<Memory>,
}

impl SharedDatabase {
    pub(crate) fn get(&self) -> &Database {
        self.database.as_deref().expect("a handle has its database until it is dropped")
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }
}

impl Clone for SharedDatabase {
    fn clone(&self) -> Self {
        Self { database: self.database.clone(), memory: Arc::clone(&self.memory) }
    }
}

impl Drop for SharedDatabase {
    fn drop(&mut self) {
        let _nobody_uses_it = self.memory.open();
        self.database = None;
    }
}
