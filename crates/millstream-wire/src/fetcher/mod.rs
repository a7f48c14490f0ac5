//! Reads partitions from their leaders, or from nearer replicas.

mod event;
mod link;
mod nearer_replica;
mod partition_state;
mod session;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_log::{BytesInUse, Signal};
use millstream_types::{MonotonicTime, Offset, TopicPartition};

pub use self::event::{FetchEvent, Halt};
use self::link::Link;
use self::partition_state::{Halted, PartitionState, Room};
use crate::client::Cluster;
use crate::error::LinkError;
use crate::leaders::{Leader, Leaders};
use crate::messages::fetch::{FetchPartition, FetchResponse};
use crate::settings::FetchSettings;

/// How long a broker may hold a request for some of its partitions: the others cannot be requested meanwhile. When the busy
/// partitions have enough waiting, a request is for idle ones only, and would delay the busy ones.
const PARTIAL_WAIT_MAX: Duration = Duration::from_millis(20);

/// Reads partitions, each from an offset on. It never blocks: one thread per broker waits for the responses.
///
/// The next request is sent as soon as a response arrives, before its records are used, unless enough records wait already.
/// So each partition buffers at most about twice [`partition_bytes_max`](FetchSettings::partition_bytes_max), as received.
/// Records are decompressed and verified (CRC-32C) when [`poll`](Self::poll) returns them.
///
/// # Examples
/// ```no_run
/// use std::time::Duration;
/// use millstream_log::Signal;
/// use millstream_types::{MonotonicTime, Offset, TopicPartition};
/// use millstream_wire::{ClientSettings, FetchEvent, FetchSettings, Fetcher};
///
/// let signal = Signal::new();
/// let client = ClientSettings { bootstrap_servers: "localhost:9092".parse()?, ..ClientSettings::default() };
/// let mut fetcher = Fetcher::new(FetchSettings { client, ..FetchSettings::default() }, &signal);
/// let partition = TopicPartition::new("lines", 0);
/// fetcher.assign(partition.clone(), Offset::new(0), Offset::new(100));
///
/// let mut events = Vec::new();
/// for now in (0..1_000).map(|millis| MonotonicTime::after_start(Duration::from_millis(millis))) {
///     fetcher.poll(now, &mut |_| true, &mut events);
///     for event in events.drain(..) {
///         match event {
///             FetchEvent::Chunk(chunk) => println!("{} records", chunk.len()),
///             FetchEvent::Halted { partition, offset, why, .. } => eprintln!("{partition} at {offset}: {why:?}"),
///             FetchEvent::Stalled(partition) => eprintln!("{partition} has stalled"),
///             FetchEvent::Unreachable(text) | FetchEvent::Unfit(text) => eprintln!("{text}"),
///         }
///     }
///     signal.wait(Duration::from_millis(1));
/// }
/// fetcher.unassign(&partition);
/// # Ok::<(), String>(())
/// ```
pub struct Fetcher {
    settings: FetchSettings,
    signal: Signal,
    partitions: BTreeMap<TopicPartition, PartitionState>,
    /// The bytes of the chunks that are still in use.
    in_use: BytesInUse,
    leaders: Leaders,
    links: BTreeMap<i32, Link>,
    /// Rotates the partitions of a request: a broker fills its response in their order.
    turn: usize,
}

impl Fetcher {
    /// A fetcher without partitions. The signal is raised when there is something to poll.
    #[must_use]
    pub fn new(settings: FetchSettings, signal: &Signal) -> Self {
        Self::of(&Cluster::new(settings.client.clone(), signal), settings, signal)
    }

    /// The same, with the known brokers and the connections for look-ups of this cluster.
    pub(crate) fn of(cluster: &Cluster, settings: FetchSettings, signal: &Signal) -> Self {
        Self {
            leaders: Leaders::new(cluster, settings.client.clone()),
            settings,
            signal: signal.clone(),
            partitions: BTreeMap::new(),
            in_use: BytesInUse::default(),
            links: BTreeMap::new(),
            turn: 0,
        }
    }

    /// Starts to read a partition from `next` on. `end` is its current end, as far as known.
    pub fn assign(&mut self, partition: TopicPartition, next: Offset, end: Offset) {
        let state = PartitionState::new(partition.clone(), next, end, self.in_use.part());
        self.partitions.insert(partition, state);
    }

    /// Stops reading a partition.
    pub fn unassign(&mut self, partition: &TopicPartition) {
        self.partitions.remove(partition);
    }

