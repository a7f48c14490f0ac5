//! The reader of the log traits.

mod start;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_log::{Fetching, LogError, LogEvent, OffsetRange, Signal, StartAt};
use millstream_protocol::ErrorCode;
use millstream_types::{MonotonicTime, Offset, Topic, TopicPartition};

use self::start::{Lookups, Start};
use super::RETRY_AFTER;
use super::topic_monitor::TopicMonitor;
use crate::client::{Cluster, about_partition};
use crate::fetcher::{FetchEvent, Fetcher, Halt};
use crate::settings::FetchSettings;

/// How long a topic may be unknown before reading it fails: a new topic does not become known to all brokers at once, and
/// late to busy ones.
const UNKNOWN_FOR: Duration = Duration::from_secs(5);

/// Reads partitions: looks up where to start, fetches, and checks that topics still exist.
pub struct Reader {
    cluster: Cluster,
    signal: Signal,
    monitor: TopicMonitor,
    partitions: BTreeMap<TopicPartition, State>,
    lookups: Lookups,
    failures: Vec<LogEvent>,
    fetcher: Fetcher,
    fetched: Vec<FetchEvent>,
    now: MonotonicTime,
}

/// The state of a partition.
enum State {
    /// Its start is being looked up, by the look-up with this number; the results of earlier ones do not count.
    Requested(Start, u64),
    /// The look-up has failed, and is repeated at this time.
    Waiting(Start, MonotonicTime),
    Reading,
    /// Its range is being looked up, to report that this offset is out of range.
    OutOfRange(Offset, u64),
    /// It has failed, and is no longer read.
    Failed,
}

impl Reader {
    /// A reader that has not connected yet. Topics are looked up again after `metadata_age_max`, or ten seconds.
    #[must_use]
    pub fn new(settings: FetchSettings, metadata_age_max: Option<Duration>, signal: &Signal) -> Self {
        let cluster = Cluster::new(settings.client.clone(), signal);
        Self {
            fetcher: Fetcher::of(&cluster, settings, signal),
            cluster,
            signal: signal.clone(),
            monitor: TopicMonitor::new(metadata_age_max),
            partitions: BTreeMap::new(),
            lookups: Lookups::default(),
            failures: Vec::new(),
            fetched: Vec::new(),
            now: MonotonicTime::START,
        }
    }

    pub(super) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Looks up where to start with these partitions.
    fn look_up(&mut self, starts: Vec<(TopicPartition, Start)>) {
        if starts.is_empty() {
            return;
        }
        let positions = starts.iter().map(|(partition, start)| (partition.clone(), start.at)).collect();
        let number = self.lookups.begin(&self.cluster, positions);
        for (partition, start) in starts {
            self.partitions.insert(partition, State::Requested(start, number));
        }
        self.signal.raise();
    }

    fn poll_lookups(&mut self) {
        for (number, partition, found) in self.lookups.poll(&self.cluster) {
            match self.partitions.get(&partition) {
                Some(State::Requested(start, of)) if *of == number => {
                    let start = *start;
                    match found {
                        Ok((offset, (_, end))) => self.begin(partition, offset, end),
                        Err(error) => self.not_found(partition, start, error),
                    }
                }
                Some(State::OutOfRange(offset, of)) if *of == number => {
                    let offset = *offset;
                    let error = found.map_or_else(|error| error, |(_, range)| out_of_range(&partition, offset, range));
                    self.fail(partition, StartAt::Offset(offset), error);
                }
                // It was assigned again since, or is not any more.
                _ => {}
            }
        }
    }

    /// Starts to read.
    ///
    /// An offset out of range is accepted: a new leader may not know the end of the partition yet, so the fetch request decides.
    fn begin(&mut self, partition: TopicPartition, offset: Offset, end: Offset) {
        self.monitor.look_soon(self.now);
        self.fetcher.assign(partition.clone(), offset, end);
        self.partitions.insert(partition, State::Reading);
    }

    fn not_found(&mut self, partition: TopicPartition, start: Start, error: LogError) {
        let is_unknown = matches!(error, LogError::UnknownTopic { .. } | LogError::UnknownPartition { .. });
        let since = start.unknown_since.unwrap_or(self.now);
        let may_be_new = is_unknown && self.now < since + UNKNOWN_FOR;
        if error.is_retriable() || may_be_new {
            let start = Start { unknown_since: is_unknown.then_some(since), ..start };
            self.partitions.insert(partition, State::Waiting(start, self.now + RETRY_AFTER));
        } else {
            self.fail(partition, start.at, error);
        }
    }

