//! How the records of a producer get into the log.
//!
//! Millstream writes by itself ([`Wire`]) where it can, and through librdkafka ([`Messages`]) where the connection is
//! encrypted or asks who is there, or a setting asks for what only librdkafka does.

mod deliveries;
mod messages;
mod wire;

use millstream_log::{Discarded, LogError, LogEvent, Sending, Unsent};
use millstream_types::{MonotonicTime, Offset, Partition, RecordBytes, Topic, TopicPartition};

pub(crate) use self::messages::Messages;
pub(crate) use self::wire::Wire;

use crate::native::{Code, NativeError};
use crate::topics::Topics;

/// Writes records to partitions that are there. Topics are known by the numbers that [`Topics`] gives them.
pub(crate) trait Writer: Send {
    /// Takes a record, and gives it the next number; `false` when too much waits already.
    ///
    /// # Errors
    /// When this record will never be written.
    fn append(&mut self, to: Target<'_>, record: &RecordBytes<'_>) -> Result<bool, LogError>;

    /// Gives the next number to a record that is refused.
    fn skip(&mut self);

    /// How many records were taken or skipped.
    fn appended(&self) -> u64;

    /// The number up to which all are written or refused.
    fn completed(&self) -> u64;

    /// The offset after the last record that is known to be written there.
    fn acknowledged(&self, topic: usize, partition: u32) -> Option<Offset>;

    /// Starts to send without lingering.
    fn flush(&mut self);

    /// Holds back what is not sent, or sends again.
    fn set_sending(&mut self, sending: Sending);

    /// Throws away what is not sent.
    fn discard(&mut self, unsent: Unsent<'_>) -> Discarded;

    /// Moves work along, and reports what happened, without acknowledgements.
    fn poll(&mut self, now: MonotonicTime, topics: &Topics, events: &mut Vec<LogEvent>);
}

/// Where a record goes.
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

/// What went wrong with a record. The limit is that of the client, if that has refused it.
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
