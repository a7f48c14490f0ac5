//! Millstream as a contender with stores on disk.

use std::process::ExitCode;

use millstream::rocksdb::{RocksDb, RocksDbConfig};

fn main() -> ExitCode {
    millstream_compare::contend(|streams, directory| {
        streams.with_engines(RocksDb::new(RocksDbConfig::default()), directory)
    })
}
