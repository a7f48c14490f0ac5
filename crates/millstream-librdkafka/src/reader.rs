//! Reads partitions by a client that is not a group member.
//!
//! Group members too read with a separate client. With a member's client, librdkafka would stop fetching all partitions and
//! drop their fetched records at every rebalance, and assigning a partition could acknowledge a rebalance by mistake. The
//! second client costs a connection and three threads. It looks up the offset ranges of partitions, and checks that topics
//! still exist; the records come from its [`Queues`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use millstream_log::{Fetching, LogError, LogEvent, OffsetRange, Signal, StartAt};
use millstream_types::{MonotonicTime, Offset, Topic, TopicPartition};

use crate::errors::RETRY_AFTER;
use crate::native::{Client, Code, NativeError, Queue, QueueEvent, Requests, Response};
use crate::outage_tracker::OutageTracker;
use crate::ranges::Ranges;
use crate::silent_brokers::Statistics;
use crate::source::{Begun, Halt, Queues, SourceEvent};
use crate::times::{Times, Wanted};
use crate::topic_monitor::TopicMonitor;

/// How long a topic may be unknown before reading it fails: a new topic does not become known to all brokers at once, and
/// late to busy ones.
const UNKNOWN_FOR: Duration = Duration::from_secs(5);

/// A reader of partitions.
pub(crate) struct Reader {
    main: Queue,
    outages: OutageTracker,
    requests: Requests,
    monitor: TopicMonitor,
    partitions: BTreeMap<TopicPartition, State>,
    lookups: Vec<Ranges>,
    /// Look-ups by time, each after the one of the ranges.
    times: Vec<Times>,
    /// The number of the next look-up. A partition ignores the results of earlier ones.
    turn: u64,
    failures: Vec<LogEvent>,
    queues: Queues,
    source_events: Vec<SourceEvent>,
    now: MonotonicTime,
}

/// The state of a partition.
enum State {
    /// Its range is being looked up in this turn, to start reading.
    Requested(Start, u64),
    /// The look-up has failed, and is repeated at this time.
    Waiting(Start, MonotonicTime),
    /// Its records come through its queue.
    Reading,
    /// Its range is being looked up in this turn, to report that this offset is out of range.
    OutOfRange(Offset, u64),
    /// It has failed, and is no longer read.
    Failed,
}

/// How reading a partition starts.
#[derive(Clone, Copy)]
struct Start {
    at: StartAt,
    /// Since when the topic or partition has been unknown.
    unknown_since: Option<MonotonicTime>,
    /// Whether its last look-up timed out. It is then looked up separately, since one silent broker makes the look-up fail for
    /// all partitions in it.
    is_alone: bool,
}

/// What the look-up of a range has found.
enum Found {
    /// The partition is not read, or has failed.
    Nothing,
    /// Where reading begins.
    Start(Begun),
    /// Where reading begins has to be looked up by time.
    Time(Wanted),
}

impl Reader {
    pub(crate) fn new(client: &Arc<Client>, signal: &Signal, monitor: TopicMonitor) -> Self {
        Self {
            main: client.main_queue(signal),
            outages: OutageTracker::default(),
            requests: Requests::new(client, signal),
            monitor,
            partitions: BTreeMap::new(),
            lookups: Vec::new(),
            times: Vec::new(),
            turn: 0,
            failures: Vec::new(),
            queues: Queues::new(client, signal),
            source_events: Vec::new(),
            now: MonotonicTime::START,
        }
    }

    pub(crate) fn client(&self) -> &Arc<Client> {
        self.main.client()
    }

    /// Looks up the ranges of partitions in the current turn, and starts the next turn.
    fn look_up(&mut self, partitions: Vec<TopicPartition>) {
        if !partitions.is_empty() {
            self.lookups.push(Ranges::request(&mut self.requests, partitions, self.turn));
            self.turn += 1;
        }
    }