    /// Reports that a partition cannot be read. After a retriable error it is read again from there; after others it has failed.
    fn fail(&mut self, partition: TopicPartition, at: StartAt, error: LogError) {
        let state = if error.is_retriable() {
            State::Waiting(Start { at, unknown_since: None }, self.now + RETRY_AFTER)
        } else {
            State::Failed
        };
        self.failures.push(LogEvent::FetchFailed { partition: partition.clone(), error });
        self.partitions.insert(partition, state);
    }

    fn retry_due(&mut self) {
        let due = self.partitions.iter().filter_map(|(partition, state)| match state {
            State::Waiting(start, at) if self.now >= *at => Some((partition.clone(), *start)),
            _ => None,
        });
        let due = due.collect();
        self.look_up(due);
    }

    /// Fails the partitions that the topic no longer has.
    fn fail_missing(&mut self, topic: &Topic, count: u32) {
        let is_gone = |partition: &TopicPartition| partition.topic == *topic && partition.partition.number() >= count;
        let reading = self.partitions.iter().filter(|(_, state)| matches!(state, State::Reading));
        let gone: Vec<TopicPartition> = reading.map(|(name, _)| name.clone()).filter(is_gone).collect();
        self.unassign(&gone);
        for partition in gone {
            let error = match count {
                0 => LogError::UnknownTopic { topic: topic.clone() },
                _ => LogError::UnknownPartition { partition: partition.clone() },
            };
            self.fail(partition, StartAt::Earliest, error);
        }
    }

    fn poll_fetcher(&mut self, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<LogEvent>) {
        let mut fetched = std::mem::take(&mut self.fetched);
        self.fetcher.poll(self.now, wants, &mut fetched);
        for event in fetched.drain(..) {
            match event {
                FetchEvent::Chunk(chunk) => events.push(LogEvent::Chunk(chunk)),
                FetchEvent::Halted { partition, offset, next, why } => self.halted(partition, offset, next, why),
                FetchEvent::Stalled(partition) => events.push(LogEvent::Stalled(partition)),
                FetchEvent::Unreachable(reason) => events.push(LogEvent::Unavailable(reason)),
                FetchEvent::Unfit(reason) => events.push(LogEvent::Fatal(LogError::Invalid { reason })),
            }
        }
        self.fetched = fetched;
    }

    fn halted(&mut self, partition: TopicPartition, offset: Offset, next: Option<Offset>, why: Halt) {
        let error = match why {
            Halt::OutOfRange => {
                let number = self.lookups.begin(&self.cluster, vec![(partition.clone(), StartAt::Earliest)]);
                self.partitions.insert(partition, State::OutOfRange(offset, number));
                return;
            }
            Halt::Truncated { start, end } => out_of_range(&partition, offset, (start, end)),
            Halt::Refused { code } => about_partition(ErrorCode(code), "", &partition),
            Halt::Damaged(error) => {
                let last = next.map(|next| Offset::new(next.number() - 1));
                LogError::Undecodable { partition: partition.clone(), first: offset, last, reason: error.to_string() }
            }
        };
        self.fail(partition, StartAt::Offset(offset), error);
    }
}

fn out_of_range(partition: &TopicPartition, offset: Offset, (start, end): OffsetRange) -> LogError {
    LogError::OffsetOutOfRange { partition: partition.clone(), offset, start, end }
}

impl Fetching for Reader {
    fn assign(&mut self, partitions: &[(TopicPartition, StartAt)]) {
        let names: Vec<TopicPartition> = partitions.iter().map(|(partition, _)| partition.clone()).collect();
        self.unassign(&names);
        let start = |(partition, at): &(TopicPartition, StartAt)| (partition.clone(), Start::new(*at));
        self.look_up(partitions.iter().map(start).collect());
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.partitions.remove(partition);
            self.fetcher.unassign(partition);
        }
        let is_unassigned = |event: &LogEvent| matches!(event, LogEvent::FetchFailed { partition, .. } if partitions.contains(partition));
        self.failures.retain(|event| !is_unassigned(event));
    }

    fn poll(&mut self, now: MonotonicTime, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<LogEvent>) {
        self.now = now;
        self.cluster.set_now(now);
        let topics = || self.partitions.keys().map(|partition| partition.topic.clone()).collect::<BTreeSet<_>>();
        for (topic, count) in self.monitor.poll(&self.cluster, topics, now) {
            self.fail_missing(&topic, count);
        }
        self.poll_lookups();
        self.retry_due();
        self.poll_fetcher(wants, events);
        events.append(&mut self.failures);
        events.extend(self.cluster.outages().map(LogEvent::Unavailable));
    }
}
