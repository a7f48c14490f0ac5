//! What can go wrong in a store.

use std::error::Error;
use std::sync::Arc;

use millstream_types::SerdeError;

/// A store's operation failed. The store's memory may be ahead of its changelog afterwards: drop the store and restore.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A key or value could not be written or read.
    #[error("store `{store}`: {source}; check the serde the store was given")]
    Serde {
        /// The store's name.
        store: Arc<str>,
        /// What the serde said.
        source: SerdeError,
    },
    /// The engine behind the store failed.
    #[error("store `{store}`: its engine failed: {source}")]
    Engine {
        /// The store's name.
        store: Arc<str>,
        /// What the engine said.
        source: EngineError,
    },
    /// A store was asked for with other types, or as another kind, than it was opened with.
    #[error("store `{store}` is a {actual}, not a {expected}; ask for it with the types it was declared with")]
    WrongType {
        /// The store's name.
        store: Arc<str>,
        /// The type that was asked for.
        expected: &'static str,
        /// The type the store has.
        actual: &'static str,
    },
    /// The step needs a store whose updates are all flushed, or all written to its engine.
    #[error("store `{store}`: {updates} updates are still {state}; {remedy}")]
    Unfinished {
        /// The store's name.
        store: Arc<str>,
        /// How many keys are concerned.
        updates: usize,
        /// What they wait for.
        state: &'static str,
        /// What to call first.
        remedy: &'static str,
    },
}

/// An engine's failure: what it tried, and the cause if there is one.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl EngineError {
    /// A failure described by `message` alone.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    /// A failure with its cause.
    #[must_use]
    pub fn caused(message: impl Into<String>, source: impl Error + Send + Sync + 'static) -> Self {
        Self { message: message.into(), source: Some(Box::new(source)) }
    }
}
