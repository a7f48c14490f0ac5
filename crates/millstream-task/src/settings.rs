//! The settings of all tasks of an application.

use std::sync::Arc;
use std::time::Duration;

use millstream_core::{ChainSettings, GlobalStores};

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
    /// The application's id, the prefix of the names of its internal topics.
    pub application_id: Arc<str>,
    /// How many bytes of updates the caches of one task may hold back until the commit.
    pub cache_bytes_max: usize,
    /// No more records of a partition are fetched while a task has more than this number of them buffered.
    pub buffered_records_max: usize,
    /// How long a task waits for a partition without buffered records while others have some, as Kafka Streams'
    /// `max.task.idle.ms`. `None`: it does not wait. Zero: it waits only if the partition has records that are not fetched yet.
    /// More: it also waits this long for records that a producer may still write.
    pub max_task_idle: Option<Duration>,
    /// The seed of the stores' hash tables; 0 by default. An application uses a random one.
    pub hash_seed: u64,
    /// The shortest time between two emissions of results that wait for the end of their window, such as those of a left join
    /// without a match; 1 s by default, as in Kafka Streams.
    pub emit_interval: Duration,
    /// The handlers that decide on records that fail.
    pub handlers: Handlers,
    /// The global stores that the tasks read; `None` if there are none.
    pub globals: Option<GlobalStores>,
}

impl TaskSettings {
    /// The defaults of Kafka Streams: 1000 buffered records, caches of 10 MiB, a `max_task_idle` of zero, and handlers that stop
    /// the task at the first failure.
    #[must_use]
    pub fn new(application_id: impl Into<Arc<str>>) -> Self {
        Self {
            application_id: application_id.into(),
            cache_bytes_max: 10 * 1024 * 1024,
            buffered_records_max: 1000,
            max_task_idle: Some(Duration::ZERO),
            hash_seed: 0,
            emit_interval: Duration::from_secs(1),
            handlers: Handlers::default(),
            globals: None,
        }
    }

    pub(crate) fn chain_settings(&self) -> ChainSettings {
        ChainSettings {
            application_id: Arc::clone(&self.application_id),
            cache_bytes_max: self.cache_bytes_max,
            hash_seed: self.hash_seed,
            emit_interval: self.emit_interval,
        }
    }
}
