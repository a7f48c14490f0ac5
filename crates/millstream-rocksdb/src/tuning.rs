//! RocksDB's options, for state that is written in sorted batches, read by key, and restored when it is lost.

use std::num::NonZero;
use std::thread;

use rocksdb::{BlockBasedOptions, DBCompressionType, DataBlockIndexType, LogLevel, Options};

use crate::memory::Memory;

/// Bits per key of the Bloom filters: one false positive in a hundred look-ups.
const BLOOM_BITS_PER_KEY: f64 = 10.0;
const BLOCK_BYTES: usize = 4 << 10;
/// The size of a memtable's arena blocks. It is small, so that many nearly empty stores take little memory.
const MEMTABLE_PIECE_BYTES: usize = 64 << 10;
/// The size of a memtable. A larger one is flushed less often, but its look-ups miss the processor's caches.
const MEMTABLE_BYTES_MAX: usize = 16 << 20;
/// The share of a memtable for its Bloom filter: most look-ups are of keys that are in files. It is allocated at once, so it
/// must be small.
const MEMTABLE_FILTER_SHARE: f64 = 0.005;
/// The compression of the first levels, of which the last holds for all after it. What is written and merged most often, up to 256 MiB
/// of a store, is not compressed: it would cost a fifth of a restore's time.
const COMPRESSION: [DBCompressionType; 3] = [DBCompressionType::None, DBCompressionType::None, DBCompressionType::Lz4];
/// The number of memtables of a store: one is written to while others wait to be flushed.
const MEMTABLES_MAX: i32 = 3;
/// The most files that a database keeps open; the process has a limit for all databases.
const OPEN_FILES_MAX: i32 = 256;
/// The size limit of RocksDB's own log files.
const LOG_BYTES_MAX: usize = 1 << 20;

/// What the options are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope<'a> {
    /// A task's database.
    Database,
    /// The column family of the store with this name.
    Store(&'a str),
}

/// The options of a database.
pub(crate) fn database_options(memory: &Memory) -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_write_buffer_manager(&memory.memtables);
    options.set_max_open_files(OPEN_FILES_MAX);
    options.set_max_background_jobs(background_jobs());
    // A task writes from one thread, for which memtables without concurrent writes are faster.
    options.set_allow_concurrent_memtable_write(false);
    options.set_enable_write_thread_adaptive_yield(false);
    options.set_log_level(LogLevel::Warn);
    options.set_max_log_file_size(LOG_BYTES_MAX);
    options.set_keep_log_file_num(2);
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options
}

/// The options of a store's column family.
pub(crate) fn family_options(memory: &Memory) -> Options {
    let mut options = Options::default();
    options.set_block_based_table_factory(&table_options(memory));
    options.set_compression_per_level(&COMPRESSION);
    options.set_write_buffer_size((memory.memtables.get_buffer_size() / 4).min(MEMTABLE_BYTES_MAX));
    options.set_max_write_buffer_number(MEMTABLES_MAX);
    options.set_memtable_prefix_bloom_ratio(MEMTABLE_FILTER_SHARE);
    options.set_memtable_whole_key_filtering(true);
    options.set_arena_block_size(MEMTABLE_PIECE_BYTES);
    options
}

/// Indexes and filters are in the shared cache too: otherwise their memory would grow with the state.
fn table_options(memory: &Memory) -> BlockBasedOptions {
    let mut options = BlockBasedOptions::default();
    options.set_block_cache(&memory.cache);
    options.set_block_size(BLOCK_BYTES);
    options.set_cache_index_and_filter_blocks(true);
    options.set_cache_index_and_filter_blocks_with_high_priority(true);
    options.set_pin_l0_filter_and_index_blocks_in_cache(true);
    options.set_bloom_filter(BLOOM_BITS_PER_KEY, false);
    options.set_optimize_filters_for_memory(true);
    options.set_data_block_index_type(DataBlockIndexType::BinaryAndHash);
    options
}

/// The number of concurrent flushes and compactions.
fn background_jobs() -> i32 {
    let processors = thread::available_parallelism().map_or(2, NonZero::get);
    i32::try_from(processors.clamp(2, 8)).unwrap_or(2)
}
