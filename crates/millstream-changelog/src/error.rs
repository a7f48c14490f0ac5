//! Errors of restoring.

use std::sync::Arc;

use millstream_log::LogError;
use millstream_state::{AnyStore, StoreError};
use millstream_types::{Failure, Offset, TaskId, TopicPartition, short_type_name};

/// A restore failed. The task must be closed.
#[derive(Debug, thiserror::Error)]
#[error("task {task}: store `{store}` cannot be restored from {changelog}: {cause}")]
pub struct RestoreError {
    /// The task.
    pub task: TaskId,
    /// The store.
    pub store: Arc<str>,
    /// Its changelog.
    pub changelog: TopicPartition,
    /// The cause.
    #[source]
    pub cause: Box<RestoreFailure>,
}

/// Why a store could not be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreFailure {
    /// The changelog could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The store or its engine failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record of the changelog is not of the store's types.
    #[error(
        "the record at offset {offset} was not written for a {store_type}: {source}. Nothing was changed. Give the store \
         back the types and serdes that its changelog was written with, or give it another name to begin with an empty store"
    )]
    Record {
        /// The offset of the record.
        offset: Offset,
        /// The type of the store, with those of its keys and values.
        store_type: String,
        /// The error of the store.
        source: StoreError,
    },
    /// A record of the table's topic has no row, and no handler says to leave it out.
    #[error(transparent)]
    Source(Failure),
    /// The user's code panicked on a record of the changelog: a serde, or the type of a key or value.
    #[error("code that reads the record at offset {offset} panicked: {message}")]
    Panicked {
        /// The record's place in the changelog.
        offset: Offset,
        /// What the panic said.
        message: String,
    },
    /// What the store's engine kept is not of the store's types.
    #[error(
        "what is kept in the state directory was not written for a {store_type}: {source}. Nothing was changed. Give the \
         store back the types and serdes that it had, or give it another name to begin with an empty store"
    )]
    Kept {
        /// The type of the store, with those of its keys and values.
        store_type: String,
        /// The error of the store.
        source: StoreError,
    },
}

impl RestoreFailure {
    /// The error of a store for a record, which names the record if it is its fault.
    #[must_use]
    pub fn at(offset: Offset, store: &dyn AnyStore, source: StoreError) -> Self {
        match source {
            StoreError::Serde { .. } => Self::Record { offset, store_type: short_type_name(store.type_name()), source },
            other => Self::Store(other),
        }
    }

    /// The error of a store for the rows of its engine.
    pub(crate) fn kept(store: &dyn AnyStore, source: StoreError) -> Self {
        match source {
            StoreError::Serde { .. } => Self::Kept { store_type: short_type_name(store.type_name()), source },
            other => Self::Store(other),
        }
    }
}
