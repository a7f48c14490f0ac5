//! Looks up where partitions begin and end, all of them with two requests.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use millstream_log::OffsetRange;
use millstream_types::{Offset, TopicPartition};

use crate::native::{Answer, Code, Entry, LogicalOffset, NativeError, Reply, Requests};

/// What was found at one end of the partitions.
type Found = Result<HashMap<TopicPartition, Result<Option<Offset>, NativeError>, FixedState>, NativeError>;

/// A look-up that is under way.
pub(crate) struct Ranges {
    partitions: Vec<TopicPartition>,
    turn: u64,
    starts: End,
    ends: End,
}

struct End {
    request: u64,
    found: Option<Found>,
}

impl End {
    fn ask(requests: &mut Requests, partitions: &[TopicPartition], place: LogicalOffset) -> Self {
        Self { request: requests.offsets(partitions, place), found: None }
    }

    fn take(&mut self, answer: Answer) {
        self.found = Some(answer.result.and_then(|reply| match reply {
            Reply::Offsets(entries) => Ok(entries.into_iter().map(told).collect()),
            _ => Err(unexpected()),
        }));
    }

    fn offset(&self, partition: &TopicPartition) -> Result<Offset, NativeError> {
        let found = self.found.as_ref().ok_or_else(unexpected)?.as_ref().map_err(Clone::clone)?;
        found.get(partition).ok_or_else(unexpected)?.clone()?.ok_or_else(unexpected)
    }
}

fn told(entry: Entry) -> (TopicPartition, Result<Option<Offset>, NativeError>) {
    (entry.partition, entry.result.map(|()| entry.offset))
}

/// No broker answers like that; asking again is all there is to do.
fn unexpected() -> NativeError {
    NativeError { code: Code::OffsetNotAvailable, message: "the broker told no offset".to_owned() }
}

impl Ranges {
    /// Asks for the ranges of these partitions, of which there must be one. The turn is the asker's own.
    pub(crate) fn ask(requests: &mut Requests, partitions: Vec<TopicPartition>, turn: u64) -> Self {
        let starts = End::ask(requests, &partitions, LogicalOffset::Earliest);
        let ends = End::ask(requests, &partitions, LogicalOffset::Latest);
        Self { partitions, turn, starts, ends }
    }

    /// Takes an answer in; gives it back if it belongs to something else.
    pub(crate) fn offer(&mut self, answer: Answer) -> Option<Answer> {
        if answer.number == self.starts.request {
            self.starts.take(answer);
        } else if answer.number == self.ends.request {
            self.ends.take(answer);
        } else {
            return Some(answer);
        }
        None
    }

    /// The turn it was asked with.
    pub(crate) fn turn(&self) -> u64 {
        self.turn
    }

    /// Whether both answers are there.
    pub(crate) fn is_complete(&self) -> bool {
        self.starts.found.is_some() && self.ends.found.is_some()
    }

    /// What was found, in the order of the question. Only once it is complete.
    pub(crate) fn into_results(self) -> Vec<(TopicPartition, Result<OffsetRange, NativeError>)> {
        let range = |partition: &TopicPartition| Ok((self.starts.offset(partition)?, self.ends.offset(partition)?));
        let results: Vec<_> = self.partitions.iter().map(range).collect();
        self.partitions.into_iter().zip(results).collect()
    }
}
