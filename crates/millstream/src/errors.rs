//! Who decides on records that cannot be read, processed or written: stop the task, or go on without the record.

pub use millstream_core::chain::{Decision, Failure, FailureKind};
pub use millstream_task::{ErrorHandler, Handlers};
