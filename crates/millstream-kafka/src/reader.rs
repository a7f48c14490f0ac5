//! Reading partitions: a client that belongs to no group.
//!
//! Even a group member reads with a client of its own. librdkafka holds all partitions of a member still, and throws
//! away what it has fetched of them, whenever the group gives or takes one; and a partition assigned by hand at the
//! wrong moment would response the group. A second client costs a connection and three threads, and knows nothing of that. It
//! looks up where partitions begin and end and whether they are still there; their records come from a [`Source`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use millstream_log::{Fetching, LogError, LogEvent, OffsetRange, Signal, StartAt};
use millstream_types::{MonotonicTime, Offset, Topic, TopicPartition};

use crate::errors::RETRY_AFTER;
use crate::native::{Client, Code, NativeError, Queue, QueueEvent, Requests};
use crate::outage_tracker::OutageTracker;
use crate::ranges::Ranges;
use crate::source::{Begun, Halt, Source, SourceEvent};
use crate::topic_monitor::TopicMonitor;

/// For how long a topic may be unknown: a new one reaches the brokers one after the other.
const UNKNOWN_FOR: Duration = Duration::from_secs(1);

/// A reader of partitions.
pub(crate) struct Reader {
    main: Queue,
    outages: OutageTracker,
    requests: Requests,
    monitor: TopicMonitor,
    partitions: BTreeMap<TopicPartition, State>,
    lookups: Vec<Ranges>,
    /// Counts look-ups: a response counts only for what still waits for it.
    turn: u64,
    failures: Vec<LogEvent>,
    source: Box<dyn Source>,
    source_events: Vec<SourceEvent>,
    now: MonotonicTime,
}

/// How far a partition is.
enum State {
    /// Its range is being looked up in that turn, to begin there.
    Requested(Beginning, u64),
    /// Its range could not be looked up; it will be again at that time.
    Waiting(Beginning, MonotonicTime),
    /// Its source brings it.
    Reading,
    /// Its range is being looked up in that turn, to report that this offset is not in it.
    OutOfRange(Offset, u64),
    /// It failed, and stands still.
    Failed,
}

#[derive(Clone, Copy)]
struct Beginning {
    start_at: StartAt,
    /// When the topic was first unknown.
    unknown_since: Option<MonotonicTime>,
    /// Its look-up timed out: it is looked up by itself, since behind a silent broker the look-up of many partitions
    /// fails for all of them.
    is_alone: bool,
}

impl Reader {
    pub(crate) fn new(client: &Arc<Client>, source: Box<dyn Source>, signal: &Signal, monitor: TopicMonitor) -> Self {
        Self {
            main: client.main_queue(signal),
            outages: OutageTracker::default(),
            requests: Requests::new(client, signal),
            monitor,
            partitions: BTreeMap::new(),
            lookups: Vec::new(),
            turn: 0,
            failures: Vec::new(),
            source,
            source_events: Vec::new(),
            now: MonotonicTime::START,
        }
    }

    /// Looks up the ranges of partitions that are in the present turn, and ends it.
    fn ask(&mut self, partitions: Vec<TopicPartition>) {
        if !partitions.is_empty() {
            self.lookups.push(Ranges::ask(&mut self.requests, partitions, self.turn));
            self.turn += 1;
        }
    }

    fn poll_responses(&mut self) {
        while let Some(response) = self.requests.poll() {
            let mut unclaimed = Some(response);
            for lookup in &mut self.lookups {
                unclaimed = unclaimed.and_then(|response| lookup.offer(response, &mut self.requests));
            }
            let counts = unclaimed.map(|response| self.monitor.offer(response, self.now));
            counts.into_iter().flatten().for_each(|(topic, count)| self.lose(&topic, count));
        }
        let mut begun = Vec::new();
        while let Some(index) = self.lookups.iter().position(Ranges::is_complete) {
            let lookup = self.lookups.remove(index);
            let turn = lookup.turn();
            for (partition, range) in lookup.into_results() {
                begun.extend(self.found(partition, range, turn));
            }
        }
        self.begin(begun);
        self.retry_due();
    }

    /// A range was found, or not; the partition, the offset to read from now and its end, if it can be read.
    ///
    /// An offset outside of the range is tried all the same: after a change of leaders the new one may not know yet
    /// how far the partition goes, and what it says when it is read decides.
    fn found(&mut self, partition: TopicPartition, range: Result<OffsetRange, NativeError>, now: u64) -> Option<Begun> {
        match (self.partitions.get(&partition)?, range) {
            (State::Requested(beginning, turn), range) if *turn == now => match (*beginning, range) {
                (Beginning { start_at, .. }, Ok((start, end))) => {
                    let offset = match start_at {
                        StartAt::Earliest => start,
                        StartAt::Latest => end,
                        StartAt::Offset(offset) => offset,
                    };
                    return Some((partition, offset, end));
                }
                (beginning, Err(error)) => self.not_found(partition, beginning, error),
            },
            (State::OutOfRange(offset, turn), range) if *turn == now => {
                let offset = *offset;
                let error = match range {
                    Ok((start, end)) => LogError::OffsetOutOfRange { partition: partition.clone(), offset, start, end },
                    Err(error) => error.about_partition(&partition),
                };
                self.fail(partition, StartAt::Offset(offset), error);
            }
            _ => {}
        }
        None
    }

