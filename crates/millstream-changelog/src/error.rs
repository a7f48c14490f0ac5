//! Why a store could not be restored.

use std::sync::Arc;

use millstream_log::LogError;
use millstream_state::StoreError;
use millstream_types::{TaskId, TopicPartition};

/// A restore that cannot go on; the task it is for must be closed.
#[derive(Debug, thiserror::Error)]
#[error("task {task}: store `{store}` cannot be restored from {changelog}: {cause}")]
pub struct RestoreError {
    /// The task.
    pub task: TaskId,
    /// The store.
    pub store: Arc<str>,
    /// Its changelog.
    pub changelog: TopicPartition,
    /// What happened.
    #[source]
    pub cause: Box<RestoreFailure>,
}

/// What kept a store from being restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreFailure {
    /// The changelog could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A record did not go into the store.
    #[error(transparent)]
    Store(#[from] StoreError),
}
