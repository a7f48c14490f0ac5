//! Writes the records of a producer: [`Messages`] gives them to librdkafka, and takes back those that must not be sent.

mod deliveries;
mod link;
mod messages;
mod queue_limit;
mod recall;

use millstream_log::LogError;
use millstream_types::{Partition, Topic, TopicPartition};

pub(crate) use self::messages::Messages;

use crate::native::{Code, NativeError};

/// Limits of the user's settings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) record_bytes_max: usize,
    /// Whether records that cannot be sent within a time are refused (`message.timeout.ms`).
    pub(crate) has_age_max: bool,
}

/// The partition of a record. The topic has the number that [`Topics`](crate::topics::Topics) has given it.
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
