//! Errors of stores and engines.

use std::error::Error;
use std::sync::Arc;

use millstream_types::{SerdeError, Timestamp, Window, short_type_name};

/// An operation of a store failed. The contents may be ahead of the changelog afterwards, so drop the store and restore it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A key or value could not be encoded or decoded.
    #[error("store `{store}`: {source}; check the serde the store was given")]
    Serde {
        /// The name of the store.
        store: Arc<str>,
        /// The error of the serde.
        source: SerdeError,
    },
    /// The engine of the store failed.
    #[error("store `{store}`: its engine failed: {source}")]
    Engine {
        /// The name of the store.
        store: Arc<str>,
        /// The error of the engine.
        source: EngineError,
    },
    /// A row was written with a negative time.
    #[error("store `{store}`: a row was given the time {time}; a row's time must not be negative")]
    NegativeTime {
        /// The name of the store.
        store: Arc<str>,
        /// The time.
        time: Timestamp,
    },
    /// A session was written that starts before time 0 or after its end.
    #[error("store `{store}`: no session is {window}; it has to start at 0 or later, and not after its end")]
    InvalidSession {
        /// The name of the store.
        store: Arc<str>,
        /// The session.
        window: Window,
    },
    /// A store was used with other types, or as another kind, than those it was opened with.
    #[error(
        "store `{store}` is a {}, not a {}; use the types it was declared with",
        short_type_name(actual),
        short_type_name(expected)
    )]
    WrongType {
        /// The name of the store.
        store: Arc<str>,
        /// The expected type.
        expected: &'static str,
        /// The type of the store.
        actual: &'static str,
    },
    /// The call needs a store without updates in this state.
    #[error("store `{store}`: {updates} updates are still {state}; {remedy}")]
    Unfinished {
        /// The name of the store.
        store: Arc<str>,
        /// The number of such updates.
        updates: usize,
        /// Their state.
        state: &'static str,
        /// What has to be called first.
        remedy: &'static str,
    },
}

/// The error of an engine: a message, the cause if there is one, and the kind.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    kind: EngineErrorKind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The kind of an engine's error, which determines what the caller does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EngineErrorKind {
    /// Another error: close the task and report the error.
    #[default]
    Failed,
    /// Another task or process has the rows open, usually not for long: try again later.
    Busy,
    /// The stored data is damaged; the message names the place. No damaged row was returned. Delete the task's directory, and
    /// restore its stores from the changelogs.
    Corrupt,
    /// The stored data was written by another version, or for another store: report the error, and change nothing.
    Mismatch,
}

impl EngineError {
    /// An error with this message.
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

    /// An error with this message and cause.
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

    /// Sets the kind.
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

    /// The kind of the error.
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
