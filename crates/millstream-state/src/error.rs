//! What can go wrong in a store.

use std::error::Error;
use std::sync::Arc;

use millstream_types::{SerdeError, Timestamp};

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
    /// A row was given a negative time.
    #[error("store `{store}`: a row was given the time {time}; a row's time must not be negative")]
    NegativeTime {
        /// The store's name.
        store: Arc<str>,
        /// The time.
        time: Timestamp,
    },
    /// A store was used with other types, or as another kind, than it was opened with.
    #[error("store `{store}` is a {actual}, not a {expected}; use the types it was declared with")]
    WrongType {
        /// The store's name.
        store: Arc<str>,
        /// The type that was expected.
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

/// An engine's failure: what it tried, the cause if there is one, and what that means for the caller.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    kind: EngineErrorKind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What a caller does about an engine's failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EngineErrorKind {
    /// Give the task up and report it.
    #[default]
    Failed,
    /// Another task or process has it open, most likely not for long: try again later.
    Busy,
    /// What is stored is damaged; the message names where. Nothing of it has been handed out. Delete the task's directory:
    /// what it held is restored from the changelogs.
    Corrupt,
    /// What is stored was written by another version, or for another store: report it, and change nothing.
    Mismatch,
}

impl EngineError {
    /// A failure described by `message` alone.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::{EngineError, EngineErrorKind};
    ///
    /// let error = EngineError::new("the disk is full; make room in `/var/lib/app`");
    /// assert_eq!(error.kind(), EngineErrorKind::Failed);
    /// ```
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { kind: EngineErrorKind::Failed, message: message.into(), source: None }
    }

    /// A failure with its cause.
    ///
    /// # Examples
    /// ```
    /// use std::error::Error as _;
    /// use millstream_state::EngineError;
    ///
    /// let error = EngineError::caused("reading a row failed", std::io::Error::other("the disk is gone"));
    /// assert!(error.source().is_some());
    /// ```
    #[must_use]
    pub fn caused(message: impl Into<String>, source: impl Error + Send + Sync + 'static) -> Self {
        Self { source: Some(Box::new(source)), ..Self::new(message) }
    }

    /// The same failure, of this kind.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::{EngineError, EngineErrorKind};
    ///
    /// let error = EngineError::new("another process has it open").of_kind(EngineErrorKind::Busy);
    /// assert_eq!(error.kind(), EngineErrorKind::Busy);
    /// ```
    #[must_use]
    pub fn of_kind(self, kind: EngineErrorKind) -> Self {
        Self { kind, ..self }
    }

    /// What to do about it.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::{EngineError, EngineErrorKind};
    ///
    /// assert_eq!(EngineError::new("writing failed").kind(), EngineErrorKind::Failed);
    /// ```
    #[must_use]
    pub fn kind(&self) -> EngineErrorKind {
        self.kind
    }
}
