//! Tasks, stream threads, commit, assignment, events of Millstream

mod application;
pub mod assignment;
pub mod clock;
mod config;
pub mod events;
mod internal_topics;
mod local_state;
mod mailbox;
pub mod metrics;
mod outage;
mod panic_message;
pub mod state_directory;
pub mod task;
mod thread;

pub use application::{
    Answer, CloseError, Closing, KeyValueQueries, QueryError, StartError, StateChanges, Streams, StreamsHandle,
    ThreadCountError, Unanswered, UncaughtErrors, WindowQueries,
};
pub use clock::{Clock, ManualClock, SystemClock};
pub use config::{ConfigError, ProcessingGuarantee, StreamsConfig};
pub use internal_topics::{NewStore, Quoted, SetUpError, Unread, WrongCount};
pub use thread::SpawnError;
