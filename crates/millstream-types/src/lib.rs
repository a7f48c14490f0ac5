//! The types that all Millstream crates share.
//!
//! These are [`Timestamp`], [`Topic`], [`Partition`] and [`Offset`], the [`Headers`] of a record, and the traits of types
//! that can be the key or value of a record ([`Data`], and [`Nullable`] for such a type or null). They are in a separate
//! crate because stores and logs both need them and must not depend on each other.
//!
//! | module | contents |
//! |---|---|
//! | [`time`] | [`Timestamp`]: milliseconds since the epoch, for records; [`MonotonicTime`]: for intervals and time-outs |
//! | [`task`] | [`TaskId`]: a sub-topology and a partition |
//! | [`topic`] | [`Topic`], [`Partition`], [`Offset`], [`TopicPartition`] |
//! | [`headers`] | [`Headers`]: cheap to clone, copied when changed |
//! | [`RecordBytes`], [`RecordBuf`], [`Origin`] | a record as bytes, borrowed and owned; the topic, partition and offset of one |
//! | [`Failure`], [`SkipReason`] | why a record or a task failed; why a record was skipped |
//! | [`data`] | [`Data`], [`Nullable`]: types of keys and values, and null |
//! | [`error_text`] | error messages with their causes, and [`debug_as_sentence`] |
//! | [`window`] | [`Window`], [`Windowed`]: a span of time, and a key that belongs to one |
//! | [`serde`] | [`Serde`], [`Codec`]: other encodings for a type, chosen per topic; [`Json`], [`Bincode`], [`Value`]; the laws as tests |
//!
//! The crate depends on serialisation libraries only, does no I/O and reads no clock.
//!
//! # Examples
//! ```
//! use millstream_types::{Data, Nullable};
//!
//! let mut bytes = Vec::new();
//! 42_i64.encode(&mut bytes)?;
//! assert_eq!(bytes, [0, 0, 0, 0, 0, 0, 0, 42]); // as Kafka's LongSerializer writes it
//!
//! let absent: Option<i64> = None;
//! assert_eq!(absent.into_present(), None); // an `Option` may be null, an `i64` never is
//! # Ok::<(), millstream_types::SerdeError>(())
//! ```

pub mod data;
pub mod error_text;
mod failure;
pub mod headers;
mod origin;
mod panics;
mod record;
pub mod serde;
mod session_windowed;
mod skip;
pub mod task;
pub mod time;
pub mod topic;
mod type_name;
pub mod window;

pub use data::{Data, Nullable};
pub use failure::{Failure, FailureKind};
pub use headers::{Header, Headers};
pub use origin::Origin;
pub use panics::{catch_panic, panic_message};
pub use record::{RecordBuf, RecordBytes};
pub use serde::{Bincode, Codec, Json, Serde, SerdeError, Value, ValueFormat};
pub use session_windowed::session_windowed_serde;
pub use skip::{SkipReason, Skipped};
pub use task::TaskId;
pub use time::{MonotonicTime, Now, Timestamp};
pub use topic::{Offset, Partition, Topic, TopicPartition};
pub use type_name::short_type_name;
pub use window::{Window, Windowed, windowed_serde};
