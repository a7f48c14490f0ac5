//! Writes the records of a producer: [`Wire`] by `millstream-wire`, [`Messages`] by librdkafka, which is needed for TLS, SASL and
//! some settings.

mod deliveries;
mod messages;
mod queue_limit;
mod recall;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use millstream_log::{DiscardScope, LogError, LogEvent, Sending};
use millstream_types::{MonotonicTime, Offset, Partition, RecordBytes, Topic, TopicPartition};

pub(crate) use self::messages::Messages;
pub(crate) use self::wire::Wire;

use crate::native::{Client, Code, NativeError};
use crate::topics::Topics;

/// Writes records to partitions that exist. Topics are identified by the numbers that [`Topics`] assigns.
pub(crate) trait Writer: Send {
    /// Takes a record, and gives it the next number; returns `false` if the buffer is full.
    ///
    /// # Errors
    /// When this record cannot be written.
    fn append(&mut self, to: Target<'_>, record: &RecordBytes<'_>) -> Result<bool, LogError>;

    /// Uses up the next number, for a record that is refused.
    fn skip(&mut self);

    /// How many records were taken or skipped.
    fn appended(&self) -> u64;

    /// The number up to which all records are written or refused.
    fn completed(&self) -> u64;

    /// The offset after the partition's last record that is known to be written.
    fn acknowledged(&self, topic: usize, partition: u32) -> Option<Offset>;

    /// Sends without lingering.
    fn flush(&mut self);

    /// Stops or resumes sending.
    fn set_sending(&mut self, sending: Sending);

    /// Sets the session time-out of the group. A writer that cannot be stopped at once must not send records that are about
    /// as old.
    fn set_session_timeout(&mut self, _timeout: Duration) {}

    /// Discards records that have not been sent.
    fn discard(&mut self, scope: DiscardScope<'_>, topics: &Topics);

    /// Does what is due without blocking, and reports what happened, except for acknowledgements.
    fn poll(&mut self, now: MonotonicTime, topics: &Topics, events: &mut Vec<LogEvent>);

    /// The client that it has begun to use in place of the one before, if it has since the last call.
    fn take_new_client(&mut self) -> Option<Arc<Client>> {
        None
    }
}

/// Limits of the user's settings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) record_bytes_max: usize,
    /// Whether records that cannot be sent within a time are refused (`message.timeout.ms`).
    pub(crate) has_age_max: bool,
}

/// The partition of a record.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) topic: &'a Topic,
    pub(crate) topic_number: usize,
    pub(crate) partition: Partition,
}

impl Target<'_> {
    pub(crate) fn partition(self) -> TopicPartition {
        TopicPartition { topic: self.topic.clone(), partition: self.partition }
    }
}

/// The error of a record. `limit` is that of the client, if the client has refused the record.
fn produce_error(error: NativeError, partition: &TopicPartition, size: usize, limit: Option<usize>) -> LogError {
    match error.code {
        Code::MessageSizeTooLarge | Code::InvalidMessageSize | Code::MessageBatchTooLarge => {
            LogError::RecordTooLarge { partition: partition.clone(), size, limit }
        }
        Code::InvalidRecord | Code::InvalidTimestamp | Code::InvalidMessage => {
            LogError::Unsupported { partition: partition.clone(), reason: error.message }
        }
        _ => error.about_partition(partition),
    }
}
