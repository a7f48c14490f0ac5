//! What all tasks of an application share.

use std::sync::Arc;
use std::time::Duration;

use crate::Handlers;

/// The settings of an application's tasks.
///
/// # Examples
/// ```
/// use millstream_task::TaskSettings;
///
/// let settings = TaskSettings { buffered_records_max: 500, ..TaskSettings::new("word-count") };
/// assert_eq!(settings.max_task_idle, Some(std::time::Duration::ZERO));
/// ```
#[derive(Clone, Debug)]
pub struct TaskSettings {
    /// The application's id; it stands before the names of its internal topics.
    pub application_id: Arc<str>,
    /// How many bytes the caches of one task may hold back.
    pub cache_bytes_max: usize,
    /// A task wants no more of a partition while it holds more than this many of its records.
    pub buffered_records_max: usize,
    /// How long a task waits for a partition that is empty while others have records. `None`: never. Zero: only for
    /// records known to be there. More: this long for a producer that may be late.
    pub max_task_idle: Option<Duration>,
    /// Seed of the stores' hash tables; 0 unless one is given. An application picks a random one.
    pub hash_seed: u64,
    /// Who decides on records that fail.
    pub handlers: Handlers,
}

impl TaskSettings {
    /// The settings of Kafka Streams: 1000 buffered records, caches of 10 MiB, waiting for what is known to be there,
    /// stopping at the first failure.
    #[must_use]
    pub fn new(application_id: impl Into<Arc<str>>) -> Self {
        Self {
            application_id: application_id.into(),
            cache_bytes_max: 10 * 1024 * 1024,
            buffered_records_max: 1000,
            max_task_idle: Some(Duration::ZERO),
            hash_seed: 0,
            handlers: Handlers::default(),
        }
    }
}
