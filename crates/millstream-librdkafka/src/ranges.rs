//! Looks up the offset ranges of partitions, with two requests for all of them.

use std::collections::BTreeSet;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use millstream_log::OffsetRange;
use millstream_types::{Offset, Topic, TopicPartition};

use crate::native::{Code, Description, Entry, LogicalOffset, NativeError, Reply, Requests, Response};

/// The offsets at one end of the partitions.
type Found = Result<HashMap<TopicPartition, Result<Option<Offset>, NativeError>, FixedState>, NativeError>;

/// The numbers of partitions of topics.
type Counts = Result<HashMap<Topic, Result<u32, NativeError>, FixedState>, NativeError>;

/// A look-up that is in flight.
pub(crate) struct Ranges {
    partitions: Vec<TopicPartition>,
    turn: u64,
    starts: End,
    ends: End,
    /// A description of the topics. It is requested when none of the partitions has a leader, to find out whether the topics
    /// exist, and when a leader is not the one that librdkafka has cached, to update the cache for the next look-up.
    counts: Option<(u64, Option<Counts>)>,
}

struct End {
    request: u64,
    found: Option<Found>,
}

impl End {
    fn request(requests: &mut Requests, partitions: &[TopicPartition], position: LogicalOffset) -> Self {
        Self { request: requests.offsets(partitions, position), found: None }
    }

    fn take(&mut self, response: Response) {
        self.found = Some(response.result.and_then(|reply| match reply {
            Reply::Offsets(entries) => Ok(entries.into_iter().map(offset_of).collect()),
            _ => Err(unexpected()),
        }));
    }

    /// Whether librdkafka sent no request because none of the partitions has a leader.
    fn has_no_leaders(&self) -> bool {
        matches!(&self.found, Some(Err(error)) if error.code == Code::NoEnt)
    }

    fn needs_leaders(&self) -> bool {
        self.has_no_leaders() || self.has_other_leaders()
    }

    /// Whether a broker responded that it is not the leader. librdkafka does not update its cached leader then.
    fn has_other_leaders(&self) -> bool {
        let Some(Ok(found)) = &self.found else { return false };
        found.values().any(|offset| offset.as_ref().is_err_and(is_about_leader))
    }

    fn offset(&self, partition: &TopicPartition) -> Result<Offset, NativeError> {
        let found = self.found.as_ref().ok_or_else(unexpected)?.as_ref().map_err(Clone::clone)?;
        found.get(partition).ok_or_else(unexpected)?.clone()?.ok_or_else(unexpected)
    }
}

fn is_about_leader(error: &NativeError) -> bool {
    matches!(error.code, Code::NotLeaderForPartition | Code::FencedLeaderEpoch | Code::UnknownLeaderEpoch)
}

fn offset_of(entry: Entry) -> (TopicPartition, Result<Option<Offset>, NativeError>) {
    (entry.partition, entry.result.map(|()| entry.offset))
}

/// The error for a response without an offset, which brokers do not send. It is retriable.
fn unexpected() -> NativeError {
    NativeError { code: Code::OffsetNotAvailable, message: "the broker returned no offset".to_owned() }
}

impl Ranges {
    /// Requests the ranges of these partitions. There must be at least one. `turn` is the caller's number for this look-up.
    pub(crate) fn request(requests: &mut Requests, partitions: Vec<TopicPartition>, turn: u64) -> Self {
        let starts = End::request(requests, &partitions, LogicalOffset::Earliest);
        let ends = End::request(requests, &partitions, LogicalOffset::Latest);
        Self { partitions, turn, starts, ends, counts: None }
    }

    /// Takes a response; returns it if it belongs to another request.
    pub(crate) fn offer(&mut self, response: Response, requests: &mut Requests) -> Option<Response> {
        match &mut self.counts {
            Some((request, counts)) if *request == response.number => *counts = Some(counts_in(response)),
            _ if response.number == self.starts.request => self.starts.take(response),
            _ if response.number == self.ends.request => self.ends.take(response),
            _ => return Some(response),
        }
        if self.counts.is_none() && [&self.starts, &self.ends].iter().any(|end| end.needs_leaders()) {
            let topics: BTreeSet<Topic> = self.partitions.iter().map(|partition| partition.topic.clone()).collect();
            self.counts = Some((requests.topics(&Vec::from_iter(topics)), None));
        }
        None
    }

    /// The caller's number for this look-up.
    pub(crate) fn turn(&self) -> u64 {
        self.turn
    }

    /// Whether all responses have arrived.
    pub(crate) fn is_complete(&self) -> bool {
        let are_counted = self.counts.as_ref().is_none_or(|(_, counts)| counts.is_some());
        self.starts.found.is_some() && self.ends.found.is_some() && are_counted
    }

    /// The ranges in the order of the request. The look-up must be complete.
    pub(crate) fn into_results(self) -> Vec<(TopicPartition, Result<OffsetRange, NativeError>)> {
        let range = |partition: &TopicPartition| self.range(partition);
        let results: Vec<_> = self.partitions.iter().map(range).collect();
        self.partitions.into_iter().zip(results).collect()
    }

    fn range(&self, partition: &TopicPartition) -> Result<OffsetRange, NativeError> {
        match &self.counts {
            Some((_, Some(counts))) if self.starts.has_no_leaders() || self.ends.has_no_leaders() => {
                Err(why_without_leader(partition, counts))
            }
            _ => Ok((self.starts.offset(partition)?, self.ends.offset(partition)?)),
        }
    }
}

fn counts_in(response: Response) -> Counts {
    match response.result? {
        Reply::Topics(topics) => {
            let count = |result: Result<Description, NativeError>| result.map(|description| description.partitions);
            Ok(topics.into_iter().map(|(topic, result)| (topic, count(result))).collect())
        }
        _ => Err(unexpected()),
    }
}

/// The error of a partition without a leader: it does not exist, or its leader is unavailable.
fn why_without_leader(partition: &TopicPartition, counts: &Counts) -> NativeError {
    let count = counts.as_ref().map_err(Clone::clone).and_then(|counts| match counts.get(&partition.topic) {
        Some(count) => count.clone(),
        None => Err(unexpected()),
    });
    match count {
        Ok(count) if partition.partition.number() < count => {
            let message = format!("{partition} has no leader at the moment");
            NativeError { code: Code::LeaderNotAvailable, message }
        }
        Ok(_) => NativeError { code: Code::UnknownPartition, message: format!("{partition} does not exist") },
        Err(error) => error,
    }
}
