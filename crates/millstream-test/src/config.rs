//! The settings of a driver.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_task::{Handlers, TaskSettings};
use millstream_types::Timestamp;

/// How a [`TopologyTestDriver`](crate::TopologyTestDriver) runs; the defaults suit most tests.
///
/// # Examples
/// ```
/// use millstream_test::TestConfig;
/// use millstream_types::Timestamp;
///
/// let config = TestConfig { initial_wall_clock: Timestamp::from_millis(1_000_000), ..TestConfig::default() }
///     .with_partitions("lines", 3);
/// assert_eq!(config.partitions["lines"], 3);
/// ```
#[derive(Clone, Debug)]
pub struct TestConfig {
    /// The application's id, which stands before the names of internal topics. Default: `test`.
    pub application_id: String,
    /// Where the wall clock stands at the beginning. Default: 0, so that a test never depends on the day it runs.
    pub initial_wall_clock: Timestamp,
    /// How many bytes the caches of a task may hold back; 0 switches caching off. Default: 10 MiB.
    pub cache_bytes_max: usize,
    /// How long a task waits for a partition that is empty, see
    /// [`TaskSettings::max_task_idle`](millstream_task::TaskSettings::max_task_idle).
    pub max_task_idle: Option<Duration>,
    /// Who decides on records that fail. Default: the driver stops at the first.
    pub handlers: Handlers,
    /// How many partitions the topics of the user have. Default: one each.
    pub partitions: BTreeMap<String, u32>,
    /// Where stores keep their data.
    pub backing: StoreBacking,
    /// How many records are processed for one input by sub-topologies that write to their own topics, directly or by way of
    /// others, before it is an error: such a loop may never come to rest. Default: 100,000.
    pub loop_records_max: u64,
}

/// Where the stores of a test keep their data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreBacking {
    /// In memory as typed values: Millstream's default.
    #[default]
    InMemory,
    /// Behind a write-back cache in an engine that holds bytes, as stores on disk do.
    Engine {
        /// About how many bytes of rows the cache keeps.
        cache_bytes_max: usize,
    },
}

impl Default for TestConfig {
    fn default() -> Self {
        let settings = TaskSettings::new("test");
        Self {
            application_id: settings.application_id.to_string(),
            initial_wall_clock: Timestamp::from_millis(0),
            cache_bytes_max: settings.cache_bytes_max,
            max_task_idle: settings.max_task_idle,
            handlers: settings.handlers,
            partitions: BTreeMap::new(),
            backing: StoreBacking::InMemory,
            loop_records_max: 100_000,
        }
    }
}

impl TestConfig {
    /// Gives a topic of the user's this many partitions.
    #[must_use]
    pub fn with_partitions(mut self, topic: impl Into<String>, partitions: u32) -> Self {
        self.partitions.insert(topic.into(), partitions);
        self
    }

    pub(crate) fn task_settings(&self) -> TaskSettings {
        TaskSettings {
            cache_bytes_max: self.cache_bytes_max,
            max_task_idle: self.max_task_idle,
            handlers: self.handlers.clone(),
            ..TaskSettings::new(self.application_id.as_str())
        }
    }
}