    fn not_found(&mut self, partition: TopicPartition, beginning: Beginning, error: NativeError) {
        let (is_retriable, is_alone) = (error.is_retriable(), error.is_timeout());
        let error = error.about_partition(&partition);
        let is_unknown = matches!(error, LogError::UnknownTopic { .. } | LogError::UnknownPartition { .. });
        let since = beginning.unknown_since.unwrap_or(self.now);
        let is_new_maybe = is_unknown && self.now < since + UNKNOWN_FOR;
        if is_retriable || is_new_maybe {
            let unknown_since = is_unknown.then_some(since);
            let again_at = self.now + RETRY_AFTER;
            self.partitions
                .insert(partition, State::Waiting(Beginning { unknown_since, is_alone, ..beginning }, again_at));
        } else {
            self.fail(partition, beginning.start_at, error);
        }
    }

    /// Tells that a partition cannot be read. What may pass is tried again from there, all else stands still.
    fn fail(&mut self, partition: TopicPartition, start_at: StartAt, error: LogError) {
        let state = if error.is_retriable() {
            State::Waiting(Beginning { start_at, unknown_since: None, is_alone: false }, self.now + RETRY_AFTER)
        } else {
            State::Failed
        };
        self.failures.push(LogEvent::FetchFailed { partition: partition.clone(), error });
        self.partitions.insert(partition, state);
    }

    /// Starts to fetch from these offsets.
    fn begin(&mut self, begun: Vec<Begun>) {
        if begun.is_empty() {
            return;
        }
        for (partition, ..) in &begun {
            self.partitions.insert(partition.clone(), State::Reading);
        }
        self.monitor.look_soon(self.now);
        if let Err(error) = self.source.begin(&begun) {
            for (partition, offset, _) in begun {
                let error = error.clone().about_partition(&partition);
                self.fail(partition, StartAt::Offset(offset), error);
            }
        }
    }

    fn retry_due(&mut self) {
        let (mut together, mut alone) = (Vec::new(), Vec::new());
        for (partition, state) in &mut self.partitions {
            if let State::Waiting(beginning, at) = state
                && self.now >= *at
            {
                let due = if beginning.is_alone { &mut alone } else { &mut together };
                due.push((partition.clone(), *beginning));
            }
        }
        let groups = alone.into_iter().map(|due| vec![due]).chain([together]);
        for group in groups {
            for (partition, beginning) in &group {
                self.partitions.insert(partition.clone(), State::Requested(*beginning, self.turn));
            }
            self.ask(group.into_iter().map(|(partition, _)| partition).collect());
        }
    }

    /// Stops reading the partitions of a topic that it no longer has.
    fn lose(&mut self, topic: &Topic, count: u32) {
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

    fn poll_main(&mut self, events: &mut Vec<LogEvent>) {
        self.main.drain(|event| {
            // librdkafka looks for the coordinator of any group that it is given, be it needed or not.
            if let QueueEvent::Error { error, is_fatal } = event
                && error.code != Code::GroupAuthorizationFailed
            {
                events.extend(self.outages.on_error(self.main.client(), error, is_fatal));
            }
        });
    }

    fn poll_source(&mut self, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<LogEvent>) {
        let mut source_events = std::mem::take(&mut self.source_events);
        self.source.take(self.now, wants, &mut source_events);
        let mut out_of_range = Vec::new();
        for source_events in source_events.drain(..) {
            match source_events {
                SourceEvent::Chunk(chunk) => events.push(LogEvent::Chunk(chunk)),
                SourceEvent::Log(event) => events.push(event),
                SourceEvent::Halted(partition, Halt::OutOfRange(offset)) => {
                    self.partitions.insert(partition.clone(), State::OutOfRange(offset, self.turn));
                    out_of_range.push(partition);
                }
                SourceEvent::Halted(partition, Halt::Failed(offset, error)) => {
                    self.fail(partition, StartAt::Offset(offset), error);
                }
            }
        }
        self.source_events = source_events;
        self.ask(out_of_range);
    }
}

impl Fetching for Reader {
    fn assign(&mut self, partitions: &[(TopicPartition, StartAt)]) {
        let names: Vec<TopicPartition> = partitions.iter().map(|(partition, _)| partition.clone()).collect();
        self.unassign(&names);
        for (partition, start_at) in partitions {
            let beginning = Beginning { start_at: *start_at, unknown_since: None, is_alone: false };
            self.partitions.insert(partition.clone(), State::Requested(beginning, self.turn));
        }
        self.ask(names);
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.partitions.remove(partition);
        }
        self.source.end(partitions);
        let is_gone = |event: &LogEvent| matches!(event, LogEvent::FetchFailed { partition, .. } if partitions.contains(partition));
        self.failures.retain(|event| !is_gone(event));
    }

    fn poll(&mut self, now: MonotonicTime, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<LogEvent>) {
        self.now = now;
        self.poll_main(events);
        let topics = || self.partitions.keys().map(|partition| partition.topic.clone()).collect::<BTreeSet<_>>();
        self.monitor.look(topics, &mut self.requests, now);
        self.poll_responses();
        self.poll_source(wants, events);
        events.append(&mut self.failures);
    }
}
