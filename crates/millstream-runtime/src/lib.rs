//! Stream threads, the committer, assignment, applications and their handles of Millstream.

mod application;
pub mod assignment;
mod channel;
mod config;
mod global_thread;
mod internal_topics;
mod local_state;
mod messages;
mod own_thread;
mod pause;
mod shared;
pub mod state_directory;
mod store_partitions;
mod thread;

pub use application::{
    CloseError, Closing, KeyValueQueries, LagInfo, NoResponse, PartialResult, PartitionMetadata, Position, QueryError,
    QueryScope, Response, SessionQueries, StartError, StateChanges, Streams, StreamsHandle, TaskMetadata,
    ThreadCountError, ThreadMetadata, UncaughtErrors, VersionedQueries, WindowQueries,
};
pub use config::{ConfigError, GroupProtocol, NamePolicy, ProcessingGuarantee, StreamsConfig};
pub use internal_topics::{NewStore, Quoted, SetUpError, Unread, WrongCount};
pub use thread::SpawnError;
