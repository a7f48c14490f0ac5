//! An application in a program: started, watched, asked, closed.

mod answer;
mod clean_up;
mod handle;
mod lifecycle;
mod policy;
mod progress;
mod purge;
mod query;
mod shared;
#[cfg(all(feature = "signals", unix))]
mod signals;
mod stores;
mod streams;
mod supervisor;
mod threads;

pub use answer::{Answer, Unanswered};
pub use handle::{CloseError, Closing, StreamsHandle};
pub use lifecycle::StateChanges;
pub use policy::UncaughtErrors;
pub(crate) use query::AskStores;
pub use query::QueryError;
pub(crate) use shared::Shared;
pub use stores::{KeyValueQueries, WindowQueries};
pub use streams::{StartError, Streams};
pub(crate) use supervisor::Notice;
pub use threads::ThreadCountError;