    /// Does what is due without blocking, and appends what happened to `events`: at most one chunk per partition, and only
    /// for partitions for which `wants` returns true.
    pub fn poll(
        &mut self,
        now: MonotonicTime,
        wants: &mut dyn FnMut(&TopicPartition) -> bool,
        events: &mut Vec<FetchEvent>,
    ) {
        self.poll_links(now, events);
        self.report_stalled(now, events);
        self.poll_leaders(now, events);
        self.end_requests_without_new_partitions(now);
        self.send_requests(now);
        self.take(wants, events);
    }

    fn poll_links(&mut self, now: MonotonicTime, events: &mut Vec<FetchEvent>) {
        let mut ended = Vec::new();
        for (broker, link) in &mut self.links {
            match link.poll(now) {
                Ok(None) if Leaders::is_silence(link.late_by(now)) => {
                    events.extend(self.leaders.silent(*broker, link.late_by(now)).map(FetchEvent::Unreachable));
                }
                Ok(None) => {}
                Ok(Some((response, late_by))) => {
                    self.leaders.responded(*broker, late_by);
                    take_in(&mut self.partitions, *broker, response, &self.settings, now);
                }
                Err(error) => ended.push((*broker, error)),
            }
        }
        for (broker, error) in ended {
            if error.is_regular_end() {
                // The next request opens another connection.
                self.links.remove(&broker);
                release(&mut self.partitions, broker);
            } else {
                self.end_link(broker, &error, now, events);
            }
        }
    }

    /// Handles a failed connection. The leaders of its partitions will be looked up again.
    fn end_link(&mut self, broker: i32, error: &LinkError, now: MonotonicTime, events: &mut Vec<FetchEvent>) {
        self.links.remove(&broker);
        self.partitions.values_mut().for_each(|state| state.lose_source(broker, now));
        let failed = self.leaders.failed(broker, error, now);
        if error.is_final() {
            events.push(FetchEvent::Unfit(error.to_string()));
        } else {
            events.extend(failed.map(FetchEvent::Unreachable));
        }
    }

    fn report_stalled(&mut self, now: MonotonicTime, events: &mut Vec<FetchEvent>) {
        let (room, wait_max) = (self.room(), self.settings.wait_max);
        for (partition, state) in &mut self.partitions {
            if state.has_stalled(now, room, wait_max) {
                events.push(FetchEvent::Stalled(partition.clone()));
            }
        }
    }

    /// Looks up the leaders of the partitions that have none, and of those whose leader is silent: another broker may lead
    /// them by now.
    fn poll_leaders(&mut self, now: MonotonicTime, events: &mut Vec<FetchEvent>) {
        match self.leaders.poll(now) {
            Some(Ok(leaders)) => {
                for (partition, state) in &mut self.partitions {
                    state.found_leader(leaders.get(partition).copied().flatten());
                }
            }
            Some(Err(error)) if !error.is_retriable() => events.push(FetchEvent::Unfit(error.to_string())),
            // That no broker responds is reported by the look-ups of topics.
            Some(Err(_)) | None => {}
        }
        let silent = self.links.iter().filter(|(_, link)| Leaders::is_silence(link.late_by(now)));
        let silent: Vec<i32> = silent.map(|(broker, _)| *broker).collect();
        // A silent replica is not waited for: the leader has the records.
        for state in self.partitions.values_mut() {
            let is_leader = |broker| state.leader.is_none_or(|leader| leader.broker == broker);
            let replicas: Vec<i32> = silent.iter().copied().filter(|broker| !is_leader(*broker)).collect();
            replicas.into_iter().for_each(|broker| state.lose_source(broker, now));
        }
        let is_lost = |state: &PartitionState| state.leader.is_none_or(|leader| silent.contains(&leader.broker));
        let lost = self.partitions.iter().filter(|(_, state)| is_lost(state));
        self.leaders.look_up(lost.map(|(partition, _)| &partition.topic), now);
    }

    /// Closes connections whose held request does not have a partition that their broker now leads.
    fn end_requests_without_new_partitions(&mut self, now: MonotonicTime) {
        let room = self.room();
        let wanted = self.partitions.values().filter(|state| state.wants_more(now, room));
        for broker in wanted.filter_map(|state| state.new_source(now)).collect::<BTreeSet<i32>>() {
            let is_held = self.links.get(&broker).is_some_and(|link| link.is_held(PARTIAL_WAIT_MAX));
            if is_held {
                self.links.remove(&broker);
                release(&mut self.partitions, broker);
            }
        }
    }

