//! The configuration of a driver.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_task::{Handlers, TaskSettings};
use millstream_types::Timestamp;

/// The configuration of a [`TopologyTestDriver`](crate::TopologyTestDriver).
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
    /// The application id, which is the prefix of internal topics. Default: `test`.
    pub application_id: String,
    /// The initial time of the wall clock. Default: 0, so that tests do not depend on the date.
    pub initial_wall_clock: Timestamp,
    /// The maximum size of the caches of a task in bytes; 0 switches caching off. Default: 10 MiB.
    pub cache_bytes_max: usize,
    /// The shortest time of the wall clock between two emissions of results that wait for the end of their window, such as those
    /// of a left join without a match. Default: 0, so that each comes as soon as stream time has passed its window; in an
    /// application it is 1 s.
    pub emit_interval: Duration,
    /// How long a task waits for records of a partition without any, see
    /// [`TaskSettings::max_task_idle`](millstream_task::TaskSettings::max_task_idle).
    pub max_task_idle: Option<Duration>,
    /// The handlers for records that fail. Default: the driver stops at the first.
    pub handlers: Handlers,
    /// The partition counts of the user's topics. Default: one each.
    pub partitions: BTreeMap<String, u32>,
    /// The backing of stores.
    pub backing: StoreBacking,
    /// The maximum number of records that are processed for one input by sub-topologies that write to their own source topics,
    /// directly or through other topics. More are an error, because such a loop may not end. Default: 100,000.
    pub loop_records_max: u64,
}

/// The backing of stores in a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreBacking {
    /// In memory, as is the default of applications.
    #[default]
    InMemory,
    /// In an engine with a write-back cache, as stores on disk.
    Engine {
        /// The approximate size of the cache in bytes.
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
            emit_interval: Duration::ZERO,
            max_task_idle: settings.max_task_idle,
            handlers: settings.handlers,
            partitions: BTreeMap::new(),
            backing: StoreBacking::InMemory,
            loop_records_max: 100_000,
        }
    }
}

impl TestConfig {
    /// Sets the partition count of a user's topic.
    ///
    /// # Examples
    /// ```
    /// use millstream_test::TestConfig;
    ///
    /// let config = TestConfig::default().with_partitions("orders", 3);
    /// assert_eq!(config.partitions["orders"], 3);
    /// ```
    #[must_use]
    pub fn with_partitions(mut self, topic: impl Into<String>, partitions: u32) -> Self {
        self.partitions.insert(topic.into(), partitions);
        self
    }

    pub(crate) fn task_settings(&self) -> TaskSettings {
        TaskSettings {
            cache_bytes_max: self.cache_bytes_max,
            emit_interval: self.emit_interval,
            max_task_idle: self.max_task_idle,
            handlers: self.handlers.clone(),
            ..TaskSettings::new(self.application_id.as_str())
        }
    }
}
