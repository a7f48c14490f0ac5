//! Looks up offsets by time, with one request for any number of partitions.

use std::collections::BTreeMap;

use millstream_types::{Offset, Timestamp, TopicPartition};

use crate::native::{Code, Entry, NativeError, Reply, Requests, Response};
use crate::source::Begun;

/// A partition, the time to look up, and the end of the partition.
pub(crate) type Wanted = (TopicPartition, Timestamp, Offset);

/// A look-up that is in flight. The leaders of the partitions are known, since their ranges were looked up just before.
pub(crate) struct Times {
    request: u64,
    turn: u64,
    wanted: Vec<Wanted>,
}

impl Times {
    /// Requests the offsets. There must be at least one. `turn` is the caller's number for the look-up of the ranges.
    pub(crate) fn request(requests: &mut Requests, wanted: Vec<Wanted>, turn: u64) -> Self {
        let request = requests.offsets_at(wanted.iter().map(|(partition, time, _)| (partition, *time)));
        Self { request, turn, wanted }
    }

    /// The caller's number for the look-up of the ranges.
    pub(crate) fn turn(&self) -> u64 {
        self.turn
    }

    /// Whether this is its response.
    pub(crate) fn is_answered_by(&self, response: &Response) -> bool {
        self.request == response.number
    }

    /// Where reading each partition begins: at the first record that is late enough, or at the end.
    pub(crate) fn into_results(self, response: Response) -> Vec<(TopicPartition, Result<Begun, NativeError>)> {
        let mut found: Result<BTreeMap<TopicPartition, Entry>, NativeError> =
            response.result.and_then(|reply| match reply {
                Reply::Offsets(entries) => {
                    Ok(entries.into_iter().map(|entry| (entry.partition.clone(), entry)).collect())
                }
                _ => Err(unexpected()),
            });
        let begun = |(partition, _, end): Wanted| {
            let entry = match &mut found {
                Ok(found) => found.remove(&partition).ok_or_else(unexpected),
                Err(error) => Err(error.clone()),
            };
            let offset = entry.and_then(|entry| entry.result.map(|()| entry.offset.unwrap_or(end)));
            (partition.clone(), offset.map(|offset| (partition, offset, end)))
        };
        self.wanted.into_iter().map(begun).collect()
    }
}

/// The error for a response without one of the partitions, which brokers do not send. It is retriable.
fn unexpected() -> NativeError {
    NativeError { code: Code::OffsetNotAvailable, message: "the broker returned no offset for a time".to_owned() }
}
