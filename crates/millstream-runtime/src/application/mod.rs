//! Applications: start, life cycle, queries, close.

mod clean_up;
mod control;
mod globals;
mod handle;
mod lifecycle;
mod metadata;
mod partial;
mod partition_metadata;
mod pausing;
mod policy;
mod position;
mod progress;
mod purge;
mod query;
mod response;
mod session_stores;
#[cfg(all(feature = "signals", unix))]
mod signals;
mod stores;
mod streams;
mod supervisor;
mod threads;
mod topic_watch;
mod versioned;

pub use handle::{CloseError, Closing, StreamsHandle};
pub use lifecycle::StateChanges;
pub use metadata::{LagInfo, TaskMetadata, ThreadMetadata};
pub use partial::PartialResult;
pub use partition_metadata::PartitionMetadata;
pub use policy::UncaughtErrors;
pub use position::{Position, QueryScope};
pub use query::QueryError;
pub use response::{NoResponse, Response};
pub use session_stores::SessionQueries;
pub use stores::{KeyValueQueries, WindowQueries};
pub use streams::{StartError, Streams};
pub use threads::ThreadCountError;
pub use versioned::VersionedQueries;
