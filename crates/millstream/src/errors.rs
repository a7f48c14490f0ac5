//! Who decides on records that cannot be read, processed or written: stop the task, or continue without the record.

pub use millstream_core::chain::Decision;
pub use millstream_task::{ErrorContext, ErrorHandler, Handlers, OutputRecord};
pub use millstream_types::{Failure, FailureKind, RecordBuf, RecordBytes, SerdeError};
