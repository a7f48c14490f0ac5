//! How the log takes its locks.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The lock, also after a panic elsewhere: every change under these locks is whole before anything can panic.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
