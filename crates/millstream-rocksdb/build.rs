//! Lets this crate's tests and examples find a RocksDB library that is not where the system keeps its own.

// Build scripts read their settings from the environment and print their results.
#![allow(clippy::disallowed_macros, clippy::disallowed_methods)]

use std::env;

fn main() {
    println!("cargo::rerun-if-env-changed=ROCKSDB_LIB_DIR");
    let is_unix = env::var_os("CARGO_CFG_UNIX").is_some();
    if let (true, Ok(directory)) = (is_unix, env::var("ROCKSDB_LIB_DIR")) {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{directory}");
    }
}
