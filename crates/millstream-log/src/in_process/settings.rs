//! The settings of an in-process log.

/// The settings of an [`InProcessLog`](super::InProcessLog).
///
/// # Examples
/// ```
/// use millstream_log::in_process::{InProcessLog, Settings};
///
/// let log = InProcessLog::with_settings(Settings { auto_create_partitions: Some(1), ..Settings::default() });
/// assert_eq!(log.partition_count("unknown"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The maximum size of key, value and headers of a record in bytes. By default that of Kafka, a little over 1 MiB.
    pub record_bytes_max: usize,
    /// The number of bytes at which a producer appends a batch to its partition.
    pub batch_bytes: usize,
    /// The number of records at which a producer appends a batch to its partition.
    pub batch_records: usize,
    /// The buffer size of a producer in bytes, beyond which it refuses records.
    pub producer_bytes_max: usize,
    /// The number of partitions of a topic that is created when a producer looks it up; `None` creates no topics.
    pub auto_create_partitions: Option<u32>,
    /// The number of new bytes of a partition below which it is not compacted.
    pub compaction_bytes_min: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            record_bytes_max: 1_048_588,
            batch_bytes: 64 * 1024,
            batch_records: 4096,
            producer_bytes_max: 32 * 1024 * 1024,
            auto_create_partitions: None,
            compaction_bytes_min: 1024 * 1024,
        }
    }
}
