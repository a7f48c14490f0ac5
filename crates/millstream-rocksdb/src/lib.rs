//! State stores on disk: RocksDB as a storage engine of Millstream.
//!
//! [`RocksDb`] opens the engines of tasks ([`EngineSupplier`](millstream_state::EngineSupplier)): a database for each task, with
//! a column family for each store. No other crate links RocksDB.
//!
//! Guarantees:
//! * **A store on disk is a prefix of what was written to it**, with its changelog offset: both are in the same column family
//!   and are written in the same batch. There is no write-ahead log: what is lost in a crash is restored from the changelog.
//! * **Memory is limited by one setting** ([`RocksDbConfig::memory_bytes_max`]) for all databases of a process.
//! * **Damage is an error, never wrong data.** Errors name the directory, what is wrong with it, and what to do.
//!
//! The crate does not lock, clean up or delete task directories, which the runtime does. The layout is described in
//! `docs/formats/rocksdb.md`, building and running in `docs/guide/rocksdb.md`.
//!
//! | module | content |
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