    fn poll_responses(&mut self) {
        while let Some(response) = self.requests.poll() {
            let mut unclaimed = Some(response);
            for lookup in &mut self.lookups {
                unclaimed = unclaimed.and_then(|response| lookup.offer(response, &mut self.requests));
            }
            let unclaimed = unclaimed.and_then(|response| self.offer_to_times(response));
            let counts = unclaimed.map(|response| self.monitor.offer(response, self.now));
            counts.into_iter().flatten().for_each(|(topic, count)| self.fail_missing(&topic, count));
        }
        let mut begun = Vec::new();
        while let Some(index) = self.lookups.iter().position(Ranges::is_complete) {
            let lookup = self.lookups.remove(index);
            let (turn, mut by_time) = (lookup.turn(), Vec::new());
            for (partition, range) in lookup.into_results() {
                match self.found(partition, range, turn) {
                    Found::Nothing => {}
                    Found::Start(start) => begun.push(start),
                    Found::Time(wanted) => by_time.push(wanted),
                }
            }
            if !by_time.is_empty() {
                self.times.push(Times::request(&mut self.requests, by_time, turn));
            }
        }
        self.begin(begun);
        self.retry_due();
    }

    /// Begins to read where a look-up by time has found the first record. Returns the response if it belongs to another request.
    fn offer_to_times(&mut self, response: Response) -> Option<Response> {
        let Some(index) = self.times.iter().position(|times| times.is_answered_by(&response)) else {
            return Some(response);
        };
        let times = self.times.swap_remove(index);
        let (now, mut begun) = (times.turn(), Vec::new());
        for (partition, found) in times.into_results(response) {
            match (self.partitions.get(&partition), found) {
                (Some(State::Requested(_, turn)), Ok(start)) if *turn == now => begun.push(start),
                (Some(State::Requested(start, turn)), Err(error)) if *turn == now => {
                    let start = *start;
                    self.not_found(partition, start, error);
                }
                // The partition was assigned again since, or is not any more.
                _ => {}
            }
        }
        self.begin(begun);
        None
    }

    /// Handles the result of a look-up: whether the partition can be read, and from where.
    ///
    /// An offset out of range is accepted: a new leader may not know the end of the partition yet, so the fetch request decides.
    fn found(&mut self, partition: TopicPartition, range: Result<OffsetRange, NativeError>, now: u64) -> Found {
        let Some(state) = self.partitions.get(&partition) else { return Found::Nothing };
        match (state, range) {
            (State::Requested(start, turn), range) if *turn == now => match (*start, range) {
                (Start { at, .. }, Ok((first, end))) => {
                    let offset = match at {
                        StartAt::Earliest => first,
                        StartAt::Latest => end,
                        StartAt::Offset(offset) => offset,
                        StartAt::Time(time) => return Found::Time((partition, time, end)),
                    };
                    return Found::Start((partition, offset, end));
                }
                (start, Err(error)) => self.not_found(partition, start, error),
            },
            (State::OutOfRange(offset, turn), range) if *turn == now => {
                let offset = *offset;
                let error = match range {
                    Ok((start, end)) => LogError::OffsetOutOfRange { partition: partition.clone(), offset, start, end },
                    Err(error) => error.about_partition(&partition),
                };
                self.fail(partition, StartAt::Offset(offset), error);
            }
            // The partition was assigned again since, or has failed.
            (State::Requested(..) | State::Waiting(..) | State::Reading | State::OutOfRange(..) | State::Failed, _) => {
            }
        }
        Found::Nothing
    }

    fn not_found(&mut self, partition: TopicPartition, start: Start, error: NativeError) {
        let (is_retriable, is_alone) = (error.is_retriable(), error.is_timeout());
        let error = error.about_partition(&partition);
        let is_unknown = matches!(error, LogError::UnknownTopic { .. } | LogError::UnknownPartition { .. });
        let since = start.unknown_since.unwrap_or(self.now);
        let may_be_new = is_unknown && self.now < since + UNKNOWN_FOR;
        if is_retriable || may_be_new {
            let unknown_since = is_unknown.then_some(since);
            let again_at = self.now + RETRY_AFTER;
            let start = Start { unknown_since, is_alone, ..start };
            self.partitions.insert(partition, State::Waiting(start, again_at));
        } else {
            self.fail(partition, start.at, error);
        }
    }