    /// Sends a request to each broker whose connection is free, for all its partitions that want more records.
    fn send_requests(&mut self, now: MonotonicTime) {
        let room = self.room();
        let mut wanted: BTreeMap<i32, Vec<(&mut PartitionState, Leader)>> = BTreeMap::new();
        let mut led: BTreeMap<i32, usize> = BTreeMap::new();
        for state in self.partitions.values_mut() {
            let (Some(leader), Some(source)) = (state.leader, state.source(now)) else { continue };
            *led.entry(source).or_default() += 1;
            if state.wants_more(now, room) {
                wanted.entry(source).or_default().push((state, leader));
            }
        }
        for (broker, mut partitions) in wanted {
            let Some(link) = self.links.get_mut(&broker) else {
                if let Some(address) = self.leaders.address(broker, now) {
                    let timeout = self.leaders.request_timeout(broker);
                    let link = Link::open(address, self.settings.clone(), &self.signal, timeout, now);
                    self.links.insert(broker, link);
                } else if !self.leaders.has_address(broker) {
                    // The broker left the cluster during its backoff.
                    partitions.into_iter().for_each(|(state, _)| state.lose_source(broker, now));
                }
                continue;
            };
            if link.is_free(now) {
                let first = self.turn % partitions.len();
                partitions.rotate_left(first);
                let avoids_replicas = partitions.iter().any(|(state, _)| state.avoids_replicas(now));
                let rack = if avoids_replicas { "" } else { &self.settings.rack };
                let requested: Vec<FetchPartition> =
                    partitions.into_iter().map(|(state, leader)| state.request(leader, broker)).collect();
                self.turn = self.turn.wrapping_add(1);
                let has_all = led.get(&broker) == Some(&requested.len());
                let wait_max = if has_all { Duration::MAX } else { PARTIAL_WAIT_MAX };
                link.fetch(requested, self.settings.wait_max.min(wait_max), rack, &self.settings, now);
            }
        }
    }

    fn take(&mut self, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<FetchEvent>) {
        let mut halted = Vec::new();
        let mut waiting = self.waiting_bytes();
        for (partition, state) in &mut self.partitions {
            if !state.is_ready() || !state.may_unpack(&self.settings) || !wants(partition) {
                continue;
            }
            let others = waiting - state.waiting_bytes();
            match state.take() {
                Ok(chunk) => events.extend(chunk.map(FetchEvent::Chunk)),
                Err((offset, halt)) => halted.push((partition.clone(), offset, halt)),
            }
            // A batch is decompressed as a whole, for a chunk that may be a small part of it. Each partition has to get on, but not
            // each may keep the rest.
            let memory = others + state.waiting_bytes() + self.in_use.all_bytes();
            if memory >= self.settings.buffer_bytes_max {
                state.pack();
            }
            waiting = others + state.waiting_bytes();
        }
        for (partition, offset, Halted { why, next }) in halted {
            self.partitions.remove(&partition);
            events.push(FetchEvent::Halted { partition, offset, next, why });
        }
    }

    /// The memory of all batches that wait, in bytes.
    fn waiting_bytes(&self) -> usize {
        self.partitions.values().map(PartitionState::waiting_bytes).sum()
    }

    /// The limits of what may be fetched now.
    fn room(&self) -> Room {
        let waiting = self.waiting_bytes();
        Room {
            waiting_bytes_max: self.settings.waiting_bytes_max(),
            partition_bytes_max: self.settings.partition_buffer_bytes_max,
            is_full: waiting.saturating_add(self.in_use.all_bytes()) >= self.settings.buffer_bytes_max,
        }
    }
}

/// Gives each partition its part of a response, except those that were assigned again since the request.
fn take_in(
    partitions: &mut BTreeMap<TopicPartition, PartitionState>,
    broker: i32,
    response: FetchResponse,
    settings: &FetchSettings,
    now: MonotonicTime,
) {
    for fetched in response.partitions {
        let state = partitions.get_mut(&fetched.partition).filter(|state| state.requested_from == Some(broker));
        if let Some(state) = state {
            state.on_response(fetched, now, settings);
        }
    }
    if response.is_incremental {
        let unchanged = partitions.values_mut().filter(|state| state.requested_from == Some(broker));
        unchanged.for_each(PartitionState::on_unchanged);
    }
    // Partitions that the response does not have are requested again.
    release(partitions, broker);
}

/// Marks the partitions that were requested from this broker as not requested.
fn release(partitions: &mut BTreeMap<TopicPartition, PartitionState>, broker: i32) {
    for state in partitions.values_mut().filter(|state| state.requested_from == Some(broker)) {
        state.requested_from = None;
    }
}
