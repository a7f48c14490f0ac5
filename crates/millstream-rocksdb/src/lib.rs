//! State stores on disk: RocksDB behind Millstream's engine trait.
//!
//! [`RocksDb`] opens the engines of tasks ([`EngineSupplier`](millstream_state::EngineSupplier)): one database for each
//! task, a column family for each store. It is the only crate that links RocksDB.
//!
//! What holds:
//! * **A store on disk is a prefix of what was written to it**, with the changelog offset that belongs to it: both are in
//!   the same column family and are written in the same batch. There is no write-ahead log: what a crash takes away,
//!   the changelog has.
//! * **Memory is bounded by one setting** ([`RocksDbConfig::memory_bytes_max`]) for all databases of a process.
//! * **Damage is an error, never wrong data.** Errors name the directory, what is wrong with it, and what to do.
//!
//! It does not lock or clean up task directories, and never deletes one: that is the runtime's part. The layout is
//! written down in `docs/formats/rocksdb.md`, building and running in `docs/guide/rocksdb.md`.
//!
//! | module | what it holds |
//! |---|---|
//! | `supplier` | [`RocksDb`] |
//! | `config`, `tuning`, `memory` | settings, RocksDB's options, the shared budget |
//! | `database` | a task's database: opened, its families checked |
//! | `engine` | a column family as an [`Engine`](millstream_state::Engine) |
//! | `order` | batches sorted for RocksDB |
//! | `keys`, `head` | the layout |
//! | `private` | files that only their owner can read |
//! | `failure` | RocksDB's errors with directory and remedy |
//!
//! It depends on `millstream-state`, `millstream-types` and RocksDB.

mod config;
mod database;
mod engine;
mod failure;
mod head;
mod keys;
mod memory;
mod order;
mod private;
mod supplier;
mod tuning;

pub use config::RocksDbConfig;
pub use memory::MemoryUse;
/// RocksDB's own crate, for [`RocksDb::with_tuning`].
pub use rocksdb;
pub use supplier::RocksDb;
pub use tuning::Scope;
