//! Handlers for records that cannot be read, processed or written. They stop the task or skip the record.

pub use millstream_core::chain::Decision;
pub use millstream_task::{ErrorContext, ErrorHandler, HandlerTopicError, Handlers, OutputRecord};
pub use millstream_types::{Failure, FailureKind, RecordBuf, RecordBytes, SerdeError};
