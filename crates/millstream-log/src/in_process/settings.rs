//! The limits of an in-process log.

/// How an [`InProcessLog`](super::InProcessLog) behaves; the defaults suit an application.
///
/// # Examples
/// ```
/// use millstream_log::in_process::{InProcessLog, Settings};
///
/// let log = InProcessLog::with_settings(Settings { auto_create_partitions: Some(1), ..Settings::default() });
/// assert_eq!(log.partition_count("unheard-of"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The largest record it takes, in bytes of key, value and headers; Kafka's default, 1 MiB and some.
    pub record_bytes_max: usize,
    /// A producer hands a batch over when it has this many bytes.
    pub batch_bytes: usize,
    /// A producer hands a batch over when it has this many records.
    pub batch_records: usize,
    /// A producer refuses a record while this many bytes wait in its batches.
    pub producer_bytes_max: usize,
    /// Create a topic with this many partitions when a producer first asks for it; `None` leaves it missing.
    pub auto_create_partitions: Option<u32>,
    /// A compacted partition is not touched before it has this many new bytes.
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
