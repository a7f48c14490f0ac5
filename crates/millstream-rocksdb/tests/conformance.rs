//! The suites of engines and stores, over RocksDB.

use std::path::Path;

use millstream_rocksdb::{RocksDb, RocksDbConfig};
use millstream_state::{Backing, Engine, EngineSupplier, StoreSpace, conformance};
use tempfile::TempDir;

/// A new engine for each case, all in one directory.
struct Engines {
    rocks: RocksDb,
    directory: TempDir,
}

impl Engines {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        Self { rocks: RocksDb::new(RocksDbConfig::default()), directory }
    }

    fn open(&self) -> Box<dyn Engine> {
        let task = tempfile::tempdir_in(self.directory.path()).expect("a temporary directory can be made").keep();
        open(&self.rocks, &task)
    }
}

fn open(rocks: &RocksDb, directory: &Path) -> Box<dyn Engine> {
    let mut opened = rocks.open(directory, &[StoreSpace::new("store", "rows")]).expect("a new database opens");
    opened.engines.remove(0)
}

#[test]
fn engine() {
    let engines = Engines::new();
    conformance::engine(|| engines.open());
}

#[test]
fn key_value_stores() {
    let engines = Engines::new();
    for cache_bytes_max in [100 << 20, 400, 0] {
        conformance::key_value(|| Backing::Engine { engine: engines.open(), cache_bytes_max });
    }
}

#[test]
fn window_stores() {
    let engines = Engines::new();
    for cache_bytes_max in [100 << 20, 400, 0] {
        conformance::window(|| Backing::Engine { engine: engines.open(), cache_bytes_max });
    }
}

#[test]
fn session_stores() {
    let engines = Engines::new();
    for cache_bytes_max in [100 << 20, 400, 0] {
        conformance::session(|| Backing::Engine { engine: engines.open(), cache_bytes_max });
    }
}

#[test]
fn stores_with_headers() {
    let engines = Engines::new();
    for cache_bytes_max in [100 << 20, 400, 0] {
        conformance::headers(|| Backing::Engine { engine: engines.open(), cache_bytes_max });
    }
}

#[test]
fn versioned_stores() {
    let engines = Engines::new();
    for cache_bytes_max in [100 << 20, 400, 0] {
        conformance::versioned(|| Backing::Engine { engine: engines.open(), cache_bytes_max });
    }
}