    /// Reports that a partition cannot be read. After a retriable error it is read again from there; after others it has failed.
    fn fail(&mut self, partition: TopicPartition, at: StartAt, error: LogError) {
        let state = if error.is_retriable() {
            State::Waiting(Start { at, unknown_since: None, is_alone: false }, self.now + RETRY_AFTER)
        } else {
            State::Failed
        };
        self.failures.push(LogEvent::FetchFailed { partition: partition.clone(), error });
        self.partitions.insert(partition, state);
    }

    /// Starts to read from these offsets.
    fn begin(&mut self, begun: Vec<Begun>) {
        if begun.is_empty() {
            return;
        }
        for (partition, ..) in &begun {
            self.partitions.insert(partition.clone(), State::Reading);
        }
        self.monitor.look_soon(self.now);
        if let Err(error) = self.queues.begin(&begun) {
            for (partition, offset, _) in begun {
                let error = error.clone().about_partition(&partition);
                self.fail(partition, StartAt::Offset(offset), error);
            }
        }
    }

    fn retry_due(&mut self) {
        let (mut together, mut alone) = (Vec::new(), Vec::new());
        for (partition, state) in &mut self.partitions {
            if let State::Waiting(start, at) = state
                && self.now >= *at
            {
                let due = if start.is_alone { &mut alone } else { &mut together };
                due.push((partition.clone(), *start));
            }
        }
        let groups = alone.into_iter().map(|due| vec![due]).chain([together]);
        for group in groups {
            for (partition, start) in &group {
                self.partitions.insert(partition.clone(), State::Requested(*start, self.turn));
            }
            self.look_up(group.into_iter().map(|(partition, _)| partition).collect());
        }
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

    fn poll_main(&mut self, events: &mut Vec<LogEvent>) {
        self.main.drain(|event| match event {
            // librdkafka looks up the coordinator of the group although this client is not a member.
            QueueEvent::Error { error, .. } if error.code == Code::GroupAuthorizationFailed => {}
            QueueEvent::Error { error, severity } => {
                events.extend(self.outages.on_error(self.main.client(), error, severity));
            }
            QueueEvent::Statistics(json) => self.queues.take_statistics(&Statistics::parse(&json)),
            QueueEvent::Assigned(_)
            | QueueEvent::Revoked(_)
            | QueueEvent::Committed(_)
            | QueueEvent::Delivered(_)
            | QueueEvent::Response(_)
            | QueueEvent::Other => {}
        });
    }

    fn poll_source(&mut self, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<LogEvent>) {
        let mut source_events = std::mem::take(&mut self.source_events);
        self.queues.take(wants, &mut source_events);
        let mut out_of_range = Vec::new();
        for event in source_events.drain(..) {
            match event {
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
        self.look_up(out_of_range);
    }
}

impl Fetching for Reader {
    fn assign(&mut self, partitions: &[(TopicPartition, StartAt)]) {
        let names: Vec<TopicPartition> = partitions.iter().map(|(partition, _)| partition.clone()).collect();
        self.unassign(&names);
        for (partition, start_at) in partitions {
            let start = Start { at: *start_at, unknown_since: None, is_alone: false };
            self.partitions.insert(partition.clone(), State::Requested(start, self.turn));
        }
        self.look_up(names);
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.partitions.remove(partition);
        }
        self.queues.end(partitions);
        let is_unassigned = |event: &LogEvent| matches!(event, LogEvent::FetchFailed { partition, .. } if partitions.contains(partition));
        self.failures.retain(|event| !is_unassigned(event));
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
