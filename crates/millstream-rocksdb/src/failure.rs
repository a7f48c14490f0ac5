//! RocksDB's errors, with their directory and the remedy.

use std::path::Path;

use millstream_state::{EngineError, EngineErrorKind};
use rocksdb::ErrorKind;

/// An error of RocksDB while `doing` something in the database at `path`.
pub(crate) fn failure(path: &Path, doing: &str, error: &rocksdb::Error) -> EngineError {
    let message = error.as_ref().trim_end_matches('.');
    match error.kind() {
        ErrorKind::IOError if is_lock(message) => busy(path, message),
        ErrorKind::Corruption => damaged(path, message),
        ErrorKind::IOError if message.contains("No such file") => damaged(path, message),
        _ => EngineError::new(format!("{doing} in `{}` failed: {message}", path.display())),
    }
}

/// The database at `path` is damaged; `what` names where.
pub(crate) fn damaged(path: &Path, what: &str) -> EngineError {
    let path = path.display();
    EngineError::new(format!("the RocksDB database `{path}` is damaged: {what}")).of_kind(EngineErrorKind::Corrupt)
}

/// The database at `path` has other contents than expected.
pub(crate) fn mismatch(path: &Path, what: &str) -> EngineError {
    let path = path.display();
    EngineError::new(format!(
        "the RocksDB database `{path}` is not for this: {what}; or, if what it holds is no longer needed, delete the \
         directory `{path}`: what is in the changelogs is restored from there"
    ))
    .of_kind(EngineErrorKind::Mismatch)
}

/// The directory of the database at `path` cannot be created or made private.
pub(crate) fn not_private(path: &Path, error: std::io::Error) -> EngineError {
    let path = path.display();
    EngineError::caused(
        format!(
            "the directory `{path}` cannot be made readable for its owner only: {error}; give the application a state \
             directory of its own, which it owns"
        ),
        error,
    )
}

fn busy(path: &Path, message: &str) -> EngineError {
    let path = path.display();
    EngineError::new(format!(
        "the RocksDB database `{path}` is open elsewhere: {message}; wait until the other application has closed it, or \
         give each its own state directory"
    ))
    .of_kind(EngineErrorKind::Busy)
}

/// Whether another process, or another thread of this one, holds the database's lock.
fn is_lock(message: &str) -> bool {
    message.contains("lock hold by current process") || message.contains("While lock file")
}
