//! Stream threads, the committer, assignment, applications and their handles of Millstream.

mod application;
pub mod assignment;
mod config;
mod internal_topics;
mod local_state;
mod mailbox;
pub mod state_directory;
mod thread;

pub use application::{
    Answer, CloseError, Closing, KeyValueQueries, QueryError, StartError, StateChanges, Streams, StreamsHandle,
    ThreadCountError, Unanswered, UncaughtErrors, WindowQueries,
};
pub use config::{ConfigError, ProcessingGuarantee, StreamsConfig};
pub use internal_topics::{NewStore, Quoted, SetUpError, Unread, WrongCount};
pub use thread::SpawnError;
